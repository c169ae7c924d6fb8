#pragma once
// What `run` prints: one run in full.

#include <string>

#include "sim/output/grid.hpp"
#include "sim/record/result.hpp"

namespace sharesim {

/// Rows of tasks and groups that are printed before "... and N more".
inline constexpr std::size_t kRunTableRows = 40;

/// Heading, a row per task and group, the machine, and how the expectations came out. `in_force` is the
/// spelling of the scheduler with what the workload sets up; empty if nothing is known of that.
std::string run_table(const Result& result, const TableStyle& style,
                      const std::string& in_force = "");

}  // namespace sharesim
