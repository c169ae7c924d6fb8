// Deficit round robin, by its paper's rounds and bound, and where the CPU is not a link.

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/shadowed.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

// Four queues with the packets 200 750 20, 500 500, 200 600 100 and 50 700 180, in us; quantum 500.
// Round 1: 200 (D = 300: 750 does not fit), 500 (0), 200 (300), 50 (450). Round 2, with 500 more each:
// 750 + 20, 500, 600 + 100, 700 + 180; all queues are empty, all D = 0. (A packet of more than a
// quantum is served in two pieces, in the same turn, if others wait; D's 700 us come last.)
TEST(Drr, PaperRounds) {
  ScriptedQueue queue("drr:slice=500us,request=burst");
  queue.add(1, {{200us, 0us}, {750us, 0us}, {20us, 1s}});
  queue.add(1, {{500us, 0us}, {500us, 1s}});
  queue.add(1, {{200us, 0us}, {600us, 0us}, {100us, 1s}});
  queue.add(1, {{50us, 0us}, {700us, 0us}, {180us, 1s}});
  queue.run_until(Time(950us));
  EXPECT_EQ(queue.order(), "ABCD");
  const std::vector<Duration> left{300us, 0us, 300us, 450us};
  for (EntityId e = 0; e < 4; ++e) EXPECT_EQ(queue.state(e, "deficit"), to_ns(left[e])) << e;
  queue.run_until(Time(3800us));
  EXPECT_EQ(queue.order(), "ABCDAAABCCCDD");
  const std::vector<Duration> sent{770us, 500us, 700us, 880us};
  for (EntityId e = 0; e < 4; ++e) {
    EXPECT_EQ(queue.service(e, Time(950us), Time(3800us)), sent[e]) << e;
    EXPECT_EQ(queue.state(e, "deficit"), 0) << e;
  }
}

// Weights 1, 2 and 3, slices of 1 ms: the mean weight is 2, so the quanta are 0.5, 1 and 1.5 ms. A's
// requests are cut to its quantum. C keeps 0.5 in the first round and has 2 in the second: two slices
// in a row. Each two rounds last 6 ms.
TEST(Drr, QuantaByWeight) {
  ScriptedQueue queue("drr:slice=1ms");
  queue.add_hog(1);
  queue.add_hog(2);
  queue.add_hog(3);
  queue.run_until(Time(12ms));
  EXPECT_EQ(queue.order(), "ABCABCCABCABCC");
  EXPECT_EQ(queue.state(2, "quantum"), to_ns(1500us));
  EXPECT_EQ(queue.service(0, kStart, Time(12ms)), 2ms);
  EXPECT_EQ(queue.service(1, kStart, Time(12ms)), 4ms);
  EXPECT_EQ(queue.service(2, kStart, Time(12ms)), 6ms);
}

// Does one that wakes up during another's turn wait for the end of the turn, and all who are in line?
// A has weight 4, B, C and D 1, 1 and 2: quanta 2, 0.5, 0.5 and 1 ms. C wakes up at 0.5, in A's first
// slice: A's second one comes first, then B and D, who stand before C.
TEST(Drr, SleeperGoesToTheBackOfTheLine) {
  ScriptedQueue queue("drr:slice=1ms");
  queue.add_hog(4);
  queue.add_hog(1);
  const EntityId c = queue.add(1, {{500us, 1s}}, Time(500us));
  queue.add_hog(2);
  queue.run_until(Time(6500us));
  EXPECT_EQ(queue.order(), "AABDCAAB");
  EXPECT_EQ(queue.finished(c), std::vector{Time(4ms)});
}

// Is the rest of a turn forgotten by one that blocks, and a turn not given twice? A's quantum is 1.5
// ms (weights 3 and 1); it runs 0.4, sleeps until 1, and has 1.5 again, not 2.6, when its turn comes at
// 1.4, after the slice that B began alone: one slice, 0.5 left.
TEST(Drr, BlockingForgetsTheRestOfTheTurn) {
  ScriptedQueue queue("drr:slice=1ms");
  const EntityId a = queue.add(3, {{400us, 600us}, {}});
  queue.add_hog(1);
  queue.run_until(Time(500us));
  EXPECT_EQ(queue.state(a, "deficit"), 0);
  queue.run_until(Time(2400us));
  EXPECT_EQ(queue.order(), "ABA");
  EXPECT_EQ(queue.state(a, "deficit"), to_ns(500us));
}

// Does a new weight change everybody's quantum? Two of weight 1: 1 ms each; then 1 and 3: the mean is
// 2, 0.5 and 1.5 ms.
TEST(Drr, NewWeightChangesAllQuanta) {
  ScriptedQueue queue("drr:slice=1ms");
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(1);
  EXPECT_EQ(queue.state(a, "quantum"), to_ns(1ms));
  queue.run_until(Time(2ms));
  queue.set_weight(b, 3);
  EXPECT_EQ(queue.state(a, "quantum"), to_ns(500us));
  EXPECT_EQ(queue.state(b, "quantum"), to_ns(1500us));
  queue.run_until(Time(10ms));
  EXPECT_EQ(queue.service(a, Time(2ms), Time(10ms)), 2ms);
  EXPECT_EQ(queue.service(b, Time(2ms), Time(10ms)), 6ms);
}

