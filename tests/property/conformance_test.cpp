// Does every scheduler keep the law, and what it claims? Over the registry: a new scheduler is held
// to this by being registered. SHARESIM_SEEDS sets how many random scenarios each test tries
// (default 150).

#include <cstdlib>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/engine/engine.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/record/fanout.hpp"
#include "tests/support/laws.hpp"
#include "tests/support/random_scenario.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::test {
namespace {

std::uint64_t seeds() {
  const char* text = std::getenv("SHARESIM_SEEDS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 150;
}

/// The slice, or a ms where it is left to the policy: long enough for those that there are.
Duration slice_of(const SchedulerChoice& choice) {
  const Duration slice = choice.duration("slice");
  return slice > Duration::zero() ? slice : Duration(1ms);
}

/// One run with everybody listening.
struct Outcome {
  std::vector<RunInterval> runs;
  std::vector<std::string> broken;
  std::shared_ptr<const Measures> measures;
};

Outcome observe(const Scenario& scenario, const SchedulerChoice& choice) {
  const auto shared = std::make_shared<const Scenario>(scenario);
  const auto measures = std::make_shared<Measures>(shared, choice.info().name);
  RunLog log(*shared);
  LawKeeper laws(*shared);
  Fanout fanout({&log, &laws, measures.get()});
  run_engine(*shared, choice, fanout);
  return {log.runs, laws.broken(), measures};
}

bool same(const std::vector<RunInterval>& a, const std::vector<RunInterval>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].cpu != b[i].cpu || a[i].task != b[i].task || a[i].begin != b[i].begin ||
        a[i].end != b[i].end || a[i].why != b[i].why) {
      return false;
    }
  }
  return true;
}

class Conformance : public testing::TestWithParam<std::string> {
 protected:
  const SchedulerInfo& info() const { return *Registry::global().find(GetParam()); }
  /// The scheduler in each of its scopes.
  std::vector<SchedulerChoice> choices() const {
    std::vector<SchedulerChoice> all;
    for (const Scope scope : info().scopes) {
      all.push_back(Registry::global().choose(GetParam()));
      all.back().set("scope", scope == Scope::kPerCpu ? "per_cpu" : "global");
    }
    return all;
  }
};

class WorkConserving : public Conformance {};
class BoundedLag : public Conformance {};
class Proportional : public Conformance {};
class WeightBlind : public Conformance {};
class Capped : public Conformance {};

TEST_P(Conformance, KeepsTheLawInEveryScenario) {
  // Conservation is checked by the measures, at the end of every run.
  for (const SchedulerChoice& choice : choices()) {
    for (std::uint64_t seed = 0; seed < seeds(); ++seed) {
      const Scenario scenario = random_scenario(seed, {});
      SCOPED_TRACE(choice.to_string() + ", seed " + std::to_string(seed));
      Outcome outcome;
      ASSERT_NO_THROW(outcome = observe(scenario, choice));
      ASSERT_THAT(outcome.broken, testing::IsEmpty());
    }
  }
}

TEST_P(Conformance, IsDeterministicAndBlindToNames) {
  for (const SchedulerChoice& choice : choices()) {
    for (std::uint64_t seed = 0; seed < seeds() / 5; ++seed) {
      Scenario scenario = random_scenario(seed, {});
      const Outcome first = observe(scenario, choice);
      for (TaskSpec& task : scenario.tasks) task.name = "x" + task.name;
      ASSERT_TRUE(same(first.runs, observe(scenario, choice).runs))
          << choice.to_string() << ", seed " << seed;
    }
  }
}

TEST_P(Conformance, OnlyRatiosOfWeightsMatter) {
  if (info().claims.has(Claim::kRandomized))
    GTEST_SKIP() << GetParam() << " draws random numbers by weight";
  if (info().claims.has(Claim::kKernelWeights))
    GTEST_SKIP() << GetParam() << " rounds weights as the kernel does: 1024 is nice 0";
  for (const SchedulerChoice& choice : choices()) {
    for (std::uint64_t seed = 0; seed < seeds() / 5; ++seed) {
      Scenario scenario = random_scenario(seed, {});
      const Outcome first = observe(scenario, choice);
      for (TaskSpec& task : scenario.tasks) task.weight *= 3;
      for (GroupSpec& group : scenario.groups) group.weight *= 3;
      for (ScenarioEvent& event : scenario.events) {
        if (event.weight) event.weight = *event.weight * 3;
      }
      ASSERT_TRUE(same(first.runs, observe(scenario, choice).runs))
          << choice.to_string() << ", seed " << seed;
    }
  }
}

TEST_P(WorkConserving, WastesNothing) {
  Features features;
  features.affinity = false;  // with affinity, per-CPU queues may have to wait for the balancer
  features.sliced_quota =
      false;  // quota that one CPU holds keeps others from working: that is its price
  for (const SchedulerChoice& choice : choices()) {
    for (std::uint64_t seed = 0; seed < seeds(); ++seed) {
      Scenario scenario = random_scenario(seed, features);
      scenario.machine.balancer.wake_idle = scenario.machine.balancer.steal = true;
      const Outcome outcome = observe(scenario, choice);
      ASSERT_EQ(outcome.measures->row(EntityRef::group(kRoot)).wasted_idle, Duration::zero())
          << choice.to_string() << ", seed " << seed;
    }
  }
}

