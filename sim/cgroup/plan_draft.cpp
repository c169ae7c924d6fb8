#include "sim/cgroup/plan_draft.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sharesim::cgroup {

PlanDraft::PlanDraft(const Scenario& the_scenario, const SchedulerChoice& the_scheduler,
                     const Hierarchy& the_hierarchy, const PlanOptions& the_options)
    : scenario(the_scenario),
      scheduler(the_scheduler),
      hierarchy(the_hierarchy),
      options(the_options) {
  plan.version = hierarchy.version;
  plan.workload = scenario.name;
  plan.scheduler = scheduler.to_string();
  plan.cpus = scenario.machine.cpus;
  plan.top = "sharesim-" + scenario.name;
}

void PlanDraft::note(Note::Kind kind, const std::string& path, std::string text) {
  Note note{kind, path, std::move(text)};
  const bool said = std::any_of(plan.notes.begin(), plan.notes.end(), [&](const Note& other) {
    return other.kind == note.kind && other.path == note.path && other.text == note.text;
  });
  if (!said) plan.notes.push_back(std::move(note));
}

void PlanDraft::refuse(const std::string& path, std::string text) {
  note(Note::Kind::kRefused, path, std::move(text));
}

void PlanDraft::lose(const std::string& path, std::string text) {
  note(Note::Kind::kLost, path, std::move(text));
}

void PlanDraft::make_groups() {
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    const GroupSpec& spec = scenario.groups[id];
    PlannedGroup group{.path = spec.path, .group = plan.top, .entity = EntityRef::group(id)};
    if (id != kRoot) {
      group.parent = plan.index_of_group[spec.parent];
      group.group = plan.groups[*group.parent].group + "/s-" + spec.name;
      group.asked_weight = spec.weight;
    }
    plan.index_of_group.push_back(plan.groups.size());
    plan.groups.push_back(std::move(group));
  }
  for (TaskId id = 0; id < scenario.task_count(); ++id) {
    const TaskSpec& spec = scenario.spec_of(id);
    PlannedGroup leaf{.path = scenario.path_of(id), .entity = EntityRef::task(id), .leaf = true};
    leaf.parent = plan.index_of_group[spec.group];
    leaf.group = fmt::format("{}/s-{}", plan.groups[*leaf.parent].group, spec.name);
    if (spec.instances() > 1) leaf.group += fmt::format(".{}", id - spec.first);
    leaf.asked_weight = spec.weight;
    plan.index_of_task.push_back(plan.groups.size());
    plan.groups.push_back(std::move(leaf));
  }
  children.resize(plan.groups.size());
  capacity.resize(plan.groups.size());
  for (std::size_t i = 1; i < plan.groups.size(); ++i) {
    children[*plan.groups[i].parent].push_back(i);
  }
}

const GroupSpec* PlanDraft::group_spec(std::size_t index) const {
  const EntityRef entity = *plan.groups[index].entity;
  return entity.is_task() ? nullptr : &scenario.groups[entity.id];
}

const TaskSpec& PlanDraft::task_spec(std::size_t index) const {
  return scenario.spec_of(TaskId{plan.groups[index].entity->id});
}

const std::optional<Bandwidth>& PlanDraft::cap_in(std::size_t index) const {
  const GroupSpec* group = group_spec(index);
  return group != nullptr ? group->cap : task_spec(index).cap;
}

const std::optional<CpuSet>& PlanDraft::cpus_in(std::size_t index) const {
  const GroupSpec* group = group_spec(index);
  return group != nullptr ? group->cpus : task_spec(index).cpus;
}

bool PlanDraft::is_idle(std::size_t index) const {
  const GroupSpec* const group = group_spec(index);
  return group != nullptr ? group->idle : task_spec(index).idle;
}

const Hints& PlanDraft::hints_in(std::size_t index) const {
  const GroupSpec* group = group_spec(index);
  return group != nullptr ? group->hints : task_spec(index).hints;
}

const SchedulerChoice& PlanDraft::policy_below(std::size_t index) const {
  for (GroupId id = plan.groups[index].entity->id;; id = scenario.groups[id].parent) {
    if (scenario.groups[id].scheduler) return *scenario.groups[id].scheduler;
    if (id == kRoot) return scheduler;
  }
}

CpuSet PlanDraft::real_cpus(const CpuSet& simulated) const {
  CpuSet real;
  CpuId number = 0;
  for (CpuId cpu = hierarchy.cpus.next(0); cpu != kNoCpu; cpu = hierarchy.cpus.next(cpu + 1)) {
    if (simulated.contains(number++)) real.insert(cpu);
  }
  return real;
}

void PlanDraft::set_cpus() {
  const CpuId wanted = scenario.machine.cpus;
  const CpuId there = hierarchy.cpus.count();
  capacity[0] = wanted * kOneCpu;
  bool any = wanted < there;
  for (std::size_t i = 0; i < plan.groups.size(); ++i) any = any || cpus_in(i).has_value();
  for (const ScenarioEvent& event : scenario.events) any = any || event.cpus.has_value();
  if (wanted > there) {
    refuse("", fmt::format("the workload's machine has {} CPUs, and here are {}: make it smaller "
                           "with --set machine.cpus={}",
                           wanted, there, there));
    return;
  }
  if (!any) return;
  const bool has_cpusets = hierarchy.tree_of(Controller::kCpuset).has_value();
  if (!has_cpusets && wanted < there && !options.pins) {
    lose("",
         fmt::format("the cpuset controller is not to be had: shares are of {} CPUs, and not of "
                     "the workload's {}",
                     there, wanted));
  }
  std::vector<CpuSet> effective(plan.groups.size());
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    PlannedGroup& group = plan.groups[i];
    const auto& own = cpus_in(i);
    const CpuSet above = group.parent ? effective[*group.parent] : real_cpus(CpuSet::first(wanted));
    effective[i] = own ? real_cpus(*own) & above : above;
    if (has_cpusets) {
      // In v1 a cpuset is empty unless it is set.
      const bool needed = own || i == 0 || hierarchy.version == Version::kV1;
      if (needed) group.cpus = effective[i];
    } else if (own && !options.pins) {
      refuse(group.path, fmt::format("cpus {}: the cpuset controller is not to be had below this "
                                     "root (systemd: Delegate=cpuset)",
                                     own->to_string()));
    }
    capacity[i] = effective[i].count() * kOneCpu;
  }
}

}  // namespace sharesim::cgroup
