#pragma once
// Where cgroup file systems are mounted, and where a process is in them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cgroup/knob.hpp"

namespace sharesim::cgroup {

struct Mount {
  Version version = Version::kV2;
  std::string point;                     ///< absolute
  std::string root;                      ///< the group that is mounted there: "/" for all of it
  std::vector<std::string> controllers;  ///< of v1, with those that sharesim does not use

  bool has(Controller controller) const;
};

/// The cgroup mounts of a text such as /proc/self/mountinfo, in its order.
std::vector<Mount> read_mounts(std::string_view mountinfo);

/// From a text such as /proc/PID/cgroup: the process's group below the mount point, without a
/// leading '/'; nothing if it cannot be seen from there.
std::optional<std::string> group_in(const Mount& mount, std::string_view groups);

/// The text of a file in /proc; "" if it cannot be read.
std::string read_proc(const std::string& path);

}  // namespace sharesim::cgroup
