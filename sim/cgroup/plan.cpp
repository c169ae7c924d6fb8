#include "sim/cgroup/plan.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/caps.hpp"
#include "sim/cgroup/plan_pids.hpp"
#include "sim/cgroup/plan_steps.hpp"
#include "sim/cgroup/policy.hpp"
#include "sim/cgroup/weights.hpp"
#include "sim/core/check.hpp"
#include "sim/core/units.hpp"

namespace sharesim::cgroup {
namespace {

using Wide = __int128;
constexpr std::int64_t kMillion = 1'000'000;
/// Beyond this the kernel's own limits and everybody's patience end.
constexpr std::size_t kMostGroups = 4096;

std::int64_t millionths(Wide part, Wide whole) {
  return static_cast<std::int64_t>((2 * part * kMillion + whole) / (2 * whole));
}

class Planner {
 public:
  Planner(const Scenario& scenario, const SchedulerChoice& scheduler, const Hierarchy& hierarchy,
          const PlanOptions& options)
      : scenario_(scenario), scheduler_(scheduler), hierarchy_(hierarchy), options_(options) {
    plan_.version = hierarchy.version;
    plan_.workload = scenario.name;
    plan_.scheduler = scheduler.to_string();
    plan_.cpus = scenario.machine.cpus;
    plan_.top = "sharesim-" + scenario.name;
  }

  Plan make() {
    if (scenario_.groups.size() + scenario_.task_count() > kMostGroups) {
      refuse("", fmt::format("{} groups: sharesim makes {} at most",
                             scenario_.groups.size() + scenario_.task_count(), kMostGroups));
      return std::move(plan_);
    }
    if (!hierarchy_.tree_of(Controller::kCpu)) {
      refuse("", "the cpu controller is not to be had below this root");
    }
    make_groups();
    set_cpus();
    for (std::size_t i = 0; i < plan_.groups.size(); ++i) divide(i);
    remark_narrow_shares();
    const auto pids = dealt_pids(scenario_, plan_, options_);
    if (!plan_.refused()) add_changes();
    if (!plan_.refused()) plan_.steps = steps_of(plan_, hierarchy_, pids);
    return std::move(plan_);
  }

 private:
  void note(Note::Kind kind, const std::string& path, std::string text) {
    Note note{kind, path, std::move(text)};
    const bool said = std::any_of(plan_.notes.begin(), plan_.notes.end(), [&](const Note& other) {
      return other.kind == note.kind && other.path == note.path && other.text == note.text;
    });
    if (!said) plan_.notes.push_back(std::move(note));
  }
  void refuse(const std::string& path, std::string text) {
    note(Note::Kind::kRefused, path, std::move(text));
  }
  void lose(const std::string& path, std::string text) {
    note(Note::Kind::kLost, path, std::move(text));
  }

  // ---- The tree ----

  void make_groups() {
    for (GroupId id = 0; id < scenario_.groups.size(); ++id) {
      const GroupSpec& spec = scenario_.groups[id];
      PlannedGroup group{.path = spec.path, .group = plan_.top, .entity = EntityRef::group(id)};
      if (id != kRoot) {
        group.parent = plan_.index_of_group[spec.parent];
        group.group = plan_.groups[*group.parent].group + "/s-" + spec.name;
        group.asked_weight = spec.weight;
      }
      plan_.index_of_group.push_back(plan_.groups.size());
      plan_.groups.push_back(std::move(group));
    }
    for (TaskId id = 0; id < scenario_.task_count(); ++id) {
      const TaskSpec& spec = scenario_.spec_of(id);
      PlannedGroup leaf{.path = scenario_.path_of(id), .entity = EntityRef::task(id), .leaf = true};
      leaf.parent = plan_.index_of_group[spec.group];
      leaf.group = fmt::format("{}/s-{}", plan_.groups[*leaf.parent].group, spec.name);
      if (spec.instances() > 1) leaf.group += fmt::format(".{}", id - spec.first);
      leaf.asked_weight = spec.weight;
      plan_.index_of_task.push_back(plan_.groups.size());
      plan_.groups.push_back(std::move(leaf));
    }
    children_.resize(plan_.groups.size());
    capacity_.resize(plan_.groups.size());
    for (std::size_t i = 1; i < plan_.groups.size(); ++i) {
      children_[*plan_.groups[i].parent].push_back(i);
    }
  }

