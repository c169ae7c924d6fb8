#pragma once
// What the kernel can do of each scheduling policy.

#include <cstdint>
#include <string>

#include "sim/registry.hpp"

namespace sharesim::cgroup {

/// How a policy's siblings are divided by the kernel.
enum class Mapping : std::uint8_t {
  kWeights,  ///< cpu.weight: long-run shares
  kEqual,    ///< the same weight for all
  kShares,   ///< cpu.max of each one's share of the capacity: a hard limit
  kCredit,   ///< the same, with cpu.max.burst
  kNone,     ///< nothing in the kernel's groups comes near
};

struct PolicyMapping {
  Mapping mapping = Mapping::kNone;
  /// What is not kept, or, of kNone, why there is nothing and what to use; "" if all is kept.
  std::string reason;
};

/// By name; a policy that is not known by name goes by its claims.
PolicyMapping mapping_of(const SchedulerInfo& info);

/// Why a parameter that differs from its default makes no difference; "" where it is used.
std::string loss_of_parameter(const SchedulerInfo& info, const ParameterInfo& parameter);

}  // namespace sharesim::cgroup
