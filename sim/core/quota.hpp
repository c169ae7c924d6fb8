#pragma once
// The arithmetic of a cap: how much quota is left, and when it will be gone.

#include <cstdint>

#include "sim/core/bandwidth.hpp"
#include "sim/core/time.hpp"

namespace sharesim {

/// The account of a burstable machine, in CPU time. At any time
///
///   start + launch credits + earned - lost - spent = balance - surplus - charged
struct CreditAccount {
  Duration balance{};  ///< saved: what is left of the launch credits included
  Duration surplus{};  ///< owed: spent before it was earned (unlimited machines)
  Duration earned{};
  Duration spent{};
  Duration lost{};     ///< earned while the balance was at its limit
  Duration charged{};  ///< spent while the surplus was at its limit: to be paid for
};

/// One pool of quota, refilled at every multiple of the period (counted from time 0):
///
///   left = min(left + quota, quota + burst)
///
/// so that up to `burst` of what one period leaves is kept for the next. A new pool holds one
/// quota. Nothing is ever given that is not there: in any window of n refills at most n quota +
/// quota + burst is used.
///
/// A pool of credits is the same, but it begins with the balance that its terms name. Launch credits
/// are used up first, and no refill looks at them. What an unlimited machine uses beyond its balance
/// makes `left` negative, down to -(quota + burst): a surplus, which the refills pay back. What goes
/// beyond that is charged.
class Quota {
 public:
  explicit Quota(const Bandwidth& bandwidth) { fill(bandwidth); }

  const Bandwidth& bandwidth() const { return bandwidth_; }
  /// Sets another cap: the pool is filled anew, whatever was left (as Linux does).
  void reset(const Bandwidth& bandwidth, Time now);

  /// Does the refills that are due up to and including `now`. Call before anything else at `now`.
  void refill_until(Time now);
  /// The same while `runners` CPUs use it all the time, from `since`, the time of the last call, on.
  /// Takes as long for a year as for a second.
  void run_until(Time since, Time now, std::int64_t runners);
  /// Lets the refills up to and including `now` pass without anything being added: the timer that
  /// makes them was not running.
  void skip_refills(Time now) { refills_ = to_ns(now) / to_ns(bandwidth_.period); }
  /// Takes CPU time that has been used since the last refill_until(). May go below 0 if the caller
  /// lets it.
  void use(Duration used) {
    if (bandwidth_.credits) {
      use_credits(used);
    } else {
      left_ -= used;
    }
  }
  void give_back(Duration unused) { left_ += unused; }
  Duration left() const { return left_ + launch_; }
  /// The next refill after the last refill_until().
  Time next_refill() const { return at_ns((refills_ + 1) * to_ns(bandwidth_.period)); }
  /// When nothing would be left (less than one ns for each), if `runners` CPUs used it all the time
  /// from `now`, the time of the last call, on; kNever if there is always some.
  Time dry_at(Time now, std::int64_t runners) const;
  /// Of a pool of credits.
  CreditAccount account() const;

 private:
  void fill(const Bandwidth& bandwidth);
  void use_credits(Duration used);
  void repeat(std::int64_t periods, Duration used);
  void keep_within_limits(Duration least);
  Duration full() const { return bandwidth_.quota + bandwidth_.burst; }

  Bandwidth bandwidth_;
  Duration left_{};
  Duration launch_{};
  Duration lost_{};
  Duration charged_{};
  std::int64_t refills_ = 0;  ///< multiples of the period that have passed
  std::int64_t first_ = 0;    ///< refills_ when it was filled
};

}  // namespace sharesim
