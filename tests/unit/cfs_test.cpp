// Linux's CFS, rule by rule: each with the numbers that the kernel's formulas give.

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"
#include "tests/support/scripted_queue.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

constexpr Weight kNice0 = 1024;

Duration v(const ScriptedQueue& queue, EntityId e) { return ns(queue.state(e, "vruntime")); }
Duration least(const ScriptedQueue& queue) { return ns(queue.state(0, "min_vruntime")); }

// START_DEBIT: A comes to an empty queue, at 0 + 6 ms (the whole period), B to one of two, at 0 + 3. So B runs
// first; slices are 6 / 2 = 3 ms: B to v = 6, then A, which has the lower id, to 9, and so on in turns.
TEST(Cfs, SlicesArePartsOfThePeriod) {
  ScriptedQueue queue("cfs");
  queue.add_hog(kNice0);
  queue.add_hog(kNice0);
  queue.run_until(Time(15ms));
  EXPECT_EQ(queue.order(), "BABAB");
  for (const ScriptedRun& run : queue.runs()) EXPECT_EQ(run.length(), 3ms);
  ScriptedQueue light("cfs:features=-START_DEBIT");
  light.add_hog(kNice0);
  light.add_hog(3 * kNice0);
  light.run_until(Time(6ms));
  EXPECT_EQ(light.runs()[0].length(), 1500us);  // 6 * 1 / 4
  EXPECT_EQ(light.runs()[1].length(), 4500us);
}

// More than 8: the period grows, 9 * 0.75 ms, so that slices are no shorter than 0.75 ms. On 4 CPUs all of it
// is 3 times as long.
TEST(Cfs, SlicesHaveALeastLength) {
  for (const CpuId cpus : {1U, 4U}) {
    ScriptedQueue queue("cfs", ScriptedMachine{.cpus = cpus});
    for (int i = 0; i < 9; ++i) queue.add_hog(kNice0);
    queue.run_until(Time(20ms));
    EXPECT_EQ(queue.runs()[0].length(), cpus == 1 ? 750us : 2250us);
  }
}

// A sleeper comes back at min_v - latency / 2: the hog has min_v = 40 (34 run, and a debit of 6 at the start), the
// sleeper gets 37, and because 40 - 37 > 1 ms it preempts. Without GENTLE_FAIR_SLEEPERS 34. One that has slept for
// a moment keeps its v.
TEST(Cfs, SleepersHaveALead) {
  for (const bool gentle : {true, false}) {
    ScriptedQueue queue(gentle ? "cfs" : "cfs:features=-GENTLE_FAIR_SLEEPERS");
    queue.add_hog(kNice0);
    queue.add(kNice0, {{1ms, 34ms}, {1ms, 100us}, {}});
    queue.run_until(Time(35ms));  // B first: v = 3 .. 4; A since 1 ms
    EXPECT_EQ(v(queue, 0), 40ms);
    EXPECT_EQ(least(queue), 40ms);
    EXPECT_EQ(v(queue, 1), gentle ? 37ms : 34ms);
    queue.run_until(Time(36100us));
    EXPECT_EQ(queue.finished(1).back(), Time(36ms));
    EXPECT_EQ(v(queue, 1), gentle ? 38ms : 35ms);
  }
}

// Who is less than the granularity of 1 ms behind does not preempt: the sleeper is at v = 4 when it wakes up,
// and the hog has come to 4.9; where it has come to 5.1 it does. Else it waits for the end of the hog's slice,
// which is the whole period of 20 ms, because the hog was alone: from 4 to 24. (Batch: in any case.)
TEST(Cfs, WakeupsPreemptBeyondTheGranularity) {
  const auto woken = [](Duration sleep, bool batch) {
    ScriptedQueue queue("cfs:features=-START_DEBIT,latency=20ms");
    if (batch) queue.set_hint(0, "batch", 1);
    queue.add(kNice0, {{4ms, sleep}, {1ms, 1s}});
    queue.add_hog(kNice0);
    queue.run_until(Time(40ms));
    return queue.runs()[2].begin;
  };
  EXPECT_EQ(woken(4900us, false), Time(24ms));
  EXPECT_EQ(woken(5100us, false), Time(9100us));
  EXPECT_EQ(woken(5100us, true), Time(24ms));
}

// At ticks: nobody is stopped before its slice has been exceeded. Two hogs, slices of 3 ms, ticks of 1 ms: at 3
// ms it has run no longer than its slice; at 4 it goes.
TEST(Cfs, SlicesEndAtTheTickAfter) {
  ScriptedQueue queue("cfs", ScriptedMachine{.cpus = 1, .tick = 1ms});
  queue.add_hog(kNice0);
  queue.add_hog(kNice0);
  queue.run_until(Time(20ms));
  EXPECT_EQ(queue.runs()[0].length(), 4ms);
}

// nice 0 and 5, 1024 : 335: of 13.59 s 10.24 and 3.35, within a period.
TEST(Cfs, SharesByWeight) {
  ScriptedQueue queue("cfs");
  queue.add_hog(1024);
  queue.add_hog(335);
  queue.run_until(Time(13590ms));
  EXPECT_NEAR(static_cast<double>(to_ns(queue.service(0, kStart, Time(13590ms)))), 10.24e9, 6e6);
}

// Everybody else preempts idle ones: who has slept since 1 ms wakes up at 5.1, and runs.
TEST(Cfs, IdleGivesWay) {
  ScriptedQueue queue("cfs");
  queue.set_idle(0);
  queue.add_hog(3);
  queue.add(kNice0, {{1ms, 4100us}, {1ms, 1h}});
  queue.run_until(Time(7ms));
  EXPECT_EQ(queue.finished(1), (std::vector<Time>{Time(1ms), Time(6100us)}));
}

}  // namespace

namespace test {
namespace {

// The period is divided at each level, and counts all tasks: two groups of two, 6 ms / 2 / 2 = 1.5 ms each;
// the groups' own slices are 3 ms.
TEST(CfsGroups, DivideThePeriodAtEachLevel) {
  ScenarioBuilder b;
  b.duration(60ms);
  for (const char* name : {"one", "two"}) b.task("t", 100, RunForever{}, b.group(name, 100), 2);
  const RunLog log = run_scenario(b.build(), "cfs");
  ASSERT_GT(log.runs.size(), 20U);
  for (std::size_t i = 8; i + 1 < log.runs.size(); ++i)
    EXPECT_EQ(log.runs[i].end - log.runs[i].begin, 1500us) << i;
}

}  // namespace
}  // namespace test
}  // namespace sharesim
