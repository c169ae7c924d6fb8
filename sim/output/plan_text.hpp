#pragma once
// A cgroup plan for human readers: what would change, like a diff.

#include <string>
#include <vector>

#include "sim/cgroup/apply.hpp"
#include "sim/cgroup/plan.hpp"

namespace sharesim {

/// `changes` are those that the machine needs. `where` names the root.
std::string plan_text(const cgroup::Plan& plan, const std::vector<cgroup::Change>& changes,
                      const std::string& where);

/// All steps of a plan for a machine that has none of its groups.
std::vector<cgroup::Change> all_changes(const cgroup::Plan& plan);

/// The notes of one kind, a paragraph each, indented; "" if there are none.
std::string notes_text(const cgroup::Plan& plan, cgroup::Note::Kind kind, std::string_view heading);

/// "2 groups to make, 1 value to change, no process to move".
std::string counts_text(const std::vector<cgroup::Change>& changes);

}  // namespace sharesim
