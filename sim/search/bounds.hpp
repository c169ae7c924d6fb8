#pragma once
// How long a scheduler can let a task wait, or how much can be stolen under it, at the worst: closed
// forms, where there is a proof. What a search finds is a lower bound of the same thing.

#include <optional>
#include <string>
#include <vector>

#include "sim/search/objective.hpp"

namespace sharesim {

struct Bound {
  Duration value{};
  std::string rule;  ///< how it comes about, in a few words
};

/// A bound, or why there is none.
struct Verdict {
  std::optional<Bound> bound;
  std::string reason;  ///< in a sentence without its full stop; empty if there is a bound
};

/// Of the harm that can be done to `sides.victims` by anything that the other tasks do. `scenario`
/// has the attackers in it.
Verdict bound_of(Objective objective, const Scenario& scenario, const SchedulerChoice& scheduler,
                 const Sides& sides);

/// The schedulers that something is known of: a bound, or that there is none.
std::vector<std::string> schedulers_with_verdict();

}  // namespace sharesim
