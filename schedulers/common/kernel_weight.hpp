#pragma once
// Weights and weighted time as the Linux kernel computes them (kernel/sched/fair.c, core.c).

#include <algorithm>
#include <bit>
#include <cstdint>

#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"

namespace sharesim {

/// vruntime, and differences of it: ns of CPU time of somebody at nice 0.
using VirtualNs = std::int64_t;

/// A weight, 1024 at nice 0, with its inverse. Weighted time is what calc_delta_fair() makes of it, bit
/// by bit: a product with 2^32 / weight, shifted. It loses up to weight / 2^32 of the time, and what is
/// less than a ns: that is what the kernel's sums are made of, and it costs no division.
class KernelWeight {
 public:
  static constexpr Weight kNice0 = 1024;
  static constexpr Weight kLeast = 2;  ///< MIN_SHARES

  KernelWeight() = default;
  explicit KernelWeight(Weight weight) : weight_(std::max(weight, kLeast)) {
    if (weight_ == kNice0) return;
    constexpr std::uint64_t kInverseOfOne = 0xffffffff;  // WMULT_CONST
    factor_ = static_cast<std::uint64_t>(kNice0) *
              std::max<std::uint64_t>(kInverseOfOne / static_cast<std::uint64_t>(weight_), 1);
    const auto excess = static_cast<unsigned>(std::bit_width(factor_ >> 32U));
    factor_ >>= excess;
    shift_ = 32 - excess;  // WMULT_SHIFT
    inverse_ = ~std::uint64_t{0} / factor_;
  }
  /// The weight that the kernel gives to one that is `weight` where nice 0 is `nice_0`.
  static KernelWeight of(Weight weight, Weight nice_0) {
    const auto scaled = (static_cast<__int128>(weight) * kNice0 + nice_0 / 2) / nice_0;
    return KernelWeight(static_cast<Weight>(scaled));
  }

  Weight value() const { return weight_; }
  /// What `time` of CPU adds to the vruntime.
  VirtualNs virtual_time(Duration time) const {
    const auto product = static_cast<unsigned __int128>(to_ns(time)) * factor_;
    return static_cast<VirtualNs>(product >> shift_);
  }
  /// The least CPU time that adds `time` to the vruntime; `time` > 0.
  Duration cpu_time(VirtualNs time) const {
    const auto scaled = static_cast<unsigned __int128>(time) << shift_;
    constexpr auto kNarrow = static_cast<unsigned __int128>(1) << 63U;
    if (scaled >= kNarrow) [[unlikely]] {
      return ns(static_cast<std::int64_t>((scaled + factor_ - 1) / factor_));
    }
    // The product with the inverse is the quotient, or one less.
    const auto dividend = static_cast<std::uint64_t>(scaled) + factor_ - 1;
    auto quotient =
        static_cast<std::uint64_t>(static_cast<unsigned __int128>(dividend) * inverse_ >> 64U);
    if (dividend - quotient * factor_ >= factor_) ++quotient;
    return ns(static_cast<std::int64_t>(quotient));
  }

 private:
  Weight weight_ = kNice0;
  std::uint64_t factor_ = 1;
  std::uint64_t inverse_ = ~std::uint64_t{0};  ///< (2^64 - 1) / factor
  unsigned shift_ = 0;
};

}  // namespace sharesim
