#pragma once
// A seed becomes a scenario: small, odd, and with every feature switched on in some of them.

#include <cstdint>

#include "sim/scenario/scenario.hpp"

namespace sharesim::test {

/// Which features the scenario may use. Each that is allowed is used in about half of the
/// scenarios, so that their combinations, and their absence, all occur (swarm testing).
struct Features {
  CpuId most_cpus = 4;
  bool groups = true;
  bool caps = true;
  bool affinity = true;
  bool sleepers = true;
  bool services = true;
  bool costs = true;
  bool tick = true;
  bool changes = true;
  bool start_stop = true;
  bool sliced_quota = true;
};

/// Features of the scenarios that papers prove things about: one CPU, hogs and sleepers with
/// weights.
inline Features plain() {
  return {.most_cpus = 1,
          .groups = false,
          .caps = false,
          .affinity = false,
          .services = false,
          .costs = false,
          .tick = false,
          .changes = false,
          .start_stop = false,
          .sliced_quota = false};
}

/// Durations of 50 to 500 ms, 1 to 12 tasks. Valid by construction.
Scenario random_scenario(std::uint64_t seed, const Features& features);

}  // namespace sharesim::test
