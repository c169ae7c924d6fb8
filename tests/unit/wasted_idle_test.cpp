#include "sim/metrics/wasted_idle.hpp"

#include <gtest/gtest.h>

namespace sharesim {
namespace {

constexpr TaskId kA = 0;
constexpr TaskId kB = 1;
constexpr TaskId kC = 2;
constexpr TaskId kTasks = 3;
constexpr WastedIdle::SetId kBoth = 0;
constexpr WastedIdle::SetId kFirst = 1;
const CpuSet kBothCpus = CpuSet::first(2);
const CpuSet kFirstCpu = CpuSet::first(1);

// Two CPUs: [0,10) one task waits, two are idle: 10 x min(2, 1). [10,30) it runs, another comes at
// 20: 10 x min(1, 1). Then both run.
TEST(WastedIdle, IsTheSmallerOfIdleAndWaiting) {
  WastedIdle wasted(2, kTasks, 0, false);
  wasted.wait_begins(kA, 0);
  wasted.run_begins(0, kA, true, 10);
  wasted.wait_begins(kB, 20);
  wasted.run_begins(1, kB, true, 30);
  EXPECT_EQ(wasted.finish(100), 20);
}

// A CPU that switches at once from one task to the next is not idle in between.
TEST(WastedIdle, IsZeroAtASwitch) {
  WastedIdle wasted(1, kTasks, 0, false);
  wasted.wait_begins(kA, 0);
  wasted.wait_begins(kB, 0);
  wasted.run_begins(0, kA, true, 0);
  wasted.run_ends(0, kA, true, 10);
  wasted.run_begins(0, kB, true, 10);
  EXPECT_EQ(wasted.finish(20), 0);
}

// Bound to CPU 0, which is busy until 50, B waits while CPU 1 is idle: not wasted. From 50 on CPU 0
// is idle too, and one idle CPU is wanted until 60: 10 ns.
TEST(WastedIdle, CountsOnlyCpusWhereTheTaskMayRun) {
  WastedIdle wasted(2, kTasks, 0, true);
  wasted.bind(kA, kBoth, kBothCpus, false, 0);
  wasted.bind(kB, kFirst, kFirstCpu, false, 0);
  wasted.wait_begins(kA, 0);
  wasted.run_begins(0, kA, true, 0);
  wasted.wait_begins(kB, 20);
  wasted.run_ends(0, kA, false, 50);
  wasted.run_begins(0, kB, true, 60);
  EXPECT_EQ(wasted.finish(100), 10);
}

// A task that waits when it is bound elsewhere: beside the idle CPU 1 it waits in vain 0-20, then
// it may run there too, and starts at 25: 5 ns.
TEST(WastedIdle, FollowsBindings) {
  WastedIdle wasted(2, kTasks, 0, true);
  wasted.bind(kA, kBoth, kBothCpus, false, 0);
  wasted.bind(kB, kFirst, kFirstCpu, false, 0);
  wasted.run_begins(0, kA, false, 0);
  wasted.wait_begins(kB, 0);
  wasted.bind(kB, kBoth, kBothCpus, true, 20);
  wasted.run_begins(1, kB, true, 25);
  EXPECT_EQ(wasted.finish(100), 5);
}

// A waiting task that may run anywhere wants one CPU, not both idle ones: 10 ns, not 20.
TEST(WastedIdle, OneTaskWantsOneCpu) {
  WastedIdle wasted(2, kTasks, 0, true);
  wasted.bind(kA, kBoth, kBothCpus, false, 0);
  wasted.wait_begins(kA, 0);
  wasted.run_begins(0, kA, true, 10);
  EXPECT_EQ(wasted.finish(20), 10);
}

// Overhead is told when it is over, and must not look like idle time: two CPUs, costs of 3 ns. At 0
// A arrives; CPU 0 spends 0-3 on it, and CPU 1 is idle, but A is on its way to CPU 0. At 10 B
// arrives and is ignored until 12 (2 ns wasted), then CPU 1 spends 12-15 on it.
TEST(WastedIdle, OverheadIsNeitherIdleNorWaiting) {
  WastedIdle wasted(2, kTasks, 3, false);
  wasted.wait_begins(kA, 0);
  wasted.overhead(0, kA, true, 0, 3);
  wasted.run_begins(0, kA, true, 3);
  wasted.wait_begins(kB, 10);
  wasted.overhead(1, kB, true, 12, 15);
  wasted.run_begins(1, kB, true, 15);
  EXPECT_EQ(wasted.finish(100), 2);
}

// Others' events during the overhead change nothing: while CPU 0 spends 0-3 on A, C on CPU 1 ends
// at 1 and leaves; CPU 1 is idle, but nobody else waits.
TEST(WastedIdle, OverheadIsToldAfterOtherEvents) {
  WastedIdle wasted(2, kTasks, 3, false);
  wasted.wait_begins(kC, 0);
  wasted.run_begins(1, kC, true, 0);
  wasted.wait_begins(kA, 0);
  wasted.run_ends(1, kC, false, 1);
  wasted.overhead(0, kA, true, 0, 3);
  wasted.run_begins(0, kA, true, 3);
  EXPECT_EQ(wasted.finish(100), 0);
}

}  // namespace
}  // namespace sharesim
