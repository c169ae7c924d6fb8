#include "tests/support/fluid_oracle.hpp"

#include <algorithm>

#include "sim/core/check.hpp"

namespace sharesim::test {
namespace {

Exact rate_of(const Bandwidth& cap) { return Exact(to_ns(cap.quota), to_ns(cap.period)); }

Exact ceiling_of(const FluidTask& task) {
  return task.cap ? std::min(Exact(1), rate_of(*task.cap)) : Exact(1);
}

/// One progressive filling.
class Filling {
 public:
  explicit Filling(const FluidTree& tree) : tree_(tree) {
    rates_.tasks.resize(tree.tasks.size());
    rates_.groups.resize(tree.groups.size());
    task_frozen_.resize(tree.tasks.size());
    task_speed_.resize(tree.tasks.size());
    group_speed_.resize(tree.groups.size());
    bind();
    freeze_idle_tasks();
  }

  FluidRates run() {
    while (std::find(task_frozen_.begin(), task_frozen_.end(), false) != task_frozen_.end()) {
      find_speeds();
      rise(longest_rise());
      freeze();
    }
    find_scarce();
    return rates_;
  }

 private:
  /// Tasks that may only run on `cpus`.
  struct Bound {
    CpuSet cpus;
    std::vector<TaskId> tasks;
  };

  CpuSet allowed(TaskId t) const {
    CpuSet cpus = CpuSet::first(tree_.cpus);
    if (tree_.tasks[t].cpus) cpus = cpus & *tree_.tasks[t].cpus;
    for (GroupId g = tree_.tasks[t].group;; g = tree_.groups[g].parent) {
      if (tree_.groups[g].cpus) cpus = cpus & *tree_.groups[g].cpus;
      if (g == kRoot) return cpus;
    }
  }

  /// Every union of the tasks' sets bounds the tasks within; no other set of CPUs bounds more.
  void bind() {
    std::vector<CpuSet> distinct;
    for (TaskId t = 0; t < tree_.tasks.size(); ++t) {
      if (!tree_.tasks[t].demand) continue;
      const CpuSet cpus = allowed(t);
      if (std::find(distinct.begin(), distinct.end(), cpus) == distinct.end()) {
        distinct.push_back(cpus);
      }
    }
    check(distinct.size() <= 12, "the oracle's scenario has few sets of CPUs");
    for (unsigned choice = 1; choice < 1U << distinct.size(); ++choice) {
      Bound bound;
      for (std::size_t i = 0; i < distinct.size(); ++i) {
        if ((choice >> i & 1U) != 0) bound.cpus = bound.cpus | distinct[i];
      }
      for (TaskId t = 0; t < tree_.tasks.size(); ++t) {
        if (tree_.tasks[t].demand && allowed(t).subset_of(bound.cpus)) bound.tasks.push_back(t);
      }
      const bool known = std::any_of(bounds_.begin(), bounds_.end(),
                                     [&](const Bound& b) { return b.cpus == bound.cpus; });
      if (!known) bounds_.push_back(bound);
    }
  }

  void freeze_idle_tasks() {
    for (TaskId t = 0; t < tree_.tasks.size(); ++t) task_frozen_[t] = !tree_.tasks[t].demand;
  }

  bool lies_in(TaskId t, GroupId group) const {
    for (GroupId g = tree_.tasks[t].group;; g = tree_.groups[g].parent) {
      if (g == group) return true;
      if (g == kRoot) return false;
    }
  }

  /// A group is frozen when everything in it is.
  bool group_frozen(GroupId g) const {
    for (TaskId t = 0; t < tree_.tasks.size(); ++t) {
      if (!task_frozen_[t] && lies_in(t, g)) return false;
    }
    return true;
  }

  /// How fast each rate rises with the level of the root.
  void find_speeds() {
    for (GroupId g = 0; g < tree_.groups.size(); ++g) {
      const bool frozen = group_frozen(g);
      if (g != kRoot) {
        const FluidGroup& group = tree_.groups[g];
        group_speed_[g] = frozen ? Exact(0) : group.weight * level_speed(group.parent);
      }
      if (g == kRoot) group_speed_[g] = frozen ? Exact(0) : Exact(rising_weight(g));
    }
    for (TaskId t = 0; t < tree_.tasks.size(); ++t) {
      const FluidTask& task = tree_.tasks[t];
      task_speed_[t] = task_frozen_[t] ? Exact(0) : task.weight * level_speed(task.group);
    }
  }

