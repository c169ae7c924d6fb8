#pragma once
// The closed forms, one table for each family of schedulers. Each file derives its own.
//
// In all of them q is the slice, n the number of tasks, W the sum of their weights, w a weight, v the
// victim, m any other task, a and k the attackers (K of them, of weight w_a together), h the others
// (H of them, w_H together), D the length of the run; all on one CPU that works whenever somebody is
// runnable.

#include <string>
#include <vector>

#include "sim/core/tag.hpp"
#include "sim/search/bounds.hpp"
#include "sim/search/rivals.hpp"

namespace sharesim {

__extension__ using Wide = __int128;

/// a / b, rounded up; a >= 0, b > 0.
inline Wide up(Wide a, Wide b) { return (a + b - 1) / b; }
/// What can be had in a unit of virtual time, in whole ns: tags are compared without their fractions.
inline Wide unit_of(Weight weight) { return weight / kTagsPerNs; }

Verdict bounded(Wide ns_at_most, std::string rule);
Verdict unbounded(std::string reason);
/// `verdict`, if nobody but the attackers ever sleeps, comes late or leaves: else the reason.
Verdict among_hogs(const Rivals& rivals, Verdict verdict);
/// For schedulers under which attackers' service / weight is at no time more than that of anybody who
/// always runs, and `lead` more:
///   W_k <= w_k x + lead,  W_h >= w_h x,  D = sum of all
///   so  W_a <= w_a x + K lead <= w_a (D - W_a) / w_H + K lead
///   and W_a - D w_a / W <= K lead w_H / W
Verdict theft_by_leads(const Rivals& rivals, Wide lead, const std::string& rule);

using BoundOf = Verdict (*)(const Rivals&, const SchedulerChoice&);

struct BoundRule {
  std::string_view scheduler;
  BoundOf wait;   ///< of the victim, at the longest; Rivals::victim is there
  BoundOf theft;  ///< by the attackers together, in the whole run
};

std::vector<BoundRule> bounds_by_tags();       ///< sfq, scfq, wfq, wf2q, stride, bvt, ...
std::vector<BoundRule> bounds_by_deadlines();  ///< eevdf, sedf
std::vector<BoundRule> bounds_by_turns();      ///< rr, drr, dwrr, hardcap, ...
std::vector<BoundRule> bounds_by_credit();     ///< credit, xen_credit, xen_credit2
std::vector<BoundRule> bounds_of_linux();      ///< cfs, linux_eevdf

}  // namespace sharesim
