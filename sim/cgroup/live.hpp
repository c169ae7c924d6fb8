#pragma once
// Real mode in motion: the tasks of a workload as processes in groups, watched by an observer.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/cgroup/live_groups.hpp"
#include "sim/record/observer.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cgroup {

/// The kernel's account of the tasks and groups at an instant of a live run; cumulative since its beginning.
struct LiveSample {
  Time at{};
  std::vector<KernelUsage> groups, tasks;  ///< by id; groups[kRoot] is the whole workload

  const KernelUsage& of(EntityRef entity) const {
    return entity.is_task() ? tasks.at(entity.id) : groups.at(entity.id);
  }
};

struct LiveOptions {
  /// Set by a signal handler to end the run early; it is then marked incomplete.
  const std::atomic<bool>* stop = nullptr;
  /// Called now and then with the time since the run began.
  std::function<void(Time)> progress;
  /// Is given the kernel's account at the run's beginning, about every tick, and at its end.
  std::function<void(const LiveSample&)> sample;
};

/// What others did with the workload's CPUs meanwhile, as far as /proc/stat tells (to 10 ms).
struct Disturbance {
  Duration
      others{};  ///< processes that are not the workload's, interrupts, and the kernel's own work
  Duration stolen{};  ///< by a hypervisor for other machines
};

struct LiveSummary {
  Time end{};
  bool complete = true;
  std::uint64_t runs = 0;  ///< of tasks on CPUs
  Disturbance disturbance;
  std::vector<std::string> problems;  ///< what could not be undone
};

/// Runs the scenario in `groups`, which it makes and takes away, from 0 to its duration, in real time.
/// `observer` is told what the processes saw: when they had work, when they ran and where. Nobody sees
/// when caps take effect: throttled() is never told. Throws MachineError; nothing is left behind then
/// either. If this process dies, the others do too, and the groups stay until `sharesim revert` or the
/// next live run.
LiveSummary run_live(const Scenario& scenario, LiveGroups& groups, RunObserver& observer,
                     const LiveOptions& options = {});

}  // namespace sharesim::cgroup
