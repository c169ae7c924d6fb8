#include "sim/engine/load_average.hpp"

#include <algorithm>
#include <array>

namespace sharesim {
namespace {

/// A period, in us of 1024 ns; both as in the kernel, to divide by shifting.
constexpr std::int64_t kPeriod = 1024;
constexpr int kNsShift = 10;
/// What the sum of a load of 1 converges to (LOAD_AVG_MAX).
constexpr std::int64_t kMostSum = 47'742;
/// Periods in which an average halves (LOAD_AVG_PERIOD).
constexpr std::int64_t kHalfLife = 32;
/// After so many periods nothing is left.
constexpr std::int64_t kForgotten = 63 * kHalfLife;

/// y^n, in 2^-32 (runnable_avg_yN_inv).
constexpr std::array<std::uint32_t, kHalfLife> kPowers{
    0xffffffff, 0xfa83b2da, 0xf5257d14, 0xefe4b99a, 0xeac0c6e6, 0xe5b906e6, 0xe0ccdeeb, 0xdbfbb796,
    0xd744fcc9, 0xd2a81d91, 0xce248c14, 0xc9b9bd85, 0xc5672a10, 0xc12c4cc9, 0xbd08a39e, 0xb8fbaf46,
    0xb504f333, 0xb123f581, 0xad583ee9, 0xa9a15ab4, 0xa5fed6a9, 0xa2704302, 0x9ef5325f, 0x9b8d39b9,
    0x9837f050, 0x94f4efa8, 0x91c3d373, 0x8ea4398a, 0x8b95c1e3, 0x88980e80, 0x85aac367, 0x82cd8698};

/// value * y^periods
__int128 decayed(__int128 value, std::int64_t periods) {
  if (periods > kForgotten) return 0;
  value >>= periods / kHalfLife;
  return value * kPowers.at(static_cast<std::size_t>(periods % kHalfLife)) >> 32;
}

}  // namespace

void LoadAverage::update(Time now, std::int64_t load) {
  std::int64_t us = to_ns(now - last_) >> kNsShift;
  if (us == 0) return;
  last_ += ns(us << kNsShift);
  const std::int64_t before = in_period_;
  const std::int64_t periods = (us + before) / kPeriod;
  if (periods > 0) {
    // The rest of the old period, the whole ones between, and the beginning of the new one.
    in_period_ = (us + before) % kPeriod;
    const __int128 whole = kMostSum - decayed(kMostSum, periods) - kPeriod;
    sum_ = decayed(sum_, periods);
    sum_ += load * (decayed(kPeriod - before, periods) + whole + in_period_);
    return;
  }
  in_period_ += us;
  sum_ += static_cast<__int128>(load) * us;
}

std::int64_t LoadAverage::value() const {
  return static_cast<std::int64_t>(sum_ / (kMostSum - kPeriod + in_period_));
}

void LoadAverage::set(std::int64_t value) {
  sum_ = static_cast<__int128>(value) * (kMostSum - kPeriod + in_period_);
}

}  // namespace sharesim