  const GroupSpec* group_spec(std::size_t index) const {
    const EntityRef entity = *plan_.groups[index].entity;
    return entity.is_task() ? nullptr : &scenario_.groups[entity.id];
  }
  const TaskSpec& task_spec(std::size_t index) const {
    return scenario_.spec_of(TaskId{plan_.groups[index].entity->id});
  }
  const std::optional<Bandwidth>& cap_in(std::size_t index) const {
    const GroupSpec* group = group_spec(index);
    return group != nullptr ? group->cap : task_spec(index).cap;
  }
  const std::optional<CpuSet>& cpus_in(std::size_t index) const {
    const GroupSpec* group = group_spec(index);
    return group != nullptr ? group->cpus : task_spec(index).cpus;
  }
  bool is_idle(std::size_t index) const {
    const GroupSpec* const group = group_spec(index);
    return group != nullptr ? group->idle : task_spec(index).idle;
  }
  const Hints& hints_in(std::size_t index) const {
    const GroupSpec* group = group_spec(index);
    return group != nullptr ? group->hints : task_spec(index).hints;
  }
  /// The policy of the children of a group.
  const SchedulerChoice& policy_below(std::size_t index) const {
    for (GroupId id = plan_.groups[index].entity->id;; id = scenario_.groups[id].parent) {
      if (scenario_.groups[id].scheduler) return *scenario_.groups[id].scheduler;
      if (id == kRoot) return scheduler_;
    }
  }

  // ---- CPUs ----

  /// Simulated CPU k is the k-th that the root may use.
  CpuSet real_cpus(const CpuSet& simulated) const {
    CpuSet real;
    CpuId number = 0;
    for (CpuId cpu = hierarchy_.cpus.next(0); cpu != kNoCpu; cpu = hierarchy_.cpus.next(cpu + 1)) {
      if (simulated.contains(number++)) real.insert(cpu);
    }
    return real;
  }

  void set_cpus() {
    const CpuId wanted = scenario_.machine.cpus;
    const CpuId there = hierarchy_.cpus.count();
    capacity_[0] = wanted * kOneCpu;
    bool any = wanted < there;
    for (std::size_t i = 0; i < plan_.groups.size(); ++i) any = any || cpus_in(i).has_value();
    for (const ScenarioEvent& event : scenario_.events) any = any || event.cpus.has_value();
    if (wanted > there) {
      refuse("", fmt::format("the workload's machine has {} CPUs, and here are {}: make it smaller "
                             "with --set machine.cpus={}",
                             wanted, there, there));
      return;
    }
    if (!any) return;
    const bool has_cpusets = hierarchy_.tree_of(Controller::kCpuset).has_value();
    if (!has_cpusets && wanted < there && !options_.pins) {
      lose("",
           fmt::format("the cpuset controller is not to be had: shares are of {} CPUs, and not of "
                       "the workload's {}",
                       there, wanted));
    }
    std::vector<CpuSet> effective(plan_.groups.size());
    for (std::size_t i = 0; i < plan_.groups.size(); ++i) {
      PlannedGroup& group = plan_.groups[i];
      const auto& own = cpus_in(i);
      const CpuSet above =
          group.parent ? effective[*group.parent] : real_cpus(CpuSet::first(wanted));
      effective[i] = own ? real_cpus(*own) & above : above;
      if (has_cpusets) {
        // In v1 a cpuset is empty unless it is set.
        const bool needed = own || i == 0 || hierarchy_.version == Version::kV1;
        if (needed) group.cpus = effective[i];
      } else if (own && !options_.pins) {
        refuse(group.path, fmt::format("cpus {}: the cpuset controller is not to be had below this "
                                       "root (systemd: Delegate=cpuset)",
                                       own->to_string()));
      }
      capacity_[i] = effective[i].count() * kOneCpu;
    }
  }

  // ---- Weights and caps ----

  /// The cap of group `index` itself is set when this is called; divides it among its children.
  void divide(std::size_t index) {
    if (index == 0) {
      if (const auto& cap = cap_in(0)) set_cap(0, kernel_cap(*cap));
    }
    if (children_[index].empty()) return;
    const SchedulerChoice& policy = policy_below(index);
    const PolicyMapping mapping = mapping_of(policy.info());
    const std::string& path = plan_.groups[index].path;
    if (mapping.mapping == Mapping::kNone) {
      refuse(path, fmt::format("{}: {}", policy.info().name, mapping.reason));
    } else if (!mapping.reason.empty()) {
      lose("", fmt::format("{}: the kernel does not keep {}", policy.info().name, mapping.reason));
    }
    for (const ParameterInfo& parameter : policy.info().parameters) {
      const std::string text = policy.text(parameter.name);
      if (text == parameter.default_value) continue;
      const std::string reason = loss_of_parameter(policy.info(), parameter);
      if (!reason.empty()) {
        lose("", fmt::format("{}: {}={}: {}", policy.info().name, parameter.name, text, reason));
      }
    }
    for (const std::size_t child : children_[index]) read_hints(child, policy);
    weigh(index, mapping.mapping);
    for (const std::size_t child : children_[index])
      cap_child(child, index, policy, mapping.mapping);
  }

