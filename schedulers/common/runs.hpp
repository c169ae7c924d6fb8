#pragma once
// What runs where, for policies with one object for all CPUs.

#include <cstddef>
#include <vector>

#include "sim/core/check.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Which CPU a run that comes back was on: put_prev does not say, and a group may be on several at
/// once. `cpus` are records with `running` and `began`; of two that fit, the one whose run is as
/// long as that (costs aside), the lower id. O(CPUs).
template <typename Cpu>
CpuId cpu_of_run(const std::vector<Cpu>& cpus, EntityId e, Time now, Duration ran) {
  CpuId best = kNoCpu;
  Duration best_excess = kForever;
  for (std::size_t at = 0; at < cpus.size(); ++at) {
    const Duration excess = now - cpus[at].began - ran;
    if (cpus[at].running != e || excess < Duration::zero() || excess >= best_excess) continue;
    best = static_cast<CpuId>(at);
    best_excess = excess;
  }
  check(best != kNoCpu, "a run that comes back has been picked");
  return best;
}

}  // namespace sharesim
