#pragma once
// Time that CPUs were idle although a task that may run there was waiting.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/core/cpu_set.hpp"
#include "sim/core/ids.hpp"

namespace sharesim {

/// The integral over time of min(idle CPUs that some waiting task may run on, waiting tasks).
/// Without affinity a change costs a few instructions; with it, O(sets of CPUs) when time moves
/// while CPUs are idle and tasks wait.
class WastedIdle {
 public:
  /// The caller's number for a set of CPUs; small and dense.
  using SetId = std::uint32_t;

  /// All CPUs are idle and no task waits at time 0. `longest_overhead`: of what overhead() may tell
  /// afterwards, in ns.
  WastedIdle(CpuId cpus, TaskId tasks, std::int64_t longest_overhead_ns, bool affinity);

  /// From `now` on the task, which may be waiting, may run on `cpus` only, which is set number
  /// `set`. With affinity, every task is bound before anything else is told; without, none ever.
  void bind(TaskId task, SetId set, const CpuSet& cpus, bool waits, std::int64_t now);

  /// A CPU becomes busy with a task, which may have waited / becomes idle, and its task may wait.
  void run_begins(CpuId cpu, TaskId task, bool waited, std::int64_t now) {
    change(cpu, -1, task, waited ? -1 : 0, now);
  }
  void run_ends(CpuId cpu, TaskId task, bool waits, std::int64_t now) {
    change(cpu, 1, task, waits ? 1 : 0, now);
  }
  void wait_begins(TaskId task, std::int64_t now) { change(kNoCpu, 0, task, 1, now); }
  void wait_ends(TaskId task, std::int64_t now) { change(kNoCpu, 0, task, -1, now); }
  /// From `begin` to `now` the CPU was not idle but spent overhead on a task, which did not wait
  /// for another CPU either. Both still count as idle and as waiting from `now` on.
  void overhead(CpuId cpu, TaskId task, bool waits, std::int64_t begin, std::int64_t now);

  /// The integral up to the end of the run, in ns.
  std::int64_t finish(std::int64_t now);

 private:
  struct Change {
    std::int64_t at = 0;
    CpuId cpu = kNoCpu;
    std::int32_t idle = 0;  ///< change of the number of idle CPUs
    SetId set = 0;
    std::int32_t waiting = 0;  ///< change of the number of waiting tasks
  };

  void change(CpuId cpu, std::int32_t idle, TaskId task, std::int32_t waiting, std::int64_t now) {
    if (!plain_) {
      change_later({now, cpu, idle, set_of(task), waiting});
      return;
    }
    if (now != now_) {
      wasted_ += std::min(idle_, waiting_) * (now - now_);
      now_ = now;
    }
    idle_ += idle;
    waiting_ += waiting;
  }
  SetId set_of(TaskId task) const { return set_of_task_.empty() ? 0 : set_of_task_[task]; }
  void change_later(const Change& c);
  void apply_until(std::int64_t time);
  void apply(const Change& c);
  std::int64_t idle_and_wanted() const;

  const bool plain_;  ///< no affinity and no overhead
  const bool affinity_;
  const std::int64_t longest_overhead_;
  std::int64_t now_ = 0;  ///< changes up to here have been applied
  std::int64_t idle_;
  std::int64_t waiting_ = 0;
  std::int64_t wasted_ = 0;
  std::deque<Change> later_;  ///< by time; those that overhead() may still alter
  // With affinity only:
  struct Set {
    CpuSet cpus;
    std::int64_t waiting = 0;  ///< tasks bound to it
  };
  CpuSet idle_cpus_;
  std::vector<Set> sets_;
  std::vector<SetId> set_of_task_;
};

}  // namespace sharesim
