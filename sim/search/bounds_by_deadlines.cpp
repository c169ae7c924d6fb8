// eevdf and sedf.
//
// eevdf (Stoica, Abdel-Wahab, 1995, whose theorem 1 holds for those that come and go without lag). r:
// the length of a request; t: the tag that a task has come to; V: the mean of the tags, by weight. A
// task may be served if its request began at ve <= V, the smallest vd = ve + r / w first. Here one
// task a attacks, and the rest R (v and the others, h) always run. V_R: the mean of their tags.
//   (1) a is eligible when ve_a <= V_R. When it rejoins, V_R - t_a is what it was when it left, times
//   w_R / W: so leaving makes both lags and leads smaller. While a waits, R is served only requests
//   with vd <= vd_a that began after the V of the last pick of a later vd, and that one; so V_R has
//   come to vd_a + q / w_R at the most. What a could bring along from before, joining in the middle
//   of a run again and again, ends at d = d w_R / W + q / w_R. Together
//     V_R - t_a <= d = max(r_a, q) / w_a + q / w_R
//   (2) h was behind v by deadline, or not eligible, when v was last picked, and is picked as long as
//   v is not eligible or has a later deadline; their tags stay where they are, whatever a does:
//     H* <= sum over h of 2 max(r_h, r_v w_h / w_v)
//   (3) a is served d at first, a request beyond that, and its part while R is served: H* w_a / w_R.
//   Each time that it leaves ahead by x it is forgiven x w_a / W, but before its next request R has to
//   be served for the rest, w_R x w_R / W, so all x together are no more than H* W / w_R^2:
//     wait <= H* + w_a d + r_a + H* w_a W / w_R^2
//   No theft is bounded: the same pardon can be had for ever.
//
// sedf with budgets, s in each p. As long as the sum of s / p is no more than 1, earliest deadline
// first gives each its s in each of its periods (Liu, Layland, 1973). At worst v gets its s at the
// beginning of one and at the end of the next: 2 (p - s). Who wakes up in the period in which it went
// to sleep has lost the rest of it: p and p - s. Without any budgets it is start-time fair queuing.

#include <algorithm>

#include "sim/search/bound_rules.hpp"

namespace sharesim {
namespace {

Wide eevdf_request(const Rival& rival, const SchedulerChoice& scheduler) {
  return rival.hint("request", to_ns(scheduler.duration("slice")));
}

Verdict eevdf_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (rivals.attackers != 1) return unbounded("it is derived for a single attacker");
  const Wide q = to_ns(scheduler.duration("slice"));
  const Wide r_v = eevdf_request(*rivals.victim, scheduler);
  const Wide w_v = rivals.victim->weight;
  const Wide w_a = rivals.attacking;
  const Wide w_r = rivals.defending();
  Wide others = 0;
  Wide attacker = 0;
  for (const Rival& m : rivals.others) {
    const Wide r = eevdf_request(m, scheduler);
    if (m.attacks)
      attacker = std::max(r, q) + up(q * w_a, w_r) + r;
    else
      others += 2 * std::max(r, up(r_v * m.weight, w_v));
  }
  const Wide pardons = up(others * w_a * rivals.total, w_r * w_r);
  const Wide rounding = rivals.tasks() - 2 + unit_of(rivals.total);
  return among_hogs(
      rivals,
      bounded(others + attacker + pardons + rounding,
              rivals.tasks() == 2 ? "slice x (2 + w / victim's w)"
                                  : "slices of the attacker and of the others, and what leaving "
                                    "forgives"));
}
Verdict eevdf_theft(const Rivals&, const SchedulerChoice&) {
  return unbounded("who leaves while it is ahead is forgiven a part of its debt, each time again");
}

/// What a task is promised in each period; 0: nothing.
Wide budget_of(const Rival& rival) {
  constexpr std::int64_t kDefaultPeriod = 100'000'000;
  return std::min(rival.hint("budget", 0), rival.hint("period", kDefaultPeriod));
}
Wide period_of(const Rival& rival) {
  constexpr std::int64_t kDefaultPeriod = 100'000'000;
  return rival.hint("period", kDefaultPeriod);
}
bool any_budget(const Rivals& rivals) {
  return std::any_of(rivals.all.begin(), rivals.all.end(),
                     [](const Rival& rival) { return budget_of(rival) > 0; });
}
/// Whether all budgets together fit the CPU: the sum of s / p <= 1, each rounded up.
bool fits(const Rivals& rivals) {
  constexpr Wide kWhole = 1'000'000'000'000;
  Wide sum = 0;
  for (const Rival& rival : rivals.all) sum += up(budget_of(rival) * kWhole, period_of(rival));
  return sum <= kWhole;
}

Verdict sedf_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (!any_budget(rivals)) {
    const Wide q = to_ns(scheduler.duration("slice"));
    Wide sum = 0;
    for (const Rival& m : rivals.others) {
      sum += q + up(q * m.weight, rivals.victim->weight) + unit_of(m.weight);
    }
    return bounded(sum, "slice x (1 + w / victim's w), over the other tasks");
  }
  const Wide s = budget_of(*rivals.victim);
  const Wide p = period_of(*rivals.victim);
  if (s == 0) return unbounded("the victim has no budget, and those that have one come first");
  if (!fits(rivals)) return unbounded("more is promised than there is: some deadlines are missed");
  if (rivals.victim->is_hog()) return bounded(2 * (p - s), "2 x (period - budget)");
  return bounded(2 * p - s, "2 x period - budget");
}
Verdict sedf_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (any_budget(rivals)) return unbounded("budgets come before shares");
  return theft_by_leads(rivals, to_ns(scheduler.duration("slice")),
                        "slice x attackers x others' w / sum of w");
}

}  // namespace

std::vector<BoundRule> bounds_by_deadlines() {
  return {{"eevdf", eevdf_wait, eevdf_theft}, {"sedf", sedf_wait, sedf_theft}};
}

}  // namespace sharesim
