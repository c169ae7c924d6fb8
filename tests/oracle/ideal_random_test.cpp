// The incremental ideals against the exact slow model, on random trees with random lives.

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <pcg_random.hpp>

#include "sim/metrics/ideal.hpp"
#include "tests/support/fluid_oracle.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using test::FluidOracle;
using test::ScenarioBuilder;

Bandwidth percent(std::int64_t part) { return {ns(part * 1'000'000), ns(100'000'000), {}}; }

/// A random tree and a random life.
class Chaos {
 public:
  Chaos(std::uint64_t seed, bool with_affinity) : random_(seed), affinity_(with_affinity) {
    const CpuId cpus = 1 + random_(6);
    machine_ = CpuSet::first(cpus);
    tree_.cpus(cpus);
    caps_ = random_(3) == 0 ? 0 : random_(40);
    if (chance(10)) tree_.spec(kRoot).cap = cap();
    const std::uint32_t groups = random_(6);
    for (std::uint32_t i = 0; i < groups; ++i) {
      const GroupId parent = some_group();
      if (tree_.spec(parent).depth >= 4) continue;
      GroupSpec& spec = tree_.spec(tree_.group("group", weight(), parent));
      spec.cap = maybe_cap();
      spec.cpus = maybe_cpus();
    }
    const std::uint32_t tasks = 1 + random_(12);
    for (std::uint32_t i = 0; i < tasks; ++i) {
      const GroupId group = some_group();
      TaskSpec& spec = tree_.task("task", weight(), RunForever{}, group);
      spec.cap = maybe_cap();
      spec.cpus = maybe_cpus();
    }
    demand_.resize(tasks);
  }

  const Scenario& scenario() const { return tree_.build(); }

  /// One change at `now`, told to all of `models` and the oracle; returns it in words.
  template <typename... Models>
  std::string change(Time now, FluidOracle& oracle, Models&... models) {
    const auto task = random_(static_cast<std::uint32_t>(demand_.size()));
    if (!chance(15)) {
      demand_[task] = !demand_[task];
      if (demand_[task]) {
        (models.arrive(task, now), ..., oracle.arrive(task, now));
        return "arrive " + std::to_string(task);
      }
      const double service = oracle.service_ns(task, now) + some_lead();
      (models.leave(task, service, now), ..., oracle.leave(task, service, now));
      return "leave " + std::to_string(task) + " after " + std::to_string(service);
    }
    const EntityRef entity = chance(50) ? EntityRef::task(task) : EntityRef::group(some_group());
    const std::string whose = (entity.is_task() ? "task " : "group ") + std::to_string(entity.id);
    switch (random_(affinity_ ? 3 : 2)) {
      case 0: {
        const Weight to = weight() * kWeightUnit;
        (models.set_weight(entity, to, now), ..., oracle.set_weight(entity, to, now));
        return "weight of " + whose + " = " + std::to_string(to);
      }
      case 1: {
        const std::optional<Bandwidth> to = chance(50) ? std::optional(cap()) : std::nullopt;
        const Bandwidth* const its = to ? &*to : nullptr;
        (models.set_cap(entity, its, now), ..., oracle.set_cap(entity, its, now));
        return "cap of " + whose + (to ? " = " + std::to_string(to_ns(to->quota)) : " off");
      }
      default: {
        const CpuSet to = chance(40) ? machine_ : cpus();
        (models.set_affinity(entity, to, now), ..., oracle.set_affinity(entity, to, now));
        return "cpus of " + whose + " = " + to.to_string();
      }
    }
  }

