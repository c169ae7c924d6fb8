#pragma once
// What the measures say at the end of a run, whoever ran it: the only input of tables, files and
// reports.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/ids.hpp"
#include "sim/core/quota.hpp"
#include "sim/core/time.hpp"
#include "sim/record/entity_state.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// Percentiles are nearest-rank over a log-linear histogram: exact to 1/64 of the value (rounded
/// up), max is exact.
struct LatencySummary {
  std::uint64_t count = 0;
  Duration p50{}, p90{}, p99{}, p999{}, max{};
};

/// The longest stretch runnable without running.
struct Starvation {
  Duration length{};
  Time start{};
  TaskId victim = kNoTask;  ///< the task itself, or for a group the worst of its tasks
  TaskId runner =
      kNoTask;  ///< who had most of the CPU time meanwhile, as far as the last 256 runs tell
};

/// How things stood when a task's longest starvation began.
struct StarvationStates {
  StatePath victim;
  StatePath runner;  ///< empty if nobody ran
};

/// How a burstable machine fared since it was given its credits.
struct CreditResult {
  CreditAccount account;
  std::optional<Time> depleted;  ///< when its balance was first used up
  Duration at_baseline{};        ///< periods in which it was held to what it earned
};

/// What Linux counts in cpu.stat of a group with a cap, where quota is handed out in slices.
struct CpuStat {
  std::uint64_t periods = 0;    ///< nr_periods: those that ended while quota was in use
  std::uint64_t throttled = 0;  ///< nr_throttled: those at whose end some CPU was out of quota
  Duration throttled_time{};    ///< throttled_usec: summed over the CPUs
  std::uint64_t bursts = 0;     ///< nr_bursts: periods in which more than the quota was used
  Duration burst_time{};        ///< burst_usec: by how much
};

/// All measures of one task or group. For the root: of the machine.
struct EntityResult {
  Duration service{};
  Duration ideal{};
  Duration lag_max{}, lag_min{};
  Duration runnable{};  ///< time with demand; of a group: while any task below has demand
  LatencySummary wakeup;
  LatencySummary response;
  Starvation starvation;
  std::uint64_t switches = 0, preemptions = 0, migrations = 0, wakeups = 0;
  Duration throttled{};
  std::uint64_t throttled_periods = 0;
  std::uint64_t dropped = 0;
  std::optional<CreditResult> credits;  ///< of what has or had a cap of credits
  std::optional<CpuStat> cpu_stat;      ///< of groups with quota in slices
  // Of groups only:
  std::optional<Duration> relative_fairness;  ///< empty: fewer than two children ever competed
  bool relative_fairness_exact = true;        ///< false: an upper bound (more than 16 children)
  std::optional<double> jain;                 ///< empty: no task below ever had demand
  // Of the root only:
  Duration overhead{}, idle{}, wasted_idle{};
  /// What a real machine does not tell: these have no value, whatever stands above.
  MetricSet unmeasured;

  bool measured(Metric metric) const { return !unmeasured[static_cast<std::size_t>(metric)]; }
};

/// Where a Result takes its rows from; computed on demand, so that 100,000 tasks cost nothing
/// twice.
class EntityTable {
 public:
  virtual ~EntityTable() = default;
  virtual EntityResult row(EntityRef entity) const = 0;
};

/// How one line of `expect:` came out.
struct ExpectationResult {
  std::size_t index = 0;  ///< into Scenario::expectations
  EntityRef entity;
  std::int64_t value = 0;  ///< in the metric's unit (ns, millionths, count)
  bool has_value = true;   ///< false: the metric has no value for this entity (never woke up, ...);
                           ///< counts as not met
  bool met = false;
};

struct Result {
  std::shared_ptr<const Scenario> scenario;
  std::string scheduler;  ///< as written: "sfq:slice=10ms"
  Time end{};             ///< where the run ended; the duration unless interrupted
  bool complete = true;
  std::uint64_t decisions = 0;  ///< picks that put a task on a CPU
  std::shared_ptr<const EntityTable> table;
  std::vector<ExpectationResult> expectations;  ///< only those that apply to this scheduler
  std::map<TaskId, StarvationStates> starvation_states;  ///< by victim; where they were asked for

  bool expectations_met() const;
  /// The value in the metric's unit (ns, millionths, count), or nothing if the entity has none.
  std::optional<std::int64_t> value(Metric metric, EntityRef entity) const;
};

/// The same for a row already at hand; `elapsed` is the length of the run.
std::optional<std::int64_t> value_of(const EntityResult& row, Metric metric, bool is_task,
                                     bool is_root, Duration elapsed);

}  // namespace sharesim