  void read_hints(std::size_t index, const SchedulerChoice& policy) {
    PlannedGroup& group = plan_.groups[index];
    group.idle = is_idle(index);
    for (const Hint& hint : hints_in(index)) {
      const auto& known = policy.info().hints;
      if (std::none_of(known.begin(), known.end(),
                       [&](const ParameterInfo& info) { return info.name == hint.name; })) {
        continue;
      }
      refuse(group.path, fmt::format("{} {} of {}: {}", hint.name, hint.text, policy.info().name,
                                     mapping_of(policy.info()).reason));
    }
    if (group.idle && !hierarchy_.has_idle) {
      group.idle = false;
      lose(group.path, "cpu.idle came with Linux 5.15: it only has its weight");
    }
  }

  /// Of the entity, in the order of the events.
  std::vector<Weight> later_weights(std::size_t index) const {
    std::vector<Weight> weights;
    for (const ScenarioEvent& event : scenario_.events) {
      if (event.weight && std::count(event.entities.begin(), event.entities.end(),
                                     *plan_.groups[index].entity) > 0) {
        weights.push_back(*event.weight);
      }
    }
    return weights;
  }

  void weigh(std::size_t parent, Mapping mapping) {
    std::vector<std::size_t> siblings;
    std::vector<Weight> weights;
    for (const std::size_t child : children_[parent]) {
      if (plan_.groups[child].idle) continue;
      siblings.push_back(child);
      weights.push_back(mapping == Mapping::kEqual ? kDefaultWeight
                                                   : plan_.groups[child].asked_weight);
    }
    if (mapping != Mapping::kEqual) {
      for (const std::size_t child : siblings) {
        for (const Weight weight : later_weights(child)) weights.push_back(weight);
      }
    }
    const auto values = scale_weights(weights, plan_.version);
    if (!values) {
      const WeightRange range = weight_range(plan_.version);
      refuse(
          plan_.groups[parent].path,
          fmt::format("its heaviest child is more than {} times its lightest, and {} is {} to {}",
                      range.most / range.least, file_name(weight_knob(plan_.version)), range.least,
                      range.most));
      return;
    }
    Wide asked = 0;
    Wide loads = 0;
    for (std::size_t i = 0; i < siblings.size(); ++i) {
      plan_.groups[siblings[i]].weight = (*values)[i];
      asked += weights[i];
      loads += kernel_load((*values)[i], plan_.version);
    }
    for (std::size_t i = 0; i < siblings.size(); ++i) {
      PlannedGroup& group = plan_.groups[siblings[i]];
      const Wide load = kernel_load(*group.weight, plan_.version);
      group.share_asked = millionths(weights[i], asked);
      group.share_error = millionths(load * asked, loads * weights[i]) - kMillion;
    }
    for (std::size_t i = 0; i < weights.size(); ++i) scaled_[{parent, weights[i]}] = (*values)[i];
  }

  void set_cap(std::size_t index, CapInKernel cap) {
    PlannedGroup& group = plan_.groups[index];
    if (!cap.refused.empty()) refuse(group.path, "cap: " + cap.refused);
    if (!cap.lost.empty()) lose(group.path, "cap: " + cap.lost);
    if (!cap.cap) return;
    if (cap.cap->burst_us > 0 && !hierarchy_.has_burst) {
      cap.cap->burst_us = 0;
      lose(group.path, "cpu.max.burst came with Linux 5.14: no burst");
    }
    if (hierarchy_.version == Version::kV1 && group.parent) {
      // A child's ratio may not exceed its parent's there. The tighter one above holds anyway.
      if (rate_of(*cap.cap) >= cap_above_[*group.parent]) {
        note(
            Note::Kind::kRemark, group.path,
            "its cap is not less than that of a group above, which holds for it as well: version 1 "
            "takes no such cap, and it is left out");
        return;
      }
    }
    group.cap = cap.cap;
    capacity_[index] = std::min(capacity_[index], rate_of(*cap.cap));
  }

