#pragma once
// Where the groups of sharesim may be on this machine: found from its mounts and its owner, before anything is
// opened.

#include <optional>
#include <string>
#include <vector>

#include "sim/cgroup/hierarchy.hpp"

namespace sharesim::cgroup {

struct FoundRoots {
  Version version = Version::kV2;
  std::vector<Tree> trees;  ///< of version 2 without controllers: those are in a file of the root
};

/// `root` is an absolute path, or "" for where this machine lets us. Throws CgroupError, with the recipe, where
/// there is no such place or systemd owns it.
FoundRoots find_roots(const std::string& root, const Surroundings& surroundings);

/// Whether systemd manages the groups of version 2, and the cpu controller is among them.
bool manages_version_2(const Surroundings& surroundings);

/// Version 2: the absolute path of the group that this process is in, if systemd has handed it over.
std::optional<std::string> own_delegated_group(const Surroundings& surroundings);

/// How to get a group from systemd by hand.
std::string scope_recipe(const Surroundings& surroundings);

}  // namespace sharesim::cgroup
