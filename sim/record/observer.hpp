#pragma once
// What happens in a run, told in time order by whoever runs it (the engine, a real machine).

#include <cstdint>

#include "sim/core/bandwidth.hpp"
#include "sim/core/cpu_set.hpp"
#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// How the pool of a cap stood when one of its periods ended. Told where quota is handed out to CPUs
/// in slices, while anybody uses the cap, in the way in which Linux counts periods (cpu.stat).
struct PeriodEnd {
  Duration unused{};       ///< in the pool before the refill
  Duration pool{};         ///< in the pool after it
  Duration parked{};       ///< held by the CPUs, of earlier slices; their debts are not in it
  Duration burst{};        ///< used in this period beyond the quota, thanks to the burst
  bool throttled = false;  ///< some CPU was out of quota when the period ended
};

/// Listens to a run. `now` never goes back. A task has demand between arrived() and left(); while
/// it has demand it is running, queued, or throttled (its own cap or a group's above it is out of
/// quota).
class RunObserver {
 public:
  virtual ~RunObserver() = default;

  /// The task wakes up or starts: it has demand and waits.
  virtual void arrived(TaskId task, Time now) = 0;
  /// The task blocks or exits: no demand. It is not running any more.
  virtual void left(TaskId task, Time now) = 0;
  /// Service begins (overhead before it has been reported by overhead()).
  virtual void run_begin(CpuId cpu, TaskId task, Time now) = 0;
  /// Service ends. A run that is cut while it still pays overhead is told by overhead() alone.
  virtual void run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) = 0;
  /// CPU time lost on `cpu` before `task` ran; told when it is over, so begin + lost is now.
  virtual void overhead(CpuId cpu, TaskId task, Time begin, Duration lost) = 0;
  /// A piece of work is complete: a burst, a job or a request that had been waiting since `since`.
  virtual void completed(TaskId task, Time since, Time now) = 0;
  /// A request was refused by a full queue of the service that `first_worker` belongs to.
  virtual void dropped(TaskId first_worker, Time now) = 0;

  /// The entity's own cap is out of quota (handed out in slices: on one CPU at least) while it has work / has quota again or no
  /// work any more.
  virtual void throttled(EntityRef entity, Time now) = 0;
  virtual void unthrottled(EntityRef entity, Time now) = 0;

  /// Quota in slices only: the group is out of quota on `cpu` / has some again, whether or not it
  /// has work there; and the end of one of its periods.
  virtual void throttled_on(EntityRef entity, CpuId cpu, Time now) {
    (void)entity, (void)cpu, (void)now;
  }
  virtual void unthrottled_on(EntityRef entity, CpuId cpu, Time now) {
    (void)entity, (void)cpu, (void)now;
  }
  virtual void period_ended(EntityRef entity, const PeriodEnd& end, Time now) {
    (void)entity, (void)end, (void)now;
  }

  virtual void weight_changed(EntityRef entity, Weight weight, Time now) = 0;
  virtual void cap_changed(EntityRef entity, const Bandwidth* cap, Time now) = 0;
  virtual void affinity_changed(EntityRef entity, const CpuSet& cpus, Time now) = 0;

  /// The run is over at `now`. Every run on a CPU has been ended before (kSliceEnd); tasks keep
  /// their demand. `complete` is false if it was interrupted.
  virtual void finished(Time now, bool complete) = 0;
};

/// Hears everything and does nothing: a base for those who listen to a few verbs only.
class QuietObserver : public RunObserver {
 public:
  void arrived(TaskId, Time) override {}
  void left(TaskId, Time) override {}
  void run_begin(CpuId, TaskId, Time) override {}
  void run_end(CpuId, TaskId, Time, Time, StopReason) override {}
  void overhead(CpuId, TaskId, Time, Duration) override {}
  void completed(TaskId, Time, Time) override {}
  void dropped(TaskId, Time) override {}
  void throttled(EntityRef, Time) override {}
  void unthrottled(EntityRef, Time) override {}
  void weight_changed(EntityRef, Weight, Time) override {}
  void cap_changed(EntityRef, const Bandwidth*, Time) override {}
  void affinity_changed(EntityRef, const CpuSet&, Time) override {}
  void finished(Time, bool) override {}
};

}  // namespace sharesim
