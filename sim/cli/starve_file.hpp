#pragma once
// The workload that replays an attack: what stands above it, what it expects, and where it goes.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sim/cli/starve_request.hpp"
#include "sim/output/attack_table.hpp"
#include "sim/output/out_file.hpp"
#include "sim/search/attack_sides.hpp"

namespace sharesim::cli {

/// Lines without '#': the question, its answer, how it was found and how to replay it.
std::string attack_comment(const StarveRequest& request, const AttackQuestion& question,
                           const SchedulerChoice& scheduler, const Found& found);

/// What a replay is to show, as YAML for `expect:`; "" if no single expectation says it.
std::string attack_expectation(const AttackQuestion& question, const Roles& roles,
                               const SchedulerChoice& scheduler, const Found& found,
                               Duration attackers_service);

/// The files of -o, by scheduler. None without -o.
class AttackFiles {
 public:
  /// Opens all of them. Throws MachineError.
  explicit AttackFiles(const StarveRequest& request);

  /// Where the file of a scheduler is; that of the searched workload if there is none.
  std::filesystem::path path(std::size_t scheduler) const;
  void write(std::size_t scheduler, const std::string& text);

 private:
  const std::filesystem::path workload_;
  std::vector<std::filesystem::path> paths_;
  std::vector<std::unique_ptr<OutFile>> files_;
};

}  // namespace sharesim::cli
