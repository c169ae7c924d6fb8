#pragma once
// Workloads with a victim and its attackers, for the tests of what they can do to it.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/random/uniform_int_distribution.hpp>

#include "sim/engine/engine.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/scenario/distribution.hpp"
#include "sim/search/bounds.hpp"
#include "sim/search/objective.hpp"

namespace sharesim::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : stream_(make_stream(seed, 77)) {}
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return boost::random::uniform_int_distribution<std::int64_t>(low, high)(stream_);
  }
  Duration us(std::int64_t low, std::int64_t high) { return ns(1000 * between(low, high)); }
  std::string one_of(const std::vector<std::string>& words) {
    return words[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(words.size()) - 1))];
  }
  RandomStream stream() { return make_stream(static_cast<std::uint64_t>(between(0, 1 << 30)), 1); }

 private:
  RandomStream stream_;
};

inline Result simulate(const Scenario& scenario, const SchedulerChoice& scheduler) {
  const auto shared = std::make_shared<const Scenario>(scenario);
  const auto measures = std::make_shared<Measures>(shared, scheduler.info().name);
  const EngineSummary summary = run_engine(*shared, scheduler, *measures);
  return {.scenario = shared,
          .scheduler = scheduler.to_string(),
          .end = summary.end,
          .complete = summary.complete,
          .decisions = summary.decisions,
          .table = measures,
          .expectations = {}};
}

/// The victim is the first task, everybody else attacks.
inline Sides against_the_first(const Scenario& scenario) {
  Sides sides;
  sides.victims = {EntityRef::task(0)};
  for (TaskId id = 1; id < scenario.task_count(); ++id) {
    sides.attackers.push_back(EntityRef::task(id));
  }
  return sides;
}

inline Duration gap_of_the_first(const Scenario& scenario, const SchedulerChoice& scheduler) {
  return simulate(scenario, scheduler).table->row(EntityRef::task(0)).starvation.length;
}

inline Duration bound_of_the_first(const Scenario& scenario, const SchedulerChoice& scheduler) {
  const auto bound =
      bound_of(Objective::kGap, scenario, scheduler, against_the_first(scenario)).bound;
  return bound ? bound->value : kForever;
}

}  // namespace sharesim::test