  Duration pause() { return ns(chance(20) ? 0 : random_(chance(50) ? 1000 : 1'000'000'000)); }

 private:
  /// What a task has got more than its ideal when it leaves, in ns.
  double some_lead() {
    return chance(20) ? 0 : static_cast<double>(random_(2'000'001)) - 1'000'000;
  }
  GroupId some_group() { return random_(static_cast<std::uint32_t>(tree_.build().groups.size())); }
  bool chance(std::uint32_t of_hundred) { return random_(100) < of_hundred; }
  Weight weight() { return chance(40) ? 100 : 1 + random_(chance(50) ? 8 : 10000); }

  Bandwidth cap() { return percent(1 + random_(chance(50) ? 100 : 500)); }
  std::optional<Bandwidth> maybe_cap() {
    return chance(caps_) ? std::optional(cap()) : std::nullopt;
  }
  /// Few different ones, so that the oracle stays quick.
  CpuSet cpus() {
    CpuSet set;
    const CpuId from = random_(machine_.count());
    const CpuId count = 1 + random_(2);
    for (CpuId c = from; c < from + count; ++c) set.insert(c % machine_.count());
    return set;
  }
  std::optional<CpuSet> maybe_cpus() {
    return affinity_ && chance(25) ? std::optional(cpus()) : std::nullopt;
  }

  pcg32 random_;
  bool affinity_;
  CpuSet machine_;
  std::uint32_t caps_ = 0;
  ScenarioBuilder tree_;
  std::vector<bool> demand_;
};

bool close(double got, double expected, double least) {
  return std::abs(got - expected) <= 1e-9 * std::abs(expected) + least;
}

// What the equality to 1e-9 is not asked of: a millionth of a ns of seconds.
constexpr double kLeastService = 1e-6;
constexpr double kLeastRate = 1e-15;

/// Describes the first difference, if any.
std::string difference(const Ideal& ideal, const FluidOracle& oracle, Time now) {
  std::string wrong;
  const auto compare = [&](const std::string& what, double got, double expected, double least) {
    if (close(got, expected, least)) return;
    wrong += what + " is " + std::to_string(got) + ", should be " + std::to_string(expected) + "; ";
  };
  for (TaskId t = 0; t < oracle.tree().tasks.size() && wrong.empty(); ++t) {
    const std::string name = " of task " + std::to_string(t);
    compare("rate" + name, ideal.rate(t), oracle.rate(t).convert_to<double>(), kLeastRate);
    compare("service" + name, ideal.service_ns(t, now), oracle.service_ns(t, now), kLeastService);
  }
  for (GroupId g = 0; g < oracle.tree().groups.size() && wrong.empty(); ++g) {
    const std::string name = " of group " + std::to_string(g);
    compare("rate" + name, ideal.group_rate(g), oracle.group_rate(g).convert_to<double>(),
            kLeastRate);
    compare("service" + name, ideal.group_service_ns(g, now), oracle.group_service_ns(g, now),
            kLeastService);
  }
  return wrong;
}

constexpr int kChanges = 30;

// Without affinity: is every rate and every cumulative service of both methods the oracle's, to
// 1e-9, after each of 30 random changes in each of 1500 random trees?
TEST(IdealRandom, EqualsTheOracleOnRandomTrees) {
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    Chaos chaos(seed, false);
    Ideal incremental(chaos.scenario(), Ideal::Method::kIncremental);
    Ideal from_scratch(chaos.scenario(), Ideal::Method::kFromScratch);
    FluidOracle oracle(chaos.scenario());
    Time now = kStart;
    std::string history;
    for (int i = 0; i < kChanges; ++i) {
      now += chaos.pause();
      history += chaos.change(now, oracle, incremental, from_scratch) + "; ";
      if (i % 3 != 0) now += ns(1000);
      ASSERT_EQ(difference(incremental, oracle, now), "") << "seed " << seed << ": " << history;
      ASSERT_EQ(difference(from_scratch, oracle, now), "") << "seed " << seed << ": " << history;
    }
  }
}

// Do both methods agree where the oracle is too slow: 64 CPUs, 300 tasks of 60 weights in 40 groups
// nested at random, a few capped; 3000 arrivals and departures around the point where the machine
// is just full? To 1e-9 of the rates, every task and group, every 20 changes.
TEST(IdealRandom, MethodsAgreeOnLargeTrees) {
  pcg32 random(3);
  ScenarioBuilder tree;
  tree.cpus(64);
  for (std::uint32_t g = 1; g <= 40; ++g) {
    tree.spec(tree.group("group", 1 + random(300), random(g))).cap =
        g % 5 == 0 ? std::optional(percent(50 + random(600))) : std::nullopt;
  }
  for (std::uint32_t t = 0; t < 300; ++t) {
    tree.task("task", 1 + random(60), RunForever{}, random(41));
  }
  Ideal incremental(tree.build(), Ideal::Method::kIncremental);
  Ideal from_scratch(tree.build(), Ideal::Method::kFromScratch);
  std::vector<bool> demand(300);
  for (int i = 0; i < 3000; ++i) {
    const Time now = at_ns(i * std::int64_t{1'000'000});
    const TaskId task = random(i < 1500 ? 300 : 100);
    demand[task] = !demand[task];
    const double got = from_scratch.service_ns(task, now) + random(2'000'001) - 1'000'000;
    for (Ideal* ideal : {&incremental, &from_scratch}) {
      demand[task] ? ideal->arrive(task, now) : ideal->leave(task, got, now);
    }
    if (i % 20 != 0) continue;
    for (TaskId t = 0; t < 300; ++t) {
      const double expected = from_scratch.rate(t);
      ASSERT_NEAR(incremental.rate(t), expected, expected * 1e-9) << "task " << t << " at " << i;
      const double service = from_scratch.service_ns(t, now);
      ASSERT_NEAR(incremental.service_ns(t, now), service, std::abs(service) * 1e-9 + 1e-5) << t;
    }
    for (GroupId g = 0; g <= 40; ++g) {
      const double expected = from_scratch.group_rate(g);
      ASSERT_NEAR(incremental.group_rate(g), expected, expected * 1e-9) << "group " << g;
    }
  }
}

// The same as on random trees, with tasks and groups bound to CPUs.
TEST(IdealRandom, EqualsTheOracleOnRandomTreesWithAffinity) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    Chaos chaos(seed, true);
    Ideal ideal(chaos.scenario(), Ideal::Method::kFromScratch);
    FluidOracle oracle(chaos.scenario());
    Time now = kStart;
    std::string history;
    for (int i = 0; i < kChanges; ++i) {
      now += chaos.pause();
      history += chaos.change(now, oracle, ideal) + "; ";
      if (i % 3 != 0) now += ns(1000);
      ASSERT_EQ(difference(ideal, oracle, now), "") << "seed " << seed << ": " << history;
    }
  }
}

}  // namespace
}  // namespace sharesim
