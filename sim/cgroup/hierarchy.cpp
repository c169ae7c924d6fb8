#include "sim/cgroup/hierarchy.hpp"

#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <sched.h>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/mounts.hpp"
#include "sim/cgroup/plan.hpp"
#include "sim/cgroup/values.hpp"

namespace sharesim::cgroup {
namespace {

constexpr std::array kWanted{Controller::kCpu, Controller::kCpuacct, Controller::kCpuset};

constexpr const char* kScopeRecipe =
    "run it in a scope of its own, which systemd leaves alone:\n"
    "  systemd-run {}--scope -p Delegate=yes sharesim ...\n"
    "or, for groups that stay, delegate a service to hold them:\n"
    "  systemd-run {}--unit=sharesim -p Delegate=yes sleep infinity\n"
    "  sharesim ... --cgroup-root {}\n"
    "To set values of a unit that exists: sharesim plan ... --emit systemd";

std::string scope_recipe(bool privileged) {
  return fmt::format(
      fmt::runtime(kScopeRecipe), privileged ? "" : "--user ", privileged ? "" : "--user ",
      privileged ? "/sys/fs/cgroup/system.slice/sharesim.service"
                 : "/sys/fs/cgroup$(systemctl --user show -P ControlGroup sharesim)");
}

/// Whether an absolute path is `above` or lies below it.
bool lies_in(const std::string& path, const std::string& above) {
  return path == above || above == "/" || path.starts_with(above + "/");
}

/// systemd marks what it delegates, since version 251 so that everybody may read it.
bool delegated_by_systemd(const std::string& path) {
  for (const char* name : {"user.delegate", "trusted.delegate"}) {
    char value = 0;
    if (lgetxattr(path.c_str(), name, &value, 1) == 1 && value == '1') return true;
  }
  return false;
}

CpuSet cpus_of_this_process() {
  CpuSet cpus;
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return CpuSet::first(1);
  for (CpuId cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) cpus.insert(cpu);
  }
  return cpus;
}

bool kernel_is_at_least(int major, int minor) {
  struct utsname facts {};
  int is_major = 0;
  int is_minor = 0;
  if (uname(&facts) != 0) return false;
  std::istringstream text(facts.release);
  char dot = 0;
  text >> is_major >> dot >> is_minor;
  return std::pair{is_major, is_minor} >= std::pair{major, minor};
}

Got<std::unique_ptr<Directory>> open_or_fail(const std::string& path, Version version) {
  auto found = open_directory(path);
  if (!found.ok()) {
    throw CgroupError(sentence({.verb = Verb::kOpen,
                                .version = version,
                                .group = path,
                                .value = "",
                                .error = found.error}));
  }
  return found;
}

/// Without slashes that say nothing.
std::string plain_path(const std::string& path) {
  std::string plain;
  for (const char c : path) {
    if (c != '/' || !plain.ends_with('/')) plain += c;
  }
  if (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  return plain;
}

/// A unit's group has the name of the unit.
bool is_in_unit(const std::string& path) {
  std::istringstream names(path);
  for (std::string name; std::getline(names, name, '/');) {
    for (const char* kind : {".slice", ".service", ".scope"}) {
      if (name.ends_with(kind)) return true;
    }
  }
  return false;
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
  const Mount* v2_mount() const {
    const auto found = std::find_if(mounts_.begin(), mounts_.end(), [](const Mount& mount) {
      return mount.version == Version::kV2;
    });
    return found == mounts_.end() ? nullptr : &*found;
  }
  bool any_v1_cpu() const {
    return std::any_of(mounts_.begin(), mounts_.end(),
                       [](const Mount& mount) { return mount.has(Controller::kCpu); });
  }

  std::vector<Tree> default_trees(Version& version) const {
    const Mount* const unified = v2_mount();
    version = any_v1_cpu() || unified == nullptr ? Version::kV1 : Version::kV2;
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
    auto own = group_in(*unified, around_.own_groups);
    if (own) leave_leader(*own);
    const std::string path = own ? unified->point + (own->empty() ? "" : "/") + *own : "";
    if (path.empty() || !around_.delegated(path)) {
      throw CgroupError("systemd owns the group that sharesim was started in; " +
                        scope_recipe(around_.privileged));
    }
    return {v2_tree(*unified, path)};
  }

  /// After an apply whoever was in the root is in the leaders' group below it.
  static void leave_leader(std::string& group) {
    const std::string leader = kLeaderGroup;
    if (group == leader) group.clear();
    if (group.ends_with("/" + leader)) group.resize(group.size() - leader.size() - 1);
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
                      root, scope_recipe(around_.privileged)));
    }
    return {v2_tree(*best, root)};
  }

  void refuse_mount_root(const std::string& root) const {
    if (!around_.systemd) return;
    throw CgroupError(fmt::format("{} is the root of all groups, and systemd's; {}", root,
                                  scope_recipe(around_.privileged)));
  }

  /// The root, or a group above it, is delegated.
  bool is_delegated(std::string path, const std::string& mount_point) const {
    while (path.size() > mount_point.size()) {
      if (around_.delegated(path)) return true;
      path.erase(path.rfind('/'));
    }
    return false;
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

std::string read_first(Directory& group, std::initializer_list<Knob> knobs) {
  for (const Knob knob : knobs) {
    const auto got = group.read(knob);
    if (got.ok() && !got.value.empty()) return got.value;
  }
  return "";
}

void check_writable(Version version, const Tree& tree, Directory& root) {
  std::vector<Knob> needed{Knob::kProcs};
  if (version == Version::kV2) needed.push_back(Knob::kSubtreeControl);
  for (const Knob knob : needed) {
    if (const int error = root.may_write(knob)) {
      throw CgroupError(sentence({.verb = Verb::kWrite,
                                  .version = version,
                                  .knob = knob,
                                  .group = tree.root,
                                  .value = knob == Knob::kProcs ? "PID" : "+cpu",
                                  .error = error}));
    }
  }
}

void read_v2(Hierarchy& facts, Directory& root) {
  facts.root_of_all = root.read(Knob::kType).error == ENOENT;
  const std::string controllers = root.read(Knob::kControllers).value;
  const std::string enabled = root.read(Knob::kSubtreeControl).value;
  for (const Controller controller : {Controller::kCpu, Controller::kCpuset}) {
    if (has_word(controllers, name_of(controller))) {
      facts.trees.front().controllers.push_back(controller);
    }
    if (has_word(enabled, name_of(controller))) facts.enabled.push_back(controller);
  }
  if (!facts.root_of_all) {
    std::istringstream pids(root.read(Knob::kProcs).value);
    for (pid_t pid = 0; pids >> pid;) facts.processes.push_back(pid);
  }
}

}  // namespace

