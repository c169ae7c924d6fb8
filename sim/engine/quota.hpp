#pragma once
// The arithmetic of a cap: how much quota is left, and when it will be gone.

#include <cstdint>

#include "sim/core/bandwidth.hpp"
#include "sim/core/time.hpp"

namespace sharesim {

/// One pool of quota, refilled at every multiple of the period (counted from time 0):
///
///   left = min(left + quota, quota + burst)
///
/// so that up to `burst` of what one period leaves is kept for the next. A new pool holds one
/// quota. Nothing is ever given that is not there: in any window of n refills at most n quota +
/// quota + burst is used.
class Quota {
 public:
  explicit Quota(const Bandwidth& bandwidth) : bandwidth_(bandwidth), left_(bandwidth.quota) {}

  const Bandwidth& bandwidth() const { return bandwidth_; }
  /// Sets another cap: the pool is filled with one quota, whatever was left (as Linux does).
  void reset(const Bandwidth& bandwidth, Time now);

  /// Does the refills that are due up to and including `now`. Call before anything else at `now`.
  void refill_until(Time now);
  /// Takes CPU time that has been used since the last refill_until(). May go below 0 if the caller
  /// lets it.
  void use(Duration used) { left_ -= used; }
  void give_back(Duration unused) { left_ += unused; }
  Duration left() const { return left_; }
  /// The next refill after the last refill_until().
  Time next_refill() const { return at_ns((refills_ + 1) * to_ns(bandwidth_.period)); }

 private:
  Bandwidth bandwidth_;
  Duration left_;
  std::int64_t refills_ = 0;  ///< multiples of the period that have passed
};

}  // namespace sharesim
