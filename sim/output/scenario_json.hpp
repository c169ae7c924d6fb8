#pragma once
// A scenario as JSON: what the loader made of the workload file, all defaults filled in.

#include <nlohmann/json.hpp>

#include "sim/scenario/scenario.hpp"

namespace sharesim {

using Json = nlohmann::ordered_json;

/// Durations are integers in ns, weights are cpu.weight, shares of expectations are decimal.
Json scenario_json(const Scenario& scenario);

}  // namespace sharesim
