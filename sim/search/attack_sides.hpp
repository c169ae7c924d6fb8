#pragma once
// Who attacks whom in a workload.

#include <optional>
#include <string>
#include <vector>

#include "sim/search/attack.hpp"
#include "sim/search/objective.hpp"

namespace sharesim {

struct Roles {
  std::size_t attacker = 0;   ///< index in Scenario::tasks
  std::string attacker_path;  ///< of the entry: "/web/worker"
  std::string victim_path;    ///< of a group, an entry, or one instance of it
  bool several_victims = false;
};

/// Reads paths such as "/web/worker" (the first slash may be left out). Without a name: the first
/// task called "attacker", else the first task; and the last task called "victim", else the last
/// one that does not attack. Throws InputError with all mistakes.
Roles choose_roles(const Scenario& scenario, const std::optional<std::string>& attacker,
                   const std::optional<std::string>& victim);

/// The roles' entities in a scenario that has their paths.
Sides sides_of(const Scenario& scenario, const Roles& roles);

/// Whether a victim may sleep: without it nobody wakes up.
bool any_victim_sleeps(const Scenario& scenario, const Roles& roles);

/// What the entry does already, if it is an attack of ours.
std::vector<Attack> known_attacks(const TaskSpec& spec, Duration duration);

}  // namespace sharesim
