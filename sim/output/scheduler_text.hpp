#pragma once
// What is known about schedulers, for human readers.

#include <string>
#include <vector>

#include "sim/output/grid.hpp"
#include "sim/registry.hpp"

namespace sharesim {

/// A row per scheduler.
std::string scheduler_table(const std::vector<const SchedulerInfo*>& infos,
                            const TableStyle& style);
/// Everything about one: paper, claims, parameters.
std::string scheduler_page(const SchedulerInfo& info, const TableStyle& style);

}  // namespace sharesim
