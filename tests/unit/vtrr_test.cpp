// Virtual-time round-robin, by its paper's example, and against the paper's rules in whole quanta.

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/scenario/distribution.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/shadowed.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

// The paper's example, shares 3 : 2 : 1, counters 3 2 1. A (QVT 1/6): B has had 0 < 2/6: B; C has had 0 < 3/6: C;
// the end of the list: A (QVT 4/6); B has had 1/2 < 5/6: B (QVT 5/6); C has had 1, not less than 1: A.
// All counters are 0: again.
TEST(Vtrr, PaperSequence) {
  ScriptedQueue queue("vtrr");
  queue.add_hog(3);
  queue.add_hog(2);
  queue.add_hog(1);
  queue.run_until(Time(18ms));
  EXPECT_EQ(queue.order(), "ABCABAABCABAABCABA");
}

// The list is by share, whoever came first.
TEST(Vtrr, LargestShareIsAtTheHead) {
  ScriptedQueue queue("vtrr");
  queue.add_hog(1);
  queue.add_hog(2);
  queue.add_hog(3);
  queue.run_until(Time(6ms));
  EXPECT_EQ(queue.order(), "CBACBC");
}

// Who blocks in mid-quantum keeps its time: A runs half a quantum at a time, with hardly a sleep. Shares 1 : 1, Q = 2 ms:
// a cycle is 2 ms of each, in which A has two turns and B one, whatever the order.
TEST(Vtrr, PartOfAQuantumCostsItsTime) {
  ScriptedQueue queue("vtrr:slice=2ms");
  const EntityId a = queue.add(1, {{1ms, 0ms}}, kStart, true);
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(400ms));
  EXPECT_EQ(queue.service(a, kStart, Time(400ms)), 200ms);
  EXPECT_EQ(queue.service(b, kStart, Time(400ms)), 200ms);
}

// One that joins in mid-cycle gets its part of what is left of the cycle. A has share 4; at 2 ms, half of its cycle is
// left, and B with share 4 comes: 2 of its 4 quanta; so both have two left, and then 4 each.
TEST(Vtrr, NewcomerGetsItsPartOfTheCycle) {
  ScriptedQueue queue("vtrr");
  queue.add_hog(4);
  const EntityId b = queue.add_hog(4, Time(1500us));
  queue.run_until(Time(2ms));
  EXPECT_EQ(queue.state(b, "time_counter"),
            3'000'000);  // A's second run is not counted before its end
  queue.run_until(Time(102ms));
  EXPECT_LE(abs(queue.service(b, Time(2ms), Time(102ms)) - 50ms), 1ms);
}

// Leaving and coming back in the same cycle does not fill the counter up: A uses 1 of 3 quanta and sleeps for 1 ms.
TEST(Vtrr, SleepDoesNotFillTheCounter) {
  ScriptedQueue queue("vtrr");
  const EntityId a = queue.add(3, {{1ms, 1ms}, {}});
  queue.add_hog(9);
  queue.run_until(Time(2ms));  // B first
  EXPECT_EQ(queue.order(), "BA");
  EXPECT_EQ(queue.state(a, "time_counter"), 2'000'000);
  queue.run_until(Time(4ms));
  EXPECT_EQ(queue.state(a, "time_counter"), 2'000'000);
}

// Does a sleeper save up? A sleeps for a second; then it is level with B.
TEST(Vtrr, SleeperDoesNotSaveUp) {
  ScriptedQueue queue("vtrr");
  const EntityId a = queue.add(1, {{1ms, 1s}, {}});
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(1100ms));
  EXPECT_LE(queue.longest_gap(b, Time(1ms), Time(1100ms)), 2ms);
  EXPECT_LE(abs(queue.service(a, Time(1002ms), Time(1100ms)) - 49ms), 2ms);
}

// A new share counts at once, queued or running or asleep.
TEST(Vtrr, NewShare) {
  ScriptedQueue queue("vtrr");
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(1);
  const EntityId c = queue.add(1, {{1ms, 99ms}, {}});
  queue.run_until(Time(50500us));
  for (const EntityId e : {a, b, c}) queue.set_weight(e, e == b ? 1 : 4);
  queue.run_until(Time(101ms));
  queue.run_until(Time(1001ms));
  EXPECT_LE(abs(queue.service(a, Time(101ms), Time(1001ms)) - 400ms), 6ms);
  EXPECT_LE(abs(queue.service(b, Time(101ms), Time(1001ms)) - 100ms), 6ms);
  EXPECT_LE(abs(queue.service(c, Time(101ms), Time(1001ms)) - 400ms), 6ms);
}

/// The paper's rules, in whole quanta and fractions.
std::string by_the_paper(const std::vector<Weight>& shares, int quanta) {
  struct Client {
    char name;
    Weight share;
    Weight counter;
    Fraction vft;
  };
  std::vector<Client> list;
  Weight sum = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    list.push_back({static_cast<char>('A' + i), shares[i], shares[i], Fraction(1, shares[i])});
    sum += shares[i];
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const Client& a, const Client& b) { return a.share > b.share; });
  std::string order;
  Fraction qvt = 0;
  std::size_t at = 0;
  for (int i = 0; i < quanta; ++i) {
    Client& client = list[at];
    order += client.name;
    --client.counter;
    client.vft += Fraction(1, client.share);
    qvt += Fraction(1, sum);
    if (std::all_of(list.begin(), list.end(), [](const Client& c) { return c.counter == 0; })) {
      for (Client& each : list) each.counter = each.share;
      at = 0;
      continue;
    }
    const std::size_t x = at + 1;
    const bool next =
        x < list.size() && (list[x].counter > client.counter ||
                            list[x].vft - (qvt + Fraction(1, sum)) < Fraction(1, list[x].share));
    at = next ? x : 0;
  }
  return order;
}

// Does it pick exactly what the paper's rules pick? They never run a counter below 0 either.
TEST(Vtrr, PicksAsThePapersRules) {
  RandomStream stream = make_stream(1, 1);
  for (int i = 0; i < 1500; ++i) {
    std::vector<Weight> shares(1 + stream() % 8);
    const std::uint32_t range = i % 2 == 0 ? 8 : 200;
    for (Weight& share : shares) share = static_cast<Weight>(1 + stream() % range);
    ScriptedQueue queue("vtrr");
    for (const Weight share : shares) queue.add_hog(share);
    queue.run_until(Time(150ms));
    ASSERT_EQ(queue.order(), by_the_paper(shares, 150)) << "case " << i;
  }
}

// A timer tick of 10 ms makes every run ten quanta long: a run may be more than a cycle. Shares 2 : 1 all the same.
TEST(Vtrr, RunsLongerThanACycle) {
  test::ScenarioBuilder b;
  b.machine().tick = 10ms;
  b.duration(3s);
  b.task("A", 2);
  b.task("B", 1);
  const test::RunLog log = test::run_scenario(b.build(), "vtrr");
  EXPECT_LE(abs(log.service(0) - 2s), 20ms);
  EXPECT_LE(abs(log.service(1) - 1s), 20ms);
}

// After a cycle everybody has had exactly its share, sleepers or not before it.
TEST(Vtrr, CycleIsExact) {
  ScriptedQueue queue("vtrr");
  const std::vector<Weight> shares{7, 5, 5, 2, 1};
  for (const Weight share : shares) queue.add_hog(share);
  queue.run_until(Time(60ms));
  for (EntityId e = 0; e < shares.size(); ++e)
    EXPECT_EQ(queue.service(e, kStart, Time(60ms)), shares[e] * 3ms) << e;
}

}  // namespace
}  // namespace sharesim
