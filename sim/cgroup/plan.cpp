#include "sim/cgroup/plan.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/plan_draft.hpp"
#include "sim/cgroup/plan_events.hpp"
#include "sim/cgroup/plan_pids.hpp"
#include "sim/cgroup/plan_shares.hpp"
#include "sim/cgroup/plan_steps.hpp"
#include "sim/cgroup/plan_units.hpp"

namespace sharesim::cgroup {
namespace {

/// Beyond this the kernel's own limits and everybody's patience end.
constexpr std::size_t kMostGroups = 4096;

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
  PlanDraft draft(scenario, scheduler, hierarchy, options);
  const std::size_t groups = scenario.groups.size() + scenario.task_count();
  if (groups > kMostGroups) {
    draft.refuse("", fmt::format("{} groups: sharesim makes {} at most", groups, kMostGroups));
    return std::move(draft.plan);
  }
  if (!hierarchy.tree_of(Controller::kCpu)) {
    draft.refuse("", "the cpu controller is not to be had below this root");
  }
  draft.make_groups();
  draft.set_cpus();
  divide_shares(draft);
  if (!options.units.empty()) {
    use_units(draft);
    return std::move(draft.plan);
  }
  const auto pids = dealt_pids(scenario, draft.plan, options);
  if (!draft.plan.refused()) add_changes(draft);
  if (!draft.plan.refused()) draft.plan.steps = steps_of(draft.plan, hierarchy, pids);
  return std::move(draft.plan);
}

}  // namespace sharesim::cgroup
