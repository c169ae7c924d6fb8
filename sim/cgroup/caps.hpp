#pragma once
// Caps in the kernel's units: microseconds, within its ranges.

#include <optional>
#include <string>

#include "sim/cgroup/plan.hpp"
#include "sim/core/bandwidth.hpp"
#include "sim/scheduler.hpp"

namespace sharesim::cgroup {

/// What becomes of a cap: at most one of `lost` and `refused` is said where nothing can be set.
struct CapInKernel {
  std::optional<KernelCap> cap;  ///< empty: no cap is set
  std::string lost;              ///< what the kernel cannot keep of it; "" if nothing
  std::string refused;           ///< why it cannot be set at all; "" if it can
};

CapInKernel kernel_cap(const Bandwidth& bandwidth);

/// A hard limit of `rate` with room for `saved` of unused quota.
CapInKernel kernel_cap(Capacity rate, Duration period, Duration saved);

/// CPU time per second that a cap leaves.
Capacity rate_of(const KernelCap& cap);

}  // namespace sharesim::cgroup
