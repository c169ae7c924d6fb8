#pragma once
// Credit that is granted at regular times, by weight, up to a limit.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "schedulers/common/virtual_time.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// What is granted, and to whom.
struct GrantTerms {
  Duration period{};          ///< T
  Duration limit{};           ///< the most that one may hold
  std::int64_t rate = 0;      ///< in millionths of the capacity
  Weight earning_weight = 1;  ///< who is lighter earns nothing
  bool while_running = true;  ///< one that runs at the time of a grant gets its part
};

/// Who holds how much credit: CPU time, in 1/kTagsPerNs ns. Grants are made for all at once, and each
/// gets its part when somebody asks (settle()); all O(1).
class CreditBalances {
 public:
  explicit CreditBalances(const GrantTerms& terms)
      : terms_(terms), limit_(to_ns(terms.limit) * kTagsPerNs), next_grant_(terms.period) {}

  void set_capacity(Capacity capacity, Time now) {
    grant(now);
    capacity_ = capacity;
  }
  void add(EntityId e, Weight weight, Time now) {
    grant(now);
    if (e >= accounts_.size()) accounts_.resize(e + 1);
    accounts_[e] = {.weight = weight, .settled = granted_.tag};
    if (earns(e)) change_total(weight);
  }
  void remove(EntityId e, Time now) {
    grant(now);
    if (earns(e)) change_total(-accounts_[e].weight);
  }
  /// Of one that is settled.
  void set_weight(EntityId e, Weight weight) {
    if (earns(e)) change_total(-accounts_[e].weight);
    accounts_[e].weight = weight;
    if (earns(e)) change_total(weight);
  }

  /// Gives `e` its part of the grants up to `now`.
  void settle(EntityId e, Time now) {
    grant(now);
    Account& account = accounts_[e];
    if (earns(e) && (terms_.while_running || account.runs == 0)) {
      const __int128 earned = __int128{account.weight} * (granted_.tag - account.settled);
      account.credit = static_cast<Tag>(std::min<__int128>(account.credit + earned, limit_));
    }
    account.settled = granted_.tag;
  }
  /// A run of `e`, who is settled, begins: one to pay if it holds credit, else a free one.
  void begin_run(EntityId e) {
    Account& account = accounts_[e];
    ++account.runs;
    if (holds_credit(e)) return;
    ++account.free_runs;
    ++free_runs_;
  }
  /// And is over: `e` pays, but nothing below 0 if debt is `forgiven`, and is settled. Whether it paid.
  bool end_run(EntityId e, Duration ran, bool forgiven, Time now) {
    Account& account = accounts_[e];
    const bool paid = pays(e);
    if (paid) {
      account.credit -= to_ns(ran) * kTagsPerNs;
      if (forgiven) account.credit = std::max<Tag>(account.credit, 0);
    } else {
      --account.free_runs;
      --free_runs_;
    }
    settle(e, now);
    --account.runs;
    return paid;
  }
  /// Whether `e` pays for its run, which lasts.
  bool pays(EntityId e) const { return accounts_[e].free_runs == 0; }
  bool anyone_runs_free() const { return free_runs_ > 0; }

  bool earns(EntityId e) const { return accounts_[e].weight >= terms_.earning_weight; }
  bool holds_credit(EntityId e) const { return accounts_[e].credit >= kTagsPerNs; }
  bool anyone_earns() const { return total_weight_ > 0; }
  Tag credit(EntityId e) const { return accounts_[e].credit; }

  /// Makes the grants up to `now`. Returns what that comes to, per unit of weight, since the beginning.
  Tag grant(Time now) {
    if (now >= next_grant_) {
      const std::int64_t grants = now.time_since_epoch() / terms_.period;
      if (total_weight_ > 0)
        granted_.charge(ns(granted_by(grants) - granted_by(grants_)), total_weight_);
      grants_ = grants;
      next_grant_ = Time((grants + 1) * terms_.period);
    }
    return granted_.tag;
  }
  Time next_grant() const { return next_grant_; }
  /// What has to be granted until `e`, who is settled, holds credit.
  Tag due(EntityId e) const {
    const Account& account = accounts_[e];
    const Tag missing = kTagsPerNs - account.credit;
    return account.settled + (missing + account.weight - 1) / account.weight;
  }

  /// What a group earns is what its own queue can count on.
  Capacity capacity_of(EntityId e) const {
    if (!earns(e)) return capacity_;
    const __int128 all = __int128{capacity_} * terms_.rate * accounts_[e].weight;
    return std::max<Capacity>(1, static_cast<Capacity>(all / (kWholeRate * total_weight_)));
  }

 private:
  static constexpr __int128 kWholeRate = 1'000'000;

  struct Account {
    Weight weight = 1;
    Tag credit = 0;
    Tag settled = 0;              ///< what had been granted per unit of weight when it got its part
    std::uint32_t runs = 0;       ///< that have not ended
    std::uint32_t free_runs = 0;  ///< those of them that began without credit
  };

  void change_total(Weight change) {
    const Weight before = total_weight_;
    total_weight_ += change;
    if (before > 0) granted_.reweigh(before, total_weight_);
  }
  /// CPU time granted to all together by the first `grants` grants.
  std::int64_t granted_by(std::int64_t grants) const {
    return static_cast<std::int64_t>(__int128{grants} * terms_.rate * capacity_ *
                                     to_ns(terms_.period) / (kWholeRate * kOneCpu));
  }

  const GrantTerms terms_;
  const Tag limit_;
  Capacity capacity_ = 0;
  std::vector<Account> accounts_;
  VirtualTime granted_;      ///< per unit of weight, by all grants so far
  std::int64_t grants_ = 0;  ///< how many that were
  Time next_grant_;
  Weight total_weight_ = 0;     ///< of those that earn
  std::int64_t free_runs_ = 0;  ///< of all
};

}  // namespace sharesim
