#pragma once
// Running workloads for real: where that is possible, what came out, what was left behind.

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

/// What sharesim has left on this machine: groups by path, processes as "pid: command line". Empty is good.
std::vector<std::string> left_behind();

}  // namespace sharesim::test