  void cap_child(std::size_t index, std::size_t parent, const SchedulerChoice& policy,
                 Mapping mapping) {
    cap_above_.try_emplace(parent, plan_.groups[parent].cap ? rate_of(*plan_.groups[parent].cap)
                                   : plan_.groups[parent].parent
                                       ? cap_above_.at(*plan_.groups[parent].parent)
                                       : std::numeric_limits<Capacity>::max());
    const Capacity whole = capacity_[parent];
    capacity_[index] = capacity_[index] == 0 ? whole : std::min(capacity_[index], whole);
    const auto& own = cap_in(index);
    const std::int64_t share = plan_.groups[index].share_asked;
    const auto part = static_cast<Capacity>(Wide{whole} * share / kMillion);
    const bool by_share = mapping == Mapping::kCredit || mapping == Mapping::kShares;
    if (plan_.groups[index].idle && by_share) {
      if (own) set_cap(index, kernel_cap(*own));
      if (!own) lose(plan_.groups[index].path, "it is idle, and has no share to cap");
    } else if (mapping == Mapping::kCredit) {
      constexpr Duration kLongest = std::chrono::seconds(1);
      const auto rate = static_cast<Capacity>(Wide{part} * policy.percent("rate") / kMillion);
      set_cap(index, kernel_cap(own ? std::min(rate, full_rate(*own)) : rate, kLongest,
                                policy.duration("limit")));
    } else if (mapping == Mapping::kShares && !own) {
      set_cap(index, kernel_cap(part, policy.duration("period"), Duration::zero()));
    } else if (own) {
      Bandwidth bandwidth = *own;
      if (mapping == Mapping::kShares) bandwidth.burst = Duration::zero();
      set_cap(index, kernel_cap(bandwidth));
    }
  }

  static Capacity full_rate(const Bandwidth& bandwidth) {
    return static_cast<Capacity>(Wide{to_ns(bandwidth.quota)} * kOneCpu / to_ns(bandwidth.period));
  }

  /// One process uses one CPU at the most, whatever its weight.
  void remark_narrow_shares() {
    std::vector<std::int64_t> part(plan_.groups.size(), kMillion);  // of the machine
    for (std::size_t i = 1; i < plan_.groups.size(); ++i) {
      const PlannedGroup& group = plan_.groups[i];
      part[i] = static_cast<std::int64_t>(Wide{part[*group.parent]} * group.share_asked / kMillion);
      const bool wide = part[i] * scenario_.machine.cpus > kMillion && capacity_[i] > kOneCpu;
      if (group.leaf && wide) {
        note(
            Note::Kind::kRemark, group.path,
            "its share is more than one CPU: with fewer threads than that the weights do not bind, "
            "and it gets a CPU for each");
      }
    }
  }

  // ---- Changes in mid-run, processes ----

  void add_changes() {
    for (const ScenarioEvent& event : scenario_.events) {
      for (const EntityRef entity : event.entities) {
        const std::size_t index = plan_.group_of(entity).entity->is_task()
                                      ? plan_.index_of_task[entity.id]
                                      : plan_.index_of_group[entity.id];
        add_change(event, index);
      }
    }
    if (!scenario_.events.empty()) {
      note(Note::Kind::kRemark, "",
           fmt::format(
               "the workload changes {} times in mid-run: apply sets what holds at its start, "
               "live makes the changes",
               scenario_.events.size()));
    }
  }

  void add_change(const ScenarioEvent& event, std::size_t index) {
    const PlannedGroup& group = plan_.groups[index];
    const auto later = [&](Step step) { plan_.changes.push_back({event.at, std::move(step)}); };
    const bool by_weight =
        group.parent && mapping_of(policy_below(*group.parent).info()).mapping == Mapping::kWeights;
    if (event.weight && group.parent && !group.idle) {
      const auto scaled = scaled_.find({*group.parent, *event.weight});
      if (by_weight && scaled != scaled_.end()) {
        later(write_step(hierarchy_, Controller::kCpu, group.group, weight_knob(plan_.version),
                         std::to_string(scaled->second)));
      } else if (!by_weight) {
        lose(group.path,
             fmt::format("its weight from {} on: what it is under this policy is set at "
                         "the start only",
                         to_text(event.at)));
      }
    }
    if (event.cap) {
      CapInKernel cap;
      if (*event.cap) cap = later_cap(index, **event.cap, event.at);
      if (cap.refused.empty()) {
        for (Step& step : cap_steps(hierarchy_, group.group, cap.cap)) later(std::move(step));
      }
    }
    if (event.cpus) change_cpus(event, index);
    if (options_.pins && hierarchy_.version == Version::kV1) refuse_tied_changes(event, index);
  }