// Are shares by weight where each run lasts a timer tick of 4 ms, many times a light one's quantum?
// Quanta are 1/501 and 1000/501 ms: runs leave debts that take many rounds to work off. A gets a run
// of 4 ms in 4 s or so: 10 s * 1/1001 = 10 ms, give or take two runs.
TEST(Drr, OvershootIsADebt) {
  test::ScenarioBuilder b;
  b.duration(10s);
  b.machine().tick = 4ms;
  b.task("a", 1);
  b.task("b", 1000);
  const test::RunLog log = test::run_scenario(b.build(), "drr:slice=1ms");
  EXPECT_GE(log.service(0), 4ms);
  EXPECT_LE(log.service(0), 16ms);
  EXPECT_EQ(log.service(0) + log.service(1), 10s);
}

// And without the heavy one, which only sleeps: is the pick quick though both are 4 ms in debt at
// quanta of 300 ns (20,000 rounds), and are the two served in turn?
TEST(Drr, RoundsOfDebtAreSkipped) {
  test::ScenarioBuilder b;
  b.duration(10s);
  b.machine().tick = 4ms;
  b.task("a", 1);
  b.task("b", 1);
  b.task("heavy", 10'000, test::once({test::sleep_for(1h), test::run_for(1s)}));
  const test::RunLog log = test::run_scenario(b.build(), "drr:slice=1ms");
  ASSERT_EQ(log.runs.size(), 2500U);
  for (std::size_t i = 0; i < log.runs.size(); ++i) ASSERT_EQ(log.runs[i].task, i % 2) << i;
  EXPECT_EQ(log.service(0), 5s);
  EXPECT_EQ(log.service(1), 5s);
}

// Does a light one that nobody competes with run in whole slices? Weights 1 and 999, quanta of 2 us
// and 1998 us, slices of 1 ms: alone it runs for 1 ms at a time and owes nothing; the heavy one comes
// at 2500 us, and of the slice in which it came all but the quantum of 2 us is a debt.
TEST(Drr, OneThatIsAloneRunsWholeSlices) {
  ScriptedQueue queue("drr");
  const EntityId light = queue.add_hog(1);
  queue.add_hog(999, Time(2500us));
  queue.run_until(Time(2ms));
  EXPECT_EQ(queue.order(), "AA");
  EXPECT_EQ(queue.state(light, "deficit"), 0);
  queue.run_until(Time(3ms));
  EXPECT_EQ(queue.order(), "AAA");
  EXPECT_EQ(queue.state(light, "deficit"), to_ns(2us) - to_ns(1ms));
}

// The paper's bound: of two that always run, |W_A / Q_A - W_B / Q_B| <= 1 + l_A / Q_A + l_B / Q_B over
// any interval (2 l_max + Q in its units), l the smaller of slice and quantum. Quanta are rounded down
// to whole ns; with hundreds of rounds that is less than one thousandth of a turn.
RC_GTEST_PROP(Drr, ServiceOfTwoStaysWithinTheFairnessBound, ()) {
  for (int script = 0; script < kScripts; ++script) {
    ScriptedQueue queue("drr:slice=1ms");
    const auto length = [](std::int64_t most) {
      return Duration(
          *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::int64_t>(200'000, most)));
    };
    queue.add_hog(*rc::gen::elementOf(kOddWeights));
    queue.add_hog(*rc::gen::elementOf(kOddWeights));
    const int others = *rc::gen::inRange(0, 6);
    for (int i = 0; i < others; ++i) {
      queue.add(*rc::gen::elementOf(kOddWeights), {{length(4'000'000), length(8'000'000)}},
                Time(length(5'000'000)), true);
    }
    queue.run_until(Time(50ms));
    const std::int64_t a = queue.state(0, "quantum");
    const std::int64_t b = queue.state(1, "quantum");
    std::int64_t difference = 0;  // W_A / Q_A - W_B / Q_B, times both quanta
    std::int64_t least = 0;
    std::int64_t most = 0;
    for (const ScriptedRun& run : queue.runs()) {
      if (run.entity == 0) difference += to_ns(run.length()) * b;
      if (run.entity == 1) difference -= to_ns(run.length()) * a;
      least = std::min(least, difference);
      most = std::max(most, difference);
    }
    const std::int64_t slice = to_ns(1ms);
    RC_ASSERT(most - least <=
              a * b / 1000 * 1001 + std::min(slice, a) * b + std::min(slice, b) * a);
  }
}

}  // namespace
}  // namespace sharesim
