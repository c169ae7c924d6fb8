#pragma once
// From weights, caps and policies to the weight and the cap of each group of a plan.

#include "sim/cgroup/plan_draft.hpp"

namespace sharesim::cgroup {

/// Sets weights and caps of all groups, from the top down; says what is lost, and what is refused.
void divide_shares(PlanDraft& draft);

}  // namespace sharesim::cgroup
