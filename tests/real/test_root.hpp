#pragma once
// A group of a test's own to work below, in whichever version of cgroups this machine has.

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "sim/cgroup/knob.hpp"

namespace sharesim::test {

/// A group sharesim-test-PID, which goes with the object: of version 1 one in each of the mounts cpu,
/// cpuacct and cpuset, of version 2 one with the controllers cpu and cpuset.
class TestRoot {
 public:
  /// Why there cannot be one here, to be printed by a test that is skipped; empty if there can.
  static std::string unavailable();

  TestRoot();
  ~TestRoot();
  TestRoot(const TestRoot&) = delete;
  TestRoot& operator=(const TestRoot&) = delete;

  cgroup::Version version() const { return version_; }
  bool is_v2() const { return version_ == cgroup::Version::kV2; }
  /// For --cgroup-root.
  std::string path() const { return place(cgroup::Controller::kCpu).string(); }
  /// The group `below`, where the controller is.
  std::filesystem::path place(cgroup::Controller controller, const std::string& below = "") const;
  /// A file's text without the newline at its end.
  std::string value(cgroup::Controller controller, const std::string& file) const;
  /// All groups below, and what the files say that sharesim may write: a line each.
  std::string state() const;

 private:
  std::filesystem::path mount_of(cgroup::Controller controller) const;
  std::vector<std::filesystem::path> places() const;

  cgroup::Version version_;
  std::string enabled_;  ///< version 2: what had to be handed on by the group above
};

/// A process that sleeps until the test ends it.
class Sleeper {
 public:
  Sleeper();
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper();
  pid_t pid() const { return pid_; }
  /// The text of /proc/PID/cgroup.
  std::string groups() const;

 private:
  const pid_t pid_;
};

}  // namespace sharesim::test
