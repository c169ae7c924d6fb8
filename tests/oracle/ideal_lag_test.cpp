// What happens to the lag of a task that leaves: worked examples, and the sum of all lags.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <pcg_random.hpp>

#include "sim/metrics/ideal.hpp"
#include "tests/support/fluid_oracle.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using test::FluidOracle;
using test::ms;
using test::ScenarioBuilder;

constexpr double kMs = 1e6;

Bandwidth percent(std::int64_t part) { return {ns(part * 1'000'000), ns(100'000'000), {}}; }

/// A tree, and what has been told of it to both methods and to the oracle.
class Lives {
 public:
  explicit Lives(const ScenarioBuilder& tree)
      : tree_(tree.build()),
        incremental_(tree_, Ideal::Method::kAutomatic),
        from_scratch_(tree_, Ideal::Method::kFromScratch),
        oracle_(tree_) {}

  Lives& arrive(std::initializer_list<TaskId> tasks, Time now = kStart) {
    for (const TaskId task : tasks) {
      each([&](auto& ideal) { ideal.arrive(task, now); });
    }
    return *this;
  }
  Lives& leave(TaskId task, double service_ms, Time now) {
    each([&](auto& ideal) { ideal.leave(task, service_ms * kMs, now); });
    return *this;
  }
  void expect_tasks(Time now, const std::vector<double>& expected_ms) {
    ASSERT_EQ(expected_ms.size(), tree_.task_count());
    for (TaskId t = 0; t < expected_ms.size(); ++t) {
      each([&](auto& ideal) { EXPECT_NEAR(ideal.service_ns(t, now) / kMs, expected_ms[t], 1e-9); },
           "task " + std::to_string(t));
    }
  }
  void expect_groups(Time now, const std::vector<double>& expected_ms) {
    ASSERT_EQ(expected_ms.size(), tree_.groups.size());
    for (GroupId g = 0; g < expected_ms.size(); ++g) {
      each([&](auto& i) { EXPECT_NEAR(i.group_service_ns(g, now) / kMs, expected_ms[g], 1e-9); },
           "group " + std::to_string(g));
    }
  }

 private:
  template <typename Do>
  void each(Do what, const std::string& about = "") {
    const auto traced = [&](const char* who, auto& ideal) {
      SCOPED_TRACE(about + " by " + who);
      what(ideal);
    };
    traced("the oracle", oracle_);
    traced("the method for this tree", incremental_);
    traced("the method from scratch", from_scratch_);
  }

  Scenario tree_;
  Ideal incremental_, from_scratch_;
  FluidOracle oracle_;
};

ScenarioBuilder flat(CpuId cpus, const std::vector<Weight>& weights) {
  ScenarioBuilder tree;
  tree.cpus(cpus);
  for (const Weight weight : weights) tree.task("task", weight);
  return tree;
}

// Four hogs and a sleeper of equal weight on one CPU. The sleeper (4) runs at once, all of the first
// ms: its ideal is 0.2 ms, its lag -0.8; each hog is owed 0.2. When it leaves, its ideal is its 1
// ms, each hog pays 0.2 of its 0.2, and all lags are 0. That stays so over any number of wakeups.
TEST(IdealLag, LeavesWithTheTask) {
  Lives lives(flat(1, {1, 1, 1, 1, 1}));
  lives.arrive({0, 1, 2, 3, 4}).expect_tasks(ms(1), {0.2, 0.2, 0.2, 0.2, 0.2});
  lives.leave(4, 1, ms(1)).expect_tasks(ms(1), {0, 0, 0, 0, 1});
  lives.expect_tasks(ms(5), {1, 1, 1, 1, 1});  // the hogs have had 1 ms each in turn
  lives.arrive({4}, ms(5)).leave(4, 2, ms(6)).expect_tasks(ms(6), {1, 1, 1, 1, 2});
  lives.expect_groups(ms(6), {6});
}

