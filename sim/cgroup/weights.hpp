#pragma once
// Weights of siblings in the kernel's units: whole numbers in a range, with the ratios kept.

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/cgroup/knob.hpp"
#include "sim/core/ids.hpp"

namespace sharesim::cgroup {

/// What the file for weights takes.
struct WeightRange {
  std::int64_t least;
  std::int64_t most;
  /// Below this the kernel rounds visibly (its own unit is 1024 for cpu.weight 100).
  std::int64_t fine;
  Weight unit;  ///< units of Scenario weights that are worth 1
};
WeightRange weight_range(Version version);

/// One whole number for each weight (in units of kWeightUnit, > 0), in their ratios: as they are where
/// they are whole and none is small; else multiplied so that the ratios stay exact, and the smallest
/// is `fine` at least if that can be; else rounded, the largest at the top of the range. Empty if the
/// range is too narrow.
std::optional<std::vector<std::int64_t>> scale_weights(const std::vector<Weight>& weights,
                                                       Version version);

/// What the scheduler makes of a value of the file: its load weight, of which 1024 is a nice-0 task.
std::int64_t kernel_load(std::int64_t value, Version version);

}  // namespace sharesim::cgroup
