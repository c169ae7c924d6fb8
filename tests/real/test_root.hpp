#pragma once
// A group of a test's own to work below, in whichever version of cgroups this machine has.

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sim/cgroup/knob.hpp"

namespace sharesim::test {

/// A file's text without the newline at its end.
std::string line_of(const std::filesystem::path& file);

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

/// The ordinary user of the virtual machines.
inline constexpr uid_t kSomebody = 1000;
/// Runs sharesim as that user; returns its status (128 and the signal if it was killed). `first` is called in the new
/// process while that is still root's. What is said goes to the file `out`.
int run_as_somebody(std::vector<std::string> words, const std::filesystem::path& out,
                    const std::function<void()>& first);

/// For apply, with each kind of value: a weight, a cap with a burst, a cap in it, two instances, a CPU set.
inline constexpr const char* kApplied =
    "name: test-apply\n"
    "machine: {cpus: 1}\n"
    "duration: 1s\n"
    "groups:\n"
    "  - name: web\n"
    "    weight: 300\n"
    "    cap: {quota: 30ms, period: 50ms, burst: 10ms}\n"
    "    tasks: [{name: worker, count: 2, cap: 20%}]\n"
    "tasks:\n"
    "  - {name: hog, cpus: 0}\n";

}  // namespace sharesim::test