// What a task that leaves is owed goes to its siblings by weight. Weights 1:3:4, 8 ms: 1, 3, 4. The
// last one had only 2: of the 2 that it is owed the others get 0.5 and 1.5. Another one that joins
// at that instant gets nothing.
TEST(IdealLag, IsSharedByWeight) {
  Lives lives(flat(1, {1, 3, 4, 4}));
  lives.arrive({0, 1, 2}).leave(2, 2, ms(8)).arrive({3}, ms(8));
  lives.expect_tasks(ms(8), {1.5, 4.5, 2, 0});
  lives.expect_tasks(ms(16), {2.5, 7.5, 2, 4});
}

// Root: hog a (1), group g (3), group h (2). In g a group i, in it the sleeper; in h tasks 1:3. 12
// ms: a 2, g = i = sleeper 6, h 4 = 1 + 3. The sleeper had 9: nobody else is in i or g, so these
// have 9 as well, and of the -3 a gets -1, h -2: -0.5 and -1.5. With a second task in i, that one
// gets all, and the groups keep their 6.
TEST(IdealLag, ClimbsFromAGroupThatIsEmpty) {
  ScenarioBuilder tree;
  const GroupId g = tree.group("g", 3);
  const GroupId h = tree.group("h", 2);
  const GroupId i = tree.group("i", 7, g);
  tree.task("a", 1);
  tree.task("sleeper", 1, RunForever{}, i);
  tree.task("h1", 1, RunForever{}, h);
  tree.task("h2", 3, RunForever{}, h);
  tree.task("other", 1, RunForever{}, i);
  Lives alone(tree);
  alone.arrive({0, 1, 2, 3}).leave(1, 9, ms(12));
  alone.expect_tasks(ms(12), {1, 9, 0.5, 1.5, 0});
  alone.expect_groups(ms(12), {12, 9, 2, 9});
  Lives in_company(tree);
  in_company.arrive({0, 1, 2, 3, 4}).leave(1, 5, ms(12));
  in_company.expect_tasks(ms(12), {2, 5, 1, 3, 1});
  in_company.expect_groups(ms(12), {12, 6, 4, 6});
}

// A state of one instant must not be taken for another: h (its clock asked for at 12 ms, then moved
// by what is told above, then a task joins it at that same instant) goes on from the right place.
// In h, 1:3 of 4 - 2, then 1:3:4 of 8 ms x 2 / 3 (the root has a 1, h 2).
TEST(IdealLag, MovesClocksWithinAnInstant) {
  ScenarioBuilder tree;
  const GroupId h = tree.group("h", 2);
  tree.task("a", 1);
  tree.task("sleeper", 3);
  tree.task("h1", 1, RunForever{}, h);
  tree.task("h2", 3, RunForever{}, h);
  tree.task("h3", 4, RunForever{}, h);
  Lives lives(tree);
  lives.arrive({0, 1, 2, 3}).expect_tasks(ms(12), {2, 6, 1, 3, 0});
  lives.arrive({4}, ms(12)).leave(1, 9, ms(12)).expect_tasks(ms(12), {1, 9, 0.75, 2.25, -1});
  lives.leave(4, 0, ms(12)).expect_tasks(ms(12), {1, 9, 0.5, 1.5, 0});
  lives.arrive({4}, ms(12)).expect_tasks(ms(24), {5, 9, 1.5, 4.5, 4});
}

// Who is at his cap does not compete. Task a (weight 2, capped at 30 %), b, c (1): 0.3, 0.35, 0.35;
// 20 ms: 6, 7, 7. c had 9: b alone gets the -2. Later b leaves with a lag: nobody competes with it,
// the lag is dropped, and the root's ideal is the sum of its children's.
TEST(IdealLag, PassesOverThoseAtTheirCaps) {
  ScenarioBuilder tree = flat(1, {2, 1, 1});
  tree.scenario().tasks[0].cap = percent(30);
  Lives lives(tree);
  lives.arrive({0, 1, 2}).leave(2, 9, ms(20)).expect_tasks(ms(20), {6, 5, 9});
  lives.expect_groups(ms(20), {20});
  lives.leave(1, 15, ms(30)).expect_tasks(ms(40), {12, 15, 9});  // b: 5 + 7 and 3 more
  lives.expect_groups(ms(40), {36});
}

