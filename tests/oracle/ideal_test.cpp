// The incremental ideals against worked examples and against the exact slow model.

#include "sim/metrics/ideal.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <pcg_random.hpp>

#include "sim/core/check.hpp"
#include "sim/core/error.hpp"
#include "tests/support/fluid_oracle.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using test::Exact;
using test::fluid_rates;
using test::FluidTask;
using test::FluidTree;
using test::ScenarioBuilder;

Bandwidth percent(std::int64_t part) { return {ns(part * 1'000'000), ns(100'000'000), {}}; }

GroupId add_group(ScenarioBuilder& tree, GroupId parent, Weight weight,
                  std::optional<Bandwidth> cap = {}, std::optional<CpuSet> cpus = {}) {
  const GroupId group = tree.group("group", weight, parent);
  tree.spec(group).cap = cap;
  tree.spec(group).cpus = cpus;
  return group;
}

TaskId add_task(ScenarioBuilder& tree, GroupId group, Weight weight,
                std::optional<Bandwidth> cap = {}, std::optional<CpuSet> cpus = {}) {
  TaskSpec& task = tree.task("task", weight, RunForever{}, group);
  task.cap = cap;
  task.cpus = cpus;
  return task.first;
}

ScenarioBuilder machine(CpuId cpus) {
  ScenarioBuilder tree;
  tree.cpus(cpus);
  return tree;
}

/// Rates of all tasks when all have demand, by both methods (which must agree) and by the oracle.
std::vector<double> rates_by(const ScenarioBuilder& tree, Ideal::Method method) {
  Ideal ideal(tree.build(), method);
  const TaskId count = tree.build().task_count();
  std::vector<double> rates;
  for (TaskId t = 0; t < count; ++t) ideal.arrive(t, kStart);
  for (TaskId t = 0; t < count; ++t) rates.push_back(ideal.rate(t));
  return rates;
}

void expect_rates(const std::vector<double>& got, const std::vector<double>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-11) << i;
}

std::vector<double> exact_rates(const ScenarioBuilder& tree) {
  FluidTree fluid(tree.build());
  for (FluidTask& task : fluid.tasks) task.demand = true;
  std::vector<double> rates;
  for (const Exact& rate : fluid_rates(fluid).tasks) rates.push_back(rate.convert_to<double>());
  return rates;
}

void expect_all(const ScenarioBuilder& tree, const std::vector<double>& expected) {
  expect_rates(exact_rates(tree), expected);
  expect_rates(rates_by(tree, Ideal::Method::kAutomatic), expected);
  expect_rates(rates_by(tree, Ideal::Method::kFromScratch), expected);
}

/// Leaves without lag, so that nothing but rates matters.
void leave_even(Ideal& ideal, TaskId task, Time now) {
  ideal.leave(task, ideal.service_ns(task, now), now);
}

ScenarioBuilder flat(CpuId cpus, const std::vector<Weight>& weights) {
  ScenarioBuilder tree = machine(cpus);
  for (const Weight weight : weights) add_task(tree, kRoot, weight);
  return tree;
}

