#pragma once
// What runs on the CPUs of Xen's credit scheduler, and which of them have to look at their queues.

#include <algorithm>
#include <utility>

#include "schedulers/common/runs.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// The present run of a CPU.
struct XenRun {
  EntityId entity = kNoEntity;
  Time began{};
  Time slice_end{};
  Duration burned{};     ///< so far
  Time call = kNever;    ///< when its CPU shall look at the queue again
  bool goes_on = false;  ///< it is interrupted for the sake of another CPU's only
};

/// Runs, of which a CPU may be called upon to end its own: not before it has lasted for `ratelimit`.
/// O(1); O(CPUs) to find the run that ends, and to answer calls.
class XenRuns : public Runs<XenRun> {
 public:
  XenRuns(CpuId cpus, Duration ratelimit) : Runs(cpus), ratelimit_(ratelimit) {}

  /// Whether the run on `cpu` may be preempted at once.
  bool is_preemptible(CpuId cpu, Time now) const { return now >= on(cpu).began + ratelimit_; }
  /// `cpu`, where somebody runs, is to look at its queue as soon as that may be preempted.
  void call(CpuId cpu, Time now) {
    XenRun& run = on(cpu);
    run.call = std::max(now, run.began + ratelimit_);
    next_call_ = std::min(next_call_, run.call);
  }
  /// The earliest call that has not been answered.
  Time next_call() const { return next_call_; }

  /// Whether a run has to end now: has_to_end(cpu, called), which is asked for each CPU where somebody
  /// runs. The engine then ends all of them: the others are to go on.
  template <typename HasToEnd>
  bool answer_calls(Time now, HasToEnd has_to_end) {
    bool any = false;
    next_call_ = kNever;
    for (CpuId cpu = 0; cpu < cpus(); ++cpu) {
      if (idle(cpu)) continue;
      XenRun& run = on(cpu);
      const bool called = run.call <= now;
      if (called) run.call = kNever;
      const bool ends = has_to_end(cpu, called);
      any |= ends;
      run.goes_on = !ends && run.slice_end > now;
      next_call_ = std::min(next_call_, run.call);
    }
    for (CpuId cpu = 0; cpu < cpus(); ++cpu) on(cpu).goes_on &= any;
    return any;
  }

  /// What the run on `cpu` has used and not been debited with yet; it is, now.
  Duration burn(CpuId cpu, Time now) {
    XenRun& run = on(cpu);
    const Duration elapsed = now - run.began;
    return elapsed - std::exchange(run.burned, elapsed);
  }

 private:
  const Duration ratelimit_;
  Time next_call_ = kNever;
};

}  // namespace sharesim