// A group at its cap gets nothing, but those in it compete for the cap. Group g (capped at 50 %) of
// a and b, beside hog h: 5, 5, 10 after 20 ms. a had 7: b gets -2. h had 12: dropped.
TEST(IdealLag, IsSharedWithinAGroupAtItsCap) {
  ScenarioBuilder tree;
  const GroupId g = tree.group("g", 3);
  tree.spec(g).cap = percent(50);
  tree.task("a", 1, RunForever{}, g);
  tree.task("b", 1, RunForever{}, g);
  tree.task("h", 1);
  Lives lives(tree);
  lives.arrive({0, 1, 2}).leave(0, 7, ms(20)).expect_tasks(ms(20), {7, 3, 10});
  lives.leave(2, 12, ms(20)).expect_tasks(ms(20), {7, 3, 12});
  lives.expect_groups(ms(20), {22, 10});
}

// Who competes is asked before the task leaves. Two CPUs, three equal tasks: 2/3 each. After 3 ms
// one has had all of 3: the others get -0.5 each, though from now on each has a CPU for itself. When
// one of them leaves, nobody competes with it.
TEST(IdealLag, IsSharedByThoseThatCompetedOnSeveralCpus) {
  Lives lives(flat(2, {1, 1, 1}));
  lives.arrive({0, 1, 2}).leave(2, 3, ms(3)).expect_tasks(ms(3), {1.5, 1.5, 3});
  lives.leave(1, 5, ms(6)).expect_tasks(ms(6), {4.5, 5, 3});
  lives.expect_groups(ms(6), {12.5});
}

// The same of two tasks in a group in a group, alone on two CPUs: each has one for itself.
TEST(IdealLag, IsDroppedWhereAWholeGroupIsSatisfied) {
  ScenarioBuilder tree;
  tree.cpus(2);
  const GroupId inner = tree.group("inner", 1, tree.group("outer", 1));
  tree.task("a", 1, RunForever{}, inner);
  tree.task("b", 1, RunForever{}, inner);
  Lives lives(tree);
  lives.arrive({0, 1}).leave(1, 1, ms(3)).expect_tasks(ms(3), {3, 1});
  lives.expect_groups(ms(3), {4, 4, 4});
}

// A task that gets just one CPU by its weight is at its ceiling, however that came about: weights
// 4:2:1:1 on 2 CPUs: 1, 1/2, 1/4, 1/4; 8 ms: 8, 4, 2, 2. The last one had 5: -2 and -1 for the two
// in the middle. Likewise with 2:1:1 of which the first is capped at 50 % of one CPU.
TEST(IdealLag, CountsThoseJustAtTheirCeilings) {
  for (const auto& order : {std::vector<TaskId>{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}}) {
    Lives lives(flat(2, {4, 2, 1, 1}));
    for (const TaskId task : order) lives.arrive({task});
    lives.leave(3, 5, ms(8)).expect_tasks(ms(8), {8, 2, 1, 5});
  }
  for (const auto& order : {std::vector<TaskId>{0, 1, 2}, {2, 1, 0}}) {
    ScenarioBuilder tree = flat(1, {2, 1, 1});
    tree.scenario().tasks[0].cap = percent(50);
    Lives lives(tree);
    for (const TaskId task : order) lives.arrive({task});
    lives.leave(2, 3, ms(8)).expect_tasks(ms(8), {4, 1, 3});
  }
}

// Only those pay that had to do with the same CPUs. Two CPUs: tasks 0 and 1 bound to CPU 0, 2 and 3
// to CPU 1, all of them 1/2: 4 after 8 ms. Task 1 had 6: task 0 gets the -2. If tasks 2 and 3 may
// run anywhere, all four share both CPUs: -2/3 for each.
TEST(IdealLag, StaysWithTheSameCpus) {
  ScenarioBuilder tree = flat(2, {1, 1, 1, 1});
  for (TaskId t = 0; t < 4; ++t) tree.scenario().tasks[t].cpus = CpuSet::parse(t < 2 ? "0" : "1");
  Lives apart(tree);
  apart.arrive({0, 1, 2, 3}).leave(1, 6, ms(8)).expect_tasks(ms(8), {2, 6, 4, 4});

  ScenarioBuilder some = flat(2, {1, 1, 1, 1});
  some.scenario().tasks[0].cpus = CpuSet::parse("0");
  Lives together(some);
  together.arrive({0, 1, 2, 3}).leave(1, 6, ms(8));
  together.expect_tasks(ms(8), {4 - 2.0 / 3, 6, 4 - 2.0 / 3, 4 - 2.0 / 3});
}

