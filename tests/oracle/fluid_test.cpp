// Is the fluid run (gps) the fluid run? Worked examples, an exact rational model that follows it, and
// the law in random scenarios.

#include "sim/fluid/fluid.hpp"

#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "sim/cli/simulate.hpp"
#include "sim/core/error.hpp"
#include "tests/support/fluid_oracle.hpp"
#include "tests/support/random_scenario.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::test {
namespace {

RunLog fluid_log(const Scenario& scenario) {
  RunLog log(scenario);
  run_fluid(scenario, log);
  return log;
}

Result gps(const Scenario& scenario) {
  return cli::simulate({.scenario = std::make_shared<const Scenario>(scenario),
                        .scheduler = Registry::global().choose("gps"),
                        .folder = {},
                        .schedule = false},
                       {});
}

Time seconds(std::int64_t half_seconds) { return ms(half_seconds * 500); }

TEST(Fluid, KeshavsExample) {
  // Equal weights. A demands 1 s at 0 and 2 s at 4, B and C 2 s each at 0. V grows at 1/3 until A is
  // done at 3; at 1/2 until A is back at 4; at 1/3 until B and C are done at 5.5; then A is alone,
  // has had .5 s of its 2, and is done at 7. (Keshav, An engineering approach to computer
  // networking, 1997.)
  ScenarioBuilder b;
  b.duration(8s);
  b.task("a", 1, once({run_for(1s), sleep_for(1s), run_for(2s)}));
  b.task("b", 1, once({run_for(2s)}));
  b.task("c", 1, once({run_for(2s)}));
  const RunLog log = fluid_log(b.build());
  std::map<TaskId, std::vector<Time>> done;
  for (const auto& completion : log.completions) done[completion.task].push_back(completion.at);
  EXPECT_EQ(done[0], (std::vector{seconds(6), seconds(14)}));
  EXPECT_EQ(done[1], std::vector{seconds(11)});
  EXPECT_EQ(done[2], std::vector{seconds(11)});
}

TEST(Fluid, ShorterRequestsLeaveEarlier) {
  // Equal weights. A demands 5 s and then 8, B 10, all from 0 (lecture notes on packet schedulers use these
  // lengths). At half the rate A's first is done at 10 and B at 20, when A has had 10 of its 13; alone, it is
  // done at 23. To tell its two requests apart A pauses for 1 ns, which B has alone: it is done 1 ns sooner.
  ScenarioBuilder b;
  b.duration(30s);
  b.task("a", 1, once({run_for(5s), sleep_for(1ns), run_for(8s)}));
  b.task("b", 1, once({run_for(10s)}));
  std::map<TaskId, std::vector<Time>> done;
  for (const auto& completion : fluid_log(b.build()).completions)
    done[completion.task].push_back(completion.at);
  EXPECT_EQ(done[0], (std::vector{seconds(20), seconds(46)}));
  EXPECT_EQ(done[1], std::vector{seconds(40) - 1ns});
}

TEST(Fluid, HeavyFlowEndsARequestInEveryTwoSeconds) {
  // Bennett and Zhang's example, request by request: weight 10 with requests of 1 s that never cease, beside
  // ten of weight 1 with one each. At half the CPU the heavy one's end at 2, 4, ..., 20; alone, the 11th at 21.
  ScenarioBuilder b;
  b.duration(21s + 1ms);
  b.task("heavy", 10, Periodic{1ns, Distribution::constant(1s)});
  b.task("light", 1, once({run_for(1s)}), kRoot, 10);
  std::vector<Time> heavy;
  for (const auto& completion : fluid_log(b.build()).completions)
    if (completion.task == 0) heavy.push_back(completion.at);
  std::vector<Time> expected;
  for (int k = 1; k <= 10; ++k) expected.push_back(seconds(4 * k));
  expected.push_back(seconds(42));
  EXPECT_EQ(heavy, expected);
}

TEST(Fluid, ManySmallFlowsEndTogether) {
  // Weight 10 with 11 s of work beside ten of weight 1 with 1 s each: half and half until 20 s, when
  // the small ones are all done and the large one has 1 s left (Bennett and Zhang's example).
  ScenarioBuilder b;
  b.duration(30s);
  b.task("large", 10, once({run_for(11s)}));
  b.task("small", 1, once({run_for(1s)}), kRoot, 10);
  for (const auto& completion : fluid_log(b.build()).completions) {
    EXPECT_EQ(completion.at, seconds(completion.task == 0 ? 42 : 40)) << completion.task;
  }
}

TEST(Fluid, NoTaskOutrunsACpuAndCapsLimitTheRate) {
  // Two CPUs, weights 10 1 1: one CPU for the heavy one, half a CPU for each of the others. With a
  // cap of 30 % on the heavy one the others get the rest: .85 each.
  ScenarioBuilder b;
  b.cpus(2);
  b.task("heavy", 10);
  b.task("light", 1, RunForever{}, kRoot, 2);
  const Result free = gps(b.build());
  EXPECT_EQ(free.table->row(EntityRef::task(0)).service, 1000ms);
  EXPECT_EQ(free.table->row(EntityRef::task(1)).service, 500ms);
  b.scenario().tasks[0].cap = Bandwidth{30ms, 100ms, {}};
  const Result capped = gps(b.build());
  EXPECT_EQ(capped.table->row(EntityRef::task(0)).service, 300ms);
  EXPECT_EQ(capped.table->row(EntityRef::task(2)).service, 850ms);
  EXPECT_EQ(capped.table->row(EntityRef::group(kRoot)).idle, 0ms);
}

TEST(Fluid, SpeaksOfItselfAsItIs) {
  // A sleeper of 1 ms and a hog share a CPU: each burst takes 2 ms, nobody waits, and nothing lags.
  ScenarioBuilder b;
  b.task("sleeper", 1, loop(1ms, 8ms));
  b.task("hog", 1);
  const Result result = gps(b.build());
  const EntityResult sleeper = result.table->row(EntityRef::task(0));
  EXPECT_EQ(sleeper.wakeups, 100U);
  EXPECT_EQ(sleeper.service, 100ms);
  EXPECT_EQ(sleeper.wakeup.max, 0ms);
  EXPECT_EQ(sleeper.response.max, 2ms);
  EXPECT_EQ(sleeper.starvation.length, 0ms);
  const EntityResult machine = result.table->row(EntityRef::group(kRoot));
  EXPECT_EQ(machine.service, 1s);
  EXPECT_EQ(machine.lag_max, 0ms);
  EXPECT_EQ(machine.lag_min, 0ms);
  EXPECT_EQ(machine.relative_fairness, Duration::zero());
  EXPECT_EQ(machine.wasted_idle, 0ms);
  EXPECT_EQ(result.decisions, 0U);
}

/// Follows a fluid run with the exact model, and holds each burst against it: when the task leaves,
/// it has had what it demanded, to the nanosecond by which completions are rounded up.
class Follower final : public QuietObserver {
 public:
  explicit Follower(const Scenario& scenario) : scenario_(scenario), oracle_(scenario) {}

