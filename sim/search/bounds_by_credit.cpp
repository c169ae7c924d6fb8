// The schedulers that count credit. Rates r_k: what k earns of a CPU.
//
// credit. L is the limit, P the grant period, r_k what k earns of a CPU, d what a run may end below
// zero: q with debt=allowed, 0 with debt=limited. Nothing holds with debt=clamped.
//   turn: k, who holds c <= L, goes on until a run ends without credit. Before its last run it has
//     run for x and still holds credit: x < c + r_k (x + P), a grant being early by P at the most.
//       turn_k(c) = (c + r_k P) / (1 - r_k) + d       earn=not_running: c + d
//     and never more than all that was granted in the run, r_k D + d.
//   one other task: v waits for its turn, or for a run without credit (q) and the turn that begins
//     with the credit granted meanwhile, at most r (q + P).
//   several: v waits until it holds credit itself, which it may owe d of: k grants with
//     k = floor(d / (r_v P)) + 2 (one is under way, one may be put off by rounding); then it
//     stands in line, and each of the others is ahead of it for one turn.
//   pick=round_robin: the same with a slice for a turn.
//   pick=largest, one other task a: it stays ahead as long as it holds more than v,
//     c + r_a (x + P) - x > r_v (x - P) - d, or as long as v holds nothing, and a slice longer.
//   v never earns, and is the only such: it waits until all n others are out of credit; some may
//     owe d then, which the others had more:
//       (n L + R P + (n - 1) d) / (1 - R) + d with R the sum of their r
//
// xen_credit2. c: credit; L = credit + carryover, the most that one can have; s: the shortest run; a run
// of l costs l max w / w. v stops at c_v > - s max w / w_v at the latest, because it began above 0. While
// it waits only those with more are picked, resets give v as much as them, and a wakeup cuts them to L
// (for attackers that come later and are the heaviest, see below):
//   wait <= sum over m of ((L + s max w / w_v) w_m / max w + s)
//   theft: who is picked has spent the least, and then spends s max w / w more at the most; nobody who
//   always runs is ever cut. A lead of s each.

#include <algorithm>
#include <utility>

#include "sim/search/bound_rules.hpp"

namespace sharesim {
namespace {

/// The credit scheduler's parameters, and its bounds.
class CreditBound {
 public:
  CreditBound(const Rivals& rivals, const SchedulerChoice& scheduler)
      : rivals_(rivals),
        q_(to_ns(scheduler.duration("slice"))),
        period_(to_ns(scheduler.duration("grant_period"))),
        limit_(to_ns(scheduler.duration("limit"))),
        rate_(scheduler.percent("rate")),
        earning_weight_(scheduler.integer("earning_weight")),
        earns_while_running_(scheduler.choice("earn") == "always"),
        debt_(scheduler.choice("debt") == "allowed" ? q_ : 0),
        pick_(scheduler.choice("pick")) {
    for (const Rival& other : rivals.others) {
      if (!earns(other.weight)) continue;
      earners_.push_back(other);
      earning_ += other.weight;
      if (other.attacks) attackers_earning_ += other.weight;
    }
    if (earns(rivals.victim->weight)) earning_ += rivals.victim->weight;
  }

  Verdict wait() const {
    if (!earns(rivals_.victim->weight)) return wait_of_one_that_never_earns();
    if (pick_ == "round_robin") {
      const Wide slices = static_cast<Wide>(earners_.size()) * q_;
      return bounded(until_credit() + slices,
                     "the grants that repay a slice + a slice of each other task");
    }
    if (earners_.empty()) return bounded(until_credit(), "the grants that repay a slice");
    const bool alone = rivals_.others.size() == 1;
    if (pick_ == "largest") {
      if (!alone) return unbounded("with pick=largest it is derived for one other task only");
      return bounded(of_one([this](Wide c) { return lead(c); }),
                     "(limit + slice) / (1 - r + victim's r), and a slice");
    }
    if (alone) {
      return bounded(
          of_one([this](Wide c) { return turn(earners_.front(), c); }),
          earns_while_running_ ? "limit / (1 - r), a grant and a slice" : "limit, and a slice");
    }
    Wide sum = until_credit();
    for (const Rival& other : earners_) sum += turn(other, limit_);
    return bounded(sum, "limit / (1 - r) of each other task, and their slices");
  }

 private:
  /// What a weight earns of a CPU, as a fraction.
  struct Rate {
    Wide part;
    Wide whole;
  };

  bool earns(Weight weight) const { return weight >= earning_weight_; }

  /// At the most: before the attackers come, the others share all that is granted.
  Rate most(const Rival& other) const {
    const Wide sharing = other.attacks ? earning_ : earning_ - attackers_earning_;
    return {Wide{rate_} * other.weight, Wide{kMillion} * sharing};
  }
  /// Of the victim, at the least.
  Rate least() const { return {Wide{rate_} * rivals_.victim->weight, Wide{kMillion} * earning_}; }

  Wide turn(const Rival& other, Wide credit) const {
    const Rate r = most(other);
    const Wide granted = up(r.part * to_ns(rivals_.run), r.whole) + debt_;
    if (!earns_while_running_) return std::min(granted, credit + debt_);
    if (r.part >= r.whole) return granted;
    return std::min(granted, up(credit * r.whole + r.part * period_, r.whole - r.part) + 1 + debt_);
  }

