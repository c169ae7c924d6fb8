#pragma once
// The referee: replays a scenario under a scheduler and tells an observer what happens.

#include <atomic>
#include <cstdint>
#include <functional>

#include "sim/record/observer.hpp"
#include "sim/registry.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

struct EngineOptions {
  /// Set by another thread or a signal handler to end the run early; the run is then marked
  /// incomplete.
  const std::atomic<bool>* stop = nullptr;
  /// Called now and then with the simulated time reached; never affects the run.
  std::function<void(Time)> progress;
};

/// What the engine itself counts.
struct EngineSummary {
  Time end{};
  bool complete = true;
  std::uint64_t decisions = 0;  ///< picks that put a task on a CPU
  std::uint64_t events = 0;     ///< everything that was processed at its own instant
};

/// Runs `scenario` from 0 to its duration. Same input, same calls of `observer`. Throws
/// SchedulerFault if the scheduler breaks its contract, InputError if it cannot serve the scenario
/// (its scope, a group's policy).
EngineSummary run_engine(const Scenario& scenario, const SchedulerChoice& scheduler,
                         RunObserver& observer, const EngineOptions& options = {});

}  // namespace sharesim
