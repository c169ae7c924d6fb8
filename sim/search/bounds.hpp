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

/// Of the harm that can be done to `sides.victims` by anything that the other tasks do. `scenario`
/// has the attackers in it. Empty where nothing is proved: for most schedulers, and with several
/// CPUs, groups, caps, events, costs, or several victims.
std::optional<Bound> bound_of(Objective objective, const Scenario& scenario,
                              const SchedulerChoice& scheduler, const Sides& sides);

}  // namespace sharesim
