#pragma once
// Runs of the engine, with the measures or with nobody listening.

#include <cstdint>
#include <string>

#include "bench/support/scenarios.hpp"
#include "sim/metrics/measures.hpp"

namespace sharesim::bench {

enum class Listener : std::uint8_t { kNobody, kMeasures };

/// "sfq" with queues per CPU, or one for all.
std::string sfq(bool global);

/// Runs `scenario` and returns the number of decisions.
std::uint64_t run(const SharedScenario& scenario, const std::string& scheduler, Listener listener);

/// The same with these measures.
std::uint64_t run(const SharedScenario& scenario, const std::string& scheduler, Measures& measures);

}  // namespace sharesim::bench
