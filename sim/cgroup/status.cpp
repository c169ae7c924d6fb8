#include "sim/cgroup/status.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/group_paths.hpp"

namespace sharesim::cgroup {
namespace {

constexpr std::int64_t kNsPerUs = 1'000;

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void read_stat(const std::string& text, GroupStatus& status) {
  std::istringstream words(text);
  std::string name;
  std::int64_t value = 0;
  while (words >> name >> value) {
    if (name == "usage_usec") status.usage_us = value;
    if (name == "nr_periods") status.periods = value;
    if (name == "nr_throttled") status.throttled_periods = value;
    if (name == "throttled_usec") status.throttled_us = value;
    if (name == "throttled_time") status.throttled_us = value / kNsPerUs;  // version 1: ns
  }
}

void read_cpu(Version version, Directory& group, GroupStatus& status) {
  const bool v2 = version == Version::kV2;
  status.weight = group.read(v2 ? Knob::kCpuWeight : Knob::kCpuShares).value;
  if (group.read(Knob::kCpuIdle).value == "1") status.weight = "idle";
  const std::string burst = group.read(v2 ? Knob::kCpuMaxBurst : Knob::kCfsBurst).value;
  if (v2) {
    status.cap = group.read(Knob::kCpuMax).value;
  } else {
    const std::string quota = group.read(Knob::kCfsQuota).value;
    status.cap = quota.starts_with('-') ? "max" : quota + " " + group.read(Knob::kCfsPeriod).value;
  }
  if (status.cap.starts_with("max")) {
    status.cap = "max";
  } else if (!burst.empty() && burst != "0") {
    status.cap += " " + burst;
  }
  read_stat(group.read(Knob::kCpuStat).value, status);
}

/// What one tree knows of a group.
void read_group(Version version, const Tree& tree, Directory& group, GroupStatus& status) {
  if (tree.has(Controller::kCpu)) read_cpu(version, group, status);
  if (tree.has(Controller::kCpuacct)) {
    status.usage_us = number(group.read(Knob::kCpuacctUsage).value) / kNsPerUs;
  }
  if (tree.has(Controller::kCpuset)) {
    const bool v2 = version == Version::kV2;
    status.cpus = group.read(v2 ? Knob::kCpusetCpusEffective : Knob::kCpusetEffectiveCpus).value;
  }
  const std::string pids = group.read(Knob::kProcs).value;
  const auto lines =
      static_cast<std::size_t>(std::count(pids.begin(), pids.end(), '\n')) + (pids.empty() ? 0 : 1);
  status.processes = std::max(status.processes, lines);
}

class Reading {
 public:
  explicit Reading(Machine& machine) : machine_(machine) {}

  std::vector<GroupStatus> run() {
    for (const auto& root : machine_.roots) collect(*root, "");
    std::vector<GroupStatus> all;
    for (const std::string& group : groups_) all.push_back(status_of(group));
    return all;
  }

 private:
  void collect(Directory& group, const std::string& path) {
    for (const std::string& name : group.children().value) {
      // Below a group of ours everything is of interest; elsewhere only what is called so.
      if (path.empty() && !name.starts_with("sharesim-")) continue;
      const auto child = group.open(name);
      if (!child.ok()) continue;
      const std::string below = path.empty() ? name : fmt::format("{}/{}", path, name);
      groups_.insert(below);
      collect(*child.value, below);
    }
  }

  GroupStatus status_of(const std::string& path) {
    GroupStatus status{.group = path};
    for (std::size_t tree = 0; tree < machine_.roots.size(); ++tree) {
      const auto group = open_below(*machine_.roots[tree], path);
      if (!group.ok()) continue;
      read_group(machine_.facts.version, machine_.facts.trees[tree], *group.value, status);
    }
    return status;
  }

  Machine& machine_;
  std::set<std::string> groups_;
};

}  // namespace

std::vector<GroupStatus> read_status(Machine& machine) { return Reading(machine).run(); }

std::vector<GroupStatus> read_status(std::vector<std::string> units, UnitControl& control,
                                     const Hierarchy& facts) {
  std::vector<GroupStatus> all;
  std::set<std::string> seen;
  for (std::string& unit : units) {
    if (!seen.insert(unit).second) continue;
    const UnitState state = read_unit(control.show(unit).text);
    if (state.control_group.empty()) continue;
    const auto group = control.group_at(state.control_group);
    if (!group.ok()) continue;
    GroupStatus status{.group = std::move(unit)};
    read_group(facts.version, facts.trees.front(), *group.value, status);
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace sharesim::cgroup
