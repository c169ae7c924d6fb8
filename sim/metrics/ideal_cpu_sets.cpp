#include "sim/metrics/ideal_cpu_sets.hpp"

#include <algorithm>
#include <utility>

#include "sim/core/error.hpp"

namespace sharesim::ideal {

CpuSets::SetId CpuSets::id_of(const CpuSet& cpus) {
  const auto next = static_cast<SetId>(sets_.size());
  const auto [entry, is_new] = ids_.try_emplace(cpus.to_string(), next);
  if (is_new) sets_.push_back(cpus);
  return entry->second;
}

std::vector<CpuSets::Constraint> CpuSets::constraints(const std::vector<bool>& used) const {
  std::vector<CpuSet> unions;
  std::map<std::string, bool> seen;
  const auto add = [&](const CpuSet& cpus) {
    if (!seen.try_emplace(cpus.to_string(), true).second) return;
    if (unions.size() == kMaxConstraints) {
      throw InputError(
          "the sets of CPUs that tasks are bound to overlap in too many ways",
          "at most " + std::to_string(kMaxConstraints) + " different unions of overlapping sets");
    }
    unions.push_back(cpus);
  };
  for (SetId id = 0; id < sets_.size(); ++id) {
    if (used[id]) add(sets_[id]);
  }
  // By index: the list grows while it is walked.
  // NOLINTNEXTLINE(modernize-loop-convert)
  for (std::size_t i = 0; i < unions.size(); ++i) {
    for (SetId id = 0; id < sets_.size(); ++id) {
      if (used[id] && sets_[id].intersects(unions[i])) add(sets_[id] | unions[i]);
    }
  }
  std::vector<Constraint> result;
  result.reserve(unions.size());
  for (const CpuSet& cpus : unions) {
    Constraint constraint{cpus.count(), {}};
    for (SetId id = 0; id < sets_.size(); ++id) {
      if (used[id] && sets_[id].subset_of(cpus)) constraint.members.push_back(id);
    }
    result.push_back(std::move(constraint));
  }
  return result;
}

Affinity::Affinity(const Scenario& scenario) : machine_(CpuSet::first(scenario.machine.cpus)) {
  for (const GroupSpec& group : scenario.groups) {
    parents_.push_back(group.parent);
    group_own_.push_back(group.cpus ? *group.cpus & machine_ : machine_);
  }
  group_effective_.resize(parents_.size());
  tasks_.resize(scenario.task_count());
  for (const TaskSpec& spec : scenario.tasks) {
    const CpuSets::SetId own = sets_.id_of(spec.cpus ? *spec.cpus & machine_ : machine_);
    std::fill_n(tasks_.begin() + spec.first, spec.instances(), Task{spec.group, own});
  }
  effective_.resize(tasks_.size());
  resolve_groups();
}

void Affinity::set(EntityRef entity, const CpuSet& cpus) {
  if (entity.is_task()) {
    tasks_[entity.id].own = sets_.id_of(cpus & machine_);
    resolve_task(entity.id);
  } else {
    group_own_[entity.id] = cpus & machine_;
    resolve_groups();
  }
}

void Affinity::resolve_groups() {
  for (GroupId g = 0; g < parents_.size(); ++g) {  // a parent stands before its children
    const CpuSet& own = group_own_[g];
    group_effective_[g] =
        sets_.id_of(g == kRoot ? own : own & sets_[group_effective_[parents_[g]]]);
  }
  for (TaskId task = 0; task < tasks_.size(); ++task) resolve_task(task);
}

void Affinity::resolve_task(TaskId task) {
  const CpuSets::SetId above = group_effective_[tasks_[task].group];
  const CpuSets::SetId own = tasks_[task].own;
  const bool within = own == above || sets_[above].subset_of(sets_[own]);
  effective_[task] = within ? above : sets_.id_of(sets_[own] & sets_[above]);
}

std::vector<bool> Affinity::used() const {
  std::vector<bool> used(sets_.size());
  for (const CpuSets::SetId id : effective_) used[id] = true;
  return used;
}

void check_affinity(const Scenario& scenario) {
  Affinity affinity(scenario);
  std::vector<bool> checked;
  const auto check_present = [&] {
    std::vector<bool> used = affinity.used();
    if (used == checked) return;
    affinity.sets().constraints(used);
    checked = std::move(used);
  };
  check_present();
  for (const ScenarioEvent& event : scenario.events) {
    if (!event.cpus) continue;
    for (const EntityRef entity : event.entities) {
      affinity.set(entity, *event.cpus);
      check_present();
    }
  }
}

}  // namespace sharesim::ideal
