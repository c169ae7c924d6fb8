#pragma once
// Simulations of a workload beside a measurement of it, number by number.

#include <string>
#include <vector>

#include "sim/output/grid.hpp"
#include "sim/record/result.hpp"

namespace sharesim {

/// For each measure that tells them apart and each entity that has it a row: what was measured, and of
/// each simulation its value and by how much that is more. Shares differ in points of a percent, durations
/// by durations, counts by how many times.
std::string beside_table(const Result& measured, const std::vector<const Result*>& simulated,
                         const TableStyle& style);

}  // namespace sharesim
