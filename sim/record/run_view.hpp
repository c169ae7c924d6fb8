#pragma once
// A run, looked at while it goes on: what its observers are not told because only traces and reports ask.

#include <optional>

#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/record/entity_state.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Who has a CPU; nobody if it is idle.
struct Occupant {
  TaskId task = kNoTask;
  bool overhead = false;  ///< the CPU is still switching to the task

  friend constexpr bool operator==(const Occupant&, const Occupant&) = default;
};

/// How things stand when all of an instant has happened. Looking changes nothing.
class RunView {
 public:
  virtual Occupant on_cpu(CpuId cpu) const = 0;
  /// Where the task runs, waits or ran last; kNoCpu if it has no place yet.
  virtual CpuId cpu_of(TaskId task) const = 0;
  /// What the policy of its queue has to say of the task; nothing before its start and after its exit.
  virtual void describe(TaskId task, StateSink& sink) const = 0;
  /// The same of a group in its parent's queue on this CPU (any CPU where queues are global).
  virtual void describe(GroupId group, CpuId cpu, StateSink& sink) const = 0;
  /// Whether one queue of a group serves all CPUs.
  virtual bool global_queues() const = 0;
  /// What is left of the entity's own cap; nothing if it has none.
  virtual std::optional<Duration> quota_left(EntityRef entity) const = 0;
  /// All of this about a task and the groups above it.
  virtual StatePath path(TaskId task) const = 0;

 protected:
  ~RunView() = default;
};

/// Is shown a run as it goes on. `now` never goes back; the same instant may come twice.
class RunWatcher {
 public:
  /// An instant at which something happened is over.
  virtual void instant(Time /*now*/, const RunView& /*view*/) {}
  /// 0 or a multiple of interval() before the end has been reached, with all that happens in it.
  virtual void edge(Time now, const RunView& view) = 0;
  /// > 0.
  virtual Duration interval() const = 0;

 protected:
  ~RunWatcher() = default;
};

}  // namespace sharesim
