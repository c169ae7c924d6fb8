// balancer: {policy: linux} and group_shares: linux, on machines whose answer can be worked out.

#include <memory>

#include <gtest/gtest.h>

#include "sim/engine/engine.hpp"
#include "sim/metrics/measures.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using namespace test;

constexpr const char* kScheduler = "eevdf:slice=4ms";

ScenarioBuilder linux_machine(CpuId cpus) {
  ScenarioBuilder b;
  b.cpus(cpus).duration(10s);
  b.machine().tick = 4ms;
  b.machine().balancer.policy = BalancerPolicy::kLinux;
  b.machine().group_shares = GroupShares::kLinux;
  return b;
}

RunLog log_of(const Scenario& scenario) {
  RunLog log(scenario);
  run_engine(scenario, Registry::global().parse(kScheduler), log);
  return log;
}

double share(const RunLog& log, TaskId task, Duration of) {
  return static_cast<double>(to_ns(log.service(task))) / static_cast<double>(to_ns(of));
}

// Three hogs on two CPUs: each has two thirds of a CPU in the long run, because they change
// places; the simple balancer leaves them where they are (1, 1/2, 1/2).
TEST(LinuxBalance, ThreeHogsChangePlaces) {
  ScenarioBuilder b = linux_machine(2);
  b.task("a", 1, RunForever{}, kRoot, 3);
  const RunLog log = log_of(b.build());
  for (TaskId task = 0; task < 3; ++task) EXPECT_NEAR(share(log, task, 10s), 2.0 / 3, .04) << task;
  EXPECT_EQ(log.service(0) + log.service(1) + log.service(2), 20s);
}

