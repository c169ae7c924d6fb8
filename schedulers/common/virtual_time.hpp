#pragma once
// Tags of the fair-queuing family: CPU time divided by weight, as integers.

#include <cstdint>

#include "sim/core/check.hpp"
#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"

namespace sharesim {

/// Virtual time, in units of 1/kTagsPerNs ns per unit of weight. The range holds 10 days at
/// weight 1.
using Tag = std::int64_t;
/// Divisible by 1..10, 12, 14, 15, 16, 18, 20, 21 and more: with such weights a tag of whole ns is
/// exact.
inline constexpr std::int64_t kTagsPerNs = 10080;

/// A tag that remembers what division cut off: after any number of charges it is the exact sum,
/// rounded down.
struct VirtualTime {
  Tag tag = 0;
  std::int64_t remainder = 0;  ///< in 1/weight of a tag unit, 0 <= remainder < weight

  /// tag += ran / weight
  void charge(Duration ran, Weight weight) {
    // Runs of up to 15 minutes fit 64 bits; longer ones take the slow way.
    constexpr std::int64_t kFast = (std::int64_t{1} << 62) / kTagsPerNs;
    if (to_ns(ran) <= kFast) [[likely]] {
      const std::int64_t scaled = to_ns(ran) * kTagsPerNs + remainder;
      tag += scaled / weight;
      remainder = scaled % weight;
    } else {
      const __int128 scaled = static_cast<__int128>(to_ns(ran)) * kTagsPerNs + remainder;
      tag += static_cast<Tag>(scaled / weight);
      remainder = static_cast<std::int64_t>(scaled % weight);
    }
  }
  /// Call when the weight of the charges changes, so that the remainder keeps its value.
  void reweigh(Weight from, Weight to) {
    remainder = static_cast<std::int64_t>(static_cast<__int128>(remainder) * to / from);
  }
  /// tag = max(tag, floor)
  void raise_to(Tag floor) {
    if (tag < floor) {
      tag = floor;
      remainder = 0;
    }
  }
};

}  // namespace sharesim
