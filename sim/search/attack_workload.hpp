#pragma once
// A workload in which one entry of `tasks:` is the attacker: its other runs, and the file that
// replays one of them.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sim/scenario/document.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/search/attack.hpp"

namespace sharesim {

class AttackWorkload {
 public:
  /// Reads the workload. Throws InputError with every mistake in it.
  AttackWorkload(const std::string& file, const std::vector<Override>& overrides);

  /// As it is written.
  const Scenario& scenario() const { return scenario_; }
  /// The index in Scenario::tasks of the entry to attack with. What it does, and what is expected of
  /// the run, is left out of all that follows.
  void set_attacker(std::size_t spec);
  const TaskSpec& attacker() const { return scenario_.tasks[spec_]; }

  /// Throws InputError unless the attacker can be `count` tasks, at equal parts of its weight.
  void check_splits(std::uint32_t count) const;
  /// 1, and what divides its weight up to `most`.
  std::vector<std::uint32_t> splits(std::uint32_t most) const;

  /// The workload under attack. The entities of each number of attackers are prepare()d before:
  /// then it may be called by several threads.
  void prepare(std::uint32_t attackers);
  std::shared_ptr<const Scenario> under(const Attack& attack) const;

  /// The same as a file in `folder`: `comment` (lines without '#') and the document, with `expect`
  /// (YAML, or "") for what is expected.
  std::string text_under(const Attack& attack, const std::string& comment,
                         const std::string& expect, const std::filesystem::path& folder) const;

 private:
  Node document_under(const Attack& attack) const;

  std::string file_;
  Node document_;
  Scenario scenario_;
  std::size_t spec_ = 0;
  std::vector<std::shared_ptr<const Scenario>> prepared_;  ///< by the number of attackers
};

}  // namespace sharesim
