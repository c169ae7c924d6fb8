#pragma once
// From a workload's events to the changes of a plan in mid-run.

#include "sim/cgroup/plan_draft.hpp"

namespace sharesim::cgroup {

/// After divide_shares(): adds Plan::changes; says what is lost, and what is refused.
void add_changes(PlanDraft& draft);

}  // namespace sharesim::cgroup
