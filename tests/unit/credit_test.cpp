// The credit scheduler: how long may one that saved up credit keep a neighbour off the CPU? The
// saver (A, weight 2) earns 0.2 of a CPU, the neighbour (B, weight 1) nothing and always runs. A
// sleeps for 10 s, by when it has saved up 2 s, and always runs from then on.

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/scripted_queue.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

constexpr EntityId kSaver = 0;
constexpr EntityId kNeighbour = 1;

ScriptedQueue saver_and_neighbour(const std::string& parameters) {
  return ScriptedQueue("credit:rate=20%,earning_weight=2,limit=5s," + parameters);
}
void add_both(ScriptedQueue& queue, Duration asleep = 10s) {
  queue.add_hog(2, Time(asleep));
  queue.add_hog(1);
}

struct Case {
  std::string parameters;
  Duration starved;  ///< the neighbour's longest wait
  Duration service;  ///< the neighbour's, in [10 s, 30 s)
};

// Grants of 0.2 s at whole seconds: A has 2 s at 10 s (that grant included), 1.2 at 11, 0.4 at 12,
// and is out of credit at 12.4: B waited 2.4 s. From 13 to 29 it is 0.2 s after each of 17 grants:
// A gets 2.4 + 3.4 of 20 s, B the other 14.2. Grants of 20 ms each 100 ms: after n of those 2 -
// 0.08 n; 80 ms at 12.4 s, out at 12.48. Until 30 s A gets the 2 s and the 20 ms of the 199 grants
// after the one at 10 s: 5.98 s, and B 14.02. Grants of 2 ms each 10 ms, one slice: 2 - 0.008 n = 0
// at n = 250: 2.5 s, which is the limit c / (1 - r) = 2 / 0.8. With debt=limited the slices end
// with the credit, and it is the same. A gets 2 s + 1999 * 2 ms = 5.998; with debt=allowed it is a
// slice of 10 ms at a time, 2 in 10 ms: 5.99 or 6.0 by then, depending on where the last one falls.
// Ever finer grants come to what a fluid would do, 2.5 s, less the last grant T / 5, and 14 s and one
// T / 5. Without earning in the burst it is the 2 s alone.
TEST(Credit, SavedCreditKeepsANeighbourOffTheCpu) {
  const std::vector<Case> cases{
      {"grant_period=1s,slice=100ms", 2400ms, 14'200ms},
      {"grant_period=100ms,slice=20ms", 2480ms, 14'020ms},
      {"grant_period=10ms,slice=10ms", 2500ms, 14'000ms},
      {"grant_period=10ms,slice=10ms,debt=limited", 2498ms, 14'002ms},
      {"grant_period=1ms,slice=1ms,debt=limited", 2499800us, 14'000'200us},
      {"grant_period=100us,slice=100us,debt=limited", 2499980us, 14'000'020us},
      {"grant_period=10ms,slice=10ms,earn=not_running", 2000ms, -1ns},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.parameters);
    ScriptedQueue queue = saver_and_neighbour(c.parameters);
    add_both(queue);
    queue.run_until(Time(30s));
    EXPECT_EQ(queue.longest_gap(kNeighbour, Time(9s), Time(29s)), c.starved);
    if (c.service >= 0ns) {
      EXPECT_EQ(queue.service(kNeighbour, Time(10s), Time(30s)), c.service);
    }
  }
}

// The known trap: with the balance clamped at zero, and a grant with each slice, A never runs out:
// a slice of 10 ms costs it the 2 ms that it had. B gets nothing in 30 s.
TEST(Credit, ClampedDebtLetsTheSaverRunForEver) {
  ScriptedQueue queue = saver_and_neighbour("grant_period=10ms,slice=10ms,debt=clamped");
  add_both(queue);
  queue.run_until(Time(40s));
  EXPECT_EQ(queue.service(kNeighbour, Time(10s), Time(40s)), 0s);
  EXPECT_EQ(queue.service(kSaver, Time(10s), Time(40s)), 30s);
}

// Is saving limited? Asleep for 100 s A would have earned 20 s, but keeps 5: 5 / 0.8 = 6.25 s.
TEST(Credit, LimitBoundsTheBurst) {
  ScriptedQueue queue = saver_and_neighbour("grant_period=10ms,slice=10ms");
  add_both(queue, 100s);
  queue.run_until(Time(100s));
  EXPECT_EQ(queue.state(kSaver, "credit"), to_ns(5s));
  queue.run_until(Time(110s));
  EXPECT_EQ(queue.longest_gap(kNeighbour, Time(99s), Time(109s)), 6250ms);
}

// And with two that save up, A and C, 0.1 of a CPU each? 1 s each at 10 s: 2 / (1 - 0.2) = 2.5 s,
// less the 2 ms that the last slice, cut to the credit, ends before the next grant.
TEST(Credit, SaversAddUp) {
  ScriptedQueue queue = saver_and_neighbour("grant_period=10ms,slice=10ms,debt=limited");
  add_both(queue);
  queue.add_hog(2, Time(10s));
  queue.run_until(Time(20s));
  EXPECT_EQ(queue.longest_gap(kNeighbour, Time(9s), Time(19s)), 2498ms);
}

// What if both have saved up, 2 s each by 10 s? By turns (round_robin) nobody waits longer than the
// other's slice of 10 ms; first come first served (strict) B waits for all of A's burst,
// 2 / 0.8 = 2.5 s.
TEST(Credit, PickRuleAmongHoldersOfCredit) {
  for (const auto& [pick, gap] :
       std::vector<std::pair<std::string, Duration>>{{"round_robin", 10ms}, {"strict", 2500ms}}) {
    SCOPED_TRACE(pick);
    ScriptedQueue queue("credit:rate=40%,limit=5s,slice=10ms,pick=" + pick);
    queue.add_hog(1, Time(10s));
    queue.add_hog(1, Time(10s));
    queue.run_until(Time(14s));
    EXPECT_EQ(queue.longest_gap(1, Time(10s), Time(13s)), gap);
  }
}

// And when the richest goes first? A earns 0.2 and has 2 s at 10 s, B earns 0.8, has always run and
// has 8 ms left when its run ends at 10.002 s. In each 10 ms A loses 8 and B earns 8: after n of
// them 2000 - 8 n and 8 + 8 n ms, so A is first up to n = 124, and B waited 1.25 s = (c_A - c_B) /
// (1 - r_A + r_B).
TEST(Credit, RichestFirstLetsTheOtherCatchUp) {
  ScriptedQueue queue("credit:pick=largest,limit=5s,slice=10ms,debt=limited");
  queue.add_hog(1, Time(10s));
  queue.add_hog(4);
  queue.run_until(Time(10s));
  EXPECT_EQ(queue.state(1, "credit"), to_ns(8ms));
  queue.run_until(Time(12s));
  EXPECT_EQ(queue.longest_gap(1, Time(9s), Time(11900ms)), 1250ms);
}

// May a run end below zero? Grants of 5 ms each at 10, slices of 4 ms. A (its free run is cut off
// by the grant at 10) has 5, 1, and then -3 with debt=allowed; with debt=limited the second run is
// 1 ms long.
TEST(Credit, DebtIsASliceAtMost) {
  for (const auto& [debt, credit] :
       std::vector<std::pair<std::string, Duration>>{{"allowed", -3ms}, {"limited", 0ms}}) {
    SCOPED_TRACE(debt);
    ScriptedQueue queue("credit:slice=4ms,debt=" + debt);
    queue.add_hog(1, Time(10ms));
    queue.add_hog(1, Time(50ms));
    queue.run_until(Time(18ms));
    EXPECT_EQ(queue.state(0, "credit"), to_ns(credit));
  }
}

// Do always-runnable ones share by weight? 3 : 1 with everything granted: 7.5 and 2.5 s of 10, up
// to the first period, which has no credit yet, and a slice of debt.
TEST(Credit, GrantsShareTheCpuByWeight) {
  for (const std::string pick : {"strict", "largest", "round_robin"}) {
    SCOPED_TRACE(pick);
    ScriptedQueue queue("credit:pick=" + pick);
    queue.add_hog(3);
    queue.add_hog(1);
    queue.run_until(Time(10s));
    EXPECT_NEAR(static_cast<double>(to_ns(queue.service(0, kStart, Time(10s)))), 7.5e9, 11e6);
    EXPECT_NEAR(static_cast<double>(to_ns(queue.service(1, kStart, Time(10s)))), 2.5e9, 11e6);
  }
}

// Who gets what nobody has credit for? First those that never earn; when they sleep, those that are
// out of credit, by turns. C (weight 1) sleeps from 5 ms on; A and B have no credit before 1 s.
TEST(Credit, LeftoversGoToThoseThatNeverEarnFirst) {
  ScriptedQueue queue("credit:grant_period=1s,earning_weight=2");
  queue.add_hog(2);
  queue.add_hog(2);
  queue.add(1, {{5ms, 1s}});
  queue.run_until(Time(9ms));
  EXPECT_EQ(queue.order(), "CCCCCABAB");
}

// Does one that gets credit by a grant go before one that has none, at once? A is out of credit; B,
// which never earns, has begun a slice of 40 ms at 80. The grant at 100 ms is for A.
TEST(Credit, GrantPreemptsThoseWithoutCredit) {
  ScriptedQueue queue(
      "credit:grant_period=100ms,earning_weight=2,rate=10%,slice=40ms,debt=limited");
  queue.add_hog(2);
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(120ms));
  EXPECT_EQ(queue.runs(), (std::vector<ScriptedRun>{{b, kStart, Time(40ms)},
                                                    {b, Time(40ms), Time(80ms)},
                                                    {b, Time(80ms), Time(100ms)},
                                                    {0, Time(100ms), Time(110ms)}}));
}

// Does a change of weights divide only the later grants anew? Two sleepers, 10 ms granted in each
// 10: 5 each by 10 ms; then A has 4 times B's weight: 13 and 7 by 20 ms.
TEST(Credit, NewWeightCountsForLaterGrants) {
  ScriptedQueue queue("credit");
  queue.add_hog(1, Time(20ms));
  queue.add_hog(1, Time(20ms));
  queue.run_until(Time(10ms));
  queue.set_weight(0, 4);
  queue.run_until(Time(20ms));
  EXPECT_EQ(queue.state(0, "credit"), to_ns(13ms));
  EXPECT_EQ(queue.state(1, "credit"), to_ns(7ms));
}

}  // namespace
}  // namespace sharesim
