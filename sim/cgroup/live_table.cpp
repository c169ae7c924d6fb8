#include "sim/cgroup/live_table.hpp"

#include <utility>

namespace sharesim::cgroup {
namespace {

/// Whether the plan caps its group, from the beginning or later.
bool has_cap(const Plan& plan, const PlannedGroup& group) {
  if (group.cap) return true;
  for (const TimedStep& change : plan.changes) {
    const bool caps = change.step.knob == Knob::kCpuMax || change.step.knob == Knob::kCfsQuota;
    if (caps && change.step.group == group.group) return true;
  }
  return false;
}

}  // namespace

LiveTable::LiveTable(const Scenario& scenario, const Plan& plan,
                     std::shared_ptr<const EntityTable> seen, LiveSample last)
    : seen_(std::move(seen)),
      last_(std::move(last)),
      capped_groups_(scenario.groups.size()),
      capped_tasks_(scenario.task_count()) {
  const auto mark = [&](const PlannedGroup& group) {
    (group.entity->is_task() ? capped_tasks_ : capped_groups_)[group.entity->id] = true;
  };
  std::vector<bool> capped(plan.groups.size());
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    const PlannedGroup& group = plan.groups[i];
    capped[i] = has_cap(plan, group) || (group.parent && capped[*group.parent]);
  }
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    if (!capped[i]) continue;
    mark(plan.groups[i]);
    for (auto above = plan.groups[i].parent; above; above = plan.groups[*above].parent) {
      mark(plan.groups[*above]);
    }
  }
}

bool LiveTable::measured(Metric metric, EntityRef entity) const {
  if (metric == Metric::kOverhead || metric == Metric::kWastedIdle) return false;
  if (metric != Metric::kStarvation) return true;
  return !(entity.is_task() ? capped_tasks_ : capped_groups_).at(entity.id);
}

EntityResult LiveTable::row(EntityRef entity) const {
  EntityResult row = seen_->row(entity);
  const KernelUsage& usage = last_.of(entity);
  row.throttled = usage.throttled;
  row.throttled_periods = usage.throttled_periods;
  for (const Metric metric : {Metric::kOverhead, Metric::kWastedIdle, Metric::kStarvation}) {
    row.unmeasured[static_cast<std::size_t>(metric)] = !measured(metric, entity);
  }
  return row;
}

}  // namespace sharesim::cgroup