  Exact level_speed(GroupId g) const {
    return g == kRoot ? Exact(1) : group_speed_[g] / rising_weight(g);
  }

  /// Of the children of `g` that are not frozen.
  Weight rising_weight(GroupId g) const {
    Weight sum = 0;
    for (GroupId c = 1; c < tree_.groups.size(); ++c) {
      if (tree_.groups[c].parent == g && !group_frozen(c)) sum += tree_.groups[c].weight;
    }
    for (TaskId t = 0; t < tree_.tasks.size(); ++t) {
      if (tree_.tasks[t].group == g && !task_frozen_[t]) sum += tree_.tasks[t].weight;
    }
    return sum;
  }

  Exact load(const Bound& bound, const std::vector<Exact>& of_tasks) const {
    Exact sum = 0;
    for (const TaskId t : bound.tasks) sum += of_tasks[t];
    return sum;
  }

  /// Until the first ceiling, cap or set of CPUs is reached.
  Exact longest_rise() const {
    std::optional<Exact> least;
    const auto limit = [&](const Exact& room, const Exact& speed) {
      if (speed > 0 && (!least || room / speed < *least)) least = room / speed;
    };
    for (TaskId t = 0; t < tree_.tasks.size(); ++t) {
      limit(ceiling_of(tree_.tasks[t]) - rates_.tasks[t], task_speed_[t]);
    }
    for (GroupId g = 0; g < tree_.groups.size(); ++g) {
      const auto& cap = tree_.groups[g].cap;
      if (cap) limit(rate_of(*cap) - rates_.groups[g], group_speed_[g]);
    }
    for (const Bound& bound : bounds_) {
      limit(bound.cpus.count() - load(bound, rates_.tasks), load(bound, task_speed_));
    }
    return *least;
  }

  void rise(const Exact& level) {
    for (TaskId t = 0; t < tree_.tasks.size(); ++t) rates_.tasks[t] += level * task_speed_[t];
    for (GroupId g = 0; g < tree_.groups.size(); ++g) {
      rates_.groups[g] += level * group_speed_[g];
    }
  }

  void freeze() {
    for (TaskId t = 0; t < tree_.tasks.size(); ++t) {
      if (rates_.tasks[t] == ceiling_of(tree_.tasks[t])) task_frozen_[t] = true;
    }
    for (GroupId g = 0; g < tree_.groups.size(); ++g) {
      const auto& cap = tree_.groups[g].cap;
      if (!cap || rates_.groups[g] != rate_of(*cap)) continue;
      for (TaskId t = 0; t < tree_.tasks.size(); ++t) {
        if (lies_in(t, g)) task_frozen_[t] = true;
      }
    }
    for (const Bound& bound : bounds_) {
      if (load(bound, rates_.tasks) != bound.cpus.count()) continue;
      for (const TaskId t : bound.tasks) task_frozen_[t] = true;
    }
  }

  void find_scarce() {
    rates_.scarce.resize(tree_.tasks.size());
    for (const Bound& bound : bounds_) {
      if (load(bound, rates_.tasks) != bound.cpus.count()) continue;
      for (const TaskId t : bound.tasks) {
        std::optional<CpuSet>& its = rates_.scarce[t];
        if (!its || bound.cpus.count() < its->count()) its = bound.cpus;
      }
    }
  }

