#include "sim/search/bounds.hpp"

#include <algorithm>
#include <utility>

#include "sim/search/bound_rules.hpp"

namespace sharesim {
namespace {

const std::vector<BoundRule>& all_rules() {
  static const std::vector<BoundRule> kRules = [] {
    std::vector<BoundRule> rules;
    for (const auto family : {bounds_by_tags, bounds_by_deadlines, bounds_by_turns,
                              bounds_by_credit, bounds_of_linux}) {
      const std::vector<BoundRule> more = family();
      rules.insert(rules.end(), more.begin(), more.end());
    }
    return rules;
  }();
  return kRules;
}

/// A percentile of latencies is rounded up by 1/64; no wakeup waits longer than the longest wait.
Verdict of_percentile(Verdict verdict) {
  constexpr std::int64_t kBuckets = 64;
  if (verdict.bound) verdict.bound->value += (verdict.bound->value + ns(kBuckets - 1)) / kBuckets;
  return verdict;
}

/// Whether the attackers are entitled to less than their weight's part of the whole run: then the others may
/// be behind, or ahead, when they come. (An attack that begins late is entitled to all of it.)
bool come_late(const Rivals& rivals, Duration entitled) {
  const Wide part = Wide{to_ns(rivals.run)} * rivals.attacking / rivals.total;
  return to_ns(entitled) + rivals.attackers < part;  // each may be rounded down
}

}  // namespace

Verdict bounded(Wide ns_at_most, std::string rule) {
  const Duration value = ns_at_most >= to_ns(kForever)
                             ? kForever
                             : ns(static_cast<std::int64_t>(std::max<Wide>(ns_at_most, 0)));
  return {Bound{value, std::move(rule)}, ""};
}

Verdict unbounded(std::string reason) { return {std::nullopt, std::move(reason)}; }

Verdict among_hogs(const Rivals& rivals, Verdict verdict) {
  if (rivals.others_are_hogs && rivals.others_stay) return verdict;
  return unbounded("it is derived for tasks that always run, beside the attackers");
}

Verdict theft_by_leads(const Rivals& rivals, Wide lead, const std::string& rule) {
  const Wide leads = rivals.attackers * lead * rivals.defending();
  return among_hogs(rivals, bounded(up(leads, rivals.total) + unit_of(rivals.total), rule));
}

std::vector<std::string> schedulers_with_verdict() {
  std::vector<std::string> names;
  for (const BoundRule& rule : all_rules()) names.emplace_back(rule.scheduler);
  return names;
}

Verdict bound_of(Objective objective, const Scenario& scenario, const SchedulerChoice& scheduler,
                 const Sides& sides) {
  const std::vector<BoundRule>& rules = all_rules();
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const BoundRule& candidate) {
    return candidate.scheduler == scheduler.info().name;
  });
  if (rule == rules.end()) return unbounded("nothing is known here of a scheduler from a plug-in");
  const auto rivals = rivals_of(scenario, sides);
  if (!rivals) {
    return unbounded(
        "it is derived for tasks on one CPU only, without groups, caps, events and costs");
  }
  if (objective == Objective::kTheft) {
    return come_late(*rivals, sides.entitled)
               ? unbounded("it is derived for attackers that are there from the start")
               : rule->theft(*rivals, scheduler);
  }
  if (!rivals->victim) return unbounded("it is derived for a single victim that is a task");
  const Verdict wait = rule->wait(*rivals, scheduler);
  return objective == Objective::kP99 ? of_percentile(wait) : wait;
}

}  // namespace sharesim
