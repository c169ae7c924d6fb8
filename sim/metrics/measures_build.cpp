#include <algorithm>
#include <string_view>
#include <utility>

#include "sim/metrics/measures_state.hpp"
#include "sim/metrics/measures_tree.hpp"

namespace sharesim {
namespace {

bool names_cpus(const Scenario& scenario) {
  const auto bound = [](const auto& item) { return item.cpus.has_value(); };
  return std::any_of(scenario.groups.begin(), scenario.groups.end(), bound) ||
         std::any_of(scenario.tasks.begin(), scenario.tasks.end(), bound) ||
         std::any_of(scenario.events.begin(), scenario.events.end(), bound);
}

std::int64_t longest_overhead(const MachineSpec& machine) {
  return to_ns(machine.context_switch + machine.wakeup + machine.migration);
}

/// "sfq" of "sfq:slice=10ms"
std::string_view name_of(std::string_view scheduler) {
  return scheduler.substr(0, scheduler.find(':'));
}

/// In a fluid run nobody ever has more than the baseline of his credits: there are no accounts.
bool applies(const Expectation& expectation, std::string_view scheduler, bool fluid) {
  if (fluid && metric_info(expectation.metric).unit == MetricUnit::kCredits) return false;
  const auto& names = expectation.schedulers;
  return names.empty() || std::find(names.begin(), names.end(), name_of(scheduler)) != names.end();
}

bool has_window(const Expectation& expectation) {
  return metric_info(expectation.metric).times != MetricTimes::kEnd &&
         (expectation.from != kStart || expectation.to.has_value());
}

}  // namespace

Measures::State::State(std::shared_ptr<const Scenario> scenario, const std::string& scheduler,
                       Served served)
    : scenario_(std::move(scenario)),
      fluid_(served == Served::kFluid),
      tasks_(scenario_->task_count()),
      wakeups_(tasks_.size()),
      responses_(tasks_.size()),
      open_(scenario_->machine.cpus),
      cpus_(scenario_->machine.cpus),
      groups_(scenario_->groups.size()),
      ideal_(*scenario_),
      recent_(scenario_->machine.cpus),
      wasted_(scenario_->machine.cpus, scenario_->task_count(),
              longest_overhead(scenario_->machine), names_cpus(*scenario_)),
      dropped_(scenario_->tasks.size()) {
  build_groups();
  if (!fluid_ && CreditAccounts::any(*scenario_)) credits_.emplace(*scenario_);
  if (names_cpus(*scenario_)) {
    affinity_.emplace(*scenario_);
    bind_tasks(0);
  }
  build_windows(scheduler);
}

void Measures::State::build_groups() {
  std::vector<std::vector<Weight>> weights(groups_.size());
  for (std::uint32_t index = 0; index < scenario_->tasks.size(); ++index) {
    const TaskSpec& spec = scenario_->tasks[index];
    groups_[spec.group].specs.push_back(index);
    for (TaskId id = spec.first; id < spec.first + spec.instances(); ++id) {
      tasks_[id].group = spec.group;
      tasks_[id].child = static_cast<std::uint32_t>(weights[spec.group].size());
      weights[spec.group].push_back(spec.weight);
    }
  }
  for (GroupId id = 1; id < groups_.size(); ++id) {
    const GroupSpec& spec = scenario_->groups[id];
    groups_[id].parent = spec.parent;
    groups_[id].child = static_cast<std::uint32_t>(weights[spec.parent].size());
    groups_[spec.parent].groups.push_back(id);
    weights[spec.parent].push_back(spec.weight);
  }
  for (GroupId id = 0; id < groups_.size(); ++id) {
    groups_[id].fairness = Fairness(weights[id], scenario_->machine.cpus);
  }
}

void Measures::State::build_windows(const std::string& scheduler) {
  for (std::size_t i = 0; i < scenario_->expectations.size(); ++i) {
    const Expectation& expectation = scenario_->expectations[i];
    if (!applies(expectation, scheduler, fluid_)) continue;
    expected_.push_back(i);
    if (!has_window(expectation)) continue;
    const std::int64_t from = to_ns(expectation.from);
    const std::int64_t to = expectation.to ? to_ns(*expectation.to) : kNoEdge;
    if (from > 0) window_edges_.push_back(from);
    if (to != kNoEdge) window_edges_.push_back(to);
    for (const EntityRef entity : expectation.entities) {
      windows_.push_back({.expectation = i,
                          .entity = entity,
                          .from = from,
                          .to = to,
                          .at_from = {},
                          .at_to = {},
                          .credits_at_from = {},
                          .credits_at_to = {}});
    }
  }
  std::sort(window_edges_.begin(), window_edges_.end());
  window_edges_.erase(std::unique(window_edges_.begin(), window_edges_.end()), window_edges_.end());
  find_next_edge();
}

}  // namespace sharesim
