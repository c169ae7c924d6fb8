#pragma once
// Takes back what a journal says.

#include <string>
#include <vector>

#include "sim/cgroup/hierarchy.hpp"
#include "sim/cgroup/journal.hpp"
#include "sim/cgroup/processes.hpp"

namespace sharesim::cgroup {

/// Undoes a batch, the last record first; what is undone already stays so. Returns what could not be
/// put back, a sentence each.
std::vector<std::string> roll_back(const std::vector<Undo>& batch, Machine& machine,
                                   ProcessTable& processes);

}  // namespace sharesim::cgroup
