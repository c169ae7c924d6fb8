#pragma once
// Walks over the tasks of a subtree. Private to measures*.cpp.

#include "sim/metrics/measures_state.hpp"

namespace sharesim {

/// Calls visit(id) for the tasks directly in `group`.
template <typename Visit>
void Measures::State::for_each_own_task(const Group& group, Visit visit) const {
  for (const std::uint32_t index : group.specs) {
    const TaskSpec& spec = scenario_->tasks[index];
    for (TaskId id = spec.first; id < spec.first + spec.instances(); ++id) visit(id);
  }
}

/// Calls visit(index) for the entries of Scenario::tasks below `group`. The recursion is as deep as
/// the tree, which limits::kDepth bounds.
template <typename Visit>
void Measures::State::for_each_spec_below(GroupId group, Visit visit) const {
  for (const std::uint32_t index : groups_[group].specs) visit(index);
  for (const GroupId child : groups_[group].groups) for_each_spec_below(child, visit);
}

/// Calls visit(id) for all tasks below `group`.
template <typename Visit>
void Measures::State::for_each_task_below(GroupId group, Visit visit) const {
  for_each_own_task(groups_[group], visit);
  for (const GroupId child : groups_[group].groups) for_each_task_below(child, visit);
}

}  // namespace sharesim
