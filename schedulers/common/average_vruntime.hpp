#pragma once
// V of Linux's EEVDF: the average of the vruntimes, by weight.

#include <cstdint>

#include "schedulers/common/kernel_weight.hpp"

namespace sharesim {

/// V = sum of w_j v_j / sum of w_j, rounded down, over those that are in. Because vruntimes are integers,
/// v_i <= V is exactly sum of w_j (v_j - v_i) >= 0: nothing is lost by the rounding. Sums are kept
/// relative to the last V, which stays when the last one leaves.
class AverageVruntime {
 public:
  void add(VirtualNs v, Weight weight) {
    sum_ += static_cast<__int128>(v - zero_) * weight;
    weights_ += weight;
  }
  void remove(VirtualNs v, Weight weight) {
    sum_ -= static_cast<__int128>(v - zero_) * weight;
    weights_ -= weight;
  }
  /// One that is in, and weighs `weight`, has gone on by `delta`.
  void advance(VirtualNs delta, Weight weight) { sum_ += static_cast<__int128>(delta) * weight; }

  Weight weights() const { return weights_; }
  /// v <= V, without a division. Somebody is in.
  bool reaches(VirtualNs v) const { return static_cast<__int128>(v - zero_) * weights_ <= sum_; }
  VirtualNs value() const { return weights_ == 0 ? zero_ : zero_ + distance(); }
  /// The same, and counts from there on.
  VirtualNs settle() {
    if (weights_ == 0) return zero_;
    const VirtualNs moved = distance();
    zero_ += moved;
    sum_ -= static_cast<__int128>(moved) * weights_;
    return zero_;
  }

 private:
  /// V - zero
  VirtualNs distance() const {
    const auto narrow = static_cast<std::int64_t>(sum_);
    if (narrow == sum_) [[likely]]
      return divide<std::int64_t>(narrow);
    return divide<__int128>(sum_);
  }
  template <typename Integer>
  VirtualNs divide(Integer sum) const {
    const Integer quotient = sum / weights_;
    return static_cast<VirtualNs>(quotient - (sum % weights_ < 0 ? 1 : 0));
  }

  VirtualNs zero_ = 0;
  __int128 sum_ = 0;  ///< of w_j (v_j - zero)
  Weight weights_ = 0;
};

}  // namespace sharesim
