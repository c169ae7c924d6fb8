#include "sim/engine/quota.hpp"

#include <algorithm>

namespace sharesim {

void Quota::reset(const Bandwidth& bandwidth, Time now) {
  bandwidth_ = bandwidth;
  left_ = bandwidth.quota;
  refills_ = to_ns(now) / to_ns(bandwidth.period);
}

void Quota::refill_until(Time now) {
  const std::int64_t due = to_ns(now) / to_ns(bandwidth_.period) - refills_;
  if (due <= 0) return;
  refills_ += due;
  const Duration full = bandwidth_.quota + bandwidth_.burst;
  // Compared by division, so that a long idle time does not overflow.
  const std::int64_t to_full =
      (to_ns(full - left_) + to_ns(bandwidth_.quota) - 1) / to_ns(bandwidth_.quota);
  left_ = due >= to_full ? full : left_ + bandwidth_.quota * due;
}

}  // namespace sharesim