// Do shares follow weights on one CPU, and does an idle task's share go to the others by weight?
// Weights 1:2:1: 1/4, 1/2, 1/4. Without the second: 1/2, 1/2. After 8 s with all and 2 s without
// it: 2 + 1, 4, 2 + 1 s.
TEST(Ideal, SharesOneCpuByWeightAndRedistributes) {
  const ScenarioBuilder tree = flat(1, {1, 2, 1});
  expect_all(tree, {0.25, 0.5, 0.25});
  Ideal ideal(tree.build());
  for (TaskId t = 0; t < 3; ++t) ideal.arrive(t, kStart);
  leave_even(ideal, 1, at_ns(8'000'000'000));
  EXPECT_DOUBLE_EQ(ideal.rate(0), 0.5);
  EXPECT_EQ(ideal.rate(1), 0);
  EXPECT_DOUBLE_EQ(ideal.service_ns(0, at_ns(10'000'000'000)), 3e9);
  EXPECT_DOUBLE_EQ(ideal.service_ns(1, at_ns(10'000'000'000)), 4e9);
  EXPECT_DOUBLE_EQ(ideal.service_ns(2, at_ns(10'000'000'000)), 3e9);
  EXPECT_DOUBLE_EQ(ideal.group_service_ns(kRoot, at_ns(10'000'000'000)), 1e10);
}

// Is time without any demand given to nobody? One task from 0 to 3 s and from 7 s on: at 10 s it
// has 6 s.
TEST(Ideal, GivesNothingWhileNobodyWants) {
  Ideal ideal(flat(1, {1}).build());
  ideal.arrive(0, kStart);
  leave_even(ideal, 0, at_ns(3'000'000'000));
  EXPECT_EQ(ideal.group_rate(kRoot), 0);
  ideal.arrive(0, at_ns(7'000'000'000));
  EXPECT_DOUBLE_EQ(ideal.service_ns(0, at_ns(10'000'000'000)), 6e9);
  EXPECT_DOUBLE_EQ(ideal.group_service_ns(kRoot, at_ns(10'000'000'000)), 6e9);
}

// Demands 6, 5, 10, 5 of 20 with weights 2, 4, 3, 1: the first two are the heaviest; 5 fits under
// its 8, then 2:3:1 of 15 gives 5, 7.5, 2.5. As caps on one CPU: 30, 25, 50, 25 % of it.
TEST(Ideal, SharesWithCeilingsAsWeightedMaxMin) {
  ScenarioBuilder tree = machine(1);
  add_task(tree, kRoot, 2, percent(30));
  add_task(tree, kRoot, 4, percent(25));
  add_task(tree, kRoot, 3, percent(50));
  add_task(tree, kRoot, 1, percent(25));
  expect_all(tree, {0.25, 0.25, 0.375, 0.125});
}

// Lecture: weights 1:2:1, the first wants 0.1: the other 0.9 goes 2:1.
// A cap that does not bind (weights 1:1:2, 30 % > 1/4) changes nothing; one that binds (2:1:1, 30 %
// < 1/2) leaves 0.7 to be halved. When all are capped (30 and 50 %) 20 % stay idle.
TEST(Ideal, AppliesCapsOnlyWhereTheyBind) {
  ScenarioBuilder lecture = machine(1);
  add_task(lecture, kRoot, 1, percent(10));
  add_task(lecture, kRoot, 2);
  add_task(lecture, kRoot, 1);
  expect_all(lecture, {0.1, 0.6, 0.3});

  ScenarioBuilder slack = machine(1);
  add_task(slack, kRoot, 1, percent(30));
  add_task(slack, kRoot, 1);
  add_task(slack, kRoot, 2);
  expect_all(slack, {0.25, 0.25, 0.5});

  ScenarioBuilder binding = machine(1);
  add_task(binding, kRoot, 2, percent(30));
  add_task(binding, kRoot, 1);
  add_task(binding, kRoot, 1);
  expect_all(binding, {0.3, 0.35, 0.35});

  ScenarioBuilder all_capped = machine(1);
  add_task(all_capped, kRoot, 1, percent(30));
  add_task(all_capped, kRoot, 1, percent(50));
  expect_all(all_capped, {0.3, 0.5});
}

// Are weights larger than one CPU's worth cut, as by the readjustment of surplus fair scheduling
// (Chandra, Adler, Goyal, Shenoy, OSDI 2000)? (10,1,1) on 2 CPUs: 10/12 x 2 > 1, so 1, and the
// other CPU is halved. (4,2,1,1): 4/8 x 2 = 1 just fits. (50,30,10,5,5) on 4: 1, then 30/50 x 3 >
// 1, then 10/20 x 2 = 1, then 1/2 each.
TEST(Ideal, CutsInfeasibleWeights) {
  expect_all(flat(2, {10, 1, 1}), {1, 0.5, 0.5});
  expect_all(flat(2, {4, 2, 1, 1}), {1, 0.5, 0.25, 0.25});
  expect_all(flat(2, {3, 2, 1}), {1, 2.0 / 3, 1.0 / 3});
  expect_all(flat(4, {50, 30, 10, 5, 5}), {1, 1, 1, 0.5, 0.5});
  expect_all(flat(4, {100, 50, 20, 10, 5, 1}), {1, 1, 1, 0.625, 0.3125, 0.0625});
  expect_all(flat(4, {1, 1, 1, 1, 1, 1, 1, 10000}),
             {3.0 / 7, 3.0 / 7, 3.0 / 7, 3.0 / 7, 3.0 / 7, 3.0 / 7, 3.0 / 7, 1});
  expect_all(flat(4, {7, 1, 9}), {1, 1, 1});
}

// 32 CPUs, one task of weight 10000 and 64 of weight 1: it gets 1 CPU, the others 31/64 each.
TEST(Ideal, CutsOneGiantAmongMany) {
  std::vector<Weight> weights(65, 1);
  weights[64] = 10000;
  std::vector<double> expected(65, 31.0 / 64);
  expected[64] = 1;
  expect_all(flat(32, weights), expected);
}

// Do shares follow the tree? One CPU, groups A (1) and B (3); A has tasks 1:1, B has a task (1) and
// a group C (2) with tasks 1:2. A 1/4: 1/8 each. B 3/4: 1/4 to its task, C 1/2: 1/6, 1/3.
TEST(Ideal, SharesDownTheTree) {
  ScenarioBuilder tree = machine(1);
  const GroupId a = add_group(tree, kRoot, 1);
  const GroupId b = add_group(tree, kRoot, 3);
  const GroupId c = add_group(tree, b, 2);
  const std::vector<TaskId> tasks = {add_task(tree, a, 1), add_task(tree, a, 1),
                                     add_task(tree, b, 1), add_task(tree, c, 1),
                                     add_task(tree, c, 2)};
  expect_all(tree, {1.0 / 8, 1.0 / 8, 1.0 / 4, 1.0 / 6, 1.0 / 3});
  // B's task leaves: C takes all of B's 3/4: 1/4, 1/2. Then A is empty: C has the CPU.
  Ideal ideal(tree.build());
  for (const TaskId t : tasks) ideal.arrive(t, kStart);
  leave_even(ideal, 2, at_ns(24));
  EXPECT_DOUBLE_EQ(ideal.group_rate(c), 0.75);
  leave_even(ideal, 0, at_ns(48));
  leave_even(ideal, 1, at_ns(48));
  EXPECT_DOUBLE_EQ(ideal.rate(4), 2.0 / 3);
  // C: 24 x 1/2 + 24 x 3/4 + 3 x 1 = 33; its second task two thirds of it. A: 48 x 1/4 = 12.
  EXPECT_DOUBLE_EQ(ideal.group_service_ns(c, at_ns(51)), 33);
  EXPECT_DOUBLE_EQ(ideal.service_ns(4, at_ns(51)), 22);
  EXPECT_DOUBLE_EQ(ideal.group_service_ns(a, at_ns(51)), 12);
}

// A group can use no more than its tasks: 4 CPUs, group A (weight 100, one task) and B (1, five
// tasks): A gets 1, B 3, each of B's tasks 3/5. With B capped at 2 CPUs, 2/5 each, 1 CPU idle.
// With two more tasks in A, A gets 3, B 1.
TEST(Ideal, LeavesWhatAGroupCannotUse) {
  ScenarioBuilder tree = machine(4);
  const GroupId a = add_group(tree, kRoot, 100);
  const GroupId b = add_group(tree, kRoot, 1);
  add_task(tree, a, 1);
  for (int i = 0; i < 5; ++i) add_task(tree, b, 1);
  expect_all(tree, {1, 0.6, 0.6, 0.6, 0.6, 0.6});
  ScenarioBuilder more = tree;
  add_task(more, a, 1);
  add_task(more, a, 1);
  expect_all(more, {1, 0.2, 0.2, 0.2, 0.2, 0.2, 1, 1});
  tree.scenario().groups[b].cap = percent(200);
  expect_all(tree, {1, 0.4, 0.4, 0.4, 0.4, 0.4});
}

// 2 CPUs, group A {a1 on CPU 0 only, a2 anywhere}, group B {b on CPU 0 only}, equal weights. The
// level x rises: a1 = a2 = x/2, b = x; CPU 0 is full at 3x/2 = 1: a1 = 1/3, b = 2/3; then a2 alone
// rises, to 1.
TEST(Ideal, FreezesTasksOfAFullSetOfCpus) {
  ScenarioBuilder tree = machine(2);
  const CpuSet cpu0 = *CpuSet::parse("0");
  const GroupId a = add_group(tree, kRoot, 1);
  const GroupId b = add_group(tree, kRoot, 1);
  add_task(tree, a, 1, {}, cpu0);
  add_task(tree, a, 1);
  add_task(tree, b, 1, {}, cpu0);
  expect_all(tree, {1.0 / 3, 1, 2.0 / 3});
}

// Two overlapping sets, {0,1} and {1,2}, fill together though neither is full: five tasks on 3
// CPUs, three on 0-1, two on 1-2, equal weights: 3/5 each, 1.8 < 2 and 1.2 < 2, all 3.
// A group's set binds the tasks in it: {0} of a machine with 3 CPUs halves CPU 0 between its two.
TEST(Ideal, KnowsOverlappingSetsAndSetsOfGroups) {
  ScenarioBuilder overlap = machine(3);
  for (int i = 0; i < 3; ++i) add_task(overlap, kRoot, 1, {}, CpuSet::parse("0-1"));
  for (int i = 0; i < 2; ++i) add_task(overlap, kRoot, 1, {}, CpuSet::parse("1-2"));
  expect_all(overlap, {0.6, 0.6, 0.6, 0.6, 0.6});

  ScenarioBuilder group = machine(3);
  const GroupId a = add_group(group, kRoot, 50, {}, CpuSet::parse("0"));
  add_task(group, a, 1);
  add_task(group, a, 1, {}, CpuSet::parse("0-1"));
  add_task(group, kRoot, 1);
  expect_all(group, {0.5, 0.5, 1});
}

// Do changes in mid-run take effect from then on? One CPU, tasks 1:1 for 10 ns (5, 5), then 3:1 for
// 8 ns (6, 2), then the first capped at 50 % for 4 ns (2, 2), then without cap, on 3:1, 4 ns (3,
// 1).
TEST(Ideal, FollowsChangesInMidRun) {
  const ScenarioBuilder tree = flat(1, {1, 1});
  for (const auto method : {Ideal::Method::kIncremental, Ideal::Method::kFromScratch}) {
    Ideal ideal(tree.build(), method);
    ideal.arrive(0, kStart);
    ideal.arrive(1, kStart);
    ideal.set_weight(EntityRef::task(0), 3 * kWeightUnit, at_ns(10));
    const Bandwidth half = percent(50);
    ideal.set_cap(EntityRef::task(0), &half, at_ns(18));
    ideal.set_cap(EntityRef::task(0), nullptr, at_ns(22));
    EXPECT_DOUBLE_EQ(ideal.service_ns(0, at_ns(26)), 16);
    EXPECT_DOUBLE_EQ(ideal.service_ns(1, at_ns(26)), 10);
  }
}

// Are impossible requests refused? 12 sets {0, i} overlap in CPU 0: 2^12 - 1 = 4095 unions, which
// is allowed, also with one more task on the union of all. 13 such sets are not, even if only an
// event binds the last one. An affinity that the scenario does not announce is the caller's bug.
TEST(Ideal, RefusesTooManyOverlaps) {
  ScenarioBuilder tree = machine(16);
  for (CpuId i = 1; i <= 12; ++i) {
    CpuSet cpus;
    cpus.insert(0);
    cpus.insert(i);
    add_task(tree, kRoot, 1, {}, cpus);
  }
  EXPECT_NO_THROW(Ideal{tree.build()});
  const TaskId last = add_task(tree, kRoot, 1, {}, CpuSet::parse("0-12"));
  EXPECT_NO_THROW(Ideal{tree.build()});
  ScenarioEvent event;
  event.entities = {EntityRef::task(last)};
  event.cpus = CpuSet::parse("0,13");
  tree.scenario().events.push_back(event);
  EXPECT_THROW(Ideal{tree.build()}, InputError);

  Ideal ideal(flat(2, {1}).build());
  EXPECT_NO_THROW(ideal.set_affinity(EntityRef::task(0), CpuSet::first(2), kStart));
  EXPECT_THROW(ideal.set_affinity(EntityRef::task(0), CpuSet::first(1), kStart), InternalError);
}

// Does rounding the same way a million times add up? One CPU, a task of weight 3, and two of weight
// 7 that take turns every 1001 ns and leave with 351 and 350 ns more each time. All that is left is
// the first task's, to 1e-14. (In plain doubles it would be off by 1e-12.)
TEST(Ideal, DoesNotDriftInSmallSteps) {
  Ideal ideal(flat(1, {3, 7, 7}).build());
  ideal.arrive(0, kStart);
  std::int64_t now = 0;
  std::array<std::int64_t, 2> service{};
  for (TaskId i = 0; i < 1'000'000; ++i) {
    const TaskId turn = i % 2;
    ideal.arrive(1 + turn, at_ns(now));
    now += 1001;
    service[turn] += 351 - turn;
    ideal.leave(1 + turn, static_cast<double>(service[turn]), at_ns(now));
  }
  const auto total = static_cast<double>(now);
  const auto left = static_cast<double>(now - service[0] - service[1]);
  EXPECT_NEAR(ideal.service_ns(0, at_ns(now)), left, total * 1e-14);
  EXPECT_EQ(ideal.service_ns(1, at_ns(now)), static_cast<double>(service[0]));
}

// Does a long run drift? 4 CPUs, 30 tasks of many weights come and go 1e6 times; whenever at least
// 4 have demand and none is capped the machine is full. The sum over tasks must be the root's
// service, and that the time x min(demanding, 4), to 1e-12.
TEST(Ideal, DoesNotDrift) {
  std::vector<Weight> weights;
  for (Weight i = 0; i < 30; ++i) weights.push_back(1 + i * i * i % 101);
  const ScenarioBuilder tree = flat(4, weights);
  Ideal ideal(tree.build());
  pcg32 random(7);
  std::array<bool, 30> demand{};
  std::int64_t demanding = 0;
  std::int64_t now = 0;
  std::int64_t capacity_used = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const std::int64_t step = random(1000);
    now += step;
    capacity_used += step * std::min<std::int64_t>(demanding, 4);
    const TaskId task = random(30);
    demand[task] = !demand[task];
    demanding += demand[task] ? 1 : -1;
    demand[task] ? ideal.arrive(task, at_ns(now)) : leave_even(ideal, task, at_ns(now));
  }
  long double sum = 0;
  for (TaskId t = 0; t < 30; ++t) sum += ideal.service_ns(t, at_ns(now));
  const auto expected = static_cast<double>(capacity_used);
  EXPECT_NEAR(static_cast<double>(sum), expected, expected * 1e-12);
  EXPECT_NEAR(ideal.group_service_ns(kRoot, at_ns(now)), expected, expected * 1e-12);
}

}  // namespace
}  // namespace sharesim
