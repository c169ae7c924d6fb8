// Fair queuing and its relatives. S, F: start and finish tag of a request; P: the tag that a task has
// come to, in service / weight; V: virtual time. While v waits its tags stay as they are, so what m is
// served meanwhile is w_m (the last tag at which it can be picked + q / w_m - its first tag).
//
// sfq, sfs, sedf without budgets (after Goyal, Guo, Vin, OSDI 1996, theorem 1). Only those with
// S_m <= S_v are picked before v, and S_m never lies below virtual time, which was at least
// S_v - q / w_v when v last ran (or is S_v, if v has just woken up).
//   wait <= sum over m of (q + q w_m / w_v)
//   theft: S_h >= V and P_k <= V + q / w_k, so a lead of q each.
//
// bvt without warps. Who runs stops q / w beyond the least of the others, so the same holds with
// A_v - q / w_v as the least that anybody had when v stopped, and the same lead. The slice is a difference of
// tags: where they are rounded, each round may last a little longer, and of the wait nothing is said.
//
// scfq. V is the F of the one in service, and never goes back. When v was picked, with F, all that
// waited had F_m >= F, so S_m >= F - q / w_m; those that come later have S_m >= F. The next F of v is
// F + q / w_v at the most; if it has slept, the same holds with the V that it found.
//   wait <= sum over m of (q + q w_m / w_v)
//   theft: P_k <= V and S_h >= V - q / w_h, so W_a <= w_a V and W_h >= w_h V - q:
//   W_a - D w_a / W <= q H w_a / W
//
// wf2q, wf2q_plus. Only those with S <= V are picked.
//   (1) A request begins before V has passed its F: since the last pick of a later F nobody was
//   served but for tags between the V of then, V', and F; that is less work than V takes to go from
//   V' to F (Parekh, Gallager, 1993; no jump of V to the smallest S lies between, for then nobody is
//   late). So V - S_m <= q / w_m for all that wait.
//   (2) v was picked at S' <= V, and then u <= q was used: F_v = S' + (u + q) / w_v. By (1) it waits
//   until V is there at the latest, and V goes by 1 / W at the least:
//   wait <= W (u + q) / w_v - u <= 2 q W / w_v - q
//   (3) Others were behind by F (F_m >= S' + q / w_v), or not eligible (S_m > V >= S'), or not there
//   (S_m >= V). They are picked as long as S_m <= V < S_v, or F_m <= F_v:
//   wait <= sum over m of 2 q max(1, w_m / w_v)
//   theft: P_k - V <= q / w_k; V - P_h <= q / w_h by (1); and the sum of w (P - V), over those that
//   the fluid system serves, never falls below 0: service moves P and V alike, who comes has P >= V,
//   who goes takes nothing positive along. So the others are behind by K q or H q at the most:
//   W_a - D w_a / W = (w_H / W) sum of w_k (P_k - V) + (w_a / W) sum of w_h (V - P_h)
//                  <= q (K w_H + min(K, H) w_a) / W
//
// stride. remain is kept, and the sum of w (pass - global_pass) over all, asleep or not, is constant:
// n q, or 0 with init=zero. One attacker is picked only if its pass is the smallest, so it has
// n q / W more than global_pass at the most, and began with q (init=zero: 0 and 0). No wait is
// bounded: what it is owed for waiting it keeps. For several attackers one can lead while another
// sleeps on what it is owed.
//   W_a - D w_a / W <= q w_a (n - 1) / W;  init=zero: q (1 - w_a / W)

#include <algorithm>

#include "sim/search/attack_space.hpp"
#include "sim/search/bound_rules.hpp"

namespace sharesim {
namespace {

constexpr const char* kSavesWaiting =
    "what a task is owed for waiting it keeps when it blocks, and may cash in later";

Wide slice_of(const SchedulerChoice& scheduler) { return to_ns(scheduler.duration("slice")); }

bool serves_whole_bursts(const SchedulerChoice& scheduler) {
  return scheduler.choice("request") == "burst";
}
Verdict no_bound_of_bursts() {
  return unbounded("with request=burst a run is as long as its owner likes");
}

Verdict start_tag_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  const Wide q = slice_of(scheduler);
  Wide sum = 0;
  for (const Rival& m : rivals.others) {
    sum += q + up(q * m.weight, rivals.victim->weight) + unit_of(m.weight);
  }
  return bounded(sum, "slice x (1 + w / victim's w), over the other tasks");
}
Verdict start_tag_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  return theft_by_leads(rivals, slice_of(scheduler), "slice x attackers x others' w / sum of w");
}

