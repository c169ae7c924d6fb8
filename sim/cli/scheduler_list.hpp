#pragma once
// What follows -s: several schedulers with their parameters.

#include <string>
#include <string_view>
#include <vector>

#include "sim/core/error.hpp"
#include "sim/registry.hpp"

namespace sharesim::cli {

/// Splits "sfq:slice=1ms,scope=global,rr" into "sfq:slice=1ms,scope=global" and "rr": a piece with
/// '=' but without ':' is a parameter of the scheduler before it.
std::vector<std::string> split_schedulers(std::string_view list);

/// Reads all lists ("all": every scheduler of the registry); a scheduler that comes again is left
/// out. What is wrong goes to `mistakes`.
std::vector<SchedulerChoice> parse_schedulers(const std::vector<std::string>& lists,
                                              const Registry& registry,
                                              std::vector<Diagnostic>& mistakes);

}  // namespace sharesim::cli