  void change_cpus(const ScenarioEvent& event, std::size_t index) {
    const PlannedGroup& group = plan_.groups[index];
    if (!hierarchy_.tree_of(Controller::kCpuset)) {
      if (!options_.pins) {
        lose(group.path, "its CPUs from " + to_text(event.at) +
                             " on: the cpuset controller is not to be had below this root");
      }
      return;
    }
    CpuSet cpus = real_cpus(*event.cpus);
    // In v1 a set that is not within its parent's is an error.
    if (group.parent && plan_.groups[*group.parent].cpus)
      cpus = cpus & *plan_.groups[*group.parent].cpus;
    plan_.changes.push_back({event.at, write_step(hierarchy_, Controller::kCpuset, group.group,
                                                  Knob::kCpusetCpus, cpus.to_string())});
  }

  /// In v1 a group's CPUs and cap may not become less than what is below it has.
  void refuse_tied_changes(const ScenarioEvent& event, std::size_t index) {
    const bool cpus = event.cpus && !children_[index].empty();
    if (cpus || (event.cap && has_cap_below(index))) {
      refuse(plan_.groups[index].path,
             fmt::format("version 1 ties a group's {} to those below it: live cannot change it in "
                         "mid-run, at {}",
                         cpus ? "CPUs" : "cap", to_text(event.at)));
    }
  }

  bool has_cap_below(std::size_t index) const {
    return std::any_of(children_[index].begin(), children_[index].end(), [&](std::size_t child) {
      const EntityRef entity = *plan_.groups[child].entity;
      const auto caps_child = [&](const ScenarioEvent& event) {
        return event.cap && std::count(event.entities.begin(), event.entities.end(), entity) > 0;
      };
      return cap_in(child) || plan_.groups[child].cap ||
             std::any_of(scenario_.events.begin(), scenario_.events.end(), caps_child) ||
             has_cap_below(child);
    });
  }

  /// Says what is lost of it; where it is refused, the group keeps the cap that it has.
  CapInKernel later_cap(std::size_t index, const Bandwidth& bandwidth, Time at) {
    const PlannedGroup& group = plan_.groups[index];
    CapInKernel cap = kernel_cap(bandwidth);
    const std::string when = "cap from " + to_text(at) + " on: ";
    if (!cap.lost.empty()) lose(group.path, when + cap.lost);
    if (!cap.refused.empty()) {
      // Only live makes the change.
      note(options_.pins ? Note::Kind::kRefused : Note::Kind::kLost, group.path,
           when + cap.refused);
    }
    if (cap.cap && cap.cap->burst_us > 0 && !hierarchy_.has_burst) {
      cap.cap->burst_us = 0;
      lose(group.path, when + "cpu.max.burst came with Linux 5.14: no burst");
    }
    const bool held_above = hierarchy_.version == Version::kV1 && group.parent && cap.cap &&
                            rate_of(*cap.cap) >= cap_above_.at(*group.parent);
    if (held_above) cap.cap.reset();  // as in set_cap()
    return cap;
  }

  const Scenario& scenario_;
  const SchedulerChoice& scheduler_;
  const Hierarchy& hierarchy_;
  const PlanOptions& options_;
  Plan plan_;
  std::vector<std::vector<std::size_t>> children_;  ///< by index into Plan::groups
  std::vector<Capacity> capacity_;                  ///< that a group's children can count on
  std::map<std::size_t, Capacity> cap_above_;       ///< the tightest cap of a group and those above
  std::map<std::pair<std::size_t, Weight>, std::int64_t> scaled_;  ///< by parent and weight
};

}  // namespace

bool Plan::refused() const {
  return std::any_of(notes.begin(), notes.end(),
                     [](const Note& note) { return note.kind == Note::Kind::kRefused; });
}

const PlannedGroup& Plan::leaf_of(TaskId task) const { return groups.at(index_of_task.at(task)); }

const PlannedGroup& Plan::group_of(EntityRef entity) const {
  return entity.is_task() ? leaf_of(TaskId{entity.id}) : groups.at(index_of_group.at(entity.id));
}

Plan make_plan(const Scenario& scenario, const SchedulerChoice& scheduler,
               const Hierarchy& hierarchy, const PlanOptions& options) {
  return Planner(scenario, scheduler, hierarchy, options).make();
}

}  // namespace sharesim::cgroup
