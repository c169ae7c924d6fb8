#pragma once
// The arithmetic of the ideal: sums that do not drift, and ceilings that are exact.

#include <algorithm>
#include <cstdint>
#include <optional>

#include "sim/core/bandwidth.hpp"
#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"

namespace sharesim::ideal {

/// A sum of doubles that keeps what rounding cuts off (Kahan's sum, with Knuth's two-sum). A run
/// adds up to 1e9 small steps to a large number; in a plain double each could lose the same part of
/// itself.
struct Sum {
  double high = 0;
  double low = 0;

  Sum plus(double step) const {
    const double owed = step + low;
    const double sum = high + owed;
    const double owed_seen = sum - high;
    return {sum, (high - (sum - owed_seen)) + (owed - owed_seen)};
  }
  double value() const { return high + low; }
  /// this - earlier; accurate however large both are.
  double since(const Sum& earlier) const { return (high - earlier.high) + (low - earlier.low); }
};

/// The most that a task or group can use, in 1e-12 CPUs: integers, so that sums of them are exact.
/// The ceilings of 1e6 tasks add up to at most 1e18.
using Ceiling = std::int64_t;
inline constexpr Ceiling kCpuCeiling = 1'000'000'000'000;

/// Who is nearer to his ceiling than this is at it: rounding must not decide who competes.
inline constexpr double kNearlyAll = 1 - 1e-11;

inline double to_cpus(Ceiling ceiling) {
  return static_cast<double>(ceiling) / static_cast<double>(kCpuCeiling);
}

/// quota / period rounded down, at least 1, at most `most`; `most` if there is no cap that holds
/// anybody back.
inline Ceiling ceiling_of(const Bandwidth* cap, Ceiling most) {
  if (cap == nullptr || !cap->holds()) return most;
  __extension__ using Wide = __int128;
  const Wide exact = Wide{to_ns(cap->quota)} * kCpuCeiling / to_ns(cap->period);
  return static_cast<Ceiling>(std::clamp<Wide>(exact, 1, most));
}

/// As the ideal's verbs take a cap.
inline const Bandwidth* or_null(const std::optional<Bandwidth>& cap) {
  return cap ? &*cap : nullptr;
}

/// A task's account. Tasks of one class (same group, weight, ceiling) are always served at the same
/// rate per weight, so the class keeps one clock for all of them, and a task only notes where that
/// clock stood when it joined. The low parts of its Sums are kept to 24 bits: 77 bits in all.
struct TaskAccount {
  double joined_high = 0;
  double base_high = 0;  ///< ns, when it last left
  float joined_low = 0;
  float base_low = 0;
  std::uint32_t class_index = 0;
  bool demand = false;

  void join(const Sum& clock) {
    joined_high = clock.high;
    joined_low = static_cast<float>(clock.low);
    demand = true;
  }
  /// What the class clock has brought a task of this weight since join(), in ns.
  double earned(const Sum& clock, double weight) const {
    return weight * clock.since({joined_high, static_cast<double>(joined_low)});
  }
  void leave(const Sum& clock, double weight) {
    const Sum base = Sum{base_high, static_cast<double>(base_low)}.plus(earned(clock, weight));
    base_high = base.high;
    base_low = static_cast<float>(base.low);
    demand = false;
  }
  /// After leave(): makes `service` the account's balance; returns what it was above that.
  double take_lag(double service) {
    const double lag = (base_high - service) + static_cast<double>(base_low);
    base_high = service;
    base_low = 0;
    return lag;
  }
};
static_assert(sizeof(TaskAccount) == 32);

inline double ns_between(Time earlier, Time later) {
  return static_cast<double>(to_ns(later - earlier));
}

}  // namespace sharesim::ideal
