#include "sim/cgroup/weights.hpp"

#include <algorithm>
#include <numeric>

#include "sim/scenario/scenario.hpp"

namespace sharesim::cgroup {
namespace {

using Wide = __int128;

/// Limits of a group's load (MIN_SHARES and MAX_SHARES of kernel/sched/core.c).
constexpr std::int64_t kLeastLoad = 2;
constexpr std::int64_t kMostLoad = 262'144;

std::int64_t rounded(Wide numerator, Wide denominator) {
  return static_cast<std::int64_t>((2 * numerator + denominator) / (2 * denominator));
}

}  // namespace

WeightRange weight_range(Version version) {
  constexpr std::int64_t kFineWeight = 100;
  constexpr std::int64_t kFineLoad = 1024;
  return version == Version::kV2
             ? WeightRange{1, limits::kWeight, kFineWeight, kWeightUnit}
             : WeightRange{kLeastLoad, kMostLoad, kFineLoad, kDefaultWeight / kFineLoad};
}

std::optional<std::vector<std::int64_t>> scale_weights(const std::vector<Weight>& weights,
                                                       Version version) {
  if (weights.empty()) return std::vector<std::int64_t>{};
  const WeightRange range = weight_range(version);
  const auto [least, most] = std::minmax_element(weights.begin(), weights.end());
  std::int64_t divisor = 0;
  for (const Weight weight : weights) divisor = std::gcd(divisor, weight);

  // Value = weight * numerator / denominator.
  Wide numerator = 1;
  Wide denominator = range.unit;
  const bool whole = divisor % range.unit == 0;
  if (!whole || *least / range.unit < range.fine || *most / range.unit > range.most) {
    denominator = divisor;
    const Wide most_factor = range.most / (*most / divisor);
    const Wide fine_factor = (range.fine + *least / divisor - 1) / (*least / divisor);
    numerator = std::min(most_factor, fine_factor);
    if (numerator == 0) {  // no exact ratio has room
      numerator = range.most;
      denominator = *most;
    }
  }
  if (*least * Wide{range.most} < *most * Wide{range.least}) return std::nullopt;
  std::vector<std::int64_t> values;
  values.reserve(weights.size());
  for (const Weight weight : weights) {
    values.push_back(std::max(range.least, rounded(weight * numerator, denominator)));
  }
  return values;
}

std::int64_t kernel_load(std::int64_t value, Version version) {
  constexpr std::int64_t kWeightOfLoad = 100;  // cpu.weight of the load 1024
  const std::int64_t load =
      version == Version::kV2 ? rounded(Wide{value} * 1024, kWeightOfLoad) : value;
  return std::clamp(load, kLeastLoad, kMostLoad);
}

}  // namespace sharesim::cgroup
