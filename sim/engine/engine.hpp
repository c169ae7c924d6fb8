#pragma once
// The referee: replays a scenario under a scheduler and tells an observer what happens.

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "sim/record/entity_state.hpp"
#include "sim/record/observer.hpp"
#include "sim/record/run_view.hpp"
#include "sim/registry.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

struct EngineOptions {
  /// Set by another thread or a signal handler to end the run early; the run is then marked
  /// incomplete.
  const std::atomic<bool>* stop = nullptr;
  /// Called now and then with the simulated time reached; never affects the run.
  std::function<void(Time)> progress;
  /// Are shown the run as it goes on, in this order; never affect it. Fluid runs have nothing to show.
  std::vector<RunWatcher*> watchers = {};
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

/// An instant of a run, and of whom to tell how things stood then.
struct Moment {
  Time at{};
  std::vector<TaskId> tasks;
};

/// Runs the scenario again, as far as the last of the moments, which stand in their order: how things
/// stood with each of their tasks when all of that instant had happened.
std::vector<std::vector<StatePath>> describe_at(const Scenario& scenario,
                                                const SchedulerChoice& scheduler,
                                                const std::vector<Moment>& moments);

}  // namespace sharesim
