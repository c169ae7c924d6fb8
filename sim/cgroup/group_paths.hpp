#pragma once
// Paths of groups: below the root, below the mount point, absolute.

#include <string>
#include <utility>

#include "sim/cgroup/hierarchy.hpp"

namespace sharesim::cgroup {

/// "a/b/c" is "a/b" and "c"; "a" is "" and "a".
inline std::pair<std::string, std::string> split_group(const std::string& group) {
  const std::size_t slash = group.rfind('/');
  if (slash == std::string::npos) return {"", group};
  return {group.substr(0, slash), group.substr(slash + 1)};
}

/// For messages.
inline std::string absolute(const Hierarchy& hierarchy, std::size_t tree,
                            const std::string& group) {
  const std::string& root = hierarchy.trees[tree].root;
  return group.empty() ? root : root + "/" + group;
}

/// Without the leading '/', as in /proc/PID/cgroup.
inline std::string below_mount(const Hierarchy& hierarchy, std::size_t tree,
                               const std::string& group) {
  std::string path = absolute(hierarchy, tree, group);
  path.erase(0, hierarchy.trees[tree].mount_point.size());
  path.erase(0, path.starts_with('/') ? 1 : 0);
  return path;
}

}  // namespace sharesim::cgroup
