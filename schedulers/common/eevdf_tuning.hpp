#pragma once
// Linux's EEVDF by version and feature: what a kernel of that name has on, and how long its slices are.

#include <algorithm>
#include <bit>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// A feature of the kernel (kernel/sched/features.h).
enum class EevdfFeature : unsigned {
  kPlaceLag,
  kPlaceDeadlineInitial,
  kPlaceRelDeadline,
  kRunToParity,
  kPreemptShort,
  kPickBuddy,
  kNextBuddy,
  kDelayDequeue,
  kDelayZero,
  kWakeupPreemption,
  kHrtick,
};

/// A feature by its kernel name, and the first version (as an index of eevdf_versions()) that has it on.
struct EevdfFeatureInfo {
  std::string_view name;
  EevdfFeature feature;
  unsigned since;
};
/// The versions that are known, the oldest first.
inline const std::vector<std::string>& eevdf_versions() {
  static const std::vector<std::string> kVersions{"6.6", "6.12", "6.18"};
  return kVersions;
}
inline constexpr unsigned kSince612 = 1;
inline constexpr unsigned kSince618 = 2;
inline constexpr unsigned kNoVersion = 3;
inline constexpr EevdfFeatureInfo kEevdfFeatures[] = {
    {"PLACE_LAG", EevdfFeature::kPlaceLag, 0},
    {"PLACE_DEADLINE_INITIAL", EevdfFeature::kPlaceDeadlineInitial, 0},
    {"PLACE_REL_DEADLINE", EevdfFeature::kPlaceRelDeadline, kSince612},
    {"RUN_TO_PARITY", EevdfFeature::kRunToParity, 0},
    {"PREEMPT_SHORT", EevdfFeature::kPreemptShort, kSince612},
    {"PICK_BUDDY", EevdfFeature::kPickBuddy, 0},
    {"NEXT_BUDDY", EevdfFeature::kNextBuddy, kNoVersion},
    {"DELAY_DEQUEUE", EevdfFeature::kDelayDequeue, kSince612},
    {"DELAY_ZERO", EevdfFeature::kDelayZero, kSince612},
    {"WAKEUP_PREEMPTION", EevdfFeature::kWakeupPreemption, 0},
    {"HRTICK", EevdfFeature::kHrtick, kNoVersion},
};

/// How the kernel in question is built and tuned.
class EevdfTuning {
 public:
  explicit EevdfTuning(const SchedulerContext& context) : tick_(context.machine_tick) {
    const Parameters& parameters = context.parameters;
    const auto found =
        std::find(eevdf_versions().begin(), eevdf_versions().end(), parameters.choice("version"));
    version_ = static_cast<unsigned>(found - eevdf_versions().begin());
    for (const EevdfFeatureInfo& info : kEevdfFeatures) {
      if (parameters.switched("features", info.name).value_or(version_ >= info.since))
        features_ |= bit(info.feature);
    }
    // normalized_sysctl_sched_base_slice; 6.15 has shortened it.
    unscaled_ =
        version_ >= kSince618 ? std::chrono::microseconds(700) : std::chrono::microseconds(750);
    const auto cpus = std::min<unsigned>(context.machine_cpus, 8);
    const unsigned factor = static_cast<unsigned>(std::bit_width(cpus));  // 1 + ilog2
    base_slice_ = parameters.duration("slice");
    if (base_slice_ == Duration::zero()) base_slice_ = unscaled_ * factor;
  }

  bool has(EevdfFeature feature) const { return (features_ & bit(feature)) != 0; }
  /// Protection by vprot, and not by the deadline at the pick.
  bool protects_by_vruntime() const { return version_ >= kSince618; }
  /// Whether tasks may have slices of their own.
  bool has_own_slices() const { return version_ >= kSince612; }
  Duration base_slice() const { return base_slice_; }
  /// What is protected in any case where slices are not (6.18 without RUN_TO_PARITY).
  Duration least_protected() const { return unscaled_; }
  Duration tick() const { return tick_; }
  /// Whether slices end at ticks only.
  bool ends_at_ticks() const { return tick_ > Duration::zero() && !has(EevdfFeature::kHrtick); }
  /// Whether a timer ends slices between ticks.
  bool has_slice_timer() const { return tick_ > Duration::zero() && has(EevdfFeature::kHrtick); }

 private:
  static constexpr unsigned bit(EevdfFeature feature) {
    return 1U << static_cast<unsigned>(feature);
  }

  unsigned version_ = 0;
  unsigned features_ = 0;
  Duration unscaled_{};
  Duration base_slice_{};
  Duration tick_;
};

/// The parameters that EevdfTuning reads.
inline std::vector<ParameterInfo> eevdf_parameters() {
  std::vector<std::string> features;
  for (const EevdfFeatureInfo& feature : kEevdfFeatures) features.emplace_back(feature.name);
  ParameterInfo slice = slice_parameter("0s");
  slice.minimum = "0s";
  slice.maximum = "100ms";
  slice.summary =
      "base_slice_ns; 0s: the kernel's own, 0.7 ms (before 6.15: 0.75 ms), times 1 + the binary "
      "logarithm of the CPUs (8 at most)";
  ParameterInfo version{.name = "version",
                        .type = ParameterType::kChoice,
                        .default_value = "6.18",
                        .minimum = "",
                        .maximum = "",
                        .choices = eevdf_versions(),
                        .summary = "of the kernel"};
  ParameterInfo switches{
      .name = "features",
      .type = ParameterType::kSwitches,
      .default_value = "",
      .minimum = "",
      .maximum = "",
      .choices = features,
      .summary = "as in debugfs, sched/features; what is not named is as in the version"};
  return {slice, version, switches};
}

}  // namespace sharesim
