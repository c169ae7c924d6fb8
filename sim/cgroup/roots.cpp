#include "sim/cgroup/roots.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/mounts.hpp"
#include "sim/cgroup/plan.hpp"

namespace sharesim::cgroup {
namespace {

constexpr std::array kWanted{Controller::kCpu, Controller::kCpuacct, Controller::kCpuset};

constexpr const char* kScopeRecipe =
    "run it in a scope of its own, which systemd leaves alone:\n"
    "  systemd-run {}--scope -p Delegate=yes sharesim ...\n"
    "or, for groups that stay, delegate a service to hold them:\n"
    "  systemd-run {}--unit=my-groups -p Delegate=yes sleep infinity\n"
    "  sharesim ... --cgroup-root {}\n"
    "To set values of a unit that exists: sharesim plan ... --emit systemd";

/// Whether an absolute path is `above` or lies below it.
bool lies_in(const std::string& path, const std::string& above) {
  return path == above || above == "/" || path.starts_with(above + "/");
}

/// A unit's group has the name of the unit.
bool is_unit(std::string_view name) {
  return name.ends_with(".slice") || name.ends_with(".service") || name.ends_with(".scope");
}

bool is_in_unit(const std::string& path) {
  std::istringstream names(path);
  for (std::string name; std::getline(names, name, '/');) {
    if (is_unit(name)) return true;
  }
  return false;
}

/// Where version 2 is mounted; null if version 1 has the cpu controller.
const Mount* product_mount(const std::vector<Mount>& mounts) {
  const Mount* unified = nullptr;
  for (const Mount& mount : mounts) {
    if (mount.has(Controller::kCpu)) return nullptr;
    if (mount.version == Version::kV2 && unified == nullptr) unified = &mount;
  }
  return unified;
}

/// After an apply whoever was in the root is in the leaders' group below it.
void leave_leader(std::string& group) {
  const std::string leader = kLeaderGroup;
  if (group == leader) group.clear();
  if (group.ends_with("/" + leader)) group.resize(group.size() - leader.size() - 1);
}

/// Finds where the root is, before anything is opened.
class Search {
 public:
  explicit Search(const Surroundings& surroundings)
      : around_(surroundings), mounts_(read_mounts(surroundings.mountinfo)) {}

  std::vector<Tree> trees(const std::string& root, Version& version) {
    if (mounts_.empty()) {
      throw CgroupError(
          "no cgroup file system is mounted here; as root: mount -t cgroup2 none /sys/fs/cgroup");
    }
    return root.empty() ? default_trees(version) : given_trees(root, version);
  }

 private:
  std::vector<Tree> default_trees(Version& version) const {
    const Mount* const unified = product_mount(mounts_);
    version = unified == nullptr ? Version::kV1 : Version::kV2;
    if (version == Version::kV1) {
      if (around_.systemd) {
        throw CgroupError(
            "systemd owns the groups of this machine (version 1 cannot be delegated); give a group "
            "of "
            "your own with --cgroup-root, such as /sys/fs/cgroup/cpu/mine");
      }
      return v1_trees("");
    }
    if (!around_.systemd) return {v2_tree(*unified, unified->point)};
    const auto own = own_delegated_group(around_);
    if (!own) {
      throw CgroupError("systemd owns the group that sharesim was started in; " +
                        scope_recipe(around_));
    }
    return {v2_tree(*unified, *own)};
  }

  std::vector<Tree> given_trees(const std::string& root, Version& version) const {
    const Mount* best = nullptr;
    for (const Mount& mount : mounts_) {
      const bool longer = best == nullptr || mount.point.size() >= best->point.size();
      if (lies_in(root, mount.point) && longer) best = &mount;
    }
    if (best == nullptr) {
      const bool holds_v1 = std::any_of(mounts_.begin(), mounts_.end(), [&](const Mount& mount) {
        return mount.version == Version::kV1 && lies_in(mount.point, root);
      });
      if (!holds_v1) {
        throw CgroupError(
            sentence({.verb = Verb::kOpen, .group = root, .value = "", .error = EXDEV}));
      }
      version = Version::kV1;
      refuse_mount_root(root);
      return v1_trees("");
    }
    version = best->version;
    if (root == best->point) refuse_mount_root(root);
    if (version == Version::kV1) {
      const std::string below = root.substr(best->point.size());
      if (around_.systemd && is_in_unit(below)) {
        throw CgroupError(
            fmt::format("{} belongs to systemd, which would overwrite or remove what is written "
                        "there; give a group of your own, such as {}/mine",
                        root, best->point));
      }
      return v1_trees(below);
    }
    if (around_.systemd && !is_delegated(root, best->point)) {
      throw CgroupError(
          fmt::format("{} belongs to systemd, which would overwrite or remove what is "
                      "written there; {}",
                      root, scope_recipe(around_)));
    }
    return {v2_tree(*best, root)};
  }

