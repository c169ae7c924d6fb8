#pragma once
// The credit of Xen's credit scheduler: who is active, and what an accounting grants to whom.

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "schedulers/common/fifo.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// What a credit says about its owner.
enum class XenStanding : std::uint8_t {
  kUnder,      ///< it has not used up its share
  kOver,       ///< it has
  kBeyondCap,  ///< and has a cap, and is behind by more than what that grants
};

/// Credits, and the active list: those on it earn. Credit is CPU time in ns. Grants are whole ns, and
/// their sum is exact. O(1), but for account(): O(active).
class XenAccounts {
 public:
  /// One that leaves the active list keeps half of its credit if `leave_with_half`, else nothing.
  XenAccounts(Duration period, bool leave_with_half, const QueueHost& host)
      : period_(period), leave_with_half_(leave_with_half), host_(host) {}

  void add(EntityId e, Weight weight) {
    if (e >= accounts_.size()) accounts_.resize(e + 1);
    accounts_[e] = {.weight = weight};
  }
  void set_weight(EntityId e, Weight weight) {
    Account& account = accounts_[e];
    if (account.active) active_weight_ += weight - account.weight;
    account.weight = weight;
  }

  Duration credit(EntityId e) const { return accounts_[e].credit; }
  bool active(EntityId e) const { return accounts_[e].active; }

  void begin_run(EntityId e) {
    Account& account = accounts_[e];
    account.width = std::max(account.width, ++account.runs);
  }
  void end_run(EntityId e) { --accounts_[e].runs; }
  void burn(EntityId e, Duration used) { accounts_[e].credit -= used; }

  /// Puts `e` on the active list, in front, unless it is there.
  void activate(EntityId e) {
    Account& account = accounts_[e];
    if (account.active) return;
    account.active = true;
    account.width = std::max(account.runs, 1U);
    active_.push_front(e);
    active_weight_ += account.weight;
  }
  /// Takes `e` off it, if it is there.
  void deactivate(EntityId e) {
    if (!accounts_[e].active) return;
    accounts_[e].active = false;
    active_.erase(e);
    active_weight_ -= accounts_[e].weight;
  }

  /// Grants `total` of CPU time to the active ones, by weight, and tells judged(e, standing) for each
  /// of them. What one cannot take goes to those after it in the list.
  template <typename Judged>
  void account(Duration total, Judged judged) {
    const Duration owed = std::max(-balance_, Duration::zero());
    const Weight total_weight = active_weight_;
    Duration left = total + owed;
    Weight weight_left = total_weight;
    bool others_may_take_more = false;
    balance_ = {};
    for (EntityId e = active_.front(), next = kNoEntity; e != kNoEntity; e = next) {
      next = active_.after(e);
      Account& account = accounts_[e];
      const Duration peak = most_grant(e, owed, total_weight);
      Duration fair = part(left, account.weight, weight_left);
      weight_left -= account.weight;
      if (fair < peak) {
        others_may_take_more = true;
      } else {
        fair = peak;
        if (others_may_take_more) {  // next time it comes before them, who can use what it cannot
          active_.erase(e);
          active_.push_front(e);
        }
      }
      left -= fair;
      account.credit += fair;
      judged(e, standing(e));
      bound(e);
      balance_ += account.credit;
    }
  }

 private:
  struct Account {
    Weight weight = 1;
    Duration credit{};
    std::uint32_t runs = 0;   ///< picks that have not come back
    std::uint32_t width = 1;  ///< the most of them at once since it became active
    bool active = false;
  };

  /// a * b / c, rounded down.
  static Duration part(Duration a, std::int64_t b, std::int64_t c) {
    const __int128 product = __int128{to_ns(a)} * b;
    const auto low = static_cast<std::int64_t>(product);  // mostly it is all, and divides faster
    return ns(low == product ? low / c : static_cast<std::int64_t>(product / c));
  }

  Duration most_grant(EntityId e, Duration owed, Weight total_weight) const {
    Duration most = period_ * accounts_[e].width;
    if (owed > Duration::zero()) most += part(owed, accounts_[e].weight, total_weight);
    return host_.cap(e) == nullptr ? most : std::min(most, cap_grant(e));
  }
  /// What its cap lets it use in an accounting period.
  Duration cap_grant(EntityId e) const {
    const Bandwidth& cap = *host_.cap(e);
    return std::max(part(period_, to_ns(cap.quota), to_ns(cap.period)), ns(1));
  }

  XenStanding standing(EntityId e) const {
    const Duration credit = accounts_[e].credit;
    if (credit >= Duration::zero()) return XenStanding::kUnder;
    const bool beyond_cap = host_.cap(e) != nullptr && credit < -cap_grant(e);
    return beyond_cap ? XenStanding::kBeyondCap : XenStanding::kOver;
  }
  /// A period's worth either way; who has saved up more cannot use it, and leaves the active list.
  void bound(EntityId e) {
    Account& account = accounts_[e];
    const Duration most = period_ * account.width;
    account.credit = std::max(account.credit, -most);
    if (account.credit <= most) return;
    deactivate(e);
    account.credit = leave_with_half_ ? account.credit / 2 : Duration::zero();
  }

  const Duration period_;
  const bool leave_with_half_;
  const QueueHost& host_;
  std::vector<Account> accounts_;
  Fifo active_;               ///< the active list
  Weight active_weight_ = 0;  ///< of those
  Duration balance_{};        ///< sum of their credits after the latest accounting
};

}  // namespace sharesim
