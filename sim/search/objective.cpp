#include "sim/search/objective.hpp"

#include <algorithm>

#include "sim/core/check.hpp"

namespace sharesim {

std::string_view name_of(Objective objective) {
  switch (objective) {
    case Objective::kGap:
      return "gap";
    case Objective::kTheft:
      return "theft";
    case Objective::kP99:
      return "p99";
  }
  fail_check("an objective is of a known kind");
}

Duration service_of(const Result& result, const std::vector<EntityRef>& entities) {
  Duration sum{};
  for (const EntityRef entity : entities) sum += result.table->row(entity).service;
  return sum;
}

Starvation worst_starvation(const Result& result, const Sides& sides) {
  Starvation worst;
  for (const EntityRef victim : sides.victims) {
    const Starvation starvation = result.table->row(victim).starvation;
    if (starvation.length > worst.length) worst = starvation;
  }
  return worst;
}

std::optional<std::int64_t> harm_of(Objective objective, const Result& result, const Sides& sides) {
  switch (objective) {
    case Objective::kGap:
      return to_ns(worst_starvation(result, sides).length);
    case Objective::kTheft:
      return to_ns(service_of(result, sides.attackers) - sides.entitled);
    case Objective::kP99: {
      std::optional<std::int64_t> worst;
      for (const EntityRef victim : sides.victims) {
        const auto p99 = result.value(Metric::kWakeupP99, victim);
        if (p99) worst = std::max(*p99, worst.value_or(0));
      }
      return worst;
    }
  }
  fail_check("an objective is of a known kind");
}

}  // namespace sharesim