  void refuse_mount_root(const std::string& root) const {
    if (!around_.systemd) return;
    throw CgroupError(fmt::format("{} is the root of all groups, and systemd's; {}", root,
                                  scope_recipe(around_)));
  }

  /// The unit that the group belongs to is delegated. What is above says nothing: all of a user's units are in
  /// one that is delegated to the user's own systemd.
  bool is_delegated(std::string path, const std::string& mount_point) const {
    while (path.size() > mount_point.size() && !is_unit(path.substr(path.rfind('/') + 1))) {
      path.erase(path.rfind('/'));
    }
    // That one's mark is about the user's own systemd, not about us.
    const bool is_manager = path.substr(path.rfind('/') + 1).starts_with("user@");
    return path.size() > mount_point.size() && !is_manager && around_.delegated(path);
  }

  static Tree v2_tree(const Mount& mount, const std::string& root) {
    return {.controllers = {}, .mount_point = mount.point, .root = root};
  }

  /// `below` begins with '/' or is empty. Mounts without such a group are passed over.
  std::vector<Tree> v1_trees(const std::string& below) const {
    std::vector<Tree> trees;
    for (const Mount& mount : mounts_) {
      Tree tree{.controllers = {}, .mount_point = mount.point, .root = mount.point + below};
      for (const Controller controller : kWanted) {
        const bool taken = std::any_of(trees.begin(), trees.end(),
                                       [&](const Tree& other) { return other.has(controller); });
        if (mount.has(controller) && !taken) tree.controllers.push_back(controller);
      }
      std::error_code ignored;
      if (tree.controllers.empty() || !std::filesystem::is_directory(tree.root, ignored)) continue;
      trees.push_back(std::move(tree));
    }
    if (trees.empty()) {
      throw CgroupError(
          fmt::format("there is no group {} in any cgroup mount; make it first", below));
    }
    return trees;
  }

  const Surroundings& around_;
  const std::vector<Mount> mounts_;
};

}  // namespace

std::string scope_recipe(const Surroundings& surroundings) {
  const bool privileged = surroundings.privileged;
  return fmt::format(
      fmt::runtime(kScopeRecipe), privileged ? "" : "--user ", privileged ? "" : "--user ",
      privileged ? "/sys/fs/cgroup/system.slice/my-groups.service"
                 : "/sys/fs/cgroup$(systemctl --user show -P ControlGroup my-groups)");
}

bool manages_version_2(const Surroundings& surroundings) {
  return surroundings.systemd && product_mount(read_mounts(surroundings.mountinfo)) != nullptr;
}

std::optional<std::string> own_delegated_group(const Surroundings& surroundings) {
  const std::vector<Mount> mounts = read_mounts(surroundings.mountinfo);
  const Mount* const unified = product_mount(mounts);
  auto own = unified == nullptr ? std::nullopt : group_in(*unified, surroundings.own_groups);
  if (!own) return std::nullopt;
  leave_leader(*own);
  if (own->empty()) return std::nullopt;  // the root of all is nobody's to take
  std::string path = unified->point + (own->empty() ? "" : "/") + *own;
  if (!surroundings.delegated(path)) return std::nullopt;
  return path;
}

FoundRoots find_roots(const std::string& root, const Surroundings& surroundings) {
  FoundRoots found;
  found.trees = Search(surroundings).trees(root, found.version);
  return found;
}

}  // namespace sharesim::cgroup