  const FluidTree& tree_;
  FluidRates rates_;
  std::vector<Bound> bounds_;
  std::vector<bool> task_frozen_;
  std::vector<Exact> task_speed_, group_speed_;
};

}  // namespace

FluidTree::FluidTree(const Scenario& scenario) : cpus(scenario.machine.cpus) {
  for (const GroupSpec& spec : scenario.groups) {
    groups.push_back({spec.parent, spec.weight, spec.cap, spec.cpus});
  }
  for (const TaskSpec& spec : scenario.tasks) {
    for (std::uint32_t i = 0; i < spec.instances(); ++i) {
      tasks.push_back({spec.group, spec.weight, spec.cap, spec.cpus, false});
    }
  }
}

FluidRates fluid_rates(const FluidTree& tree) { return Filling(tree).run(); }

FluidOracle::FluidOracle(const Scenario& scenario)
    : tree_(scenario), task_ns_(tree_.tasks.size()), group_ns_(tree_.groups.size()) {
  solve();
}

void FluidOracle::arrive(TaskId task, Time now) {
  advance(now);
  tree_.tasks[task].demand = true;
  solve();
}

void FluidOracle::leave(TaskId task, double service_ns, Time now) {
  advance(now);
  const long double lag = task_ns_[task] - static_cast<long double>(service_ns);
  task_ns_[task] = static_cast<long double>(service_ns);
  for (GroupId g = tree_.tasks[task].group;; g = tree_.groups[g].parent) {
    if (competing_weight(g, task) > 0) {
      hand_down(g, lag, task);
      break;
    }
    group_ns_[g] -= lag;
    if (g == kRoot) break;
  }
  tree_.tasks[task].demand = false;
  solve();
}

bool FluidOracle::competes(TaskId task, TaskId left) const {
  return task != left && tree_.tasks[task].demand &&
         rates_.tasks[task] < ceiling_of(tree_.tasks[task]) &&
         rates_.scarce[task] == rates_.scarce[left];
}

bool FluidOracle::competes_group(GroupId group, TaskId left) const {
  const auto& cap = tree_.groups[group].cap;
  const bool at_cap = cap && rates_.groups[group] == rate_of(*cap);
  return !at_cap && competing_weight(group, left) > 0;
}

/// Of the children of `group` that compete.
Weight FluidOracle::competing_weight(GroupId group, TaskId left) const {
  Weight sum = 0;
  for (TaskId t = 0; t < tree_.tasks.size(); ++t) {
    if (tree_.tasks[t].group == group && competes(t, left)) sum += tree_.tasks[t].weight;
  }
  for (GroupId c = 1; c < tree_.groups.size(); ++c) {
    const FluidGroup& child = tree_.groups[c];
    if (child.parent == group && competes_group(c, left)) sum += child.weight;
  }
  return sum;
}

/// Shares `lag` out in `group`, and from there down.
void FluidOracle::hand_down(GroupId group, long double lag, TaskId left) {
  const Weight sum = competing_weight(group, left);
  const auto part = [&](Weight weight) {
    return lag * Exact(weight, sum).convert_to<long double>();
  };
  for (TaskId t = 0; t < tree_.tasks.size(); ++t) {
    const FluidTask& task = tree_.tasks[t];
    if (task.group == group && competes(t, left)) task_ns_[t] += part(task.weight);
  }
  for (GroupId c = 1; c < tree_.groups.size(); ++c) {
    const FluidGroup& child = tree_.groups[c];
    if (child.parent != group || !competes_group(c, left)) continue;
    group_ns_[c] += part(child.weight);
    hand_down(c, part(child.weight), left);
  }
}

void FluidOracle::set_weight(EntityRef entity, Weight weight, Time now) {
  advance(now);
  (entity.is_task() ? tree_.tasks[entity.id].weight : tree_.groups[entity.id].weight) = weight;
  solve();
}

void FluidOracle::set_cap(EntityRef entity, const Bandwidth* cap, Time now) {
  advance(now);
  auto& its = entity.is_task() ? tree_.tasks[entity.id].cap : tree_.groups[entity.id].cap;
  its = cap != nullptr ? std::optional(*cap) : std::nullopt;
  solve();
}

void FluidOracle::set_affinity(EntityRef entity, const CpuSet& cpus, Time now) {
  advance(now);
  (entity.is_task() ? tree_.tasks[entity.id].cpus : tree_.groups[entity.id].cpus) = cpus;
  solve();
}

void FluidOracle::advance(Time now) {
  const auto elapsed = static_cast<long double>(to_ns(now - now_));
  for (std::size_t t = 0; t < task_ns_.size(); ++t) task_ns_[t] += elapsed * task_pace_[t];
  for (std::size_t g = 0; g < group_ns_.size(); ++g) group_ns_[g] += elapsed * group_pace_[g];
  now_ = now;
}

void FluidOracle::solve() {
  rates_ = fluid_rates(tree_);
  const auto to_numbers = [](const std::vector<Exact>& from, std::vector<long double>& to) {
    to.clear();
    for (const Exact& rate : from) to.push_back(rate.convert_to<long double>());
  };
  to_numbers(rates_.tasks, task_pace_);
  to_numbers(rates_.groups, group_pace_);
}

double FluidOracle::service_ns(TaskId task, Time now) const {
  const auto elapsed = static_cast<long double>(to_ns(now - now_));
  return static_cast<double>(task_ns_[task] + elapsed * task_pace_[task]);
}

double FluidOracle::group_service_ns(GroupId group, Time now) const {
  const auto elapsed = static_cast<long double>(to_ns(now - now_));
  return static_cast<double>(group_ns_[group] + elapsed * group_pace_[group]);
}

}  // namespace sharesim::test
