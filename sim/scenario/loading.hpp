#pragma once
// What the readers of a workload's parts share, and the readers by part.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/fields.hpp"
#include "sim/scenario/problems.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// The state of a load: what has been read already, and what was wrong.
struct Loading {
  Problems& problems;
  Scenario& scenario;
  std::string folder_of;  ///< the workload; files that it names lie beside it
  CpuSet machine_cpus = CpuSet::first(1);
  std::uint64_t tasks = 0;         ///< instances so far
  std::size_t task_entries = 0;    ///< entries of `tasks:` lists so far, right or wrong
  bool names_complete = true;      ///< every group and task is known by its name and number
  std::size_t targets = 0;         ///< of events and expectations so far
  std::vector<CpuSet> group_cpus;  ///< effective, by group
};

// --- read_machine.cpp

void read_machine(Loading& loading, const At& at);

// --- read_values.cpp

/// In kWeightUnit, from 1..10000.
std::optional<Weight> read_weight(Loading& loading, const At& at);
std::optional<int> read_nice(Loading& loading, const At& at);
/// `30%`, or {quota, period, burst}, or {credits}.
std::optional<Bandwidth> read_cap(Loading& loading, const At& at);
/// "0-3,8", a number or a list of numbers; CPUs of the machine.
std::optional<CpuSet> read_cpus(Loading& loading, const At& at);
/// The same, and inside what the group above may use.
std::optional<CpuSet> read_cpus_within(Loading& loading, const At& at, const CpuSet& within);
/// What some scheduler wants to know: `{warp: 5ms}`.
Hints read_hints(Loading& loading, const At& at);
/// `parameters:`, how schedulers are set up.
void read_parameters(Loading& loading, const At& at);
std::optional<SchedulerChoice> read_scheduler(Loading& loading, const At& at);

// --- read_credits.cpp

/// The credits of a burstable cloud machine: its size, or a map.
std::optional<Bandwidth> read_credit_cap(Loading& loading, const At& at);
/// Complains at `place` if the tasks of the group could use more of `cpus` at once than the cap's
/// credits are for. Call when all tasks are known.
void check_vcpus(Loading& loading, GroupId group, const Bandwidth& cap, const CpuSet& cpus,
                 const Place& place, const std::string& path);

// --- read_behaviour.cpp, read_distribution.cpp, read_records.cpp

/// The keys of a task that are read by read_behaviour.
const std::vector<std::string>& behaviour_keys();
Behaviour read_behaviour(Loading& loading, const Fields& task);

/// A constant of at least `least`, or a distribution.
std::optional<Distribution> read_distribution(Loading& loading, const At& at, Duration least);
/// The gaps between arrivals: {poisson: 200/s}, {every: 5ms}, or a distribution.
std::optional<Distribution> read_arrivals(Loading& loading, const At& at);

/// Records of `columns` durations each, one after the other: from the file that the text at `at`
/// names, or from the list at `at` itself.
std::optional<std::vector<Duration>> read_records(Loading& loading, const At& at,
                                                  const std::vector<std::string>& columns);

// --- read_tree.cpp

/// Reads `tasks:` and `groups:` of the root.
void read_tree(Loading& loading, const Fields& root);

// --- read_changes.cpp, read_expectations.cpp

class EntityIndex;
void read_events(Loading& loading, const EntityIndex& entities, const At& at);
void read_expectations(Loading& loading, const EntityIndex& entities, const At& at);

}  // namespace sharesim