// Eight hogs of weights 1 and 3 on four CPUs, all started on CPU 0 by an affinity that ends
// after 100 ms: within half a second every CPU is busy, and stays so.
TEST(LinuxBalance, SpreadsACrowd) {
  ScenarioBuilder b = linux_machine(4);
  b.task("a", 1, RunForever{}, kRoot, 4).cpus = CpuSet::parse("0");
  b.task("b", 3, RunForever{}, kRoot, 4).cpus = CpuSet::parse("0");
  for (TaskId task = 0; task < 8; ++task) {
    b.event(ms(100), EntityRef::task(task)).cpus = CpuSet::first(4);
  }
  const Scenario& scenario = b.build();
  const RunLog log = log_of(scenario);
  Duration late{};
  for (TaskId task = 0; task < 8; ++task) late += log.service(task, ms(600), ms(10'000));
  EXPECT_EQ(late, 4 * 9400ms);
}

// A task may only run on CPU 1, whatever the balancer would like: two hogs there, none on CPU 0.
TEST(LinuxBalance, RespectsAffinity) {
  ScenarioBuilder b = linux_machine(2);
  b.task("a", 1, RunForever{}, kRoot, 2).cpus = CpuSet::parse("1");
  const RunLog log = log_of(b.build());
  for (const RunInterval& run : log.runs) ASSERT_EQ(run.cpu, 1U);
  EXPECT_EQ(log.service(0) + log.service(1), 10s);
}

// A task that wakes up goes to its last CPU if that is idle, else to the next idle one after it.
// CPUs 0 and 2 have hogs; the sleeper starts on 1, the first idle one, and comes back there.
// When a hog comes to 1 at 55 ms, while it sleeps, it goes to 3.
TEST(LinuxBalance, WakesUpOnTheNextIdleCpu) {
  ScenarioBuilder b = linux_machine(4);
  b.duration(100ms);
  b.task("hog0", 1).cpus = CpuSet::parse("0");
  b.task("hog2", 1).cpus = CpuSet::parse("2");
  b.task("sleeper", 1, loop(1ms, 9ms)).start = 1ms;
  TaskSpec& late = b.task("hog1", 1);
  late.cpus = CpuSet::parse("1");
  late.start = 55ms;
  const RunLog log = log_of(b.build());
  for (const RunInterval& run : log.runs) {
    if (run.task == 2) {
      EXPECT_EQ(run.cpu, run.begin < ms(55) ? 1U : 3U) << to_ns(run.begin);
    }
  }
}

// A CPU that becomes idle pulls at once what waits elsewhere for longer than 0.5 ms.
TEST(LinuxBalance, PullsWhenNewIdle) {
  ScenarioBuilder b = linux_machine(2);
  b.duration(100ms);
  b.task("short", 1, once({run_for(10ms)})).cpus = CpuSet::parse("1");
  b.task("a", 1);
  b.task("b", 1);
  const RunLog log = log_of(b.build());
  EXPECT_EQ(log.service(1, ms(14), ms(100)) + log.service(2, ms(14), ms(100)), 2 * 86ms);
}

// Two groups of weights 1 and 3, two hogs each, pinned one to each CPU: the load of each is the
// same on both CPUs, so on each the groups have 1 : 3.
TEST(LinuxShares, DivideAGroupsWeightByItsLoad) {
  ScenarioBuilder b = linux_machine(2);
  for (const Weight weight : {1, 3}) {
    const GroupId group = b.group("g" + std::to_string(weight), weight);
    b.task("left", 1, RunForever{}, group).cpus = CpuSet::parse("0");
    b.task("right", 1, RunForever{}, group).cpus = CpuSet::parse("1");
  }
  const RunLog log = log_of(b.build());
  for (const TaskId task : {0U, 1U}) EXPECT_NEAR(share(log, task, 10s), .25, .005);
  for (const TaskId task : {2U, 3U}) EXPECT_NEAR(share(log, task, 10s), .75, .005);
}

// A group with three tasks on CPU 0 and one on CPU 1 weighs 3/4 and 1/4 there; a group of the
// same weight that is on CPU 0 only weighs 1 there, another on CPU 1 only 1 there: 3/4 : 1 and
// 1/4 : 1, so 3/7 and 1/5.
TEST(LinuxShares, FollowTheTasks) {
  ScenarioBuilder b = linux_machine(2);
  const GroupId split = b.group("split", 1);
  b.task("many", 1, RunForever{}, split, 3).cpus = CpuSet::parse("0");
  b.task("one", 1, RunForever{}, split).cpus = CpuSet::parse("1");
  const GroupId left = b.group("left", 1);
  b.task("hog", 1, RunForever{}, left).cpus = CpuSet::parse("0");
  const GroupId right = b.group("right", 1);
  b.task("hog", 1, RunForever{}, right).cpus = CpuSet::parse("1");
  const RunLog log = log_of(b.build());
  EXPECT_NEAR(share(log, 0, 10s) + share(log, 1, 10s) + share(log, 2, 10s), 3.0 / 7, .01);
  EXPECT_NEAR(share(log, 3, 10s), 1.0 / 5, .01);
}

// A change of weight in mid-run counts from then on: 1 : 1 for 5 s, then 3 : 1.
TEST(LinuxShares, FollowAChangeOfWeight) {
  ScenarioBuilder b = linux_machine(2);
  const GroupId a = b.group("a", 1);
  const GroupId c = b.group("c", 1);
  for (const GroupId group : {a, c}) {
    b.task("left", 1, RunForever{}, group).cpus = CpuSet::parse("0");
    b.task("right", 1, RunForever{}, group).cpus = CpuSet::parse("1");
  }
  b.event(ms(5000), EntityRef::group(a)).weight = 3 * kWeightUnit;
  const RunLog log = log_of(b.build());
  for (const TaskId task : {0U, 1U}) EXPECT_NEAR(share(log, task, 10s), (.5 + .75) / 2, .005);
}

// A group leaves a CPU: what it weighed there counts less and less, and it weighs more where it still is. a and b
// have 1 each; on CPU 0 are a0 and b0, on CPU 1 a1, until 500 ms. Averages halve the rest in 32 ms: from 300 ms on a
// has half of its weight on either, and a0 1/3 of CPU 0. At 1 s what a1 has left behind is down to 2^-15: 1/2.
TEST(LinuxShares, ComeBackFromAQueueThatHasBecomeEmpty) {
  ScenarioBuilder b = linux_machine(2);
  const GroupId a = b.group("a", 1);
  const GroupId other = b.group("b", 1);
  b.task("a0", 1, RunForever{}, a).cpus = CpuSet::parse("0");
  b.task("b0", 1, RunForever{}, other).cpus = CpuSet::parse("0");
  TaskSpec& leaver = b.task("a1", 1, RunForever{}, a);
  leaver.cpus = CpuSet::parse("1");
  leaver.stop = 500ms;
  const RunLog log = log_of(b.build());
  const Duration early = log.service(0, ms(300), ms(500));
  EXPECT_NEAR(static_cast<double>(to_ns(early)), 200e6 / 3, 4e6);  // a slice
  const Duration late = log.service(0, ms(1000), ms(10'000));
  EXPECT_NEAR(static_cast<double>(to_ns(late)), 9e9 / 2, 9e9 * .005);
}

}  // namespace
}  // namespace sharesim
