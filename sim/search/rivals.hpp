#pragma once
// Who competes with the victim, as the closed forms see it: tasks that share one CPU and nothing else.

#include <optional>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.hpp"
#include "sim/search/objective.hpp"

namespace sharesim {

struct Rival {
  Weight weight = 0;  ///< as a scheduler sees it: all are divided by what divides them all
  bool attacks = false;
  const TaskSpec* spec = nullptr;

  bool is_hog() const { return std::holds_alternative<RunForever>(spec->behaviour); }
  /// What the workload says under `hints:`, or `otherwise`.
  std::int64_t hint(std::string_view name, std::int64_t otherwise) const;
};

struct Rivals {
  std::optional<Rival> victim;  ///< empty if nobody, or several, are asked about
  std::vector<Rival> others;    ///< everybody but the victim
  std::vector<Rival> all;
  Weight attacking = 0;  ///< sum of the attackers' weights
  Weight total = 0;      ///< of all weights
  std::int64_t attackers = 0;
  Duration run{};               ///< how long it all lasts
  bool others_stay = true;      ///< all but the attackers come at the start; and nobody leaves
  bool attackers_stay = true;   ///< the attackers come at the start
  bool others_are_hogs = true;  ///< all but the attackers always run, the victim too

  std::int64_t tasks() const { return static_cast<std::int64_t>(all.size()); }
  std::int64_t hogs() const { return tasks() - attackers; }
  Weight defending() const { return total - attacking; }
};

/// Empty if there is more to it than tasks on one CPU: groups, caps, events, costs.
std::optional<Rivals> rivals_of(const Scenario& scenario, const Sides& sides);

}  // namespace sharesim
