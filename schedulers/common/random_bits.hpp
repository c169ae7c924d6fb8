#pragma once
// Random numbers for randomized policies: the same from the same seed, with every compiler.

#include <bit>
#include <cstdint>

#include "sim/core/check.hpp"

namespace sharesim {

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
/// 8 bytes, any seed is good, period 2^64.
class RandomBits {
 public:
  using Wide = unsigned __int128;

  explicit RandomBits(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  /// One of 0 .. count - 1, all equally likely: as many bits as count - 1 has, again while they say
  /// more than that (every other time at the most, in the mean). count > 0.
  Wide below(Wide count) {
    check(count > 0, "one of none cannot be drawn");
    const auto high = static_cast<std::uint64_t>((count - 1) >> 64U);
    const std::uint64_t high_mask = all_bits_up_to(high);
    const std::uint64_t low_mask =
        high > 0 ? ~std::uint64_t{0} : all_bits_up_to(static_cast<std::uint64_t>(count - 1));
    for (;;) {
      const Wide upper = high > 0 ? next() & high_mask : 0;
      const Wide drawn = (upper << 64U) | (next() & low_mask);
      if (drawn < count) return drawn;
    }
  }

 private:
  /// The smallest 2^k - 1 that is not below `number`.
  static std::uint64_t all_bits_up_to(std::uint64_t number) {
    return number == 0 ? 0 : ~std::uint64_t{0} >> std::countl_zero(number);
  }

  std::uint64_t state_;
};

}  // namespace sharesim
