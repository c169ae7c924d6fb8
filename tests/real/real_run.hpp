#pragma once
// Running workloads for real: where that is possible, what came out, what was left behind.

#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/run_command.hpp"

namespace sharesim::test {

using Json = nlohmann::json;

/// Why groups cannot be made here, to be printed by a test that is skipped; empty if they can. Asks the
/// machine and not sharesim, so that a sharesim that wrongly refuses does not go unnoticed. Where
/// SHARESIM_REAL_REQUIRED is set it is always empty.
std::string no_groups_because();

/// By how much a share may differ from what it should be, as a part of it. SHARESIM_REAL_TOLERANCE, in
/// percent, for machines where a second is not a second; else 2 %.
double share_tolerance();

/// How often a test kills sharesim at random: SHARESIM_REAL_KILLS, for machines on which a program takes long to
/// start; else a hundred times.
int kills();

/// A workload that was run by `sharesim live`.
class RealRun {
 public:
  /// `text` is the workload.
  explicit RealRun(const std::string& text, const std::vector<std::string>& more_arguments = {});

  const CommandResult& command() const { return command_; }
  /// A file of -o.
  std::string file(const std::string& name) const {
    return read_file(folder_.path() / "out" / name);
  }
  Json json(const std::string& name) const { return Json::parse(file(name)); }
  /// CPU time in ns of the task or group, as its processes saw it / as the kernel counted it.
  double service(const std::string& path) const { return number(path, "seen_usage_ns"); }
  double kernel_usage(const std::string& path) const { return number(path, "kernel_usage_ns"); }
  double number(const std::string& path, const std::string& member) const;
  /// service(path) / service("/"): other load on this machine does not change it.
  double part(const std::string& path) const { return service(path) / service("/"); }
  /// Of summary.json: the object of the task.
  Json task(const std::string& path) const;

 private:
  ScratchFolder folder_;
  CommandResult command_;
};

/// Kills one command of sharesim's with signal 9, over and over, at other times.
class RandomKills {
 public:
  /// Runs it as a whole, to see how long it takes. `begun` is a file that is there from when it begins to write.
  RandomKills(std::vector<std::string> words, std::filesystem::path begun);
  /// Starts it and kills it: every second time at any moment from its start to its end, else from when it has begun to
  /// write, which may be late. True if it had begun, and not ended.
  bool kill();

 private:
  std::chrono::microseconds wait_until_begun(RunningCommand& command) const;

  const std::vector<std::string> words_;
  const std::filesystem::path begun_;
  std::chrono::microseconds whole_{};  ///< from its start to its end
  std::chrono::microseconds rest_{};   ///< from `begun` to its end
  int round_ = 0;
  std::mt19937 random_{1};
};

/// What sharesim has left on this machine: groups by path, processes as "pid: command line". Empty is good.
std::vector<std::string> left_behind();

}  // namespace sharesim::test
