#pragma once
// Linux's CFS by feature, and its granularities.

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// A feature of the kernel (kernel/sched/features.h).
enum class CfsFeature : unsigned {
  kGentleFairSleepers,
  kStartDebit,
  kNextBuddy,
  kLastBuddy,
  kWakeupPreemption,
  kAltPeriod,
  kBaseSlice,
  kHrtick,
};
struct CfsFeatureInfo {
  std::string_view name;
  CfsFeature feature;
  bool on;  ///< in 6.1
};
inline constexpr CfsFeatureInfo kCfsFeatures[] = {
    {"GENTLE_FAIR_SLEEPERS", CfsFeature::kGentleFairSleepers, true},
    {"START_DEBIT", CfsFeature::kStartDebit, true},
    {"NEXT_BUDDY", CfsFeature::kNextBuddy, false},
    {"LAST_BUDDY", CfsFeature::kLastBuddy, true},
    {"WAKEUP_PREEMPTION", CfsFeature::kWakeupPreemption, true},
    {"ALT_PERIOD", CfsFeature::kAltPeriod, true},
    {"BASE_SLICE", CfsFeature::kBaseSlice, true},
    {"HRTICK", CfsFeature::kHrtick, false},
};

/// sysctl_sched_* and sched_features.
struct CfsTuning {
  explicit CfsTuning(const SchedulerContext& context) {
    const Parameters& parameters = context.parameters;
    for (const CfsFeatureInfo& info : kCfsFeatures) {
      if (parameters.switched("features", info.name).value_or(info.on))
        features |= bit(info.feature);
    }
    const auto factor = std::bit_width(std::min<unsigned>(context.machine_cpus, 8));  // 1 + ilog2
    const auto scaled = [&](std::string_view name, Duration own) {
      const Duration given = parameters.duration(name);
      return given > Duration::zero() ? given : own * factor;
    };
    latency = scaled("latency", std::chrono::milliseconds(6));
    least = scaled("slice", std::chrono::microseconds(750));
    wakeup = scaled("wakeup_granularity", std::chrono::milliseconds(1));
    ticks = context.machine_tick > Duration::zero();
  }
  /// Whether slices end at ticks only, or by a timer between them; without ticks they end exactly anyway.
  bool ends_at_ticks() const { return ticks && !has(CfsFeature::kHrtick); }
  bool has_slice_timer() const { return ticks && has(CfsFeature::kHrtick); }
  bool has(CfsFeature feature) const { return (features & bit(feature)) != 0; }
  static constexpr unsigned bit(CfsFeature feature) { return 1U << static_cast<unsigned>(feature); }

  static constexpr std::uint32_t kTasksInLatency = 8;  ///< sched_nr_latency
  static constexpr Duration kLeastOfIdle =
      std::chrono::microseconds(750);  ///< sched_idle_min_granularity, not scaled
  unsigned features = 0;
  Duration latency{}, least{}, wakeup{};
  bool ticks = false;
};

inline ParameterInfo cfs_tunable(std::string name, std::string summary) {
  return {.name = std::move(name),
          .type = ParameterType::kDuration,
          .default_value = "0s",
          .minimum = "0s",
          .maximum = "1s",
          .choices = {},
          .summary = std::move(summary)};
}

/// The parameters that CfsTuning reads.
inline std::vector<ParameterInfo> cfs_parameters() {
  std::vector<std::string> features;
  for (const CfsFeatureInfo& feature : kCfsFeatures) features.emplace_back(feature.name);
  return {cfs_tunable("slice", "min_granularity; 0s: the kernel's own, 0.75 ms * f"),
          cfs_tunable("latency", "0s: the kernel's own, 6 ms * f"),
          cfs_tunable("wakeup_granularity", "0s: the kernel's own, 1 ms * f"),
          {.name = "features",
           .type = ParameterType::kSwitches,
           .default_value = "",
           .minimum = "",
           .maximum = "",
           .choices = features,
           .summary = "as in debugfs, sched/features; what is not named is as in 6.1"}};
}

}  // namespace sharesim
