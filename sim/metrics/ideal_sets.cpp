#include "sim/metrics/ideal_sets.hpp"

#include <algorithm>
#include <limits>

#include "sim/core/check.hpp"

namespace sharesim::ideal {
namespace {

/// How far the level may rise until `room` is used up; rounding may have left a little less than
/// nothing.
double stretch_to(double room, double speed) { return std::max(room, 0.0) / speed; }

/// The load of a union of sets.
template <typename Loads>
auto sum_of(const Loads& loads, const std::vector<CpuSets::SetId>& members) {
  typename Loads::value_type sum;
  for (const CpuSets::SetId id : members) {
    sum.rate += loads[id].rate;
    sum.speed += loads[id].speed;
  }
  return sum;
}

}  // namespace

SetSolver::SetSolver(const Scenario& scenario)
    : affinity_(scenario), machine_ceiling_(scenario.machine.cpus * kCpuCeiling) {
  check_affinity(scenario);
  constraints_ = affinity_.sets().constraints(affinity_.used());
  for (const GroupSpec& spec : scenario.groups) {
    Group group;
    group.parent = spec.parent;
    group.weight = spec.weight;
    group.limit = ceiling_of(or_null(spec.cap), machine_ceiling_);
    groups_.push_back(group);
  }
  tasks_.resize(scenario.task_count());
  for (const TaskSpec& spec : scenario.tasks) {
    const ClassId id = class_of(spec.group, affinity_.of_tasks()[spec.first], spec.weight,
                                ceiling_of(or_null(spec.cap), kCpuCeiling));
    for (TaskId i = 0; i < spec.instances(); ++i) tasks_[spec.first + i].class_index = id;
  }
}

SetSolver::ClassId SetSolver::class_of(GroupId group, CpuSets::SetId set, Weight weight,
                                       Ceiling ceiling) {
  const auto next = static_cast<ClassId>(classes_.size());
  const auto [entry, is_new] = ids_.try_emplace({group, set, weight, ceiling}, next);
  if (is_new) {
    Class fresh;
    fresh.group = group;
    fresh.set = set;
    fresh.weight = weight;
    fresh.ceiling = ceiling;
    classes_.push_back(fresh);
  }
  return entry->second;
}

// ---- changes

void SetSolver::join(TaskId task, Time now) {
  const ClassId id = tasks_[task].class_index;
  Class& joined = classes_[id];
  tasks_[task].join(joined.served.at(now));
  if (joined.units++ == 0) {
    demanding_.insert(std::lower_bound(demanding_.begin(), demanding_.end(), id), id);
  }
}

void SetSolver::quit(TaskId task, Time now) {
  const ClassId id = tasks_[task].class_index;
  Class& left = classes_[id];
  tasks_[task].leave(left.served.at(now), static_cast<double>(left.weight));
  if (--left.units == 0) {
    demanding_.erase(std::lower_bound(demanding_.begin(), demanding_.end(), id));
    left.served.set_pace(0, now);
  }
}

void SetSolver::move(TaskId task, ClassId to, Time now) {
  const bool demand = tasks_[task].demand;
  if (demand) quit(task, now);
  tasks_[task].class_index = to;
  if (demand) join(task, now);
}

void SetSolver::arrive(TaskId task, Time now) {
  check(!tasks_[task].demand, "a task arrives in the ideal once");
  join(task, now);
  solve(now);
}

void SetSolver::leave(TaskId task, double service_ns, Time now) {
  check(tasks_[task].demand, "a task leaves the ideal after it has arrived");
  const Class its = classes_[tasks_[task].class_index];
  find_scarcest();  // before it leaves
  quit(task, now);
  const double lag = tasks_[task].take_lag(service_ns);
  if (lag != 0) {
    find_shares(its.set);
    share_out(its.group, lag, now);
  }
  solve(now);
}

void SetSolver::set_weight(EntityRef entity, Weight weight, Time now) {
  if (entity.is_task()) {
    const Class old = classes_[tasks_[entity.id].class_index];
    move(entity.id, class_of(old.group, old.set, weight, old.ceiling), now);
  } else {
    groups_[entity.id].weight = weight;
  }
  solve(now);
}

void SetSolver::set_cap(EntityRef entity, const Bandwidth* cap, Time now) {
  if (entity.is_task()) {
    const Class old = classes_[tasks_[entity.id].class_index];
    const Ceiling ceiling = ceiling_of(cap, kCpuCeiling);
    move(entity.id, class_of(old.group, old.set, old.weight, ceiling), now);
  } else {
    groups_[entity.id].limit = ceiling_of(cap, machine_ceiling_);
  }
  solve(now);
}

void SetSolver::set_affinity(EntityRef entity, const CpuSet& cpus, Time now) {
  affinity_.set(entity, cpus);
  for (TaskId task = 0; task < tasks_.size(); ++task) {
    const Class old = classes_[tasks_[task].class_index];
    const CpuSets::SetId set = affinity_.of_tasks()[task];
    if (set != old.set) move(task, class_of(old.group, set, old.weight, old.ceiling), now);
  }
  constraints_ = affinity_.sets().constraints(affinity_.used());
  solve(now);
}

// ---- lags

/// A full union is known by its place in constraints_; their number stands for none.
void SetSolver::find_scarcest() {
  std::vector<double>& rates = shares_.set_rates;
  rates.assign(affinity_.sets().size(), 0);
  for (const ClassId id : demanding_) {
    const Class& its = classes_[id];
    rates[its.set] += static_cast<double>(its.units * its.weight) * its.level;
  }
  const std::size_t none = constraints_.size();
  shares_.scarcest.assign(rates.size(), none);
  for (std::size_t i = 0; i < none; ++i) {
    const CpuSets::Constraint& constraint = constraints_[i];
    double rate = 0;
    for (const CpuSets::SetId id : constraint.members) rate += rates[id];
    if (rate < constraint.size * kNearlyAll) continue;
    for (const CpuSets::SetId id : constraint.members) {
      std::size_t& best = shares_.scarcest[id];
      if (best == none || constraint.size < constraints_[best].size) best = i;
    }
  }
}

/// Who competes with a task bound to `set`, which no longer counts.
void SetSolver::find_shares(CpuSets::SetId set) {
  shares_.classes.clear();
  std::vector<Weight>& weights = shares_.weights;
  weights.assign(groups_.size(), 0);
  for (const ClassId id : demanding_) {
    const Class& its = classes_[id];
    if (its.at_ceiling() || shares_.scarcest[its.set] != shares_.scarcest[set]) continue;
    shares_.classes.push_back(id);
    weights[its.group] += its.units * its.weight;
  }
  for (auto g = static_cast<GroupId>(groups_.size() - 1); g > kRoot; --g) {
    const Group& group = groups_[g];
    if (weights[g] > 0 && !group.at_limit()) weights[group.parent] += group.weight;
  }
}

/// Gives the lag of a task that has left `group` to those that competed with it.
void SetSolver::share_out(GroupId group, double lag, Time now) {
  const std::vector<Weight>& weights = shares_.weights;
  while (weights[group] == 0) {
    groups_[group].served.add(-lag, now);
    if (group == kRoot) return;
    group = groups_[group].parent;
  }
  std::vector<double>& per_weight = shares_.per_weight;
  per_weight.assign(groups_.size(), 0);
  per_weight[group] = lag / static_cast<double>(weights[group]);
  for (GroupId g = group + 1; g < groups_.size(); ++g) {  // a parent stands before its children
    Group& below = groups_[g];
    if (weights[g] == 0 || below.at_limit() || per_weight[below.parent] == 0) continue;
    const double part = static_cast<double>(below.weight) * per_weight[below.parent];
    below.served.add(part, now);
    per_weight[g] = part / static_cast<double>(weights[g]);
  }
  for (const ClassId id : shares_.classes) {
    const double part = per_weight[classes_[id].group];
    if (part != 0) classes_[id].served.add(part, now);
  }
}

// ---- answers

double SetSolver::service_ns(TaskId task, Time now) const {
  const TaskAccount& account = tasks_[task];
  if (!account.demand) return account.base_high;
  const Class& its = classes_[account.class_index];
  return account.base_high + account.earned(its.served.at(now), static_cast<double>(its.weight));
}

double SetSolver::group_service_ns(GroupId group, Time now) const {
  return groups_[group].served.at(now).value();
}

double SetSolver::rate(TaskId task) const {
  if (!tasks_[task].demand) return 0;
  const Class& its = classes_[tasks_[task].class_index];
  return its.served.pace * static_cast<double>(its.weight);
}

double SetSolver::group_rate(GroupId group) const { return groups_[group].served.pace; }

// ---- solving

void SetSolver::solve(Time now) {
  fill();
  for (const ClassId id : demanding_) classes_[id].served.set_pace(classes_[id].level, now);
  for (Group& group : groups_) group.served.set_pace(group.rate, now);
}

void SetSolver::fill() {
  for (const ClassId id : demanding_) {
    classes_[id].level = 0;
    classes_[id].frozen = false;
  }
  for (Group& group : groups_) {
    group.rate = 0;
    group.frozen = false;
  }
  add_weights();
  while (groups_[kRoot].rising > 0) {
    spread_speeds();
    load_sets();
    advance(longest_stretch());
    add_weights();
  }
}

void SetSolver::add_weights() {
  for (GroupId g = 0; g < groups_.size(); ++g) {  // a parent stands before its children
    groups_[g].rising = 0;
    if (g != kRoot && groups_[groups_[g].parent].frozen) groups_[g].frozen = true;
  }
  for (const ClassId id : demanding_) {
    const Class& its = classes_[id];
    if (!its.frozen && !groups_[its.group].frozen) {
      groups_[its.group].rising += its.units * its.weight;
    }
  }
  for (auto g = static_cast<GroupId>(groups_.size() - 1); g > kRoot; --g) {
    if (groups_[g].rising > 0) groups_[groups_[g].parent].rising += groups_[g].weight;
  }
}

void SetSolver::spread_speeds() {
  for (GroupId g = 0; g < groups_.size(); ++g) {
    Group& group = groups_[g];
    const auto rising = static_cast<double>(group.rising);
    if (group.rising == 0) {
      group.speed = 0;
      group.level_speed = 0;
    } else {
      group.speed = g == kRoot
                        ? rising
                        : static_cast<double>(group.weight) * groups_[group.parent].level_speed;
      group.level_speed = group.speed / rising;
    }
  }
}

void SetSolver::load_sets() {
  loads_.assign(affinity_.sets().size(), SetLoad{});
  for (const ClassId id : demanding_) {
    const Class& its = classes_[id];
    const double weight = static_cast<double>(its.units * its.weight);
    loads_[its.set].rate += weight * its.level;
    if (!its.frozen) loads_[its.set].speed += weight * groups_[its.group].level_speed;
  }
}

/// How far the level of the root rises until the next thing freezes.
double SetSolver::longest_stretch() const {
  double stretch = std::numeric_limits<double>::infinity();
  const auto limit = [&](double room, double speed) {
    if (speed > 0) stretch = std::min(stretch, stretch_to(room, speed));
  };
  for (const ClassId id : demanding_) {
    const Class& its = classes_[id];
    if (!its.frozen) limit(its.top() - its.level, groups_[its.group].level_speed);
  }
  for (const Group& group : groups_) limit(to_cpus(group.limit) - group.rate, group.speed);
  for (const CpuSets::Constraint& constraint : constraints_) {
    const SetLoad load = sum_of(loads_, constraint.members);
    limit(constraint.size - load.rate, load.speed);
  }
  return stretch;
}

/// Lets the level of the root rise by `stretch`, and freezes all that can rise no further.
void SetSolver::advance(double stretch) {
  for (const CpuSets::Constraint& constraint : constraints_) {
    const SetLoad load = sum_of(loads_, constraint.members);
    if (load.speed > 0 && stretch_to(constraint.size - load.rate, load.speed) <= stretch) {
      for (const CpuSets::SetId id : constraint.members) loads_[id].frozen = true;
    }
  }
  for (const ClassId id : demanding_) {
    Class& its = classes_[id];
    const double speed = groups_[its.group].level_speed;
    if (its.frozen || speed == 0) continue;
    const bool full = stretch_to(its.top() - its.level, speed) <= stretch;
    its.level = full ? its.top() : its.level + speed * stretch;
    its.frozen = full || loads_[its.set].frozen;
  }
  for (Group& group : groups_) {
    if (group.speed == 0) continue;
    const bool full = stretch_to(to_cpus(group.limit) - group.rate, group.speed) <= stretch;
    group.rate = full ? to_cpus(group.limit) : group.rate + group.speed * stretch;
    group.frozen = full;
  }
}

std::unique_ptr<Ideal::Solver> make_set_solver(const Scenario& scenario) {
  return std::make_unique<SetSolver>(scenario);
}

}  // namespace sharesim::ideal
