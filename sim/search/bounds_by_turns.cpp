// Those that go round.
//
// rr. Who wakes up or ends a slice goes to the tail: each other task is ahead once.
//   wait <= (n - 1) q
//   theft: between two turns of an attacker each other has one. With T turns each of the attackers
//   gets T q at the most and each other (T - 1) q at the least, weights or not:
//   W_a - D w_a / W <= K (D + H q) / n - D w_a / W
//
// priority. Nobody waits for a lighter one, and equals go round.
//   wait <= (number of equals) q    if nobody is heavier
//
// drr. Q_i = q n w_i / W. A turn serves m no more than ceil(Q_m / q) slices, or Q_m if that is less
// than a slice. v is ahead of those that have had their turn. If Q_v < q, v may owe q - Q_v, of a run
// that began while nobody waited, and needs k = ceil(q / Q_v) turns, else k = 1. One of them may be in
// such a run when v comes.
//   wait <= sum over m of (k Q_m rounded up to slices), or q for one of them
//   theft: in T turns an attacker gets T Q_k, and h no less than (T - 1) Q_h, but for a rest below a
//   request: W_a - D w_a / W <= (w_a / W) sum over h of (Q_h + min(q, Q_h)), and a ns a turn.
//
// dwrr. On one CPU the smallest v = service / w is next. Who wakes up is put at the start of the
// round, in which each is served w B / (the least w) =: w R, and v was picked in that round.
//   wait <= sum over m of (w_m R + min(q, w_m R))
//   theft: who is picked has the smallest v, so a lead of a slice each.
//
// hardcap. b_i = P w_i / W in each period P. v has used b_v at b_v after the beginning of a period at
// the earliest, and in the next one it has a place in the line: each other is ahead once. If somebody
// comes to exist while v runs, the slice may be of a budget that v does not have any more, and is paid
// from the following ones: z = ceil(q / b_v), else z = 0.
//   wait <= P - b_v + z P + sum over m of min(q, b_m)
//   theft: budgets are what the attackers are entitled to, but in the last period they may have
//   theirs at once.

#include <algorithm>

#include "sim/search/bound_rules.hpp"

namespace sharesim {
namespace {

Wide slice_of(const SchedulerChoice& scheduler) { return to_ns(scheduler.duration("slice")); }

constexpr const char* kAllStay = "it is derived for tasks that are there from start to end";

Verdict rr_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  return bounded((rivals.tasks() - 1) * slice_of(scheduler), "a slice of each other task");
}
Verdict rr_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  const Wide run = to_ns(rivals.run);
  const Wide taken =
      up(rivals.attackers * (run + rivals.hogs() * slice_of(scheduler)), Wide{rivals.tasks()});
  return among_hogs(rivals, bounded(taken - run * rivals.attacking / rivals.total,
                                    "the attackers' part of the heads, whatever their weight"));
}

Verdict priority_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  Wide equals = 0;
  for (const Rival& m : rivals.others) {
    if (m.weight > rivals.victim->weight) {
      return unbounded("a heavier task may run for ever");
    }
    equals += m.weight == rivals.victim->weight ? 1 : 0;
  }
  return bounded(equals * slice_of(scheduler), "a slice of each equal");
}
Verdict priority_theft(const Rivals&, const SchedulerChoice&) {
  return unbounded("weights are ranks here, not shares");
}

Verdict none_for_fifo(const Rivals&, const SchedulerChoice&) {
  return unbounded("who has the CPU keeps it until it blocks");
}
Verdict none_for_lottery(const Rivals&, const SchedulerChoice&) {
  return unbounded(
      "each slice is drawn: to lose k draws is unlikely, (1 - share)^k, but never impossible");
}
Verdict none_for_vtrr(const Rivals&, const SchedulerChoice&) {
  return unbounded("no constant bound is proved of it, not even for tasks that stay");
}
Verdict none_for_gr3(const Rivals&, const SchedulerChoice&) {
  return unbounded("its bounds are proved for tasks that neither come nor go");
}

/// Quanta while the attackers are there, and while they are not there yet.
class Quanta {
 public:
  Quanta(const Rivals& rivals, Wide slice) : rivals_(rivals), slice_(slice) {}

  Wide largest(const Rival& m) const { return std::max(with(m), without(m)); }
  Wide least(const Rival& m) const { return std::max<Wide>(1, std::min(with(m), without(m))); }
  /// Of `turns` turns one after the other, what is served.
  Wide served(const Rival& m, Wide turns) const {
    const Wide quantum = std::max<Wide>(1, largest(m));
    return quantum < slice_ ? turns * quantum : up(turns * quantum, slice_) * slice_;
  }

 private:
  Wide with(const Rival& m) const { return slice_ * rivals_.tasks() * m.weight / rivals_.total; }
  Wide without(const Rival& m) const {
    if (rivals_.attackers_stay || m.attacks) return with(m);
    return slice_ * rivals_.hogs() * m.weight / rivals_.defending();
  }

