#pragma once
// Budgets by weight or by cap, refilled at the start of each period.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/core/bandwidth.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// What each may still use in its period. Whole ns, floor((k + 1) x) - floor(k x), so that sums over
/// many periods are exact. All O(1): a budget is brought up to date when somebody asks.
class PeriodBudgets {
 public:
  PeriodBudgets(Duration period, const QueueHost& host) : period_(period), host_(host) {}

  void set_capacity(Capacity capacity) {
    capacity_ = capacity;
    ++epoch_;
  }
  void add(EntityId e, Weight weight, Time now) {
    if (e >= accounts_.size()) accounts_.resize(e + 1);
    accounts_[e] = {.weight = weight, .period = period_of(now)};
    change_total(weight);
  }
  void remove(EntityId e) { change_total(-accounts_[e].weight); }
  void set_weight(EntityId e, Weight weight) {
    change_total(weight - accounts_[e].weight);
    accounts_[e].weight = weight;
  }

  /// A run of `e` begins: what is left, `longest` at most, is granted to it.
  void book(EntityId e, Duration longest, Time now) {
    Account& account = accounts_[e];
    account.granted = std::min(longest, left(e, now));
    account.booked += account.granted;
    ++account.runs;
  }
  /// To the latest run of `e`.
  Duration granted(EntityId e) const { return accounts_[e].granted; }
  /// A run of `e` that had booked `longest` at most ends. Which of several it is is not known.
  void use(EntityId e, Duration ran, Duration longest, Time now) {
    Account& account = accounts_[e];
    --account.runs;
    account.booked =
        std::min(std::max(account.booked - ran, Duration::zero()), account.runs * longest);
    const Duration fresh = std::min(ran, now.time_since_epoch() % period_);  // ran in this period
    account.used += ran - fresh;
    catch_up(e, now);
    account.used += fresh;
  }

  /// Of the present period, neither used nor booked; below zero after an overrun.
  Duration left(EntityId e, Time now) {
    catch_up(e, now);
    const Account& account = accounts_[e];
    return account.budget - account.used - account.booked;
  }
  Duration used(EntityId e) const { return accounts_[e].used; }
  /// The start of the next period.
  Time next_refill(Time now) const { return Time((period_of(now) + 1) * period_); }

  /// At most what the queue can count on.
  Capacity bound(EntityId e) const {
    const Rate bound = rate(e);
    return std::min(capacity_, static_cast<Capacity>(bound.numerator / bound.denominator));
  }

 private:
  using Wide = __int128;

  struct Account {
    Weight weight = 1;
    std::int64_t period = 0;  ///< the period that the budget is about
    std::int64_t epoch = 0;   ///< the epoch that it was computed in; 0: never
    Duration budget{};        ///< of this period
    Duration used{};          ///< of that
    Duration booked{};        ///< by runs that have not ended
    Duration granted{};       ///< to the latest run
    std::int64_t runs = 0;    ///< that have not ended
  };
  /// An entity's bound, as a Capacity.
  struct Rate {
    Wide numerator;
    Wide denominator;
  };

  Rate rate(EntityId e) const {
    if (const Bandwidth* cap = host_.cap(e))
      return {Wide{to_ns(cap->quota)} * kOneCpu, Wide{to_ns(cap->period)}};
    return {Wide{capacity_} * accounts_[e].weight, Wide{total_weight_}};
  }
  /// What `e` may use from the start of period `from` to the start of period `to`.
  Duration budget(EntityId e, std::int64_t from, std::int64_t to) const {
    const Rate bound = rate(e);
    const Wide denominator = bound.denominator * kOneCpu;
    const Wide whole = bound.numerator * to_ns(period_) / denominator;
    const Wide rest = bound.numerator * to_ns(period_) % denominator;
    return ns(static_cast<std::int64_t>(whole * (to - from) + rest * to / denominator -
                                        rest * from / denominator));
  }

  void catch_up(EntityId e, Time now) {
    Account& account = accounts_[e];
    const std::int64_t period = period_of(now);
    if (period == account.period && epoch_ == account.epoch) return;
    Duration kept{};  // of a budget that changes within its period: what is used already
    if (period == account.period) {
      kept = std::min(account.used + account.booked, account.budget);
    } else {
      const Duration overrun = std::max(account.used - account.budget, Duration::zero());
      account.used =
          overrun == Duration::zero()
              ? overrun
              : std::max(overrun - budget(e, account.period + 1, period), Duration::zero());
    }
    account.budget = std::max(kept, budget(e, period, period + 1));
    account.period = period;
    account.epoch = epoch_;
  }

  std::int64_t period_of(Time now) const { return now.time_since_epoch() / period_; }
  void change_total(Weight change) {
    total_weight_ += change;
    ++epoch_;
  }

  const Duration period_;
  const QueueHost& host_;
  Capacity capacity_ = 0;
  std::vector<Account> accounts_;
  Weight total_weight_ = 0;  ///< of all that have been added
  std::int64_t epoch_ = 1;   ///< counts the changes of weights, siblings and capacity
};

}  // namespace sharesim
