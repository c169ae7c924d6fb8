#pragma once
// What an attack is to do, and how much of it a run shows.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/record/result.hpp"

namespace sharesim {

enum class Objective : std::uint8_t {
  kGap,    ///< the victim's longest starvation
  kTheft,  ///< the attackers' CPU time beyond what fluid fair sharing gives a hog of their weight
  kP99,    ///< 99th percentile of the victim's wakeup latency
};

/// "gap", "theft", "p99".
std::string_view name_of(Objective objective);

/// Who attacks whom. Sets of entities, because a task may have several instances.
struct Sides {
  std::vector<EntityRef> attackers;
  std::vector<EntityRef> victims;
  Duration entitled{};  ///< of the attackers together, in the whole run; for kTheft only
};

/// All in ns; the worst of the victims. Empty if there is nothing to measure: no victim ever woke
/// up.
std::optional<std::int64_t> harm_of(Objective objective, const Result& result, const Sides& sides);

/// CPU time of all of them.
Duration service_of(const Result& result, const std::vector<EntityRef>& entities);
/// The longest starvation of the victims.
Starvation worst_starvation(const Result& result, const Sides& sides);

}  // namespace sharesim