/// One CPU that is never idle while there is demand, without caps: random weights, tree, wakeups,
/// and choices of who runs.
class Busy {
 public:
  explicit Busy(std::uint64_t seed) : random_(seed) {
    for (std::uint32_t g = 0; g < random_(5); ++g) {
      tree_.group("group", 1 + random_(300), random_(g + 1));
    }
    const std::uint32_t tasks = 2 + random_(20);
    for (std::uint32_t t = 0; t < tasks; ++t) {
      const auto groups = static_cast<std::uint32_t>(tree_.build().groups.size());
      tree_.task("task", 1 + random_(300), RunForever{}, random_(groups));
    }
    service_.resize(tasks);
    demand_.resize(tasks);
  }

  const Scenario& scenario() const { return tree_.build(); }

  /// Somebody comes, goes, or runs for a while; returns the new time.
  Time step(Ideal& ideal, Time now) {
    const TaskId task = random_(static_cast<std::uint32_t>(service_.size()));
    if (!demand_[task]) {
      ideal.arrive(task, now);
      demand_[task] = true;
    } else if (random_(3) == 0) {
      ideal.leave(task, static_cast<double>(service_[task]), now);
      demand_[task] = false;
    } else {
      const std::int64_t ran = random_(4'000'000);
      service_[task] += ran;
      now += ns(ran);
    }
    return now;
  }

  /// Of all tasks with demand; the others must have none.
  double sum_of_lags(const Ideal& ideal, Time now) const {
    double sum = 0;
    for (TaskId t = 0; t < service_.size(); ++t) {
      const double lag = ideal.service_ns(t, now) - static_cast<double>(service_[t]);
      if (!demand_[t]) {
        EXPECT_EQ(lag, 0) << t;
      }
      sum += lag;
    }
    return sum;
  }

  /// The service of a group is that of the tasks in it; so is its ideal.
  void expect_sums(const Ideal& ideal, Time now) const {
    std::vector<double> sums(scenario().groups.size());
    for (TaskId t = 0; t < service_.size(); ++t) {
      sums[scenario().tasks[t].group] += ideal.service_ns(t, now);
    }
    for (auto g = static_cast<GroupId>(sums.size() - 1); g > kRoot; --g) {
      sums[scenario().groups[g].parent] += sums[g];
    }
    for (GroupId g = 0; g < sums.size(); ++g) {
      EXPECT_NEAR(ideal.group_service_ns(g, now), sums[g], 1e-5) << g;
    }
  }

  double tasks() const { return static_cast<double>(service_.size()); }

 private:
  pcg32 random_;
  ScenarioBuilder tree_;
  std::vector<std::int64_t> service_;
  std::vector<bool> demand_;
};

// On one CPU without caps one task's lead is the others' lag: do the lags of those with demand add
// up to 0 after every step of 300 random lives, to 1e-6 ns per task, and those of the others to
// nothing at all? And are the groups' ideals the sums of those in them?
TEST(IdealLag, SumsToZero) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Busy busy(seed);
    for (const auto method : {Ideal::Method::kIncremental, Ideal::Method::kFromScratch}) {
      Busy life = busy;
      Ideal ideal(busy.scenario(), method);
      Time now = kStart;
      for (int i = 0; i < 300; ++i) {
        now = life.step(ideal, now);
        ASSERT_NEAR(life.sum_of_lags(ideal, now), 0, 1e-6 * life.tasks()) << seed << ", " << i;
      }
      life.expect_sums(ideal, now);
    }
  }
}

}  // namespace
}  // namespace sharesim
