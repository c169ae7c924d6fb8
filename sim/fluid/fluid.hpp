#pragma once
// Fluid sharing as a run of its own: nobody ever waits for a turn. At every instant all tasks that
// have demand are served at once, each at the rate that the ideal gives it (sim/metrics/ideal.hpp):
// generalized processor sharing on one CPU (Parekh and Gallager, IEEE/ACM Transactions on Networking,
// 1993), weighted max-min over the tree with caps, several CPUs and affinity. The row that the rows
// of real schedulers stand beside.

#include "sim/engine/engine.hpp"
#include "sim/record/observer.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// Runs `scenario` from 0 to its duration. The observer is told of demand, of work that is complete,
/// and of changes, but of no runs: what a task gets is its ideal. A cap is a limit of the rate (quota
/// over period), costs of the machine and policies of groups have no meaning here and are left out.
/// A burst is complete at the first whole ns at which the ideal has served it; what it has had too
/// much by then, less than 1 ns, is taken off the task's next burst. Costs O(tasks with an end to
/// their burst) per change of demand. Throws InputError as Ideal does.
EngineSummary run_fluid(const Scenario& scenario, RunObserver& observer,
                        const EngineOptions& options = {});

}  // namespace sharesim
