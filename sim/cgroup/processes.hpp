#pragma once
// Processes that are not ours: who they are, where they are, whether they may be moved.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/cgroup/cgroup_fs.hpp"

namespace sharesim::cgroup {

/// One process, held by a pidfd: it is never mistaken for a later one of the same pid.
class Process {
 public:
  virtual ~Process() = default;
  virtual pid_t pid() const = 0;
  /// Ticks from boot to its start; with the pid an identity across our own runs.
  virtual std::uint64_t start() const = 0;
  /// Still there and no zombie.
  virtual bool alive() const = 0;
  virtual bool kernel_thread() const = 0;
  /// Its group in the hierarchy mounted at `mount_point`, below that mount point and without the
  /// leading '/'.
  virtual Got<std::string> group_in(const std::string& mount_point) const = 0;
};

class ProcessTable {
 public:
  virtual ~ProcessTable() = default;
  /// ESRCH if there is none, or only a zombie.
  virtual Got<std::unique_ptr<Process>> find(pid_t pid) = 0;
  /// This process and those that it descends from, pid 1 included.
  virtual std::vector<pid_t> own_line() = 0;
  /// Waits, while processes may end.
  virtual void pause(std::chrono::milliseconds time) = 0;
};

/// The kernel's.
std::unique_ptr<ProcessTable> process_table();

}  // namespace sharesim::cgroup
