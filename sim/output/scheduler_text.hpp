#pragma once
// What is known about schedulers: for human readers, for documentation, for programs.

#include <string>
#include <vector>

#include "sim/output/listing.hpp"
#include "sim/registry.hpp"

namespace sharesim {

/// A row per scheduler.
Listing scheduler_listing(const std::vector<const SchedulerInfo*>& infos);
/// A row per word for `hints:` that some of them know.
Listing hint_listing(const std::vector<const SchedulerInfo*>& infos);
/// Everything about one: paper, cost, scopes, claims, explanation, parameters, hints.
std::string scheduler_page(const SchedulerInfo& info, const TableStyle& style);
/// The same of all of them, a list with an object per scheduler.
std::string schedulers_json(const std::vector<const SchedulerInfo*>& infos);

}  // namespace sharesim
