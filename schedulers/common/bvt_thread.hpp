#pragma once
// What borrowed virtual time keeps of a thread: how far it is, and what it has borrowed.

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "schedulers/common/virtual_time.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// The hints `warp`, `warp_limit` and `unwarp`. The defaults are those of Xen's implementation.
struct Warp {
  Duration length{};                         ///< W w; 0: never
  Duration limit = std::chrono::seconds(2);  ///< L
  Duration pause = std::chrono::seconds(1);  ///< U
};

/// A thread that may be warped: not for longer than L at a time, and not again before U has passed.
class BvtThread {
 public:
  BvtThread() = default;
  BvtThread(Weight weight, const Warp& warp, Time now)
      : weight_(weight), warp_(warp), may_warp_at_(now) {}

  void set_weight(Weight weight) {
    actual_.reweigh(weight_, weight);
    weight_ = weight;
  }
  /// A = max(A, floor)
  void raise_to(Tag floor) { actual_.raise_to(floor); }
  /// A += m ran; a warp may be over by that.
  void charge(Duration ran, Time now) {
    actual_.charge(ran, weight_);
    if (!warped_) return;
    warp_left_ -= ran;
    if (warp_left_ <= Duration::zero()) end_warp(now);
  }

  /// A
  Tag actual() const { return actual_.tag; }
  /// A after a run of this length.
  Tag actual_after(Duration ran) const {
    VirtualTime actual = actual_;
    actual.charge(ran, weight_);
    return actual.tag;
  }
  /// E
  Tag effective() const {
    VirtualTime warp;
    if (warped_) warp.charge(warp_.length, weight_);
    return actual_.tag - warp.tag;
  }
  /// How long it may run until it has come up with `next`, rounded down; below 0 if it is beyond.
  Duration behind(const BvtThread& next) const {
    constexpr __int128 kFar = std::int64_t{1} << 62U;  // five days
    const auto work = static_cast<std::int64_t>(
        std::clamp(__int128{next.effective() - effective()} * weight_, -kFar, kFar));
    return ns(work / kTagsPerNs - (work % kTagsPerNs < 0 ? 1 : 0));
  }

  bool warped() const { return warped_; }
  /// Of the present warp.
  Duration warp_left() const { return warp_left_; }
  /// It is not warped, but wants to be.
  bool awaits_warp() const { return warp_.length > Duration::zero() && !warped_; }
  /// The earliest time for that.
  Time may_warp_at() const { return may_warp_at_; }
  void try_to_warp(Time now) {
    if (!awaits_warp() || now < may_warp_at_) return;
    warped_ = true;
    warp_left_ = warp_.limit;
  }
  void end_warp(Time now) {
    warped_ = false;
    may_warp_at_ = now + warp_.pause;
  }

 private:
  VirtualTime actual_;
  Weight weight_ = 1;
  Warp warp_;
  Duration warp_left_{};
  Time may_warp_at_{};
  bool warped_ = false;
};

}  // namespace sharesim