  const Rivals& rivals_;
  const Wide slice_;
};

Verdict drr_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (scheduler.choice("request") == "burst") {
    return unbounded("with request=burst who finds nobody waiting runs for as long as it likes");
  }
  if (!rivals.others_stay) return unbounded(kAllStay);
  const Wide q = slice_of(scheduler);
  const Quanta quanta(rivals, q);
  const Wide turns = up(q, std::min(q, quanta.least(*rivals.victim)));
  Wide sum = 0;
  Wide alone = 0;
  for (const Rival& m : rivals.others) {
    const Wide served = quanta.served(m, turns);
    sum += served;
    alone = std::max(alone, q - served);
  }
  return bounded(sum + alone, turns == 1 ? "a turn of each other task"
                                         : "the turns of the others until a slice can be repaid");
}
Verdict drr_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (scheduler.choice("request") == "burst") {
    return unbounded("with request=burst who finds nobody waiting runs for as long as it likes");
  }
  const Wide q = slice_of(scheduler);
  const Quanta quanta(rivals, q);
  Wide lags = 0;
  for (const Rival& m : rivals.all) {
    if (m.attacks) continue;
    const Wide quantum = quanta.largest(m) + 1;
    lags += quantum + std::min(q, quantum);
  }
  const Wide rounds = to_ns(rivals.run) / (q * rivals.tasks()) + 2;
  return among_hogs(rivals,
                    bounded(up(lags * rivals.attacking, rivals.total) + rounds * rivals.tasks(),
                            "a turn of each other x attackers' w / sum of w"));
}

/// Whether the least weight is there from start to end: it sets the length of a round.
bool rounds_stay(const Rivals& rivals) {
  if (!rivals.others_stay) return false;
  if (rivals.attackers_stay) return true;
  Weight least = rivals.total;
  Weight least_of_attackers = rivals.total;
  for (const Rival& m : rivals.all) {
    Weight& of = m.attacks ? least_of_attackers : least;
    of = std::min(of, m.weight);
  }
  return least <= least_of_attackers;
}

Verdict dwrr_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (!rounds_stay(rivals)) return unbounded(kAllStay);
  const Wide q = slice_of(scheduler);
  const Wide b = to_ns(scheduler.duration("round_slice"));
  Weight least = rivals.total;
  for (const Rival& m : rivals.all) least = std::min(least, m.weight);
  Wide sum = 0;
  for (const Rival& m : rivals.others) {
    const Wide round = up(b * m.weight, least);
    sum += round + std::min(q, round) + unit_of(m.weight);
  }
  return bounded(sum, "a round and a slice of each other task");
}
Verdict dwrr_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (!rounds_stay(rivals)) return unbounded(kAllStay);
  return theft_by_leads(rivals, slice_of(scheduler), "slice x attackers x others' w / sum of w");
}

Wide budget_of(const Rival& m, const Rivals& rivals, Wide period) {
  return period * m.weight / rivals.total;
}

Verdict hardcap_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (!rivals.others_stay) return unbounded(kAllStay);
  const Wide q = slice_of(scheduler);
  const Wide period = to_ns(scheduler.duration("period"));
  const Wide budget = budget_of(*rivals.victim, rivals, period);
  if (budget == 0) return unbounded("the victim's budget is less than a ns");
  Wide wait = period - budget + (rivals.attackers_stay ? 0 : up(q, budget) * period);
  for (const Rival& m : rivals.others) wait += std::min(q, budget_of(m, rivals, period) + 1);
  return bounded(wait, rivals.attackers_stay
                           ? "period - budget + a slice of each other task"
                           : "periods until a slice is repaid + a slice of each other task");
}
Verdict hardcap_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (!rivals.others_stay) return unbounded(kAllStay);
  const Wide period = to_ns(scheduler.duration("period"));
  const Wide rest = to_ns(rivals.run) % period;
  const Wide budget = up(period * rivals.attacking, rivals.total) + rivals.attackers;
  const Wide early = std::min(rest, budget) - rest * rivals.attacking / rivals.total;
  return bounded(std::max<Wide>(early, 0) + rivals.attackers,
                 "what is left of the budget of the last period");
}

}  // namespace

std::vector<BoundRule> bounds_by_turns() {
  return {{"rr", rr_wait, rr_theft},
          {"priority", priority_wait, priority_theft},
          {"fifo", none_for_fifo, none_for_fifo},
          {"lottery", none_for_lottery, none_for_lottery},
          {"drr", drr_wait, drr_theft},
          {"dwrr", dwrr_wait, dwrr_theft},
          {"gr3", none_for_gr3, none_for_gr3},
          {"vtrr", none_for_vtrr, none_for_vtrr},
          {"hardcap", hardcap_wait, hardcap_theft}};
}

}  // namespace sharesim
