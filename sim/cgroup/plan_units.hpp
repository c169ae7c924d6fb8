#pragma once
// What the groups of a plan become where they are units of systemd that exist.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/cgroup/plan_draft.hpp"

namespace sharesim::cgroup {

/// A property of a unit and its value: CPUWeight and "300".
using Property = std::pair<Knob, std::string>;
/// The properties for the values of a group.
std::vector<Property> unit_properties(const PlannedGroup& group);

/// What is lost of a group's values; "" if nothing.
std::string loss_of_unit(const PlannedGroup& group);

/// Throws InputError unless this is the name of a unit that can hold what the group holds.
void check_unit_name(const std::string& unit, const PlannedGroup& group);

/// After divide_shares(), for PlanOptions::units: makes the plan one of units, with its steps. Throws InputError for a
/// path that is no entity's, a name that is no unit's, and a unit that is given twice.
void use_units(PlanDraft& draft);

}  // namespace sharesim::cgroup
