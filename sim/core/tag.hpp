#pragma once
// The unit of virtual time.

#include <cstdint>

namespace sharesim {

/// Virtual time, in units of 1/kTagsPerNs ns per unit of weight. The range holds 10 days at
/// weight 1.
using Tag = std::int64_t;
/// Divisible by 1..10, 12, 14, 15, 16, 18, 20, 21 and more: with such weights a tag of whole ns is
/// exact.
inline constexpr std::int64_t kTagsPerNs = 10080;

}  // namespace sharesim
