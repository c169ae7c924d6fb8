#pragma once
// Simulated time. Integer nanoseconds; there is no wall clock anywhere below the command line.

#include <chrono>
#include <cstdint>

namespace sharesim {

/// The clock of a simulated machine. It has no now(): only the engine knows the time, and passes it
/// on.
struct SimClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<SimClock>;
  static constexpr bool is_steady = true;
};

/// A span of simulated time or of CPU time, in ns.
using Duration = SimClock::duration;
/// An instant of simulated time, in ns since the start of the run.
using Time = SimClock::time_point;

inline constexpr Time kStart{};
/// Later than every instant of a run: "no such event".
inline constexpr Time kNever = Time::max();
/// Longer than every run: "without end".
inline constexpr Duration kForever = Duration::max();

constexpr std::int64_t to_ns(Duration d) { return d.count(); }
constexpr std::int64_t to_ns(Time t) { return t.time_since_epoch().count(); }
constexpr Duration ns(std::int64_t count) { return Duration(count); }
constexpr Time at_ns(std::int64_t count) { return Time(Duration(count)); }

/// `t + d`, or kNever where that lies beyond the range of Time. `d` must not be negative.
constexpr Time add_saturating(Time t, Duration d) { return d >= kNever - t ? kNever : t + d; }

}  // namespace sharesim
