#pragma once
// A load as Linux averages it (kernel/sched/pelt.c).

#include <cstdint>

#include "sim/core/time.hpp"

namespace sharesim {

/// The average of a load over the past, in which what was 32 ms ago counts half:
///
///   sum = u_0 + u_1 y + u_2 y^2 + ...    y^32 = 1/2
///
/// with u_i the load in the i-th last period of 1024 us. In the kernel's integers, with its
/// table of powers and its rounding.
class LoadAverage {
 public:
  /// An average of 0 that begins at `now`.
  explicit LoadAverage(Time now = kStart) : last_(now) {}
  /// The load has been `load` (>= 0) from the last update until now.
  void update(Time now, std::int64_t load);
  /// The average: what the load is, if it has been the same for long.
  std::int64_t value() const;
  /// As if it had had this average up to now.
  void set(std::int64_t value);

 private:
  Time last_;
  std::int64_t in_period_ = 0;  ///< of the present period, in us of 1024 ns
  __int128 sum_ = 0;
};

}  // namespace sharesim