/// n hogs on one CPU with random weights, for 2000 slices.
Scenario hogs(std::uint64_t seed, Duration slice) {
  RandomStream stream = make_stream(seed, 3);
  ScenarioBuilder b;
  b.duration(slice * 2000);
  const std::uint32_t count = 2 + stream() % 11;
  for (std::uint32_t i = 0; i < count; ++i) {
    b.task("t" + std::to_string(i), 1 + stream() % (stream() % 2 == 0 ? 4 : 1000));
  }
  return b.build();
}

TEST_P(BoundedLag, LagOfHogsStaysInBounds) {
  const SchedulerChoice choice = Registry::global().choose(GetParam());
  const Duration slice = choice.duration("slice");
  for (std::uint64_t seed = 0; seed < seeds(); ++seed) {
    const Scenario scenario = hogs(seed, slice);
    const Outcome outcome = observe(scenario, choice);
    const Duration bound = slice * info().lag_bound_slices(scenario.task_count());
    for (TaskId id = 0; id < scenario.task_count(); ++id) {
      const EntityResult row = outcome.measures->row(EntityRef::task(id));
      ASSERT_LE(row.lag_max, bound) << "task " << id << ", seed " << seed;
      ASSERT_GE(row.lag_min, -bound) << "task " << id << ", seed " << seed;
    }
  }
}

TEST_P(Proportional, SharesByWeight) {
  // In 2000 slices, within 1 % of the CPU. A scheduler whose lag is bounded is held to more above.
  const SchedulerChoice choice = Registry::global().choose(GetParam());
  for (std::uint64_t seed = 0; seed < seeds() / 5; ++seed) {
    const Scenario scenario = hogs(seed, slice_of(choice));
    const Outcome outcome = observe(scenario, choice);
    Weight total = 0;
    for (const TaskSpec& task : scenario.tasks) total += task.weight;
    for (TaskId id = 0; id < scenario.task_count(); ++id) {
      const auto got =
          static_cast<double>(to_ns(outcome.measures->row(EntityRef::task(id)).service));
      const double share = got / static_cast<double>(to_ns(scenario.duration));
      const double due =
          static_cast<double>(scenario.tasks[id].weight) / static_cast<double>(total);
      ASSERT_NEAR(share, due, 0.01) << "task " << id << ", seed " << seed;
    }
  }
}

TEST_P(WeightBlind, SharesEqually) {
  const SchedulerChoice choice = Registry::global().choose(GetParam());
  const Duration slice = choice.duration("slice");
  for (std::uint64_t seed = 0; seed < seeds() / 5; ++seed) {
    const Scenario scenario = hogs(seed, slice);
    const Outcome outcome = observe(scenario, choice);
    const Duration equal = scenario.duration / scenario.task_count();
    for (TaskId id = 0; id < scenario.task_count(); ++id) {
      const Duration got = outcome.measures->row(EntityRef::task(id)).service;
      ASSERT_LE(got, equal + slice) << "task " << id << ", seed " << seed;
      ASSERT_GE(got, equal - slice) << "task " << id << ", seed " << seed;
    }
  }
}

TEST_P(Capped, NeverExceedsTheBound) {
  // Hogs on one CPU: nobody gets more than its weight's share of all, even when the others sleep
  // half of the time.
  const SchedulerChoice choice = Registry::global().choose(GetParam());
  for (std::uint64_t seed = 0; seed < seeds() / 5; ++seed) {
    Scenario scenario = hogs(seed, choice.duration("slice"));
    for (std::size_t i = 1; i < scenario.tasks.size(); ++i)
      scenario.tasks[i].behaviour = loop(7ms, 7ms);
    const Outcome outcome = observe(scenario, choice);
    Weight total = 0;
    for (const TaskSpec& task : scenario.tasks) total += task.weight;
    for (TaskId id = 0; id < scenario.task_count(); ++id) {
      // The first period's budget is there from the start: one period more than has passed, at the
      // most.
      const auto bound =
          (static_cast<__int128>(to_ns(scenario.duration + choice.duration("period"))) *
           scenario.tasks[id].weight / total) +
          1;
      ASSERT_LE(to_ns(outcome.measures->row(EntityRef::task(id)).service),
                static_cast<std::int64_t>(bound))
          << "task " << id << ", seed " << seed;
    }
  }
}

/// The registered schedulers that make the claim, or all.
std::vector<std::string> names(Claims claim = {}) {
  std::vector<std::string> all;
  for (const SchedulerInfo* info : Registry::global().all()) {
    if (info->claims.has(Claim::kFluid)) continue;  // it has no queues; see fluid_test.cpp
    if (info->claims.includes(claim)) all.push_back(info->name);
  }
  return all;
}

std::string name_of(const testing::TestParamInfo<std::string>& test) { return test.param; }

using testing::ValuesIn;
INSTANTIATE_TEST_SUITE_P(Registry, Conformance, ValuesIn(names()), name_of);
INSTANTIATE_TEST_SUITE_P(Registry, WorkConserving, ValuesIn(names(Claim::kWorkConserving)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Registry, BoundedLag, ValuesIn(names(Claim::kBoundedLag)), name_of);
INSTANTIATE_TEST_SUITE_P(Registry, Proportional, ValuesIn(names(Claim::kProportional)), name_of);
INSTANTIATE_TEST_SUITE_P(Registry, WeightBlind, ValuesIn(names(Claim::kWeightBlind)), name_of);
INSTANTIATE_TEST_SUITE_P(Registry, Capped, ValuesIn(names(Claim::kCapped)), name_of);

}  // namespace
}  // namespace sharesim::test