Verdict scfq_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  return serves_whole_bursts(scheduler) ? no_bound_of_bursts() : start_tag_wait(rivals, scheduler);
}
Verdict scfq_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (serves_whole_bursts(scheduler)) return no_bound_of_bursts();
  const Wide lags = slice_of(scheduler) * rivals.hogs() * rivals.attacking;
  return among_hogs(rivals, bounded(up(lags, rivals.total) + unit_of(rivals.total),
                                    "slice x others x attackers' w / sum of w"));
}

Verdict wf2q_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (serves_whole_bursts(scheduler)) return no_bound_of_bursts();
  const Wide q = slice_of(scheduler);
  const Weight w = rivals.victim->weight;
  Wide by_tags = 0;
  for (const Rival& m : rivals.others) {
    by_tags += 2 * up(q * std::max(m.weight, w), w) + unit_of(m.weight);
  }
  const Wide by_v = up(2 * q * rivals.total, w) - q + unit_of(rivals.total) + rivals.tasks();
  if (by_v < by_tags) return bounded(by_v, "slice x (2 x sum of w / victim's w - 1)");
  return bounded(by_tags, "2 x slice x max(1, w / victim's w), over the other tasks");
}
Verdict wf2q_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (serves_whole_bursts(scheduler)) return no_bound_of_bursts();
  const Wide leads = Wide{rivals.attackers} * rivals.defending() +
                     Wide{std::min(rivals.attackers, rivals.hogs())} * rivals.attacking;
  return among_hogs(
      rivals, bounded(up(slice_of(scheduler) * leads, rivals.total) + unit_of(rivals.total),
                      "slice x (attackers x others' w + min(attackers, others) x attackers' w) / "
                      "sum of w"));
}

Verdict unwarped(const Rivals& rivals, const SchedulerChoice& scheduler, BoundOf bound) {
  const bool warps = std::any_of(rivals.all.begin(), rivals.all.end(),
                                 [](const Rival& rival) { return rival.hint("warp", 0) > 0; });
  if (warps) return unbounded("who is warped goes ahead by as much as its hint says");
  return bound(rivals, scheduler);
}
Verdict bvt_wait(const Rivals& rivals, const SchedulerChoice& scheduler) {
  const bool exact = std::all_of(rivals.all.begin(), rivals.all.end(),
                                 [](const Rival& rival) { return kTagsPerNs % rival.weight == 0; });
  if (!exact) return unbounded("its slices are differences of rounded tags, which adds up");
  return unwarped(rivals, scheduler, start_tag_wait);
}
Verdict bvt_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  return unwarped(rivals, scheduler, start_tag_theft);
}

Verdict none_for_wfq(const Rivals&, const SchedulerChoice&) {
  return unbounded(
      "virtual time goes slowly while somebody waits, so that who often waits and blocks at once "
      "can cash in later");
}

Verdict none_for_savers(const Rivals&, const SchedulerChoice&) { return unbounded(kSavesWaiting); }

Verdict stride_theft(const Rivals& rivals, const SchedulerChoice& scheduler) {
  if (rivals.attackers != 1) return unbounded("it is derived for a single attacker");
  const bool at_stride = scheduler.choice("init") == "stride";
  const Wide lead = at_stride ? Wide{rivals.attacking} * (rivals.tasks() - 1) : rivals.defending();
  // Joining and leaving each lose less than a unit of virtual time.
  const Wide joins = to_ns(rivals.run) / to_ns(2 * kShortestLeg) + 1;
  const Wide lost = up(joins * rivals.attacking, kTagsPerNs);
  return among_hogs(rivals, bounded(up(slice_of(scheduler) * lead, rivals.total) + lost,
                                    at_stride ? "slice x (tasks - 1) x attacker's w / sum of w"
                                              : "slice x others' w / sum of w"));
}

Verdict gps_harm(const Rivals& rivals, const SchedulerChoice&) {
  return bounded(rivals.tasks() - 1, "everybody runs at once, at their shares");
}
Verdict gps_wait(const Rivals&, const SchedulerChoice&) {
  return bounded(0, "everybody runs at once, at their shares");
}

}  // namespace

std::vector<BoundRule> bounds_by_tags() {
  return {{"sfq", start_tag_wait, start_tag_theft},
          {"sfs", start_tag_wait, start_tag_theft},
          {"scfq", scfq_wait, scfq_theft},
          {"wf2q", wf2q_wait, wf2q_theft},
          {"wf2q_plus", wf2q_wait, wf2q_theft},
          {"bvt", bvt_wait, bvt_theft},
          {"wfq", none_for_wfq, none_for_wfq},
          {"stride", none_for_savers, stride_theft},
          {"stride_tree", none_for_savers, none_for_savers},
          {"gps", gps_wait, gps_harm}};
}

}  // namespace sharesim
