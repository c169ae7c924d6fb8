#pragma once
// From the groups of a plan to the order in which files are written.

#include <optional>
#include <string>
#include <vector>

#include "sim/cgroup/plan.hpp"

namespace sharesim::cgroup {

/// All steps for the plan's groups: each is made and has its values before anything is moved into it.
/// `pids` are dealt to leaves, by index into Plan::groups.
std::vector<Step> steps_of(const Plan& plan, const Hierarchy& hierarchy,
                           const std::vector<std::pair<std::size_t, pid_t>>& pids);

/// Sets or (nothing) takes away a cap, from whatever there was: the burst first, as it may not exceed
/// the quota on the way.
std::vector<Step> cap_steps(const Hierarchy& hierarchy, const std::string& group,
                            const std::optional<KernelCap>& cap);

/// Writes `value` to the file of `controller`.
Step write_step(const Hierarchy& hierarchy, Controller controller, const std::string& group,
                Knob knob, std::string value);

/// cpu.weight or cpu.shares.
Knob weight_knob(Version version);

}  // namespace sharesim::cgroup
