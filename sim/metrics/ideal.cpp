#include "sim/metrics/ideal.hpp"

#include <algorithm>
#include <optional>

#include "sim/metrics/ideal_solver.hpp"

namespace sharesim {
namespace {

/// Whether a task may ever be kept from some CPU.
bool binds_cpus(const Scenario& scenario) {
  const CpuSet all = CpuSet::first(scenario.machine.cpus);
  const auto binds = [&](const std::optional<CpuSet>& cpus) {
    return cpus && !all.subset_of(*cpus);
  };
  return std::any_of(scenario.groups.begin(), scenario.groups.end(),
                     [&](const GroupSpec& group) { return binds(group.cpus); }) ||
         std::any_of(scenario.tasks.begin(), scenario.tasks.end(),
                     [&](const TaskSpec& task) { return binds(task.cpus); }) ||
         std::any_of(scenario.events.begin(), scenario.events.end(),
                     [&](const ScenarioEvent& event) { return binds(event.cpus); });
}

std::unique_ptr<Ideal::Solver> make_solver(const Scenario& scenario, Ideal::Method method) {
  if (method == Ideal::Method::kAutomatic) {
    method = binds_cpus(scenario) ? Ideal::Method::kFromScratch : Ideal::Method::kIncremental;
  }
  return method == Ideal::Method::kIncremental ? ideal::make_tree_solver(scenario)
                                               : ideal::make_set_solver(scenario);
}

}  // namespace

Ideal::Ideal(const Scenario& scenario, Method method) : solver_(make_solver(scenario, method)) {}
Ideal::~Ideal() = default;

void Ideal::arrive(TaskId task, Time now) { solver_->arrive(task, now); }
void Ideal::leave(TaskId task, double service_ns, Time now) {
  solver_->leave(task, service_ns, now);
}
void Ideal::set_weight(EntityRef entity, Weight weight, Time now) {
  solver_->set_weight(entity, weight, now);
}
void Ideal::set_cap(EntityRef entity, const Bandwidth* cap, Time now) {
  solver_->set_cap(entity, cap, now);
}
void Ideal::set_affinity(EntityRef entity, const CpuSet& cpus, Time now) {
  solver_->set_affinity(entity, cpus, now);
}
double Ideal::service_ns(TaskId task, Time now) const { return solver_->service_ns(task, now); }
double Ideal::group_service_ns(GroupId group, Time now) const {
  return solver_->group_service_ns(group, now);
}
double Ideal::rate(TaskId task) const { return solver_->rate(task); }
double Ideal::group_rate(GroupId group) const { return solver_->group_rate(group); }

}  // namespace sharesim
