#pragma once
// Tags of the fair-queuing family: CPU time divided by weight, as integers.

#include <cstdint>

#include "sim/core/check.hpp"
#include "sim/core/ids.hpp"
#include "sim/core/tag.hpp"
#include "sim/core/time.hpp"

namespace sharesim {

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
