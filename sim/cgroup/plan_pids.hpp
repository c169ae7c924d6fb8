#pragma once
// Which of the user's processes goes into which group of a plan.

#include <sys/types.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "sim/cgroup/plan.hpp"

namespace sharesim::cgroup {

/// Of PlanOptions::pids, each with the index of its leaf in Plan::groups, which are made already. Throws
/// InputError for a path that is no task's, and for a process that is given twice.
std::vector<std::pair<std::size_t, pid_t>> dealt_pids(const Scenario& scenario, const Plan& plan,
                                                      const PlanOptions& options);

}  // namespace sharesim::cgroup
