#pragma once
// What cgroups there are on this machine, who they belong to, and what may be written.

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/cgroup/cgroup_fs.hpp"
#include "sim/core/cpu_set.hpp"

namespace sharesim::cgroup {

/// One mounted hierarchy below the root that sharesim was given: all of v2, or of v1 what is mounted
/// together.
struct Tree {
  std::vector<Controller> controllers;  ///< usable in it
  std::string mount_point;              ///< "/sys/fs/cgroup/cpu"
  std::string root;                     ///< absolute path of the root, for messages and the journal

  bool has(Controller controller) const;
};

/// Facts, as plain data: a plan is made from these and nothing else.
struct Hierarchy {
  Version version = Version::kV2;
  std::vector<Tree> trees;          ///< of v2: one
  CpuSet cpus;                      ///< that the root may use
  std::string mems;                 ///< memory nodes that the root may use, as a list
  bool has_idle = false;            ///< cpu.idle (since Linux 5.15)
  bool has_burst = false;           ///< cpu.max.burst (since Linux 5.14)
  bool root_of_all = false;         ///< v2: the root is the mount's own, where processes may stay
  std::vector<Controller> enabled;  ///< v2: on in the root's subtree_control already
  std::vector<pid_t> processes;     ///< v2: directly in the root, in the way of its controllers
  std::vector<Controller> missing;  ///< of cpu, cpuset: not to be had here

  /// The tree with this controller, if any.
  std::optional<std::size_t> tree_of(Controller controller) const;
};

/// A hierarchy, with its trees' roots open (in the order of Hierarchy::trees).
struct Machine {
  Hierarchy facts;
  std::vector<std::unique_ptr<Directory>> roots;
  std::vector<std::unique_ptr<Directory>> mounts;  ///< where the trees are mounted
};

/// What the detection looks at; tests put their own there.
struct Surroundings {
  std::string mountinfo;   ///< the text of /proc/self/mountinfo
  std::string own_groups;  ///< the text of /proc/self/cgroup
  bool systemd = false;    ///< systemd is pid 1
  bool privileged = true;  ///< effective uid 0
  /// Whether systemd has handed the group at an absolute path to somebody (Delegate=yes).
  std::function<bool(const std::string& path)> delegated;
};
Surroundings this_machine();

/// Finds the root: below `root` (an absolute path in a cgroup mount), or, if empty, where this machine
/// lets us: the own group of a delegated scope, the mount root if systemd is not there. Throws
/// CgroupError, with the recipe, where nothing may be written (unless `to_write` is false) or systemd
/// owns the place.
Machine open_machine(const std::string& root, const Surroundings& surroundings,
                     bool to_write = true);

/// Reads the facts of trees whose roots are open. Throws CgroupError if `to_write` and nothing may be written.
Hierarchy read_facts(Version version, std::vector<Tree> trees,
                     const std::vector<std::unique_ptr<Directory>>& roots, bool to_write = true);

/// The same facts for a machine that is not there: all controllers, `cpus` CPUs.
Hierarchy ideal_hierarchy(Version version, CpuId cpus);

}  // namespace sharesim::cgroup
