#pragma once
// What runs where, for policies with one object for all CPUs.

#include <cstddef>
#include <vector>

#include "sim/core/check.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// The present run of each CPU. `Run` has the members `entity` (kNoEntity: none) and `began`.
/// put_prev does not say which CPU a run was on, and a group may be on several: the one that fits
/// best by its length is taken. Should that be the wrong one, the next pick shows it, and the two
/// change places. O(CPUs) at the end of a run.
template <typename Run>
class Runs {
 public:
  explicit Runs(CpuId cpus) : slots_(cpus) {}

  CpuId cpus() const { return static_cast<CpuId>(slots_.size()); }
  Run& on(CpuId cpu) { return slots_[cpu].run; }
  const Run& on(CpuId cpu) const { return slots_[cpu].run; }
  bool idle(CpuId cpu) const { return slots_[cpu].run.entity == kNoEntity; }

  void begin(CpuId cpu, const Run& run) {
    if (!idle(cpu)) mistaken_for(cpu).run = slots_[cpu].run;
    slots_[cpu].run = run;
  }

  /// The CPU of the run of `e` that comes back now after `ran`; until end() it is still there. Ties
  /// go to the lower id.
  CpuId find(EntityId e, Time now, Duration ran) const {
    CpuId best = kNoCpu;
    Duration best_excess{};  // costs, or another run of the same group
    for (CpuId cpu = 0; cpu < cpus(); ++cpu) {
      const Duration excess = now - on(cpu).began - ran;
      if (on(cpu).entity != e || excess < Duration::zero()) continue;
      if (best != kNoCpu && excess >= best_excess) continue;
      best = cpu;
      best_excess = excess;
    }
    check(best != kNoCpu, "a run that comes back has been picked");
    return best;
  }
  void end(CpuId cpu) {
    slots_[cpu].last = slots_[cpu].run.entity;
    slots_[cpu].run = {};
  }

 private:
  struct Slot {
    Run run;
    EntityId last = kNoEntity;  ///< whose run ended here
  };

  /// The slot that was taken for the one of `cpu` when a run ended.
  Slot& mistaken_for(CpuId cpu) {
    for (Slot& slot : slots_) {
      if (slot.run.entity == kNoEntity && slot.last == on(cpu).entity) return slot;
    }
    fail_check("a CPU picks when its run has come back");
  }

  std::vector<Slot> slots_;
};

}  // namespace sharesim