  /// How long the only other task stays ahead of the victim with pick=largest.
  Wide lead(Wide credit) const {
    const Rate a = most(earners_.front());
    const Rate v = least();
    // With earn=not_running it earns nothing meanwhile.
    const Wide a_part = earns_while_running_ ? a.part : 0;
    const Wide whole = a.whole * v.whole;
    const Wide ahead = (credit + debt_) * whole + (a_part * v.whole + v.part * a.whole) * period_;
    const Wide closing = whole - a_part * v.whole + v.part * a.whole;
    return std::max(up(ahead, closing) + 1 + q_,
                    std::min(until_credit() + q_, turn(earners_.front(), credit)));
  }

  /// Until the victim, which may owe debt_, holds credit.
  Wide until_credit() const {
    const Rate r = least();
    return (debt_ * r.whole / (r.part * period_) + 2) * period_;
  }

  template <typename Burst>
  Wide of_one(const Burst& burst) const {
    const Rate r = most(earners_.front());
    const Wide granted = up(r.part * (q_ + period_), r.whole);
    return std::max(burst(limit_), q_ + burst(std::min(limit_, granted)));
  }

  Verdict wait_of_one_that_never_earns() const {
    if (earners_.size() != rivals_.others.size()) {
      return unbounded("the victim never earns credit, and is not the only such");
    }
    const auto n = static_cast<Wide>(earners_.size());
    const Wide whole = Wide{kMillion};
    const Wide granted = up(Wide{rate_} * to_ns(rivals_.run), whole) + n * debt_;
    Wide wait = granted;
    if (!earns_while_running_) {
      if (n != 1) return unbounded("with earn=not_running it is derived for one other task only");
      wait = std::min(granted, limit_ + debt_);
    } else if (rate_ < kMillion) {
      wait = std::min(granted, up((n * limit_ + (n - 1) * debt_) * whole + Wide{rate_} * period_,
                                  whole - rate_) +
                                   n + debt_);
    }
    return bounded(wait, earns_while_running_ ? "limit / (1 - rate) of all others, and their slices"
                                              : "limit, and a slice");
  }

  static constexpr std::int64_t kMillion = 1'000'000;  // a rate of 100%

  const Rivals& rivals_;
  const Wide q_;
  const Wide period_;
  const Wide limit_;
  const std::int64_t rate_;  ///< in millionths
  const std::int64_t earning_weight_;
  const bool earns_while_running_;
  const Wide debt_;
  const std::string_view pick_;
  Wide earning_ = 0;            ///< sum of the weights that earn
  Wide attackers_earning_ = 0;  ///< of those that attack
  std::vector<Rival> earners_;  ///< all but the victim
};

Verdict credit_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (scheduler.choice("debt") == "clamped") {
    return unbounded("debts are forgiven: who earns a little can run for ever");
  }
  if (!rivals.others_stay)
    return unbounded("it is derived for tasks that are there from the start");
  return CreditBound(rivals, scheduler).wait();
}
Verdict credit_theft(const Rivals&, const SchedulerChoice&) {
  return unbounded("not derived: who has no credit shares by turns what the others leave");
}

/// The largest weight, while the attackers are there and while they are not there yet.
std::pair<Wide, Wide> heaviest(const Rivals& rivals) {
  Weight all = 0;
  Weight others = 0;
  for (const Rival& m : rivals.all) {
    all = std::max(all, m.weight);
    if (!m.attacks) others = std::max(others, m.weight);
  }
  return {all, rivals.attackers_stay || others == 0 ? all : others};
}

Wide shortest_run(const SchedulerChoice& scheduler) {
  return to_ns(std::max(scheduler.duration("min_slice"), scheduler.duration("ratelimit")));
}

Verdict xen_credit2_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (!rivals.others_stay)
    return unbounded("it is derived for tasks that are there from the start");
  const Wide limit = to_ns(scheduler.duration("credit") + scheduler.duration("carryover"));
  const Wide s = shortest_run(scheduler);
  const auto [most, least] = heaviest(rivals);
  const Wide w = rivals.victim->weight;
  // A run that was granted before a heavier one came is charged by the new max w.
  const Wide granted = std::min<Wide>(to_ns(scheduler.duration("slice")), up(limit * w, least));
  const Wide run = most == least ? s : std::max(s, granted);
  const Wide ahead = limit + up(run * most, w) + 1;
  Wide wait = 0;
  for (const Rival& m : rivals.others)
    wait += up(ahead * m.weight, std::max<Wide>(least, m.weight)) + s;
  return bounded(wait,
                 "(credit + carryover + shortest run x max w / victim's w) x w / max w + "
                 "shortest run, over the other tasks");
}
Verdict xen_credit2_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  const auto [most, least] = heaviest(rivals);
  if (most != least)
    return unbounded("it is derived for attackers that are no heavier than others");
  return theft_by_leads(rivals, shortest_run(scheduler) + 1,
                        "shortest run x attackers x others' w / sum of w");
}

Verdict none_for_xen_credit(const Rivals&, const SchedulerChoice& scheduler) {
  const std::string_view accounting = scheduler.choice("accounting");
  if (accounting == "tick_sampled") {
    return unbounded("who sleeps at every tick is never charged, and goes first when it wakes up");
  }
  if (accounting == "exact_burn") {
    return unbounded("who sleeps at every tick is never active, so that nobody looks at its debt");
  }
  return unbounded("none is proved: priorities change only at ticks and accountings");
}

}  // namespace

std::vector<BoundRule> bounds_by_credit() {
  return {{"credit", credit_wait, credit_theft},
          {"xen_credit", none_for_xen_credit, none_for_xen_credit},
          {"xen_credit2", xen_credit2_wait, xen_credit2_theft}};
}

}  // namespace sharesim