bool Tree::has(Controller controller) const {
  return std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
}

std::optional<std::size_t> Hierarchy::tree_of(Controller controller) const {
  for (std::size_t i = 0; i < trees.size(); ++i) {
    if (trees[i].has(controller)) return i;
  }
  return std::nullopt;
}

Surroundings this_machine() {
  std::error_code ignored;
  return {.mountinfo = read_proc("/proc/self/mountinfo"),
          .own_groups = read_proc("/proc/self/cgroup"),
          // As sd_booted(3) does.
          .systemd = std::filesystem::is_directory("/run/systemd/system", ignored),
          .privileged = geteuid() == 0,
          .delegated = delegated_by_systemd};
}

Hierarchy read_facts(Version version, std::vector<Tree> trees,
                     const std::vector<std::unique_ptr<Directory>>& roots, bool to_write) {
  Hierarchy facts{.version = version, .trees = std::move(trees)};
  if (version == Version::kV2) read_v2(facts, *roots.front());
  for (std::size_t i = 0; to_write && i < facts.trees.size(); ++i) {
    check_writable(version, facts.trees[i], *roots[i]);
  }
  std::string cpus;
  if (const auto tree = facts.tree_of(Controller::kCpuset)) {
    Directory& root = *roots[*tree];
    cpus = read_first(root,
                      {Knob::kCpusetCpusEffective, Knob::kCpusetEffectiveCpus, Knob::kCpusetCpus});
    facts.mems = read_first(root, {Knob::kCpusetMemsEffective, Knob::kCpusetMems});
  }
  facts.cpus = CpuSet::parse(cpus).value_or(CpuSet{});
  if (facts.cpus.empty()) facts.cpus = cpus_of_this_process();
  if (const auto tree = facts.tree_of(Controller::kCpu)) {
    const bool v2 = version == Version::kV2;
    // The root of all has none of a group's files; then the version has to do.
    const bool has_files = roots[*tree]->may_write(v2 ? Knob::kCpuMax : Knob::kCfsQuota) != ENOENT;
    const auto there = [&](Knob knob) { return roots[*tree]->may_write(knob) != ENOENT; };
    facts.has_idle = has_files ? there(Knob::kCpuIdle) : kernel_is_at_least(5, 15);
    facts.has_burst =
        has_files ? there(v2 ? Knob::kCpuMaxBurst : Knob::kCfsBurst) : kernel_is_at_least(5, 14);
  }
  for (const Controller controller : {Controller::kCpu, Controller::kCpuset}) {
    if (!facts.tree_of(controller)) facts.missing.push_back(controller);
  }
  return facts;
}

Machine open_machine(const std::string& root, const Surroundings& surroundings, bool to_write) {
  Version version = Version::kV2;
  const std::string path = plain_path(root);
  std::vector<Tree> trees = Search(surroundings).trees(path, version);
  Machine machine;
  for (const Tree& tree : trees) {
    machine.mounts.push_back(open_or_fail(tree.mount_point, version).value);
    machine.roots.push_back(open_or_fail(tree.root, version).value);
  }
  machine.facts = read_facts(version, std::move(trees), machine.roots, to_write);
  if (!machine.facts.tree_of(Controller::kCpu)) {
    throw CgroupError(fmt::format(
        "the cpu controller is not to be had in {}: {}", machine.facts.trees.front().root,
        version == Version::kV2 ? "the group above does not hand it down (write +cpu to its "
                                  "cgroup.subtree_control), or version 1 holds it (see "
                                  "/proc/cgroups)"
                                : "there is no such group in the mount of the cpu controller"));
  }
  return machine;
}

Hierarchy ideal_hierarchy(Version version, CpuId cpus) {
  Hierarchy facts{.version = version};
  const std::string mount = "/sys/fs/cgroup";
  if (version == Version::kV2) {
    facts.trees.push_back({{Controller::kCpu, Controller::kCpuset}, mount, mount});
    facts.root_of_all = true;
  } else {
    for (const Controller controller : kWanted) {
      const std::string point = fmt::format("{}/{}", mount, name_of(controller));
      facts.trees.push_back({{controller}, point, point});
    }
  }
  facts.cpus = CpuSet::first(cpus);
  facts.mems = "0";
  facts.has_idle = true;
  facts.has_burst = true;
  return facts;
}

}  // namespace sharesim::cgroup
