#pragma once
// All measures of one run, kept while it goes on: a fixed amount of memory per entity, whatever its
// length.

#include <memory>
#include <optional>
#include <vector>

#include "sim/metrics/latency_histogram.hpp"
#include "sim/record/observer.hpp"
#include "sim/record/result.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// What an entity has got so far, at the edge of a recording tick. Cumulative since the start.
struct Progress {
  std::int64_t service_ns = 0;
  std::int64_t ideal_ns = 0;
  std::int64_t runnable_ns = 0;
  std::int64_t throttled_ns = 0;
  /// Not cumulative: of a task, the longest it had been runnable without running at any instant of the
  /// tick, counted from where that stretch began, be it in an earlier tick.
  std::int64_t waiting_ns = 0;
};

/// Is told when simulated time has passed the edge of a recording tick; may then ask progress().
class TickListener {
 public:
  virtual ~TickListener() = default;
  virtual void tick(Time begin, Time end) = 0;
};

/// How the tasks of a run are served.
enum class Served : std::uint8_t {
  kByRuns,  ///< one at a time on a CPU, as run_begin() and run_end() tell
  kFluid,   ///< all that have demand at once, as the ideal says: no runs are told, nobody waits
};

class Measures final : public RunObserver, public EntityTable {
 public:
  /// `scheduler` selects the expectations that apply (by the scheduler's name without parameters).
  Measures(std::shared_ptr<const Scenario> scenario, const std::string& scheduler,
           Served served = Served::kByRuns);
  ~Measures() override;

  /// Calls `listener` at every multiple of `tick` and at the end of the run (a last, shorter tick).
  void set_tick_listener(Duration tick, TickListener* listener);
  /// Nothing more happens up to and including `now`: ticks that end by then are told at once, and not only when something
  /// happens after them.
  void pass(Time now);
  /// Only within TickListener::tick, for the tick's end.
  Progress progress(EntityRef entity) const;
  /// The same of its credits; nothing if it never has any, or the run is fluid.
  std::optional<CreditResult> credits(EntityRef entity) const;
  /// The histogram behind EntityResult::wakeup, ascending. After finished().
  std::vector<LatencyCount> wakeup_counts(EntityRef entity) const;

  void arrived(TaskId task, Time now) override;
  void left(TaskId task, Time now) override;
  void run_begin(CpuId cpu, TaskId task, Time now) override;
  void run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) override;
  void overhead(CpuId cpu, TaskId task, Time begin, Duration lost) override;
  void completed(TaskId task, Time since, Time now) override;
  void dropped(TaskId first_worker, Time now) override;
  void throttled(EntityRef entity, Time now) override;
  void unthrottled(EntityRef entity, Time now) override;
  void throttled_on(EntityRef entity, CpuId cpu, Time now) override;
  void unthrottled_on(EntityRef entity, CpuId cpu, Time now) override;
  void period_ended(EntityRef entity, const PeriodEnd& end, Time now) override;
  void weight_changed(EntityRef entity, Weight weight, Time now) override;
  void cap_changed(EntityRef entity, const Bandwidth* cap, Time now) override;
  void affinity_changed(EntityRef entity, const CpuSet& cpus, Time now) override;
  /// Throws InternalError unless service + overhead + idle = CPUs x duration, to the ns.
  void finished(Time now, bool complete) override;

  /// After finished().
  EntityResult row(EntityRef entity) const override;
  /// After finished(): a result for each entity of each line that applies, in their order.
  std::vector<ExpectationResult> expectations() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace sharesim
