#pragma once
// A budget of CPU time in each period, as sedf promises it.

#include <algorithm>

#include "sim/core/time.hpp"

namespace sharesim {

/// What is left of the budget of the present period, and when that ends. O(1).
class Reservation {
 public:
  Reservation() = default;
  /// A budget of 0: none; one beyond the period counts as all of it.
  Reservation(Duration period, Duration budget)
      : period_(period), budget_(std::min(budget, period)) {}

  bool exists() const { return budget_ > Duration::zero(); }
  /// The end of the present period, or of the next one if its budget is used up.
  Time deadline() const { return deadline_; }
  /// The period of that deadline begins.
  Time begin() const { return deadline_ - period_; }
  /// Of the present budget.
  Duration used() const { return used_; }
  Duration left() const { return budget_ - used_; }

  /// Used-up budget ends the period; an overrun is carried into the next one.
  void use(Duration ran) {
    used_ += ran;
    for (; used_ >= budget_; used_ -= budget_) deadline_ += period_;
  }
  /// Its owner blocks.
  void go_away(Time now) { away_since_ = now; }
  /// And wakes up: in the period that it went away in the rest of that is lost, later a new one begins
  /// at once.
  void come_back(Time now) {
    if (now < begin()) return;
    const bool same_period = away_since_ >= begin() && now < deadline_;
    deadline_ = (same_period ? deadline_ : now) + period_;
    used_ = {};
  }
  /// A deadline that has been missed by `now` is forgotten, and what was left before it.
  void catch_up(Time now) {
    if (now < deadline_) return;
    deadline_ += period_ * ((now - deadline_) / period_ + 1);
    used_ = {};
  }

 private:
  Duration period_{};
  Duration budget_{};
  Duration used_{};
  Time deadline_ = kStart;
  Time away_since_ = kStart;
};

}  // namespace sharesim