  void arrived(TaskId task, Time now) override { oracle_.arrive(task, now); }
  void left(TaskId task, Time now) override {
    const double served = oracle_.service_ns(task, now);
    oracle_.leave(task, served, now);
    const TaskSpec& spec = scenario_.spec_of(task);
    const auto* loop = std::get_if<Sequence>(&spec.behaviour);
    if (loop == nullptr || (spec.stop && Time(*spec.stop) == now)) return;
    demanded_[task] += static_cast<double>(to_ns(loop->steps[0].length.a));
    ++bursts;
    EXPECT_GE(served, demanded_[task] - 0.01);
    EXPECT_LT(served, demanded_[task] + 1.01);
  }
  void run_begin(CpuId, TaskId, Time) override { ADD_FAILURE() << "there are no runs"; }
  void throttled(EntityRef, Time) override { ADD_FAILURE() << "nothing is throttled"; }
  void weight_changed(EntityRef entity, Weight weight, Time now) override {
    oracle_.set_weight(entity, weight, now);
  }
  void cap_changed(EntityRef entity, const Bandwidth* cap, Time now) override {
    oracle_.set_cap(entity, cap, now);
  }
  void affinity_changed(EntityRef entity, const CpuSet& cpus, Time now) override {
    oracle_.set_affinity(entity, cpus, now);
  }

  int bursts = 0;

 private:
  const Scenario& scenario_;
  FluidOracle oracle_;
  std::map<TaskId, double> demanded_;
};

TEST(Fluid, BurstsEndWhenTheExactModelHasServedThem) {
  int bursts = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Scenario scenario = random_scenario(seed, {.services = false});
    RandomStream stream = make_stream(seed, 77);
    for (TaskSpec& spec : scenario.tasks) {
      if (stream() % 4 == 0) {
        spec.behaviour = RunForever{};
        continue;
      }
      // Drawn one by one: compilers differ in the order of arguments.
      const Duration run = ns(static_cast<std::int64_t>(1 + stream() % 20'000'000));
      const Duration sleep = ns(static_cast<std::int64_t>(1 + stream() % 20'000'000));
      spec.behaviour = loop(run, sleep);
    }
    Follower follower(scenario);
    run_fluid(scenario, follower);
    bursts += follower.bursts;
  }
  EXPECT_GT(bursts, 5'000);
}

TEST(Fluid, KeepsTheBooksInEveryScenario) {
  // The measures check at the end that service + idle time is the CPUs' time. Lag is 0 by definition.
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Scenario scenario = random_scenario(seed, {});
    const Result result = gps(scenario);
    for (TaskId id = 0; id < scenario.task_count(); ++id) {
      const EntityResult row = result.table->row(EntityRef::task(id));
      ASSERT_EQ(row.service, row.ideal);
      ASSERT_EQ(row.lag_max, Duration::zero());
      ASSERT_LE(row.service, row.runnable + 1ns);
    }
  }
}

TEST(Fluid, CannotBeAGroupsOwnPolicy) {
  const std::string text =
      "name: x\nduration: 1s\ngroups:\n  - name: g\n    scheduler: gps\n    tasks: [{name: a}]\n";
  try {
    parse_scenario(text, "x.yaml");
    FAIL() << "it was taken";
  } catch (const InputError& error) {
    EXPECT_STREQ(
        error.what(),
        "x.yaml:5:16: groups[0].scheduler: gps serves the whole machine at once, and has no "
        "queue for a group (a scheduler of queues, such as sfq)");
  }
}

}  // namespace
}  // namespace sharesim::test
