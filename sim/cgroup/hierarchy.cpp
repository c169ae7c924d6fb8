#include "sim/cgroup/hierarchy.hpp"

#include <sys/utsname.h>
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
#include "sim/cgroup/roots.hpp"
#include "sim/cgroup/systemd.hpp"
#include "sim/cgroup/values.hpp"

namespace sharesim::cgroup {
namespace {

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
  const std::string path = plain_path(root);
  auto [version, trees] = find_roots(path, surroundings);
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
    for (const Controller controller :
         {Controller::kCpu, Controller::kCpuacct, Controller::kCpuset}) {
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
