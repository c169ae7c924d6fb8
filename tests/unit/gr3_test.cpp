// Group ratio round-robin, by worked sequences, against the paper's rules in whole quanta, and its bounds.

#include <algorithm>
#include <bit>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/scenario/distribution.hpp"
#include "tests/support/scripted_queue.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

// Weights 5, 4, 3, 2: groups {A, B} with Phi = 9 and {C, D} with 5. A: (1 + 1) / (0 + 1) > 9/5: C. Then back: B: 3 / 2 < 9/5:
// A: 4 / 2 > 9/5: D, ... In the first group A's visits are of 5/4, so every fourth has two quanta; in the
// second C's of 3/2, so every other. 14 quanta: 5, 4, 3, 2.
TEST(Gr3, SequenceOfTwoGroups) {
  ScriptedQueue queue("gr3");
  for (const Weight weight : {5, 4, 3, 2}) queue.add_hog(weight);
  queue.run_until(Time(42ms));
  EXPECT_EQ(queue.order(), "ACBADBACBACABDACBADBACBACABDACBADBACBACABD");
}

// 12 : 3 : 1 over 32 quanta: 24, 6 and 2.
TEST(Gr3, ThreeGroups) {
  ScriptedQueue queue("gr3");
  for (const Weight weight : {12, 3, 1}) queue.add_hog(weight);
  queue.run_until(Time(32ms));
  EXPECT_EQ(queue.service(0, kStart, Time(32ms)), 24ms);
  EXPECT_EQ(queue.service(1, kStart, Time(32ms)), 6ms);
  EXPECT_EQ(queue.service(2, kStart, Time(32ms)), 2ms);
}

/// The paper's rules, in whole quanta: W reset at the end of a cycle, deficits as fractions.
struct Paper {
  struct Client {
    EntityId e;
    Weight weight;
    Weight deficit;  ///< in 1/2^s quanta
  };
  struct Group {
    Weight base;  ///< 2^s
    Weight phi = 0;
    Weight work = 0;
    std::vector<Client> clients;
    std::size_t turn = 0;
    std::int64_t quanta = 0;  ///< of this visit
  };

  explicit Paper(const std::vector<Weight>& weights) {
    std::map<Weight, Group> by_base;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const auto base = static_cast<Weight>(std::bit_floor(static_cast<std::uint64_t>(weights[i])));
      Group& group = by_base[base];
      group.base = base;
      group.phi += weights[i];
      group.clients.push_back({static_cast<EntityId>(i), weights[i], 0});
      total += weights[i];
    }
    for (auto& [base, group] : by_base) groups.push_back(group);
    std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
      return a.phi != b.phi ? a.phi > b.phi : a.base > b.base;
    });
  }

  EntityId step() {
    Group& group = groups[at];
    while (group.quanta == 0) {
      Client& client = group.clients[group.turn];
      const Weight due = client.weight + client.deficit;
      group.quanta = due / group.base;
      client.deficit = due % group.base;
    }
    const EntityId e = group.clients[group.turn].e;
    if (--group.quanta == 0) group.turn = (group.turn + 1) % group.clients.size();
    ++group.work;
    if (++done % total == 0) {
      for (Group& each : groups) each.work = 0;
      at = 0;
      return e;
    }
    const bool next = at + 1 < groups.size() &&
                      (group.work + 1) * groups[at + 1].phi > group.phi * (groups[at + 1].work + 1);
    at = next ? at + 1 : 0;
    return e;
  }

  std::vector<Group> groups;
  std::size_t at = 0;
  Weight total = 0;
  std::int64_t done = 0;
};

std::vector<Weight> draw(RandomStream& stream) {
  std::vector<Weight> weights(1 + stream() % 12);
  const std::uint32_t range = stream() % 2 == 0 ? 8 : 300;
  for (Weight& weight : weights) weight = static_cast<Weight>(1 + stream() % range);
  return weights;
}

// Does it pick exactly what the paper's rules pick, with W counted on instead of reset, and CPU time instead of quanta?
TEST(Gr3, PicksAsThePapersRules) {
  RandomStream stream = make_stream(1, 1);
  for (int i = 0; i < 1500; ++i) {
    const std::vector<Weight> weights = draw(stream);
    Paper paper(weights);
    ScriptedQueue queue("gr3");
    for (const Weight weight : weights) queue.add_hog(weight);
    queue.run_until(Time(300ms));
    ASSERT_EQ(queue.runs().size(), 300U);
    for (const ScriptedRun& run : queue.runs())
      ASSERT_EQ(run.entity, paper.step()) << "case " << i << " at " << to_ns(run.begin);
  }
}

// How far are groups and clients from their ideal, in quanta? Of g groups none is behind by more than g - 1, nor ahead by
// (g - 1)(g - 2) / 2 + 1. A client: behind by less than g + 4, ahead by less than (g - 1)(g - 2) / 2 + 5: its group's
// part, and inside the group less than two quanta of its own, two while the line goes on, and a fraction.
TEST(Gr3, LagOfGroupsAndClientsIsBounded) {
  RandomStream stream = make_stream(2, 1);
  for (int i = 0; i < 1500; ++i) {
    const std::vector<Weight> weights = draw(stream);
    const Paper paper(weights);
    const Weight total = paper.total;
    ScriptedQueue queue("gr3");
    for (const Weight weight : weights) queue.add_hog(weight);
    queue.run_until(Time(600ms));
    const auto g = static_cast<std::int64_t>(paper.groups.size());
    const std::int64_t lead = (g - 1) * (g - 2) / 2 + 1;
    std::vector<std::int64_t> work(weights.size());
    std::int64_t done = 0;
    for (const ScriptedRun& run : queue.runs()) {
      ++work[run.entity];
      ++done;
      for (const Paper::Group& group : paper.groups) {  // times the total weight: whole numbers
        std::int64_t lag = done * group.phi;
        for (const Paper::Client& client : group.clients) lag -= work[client.e] * total;
        ASSERT_LE(lag, (g - 1) * total) << "case " << i;
        ASSERT_GT(lag, -lead * total) << "case " << i;
      }
      for (EntityId e = 0; e < weights.size(); ++e) {
        const std::int64_t lag = done * weights[e] - work[e] * total;
        ASSERT_LT(lag, (g + 4) * total) << "case " << i;
        ASSERT_GT(lag, -(lead + 4) * total) << "case " << i;
      }
    }
  }
}

// A client that gives up parts of quanta is charged what it used: equal weights, A half a quantum at a time.
TEST(Gr3, PartOfAQuantumCostsItsTime) {
  for (const Weight other : {1, 4}) {
    ScriptedQueue queue("gr3:slice=2ms");
    const EntityId a = queue.add(1, {{1ms, 0ms}}, kStart, true);
    queue.add_hog(other);
    queue.run_until(Time(1s));
    EXPECT_LE(abs(queue.service(a, kStart, Time(1s)) - 1000ms / (1 + other)), 4ms) << other;
  }
}

// Does a sleeper save up, or its group? A sleeps for a second; then all are level.
TEST(Gr3, SleeperDoesNotSaveUp) {
  for (const Weight other : {1, 4}) {
    ScriptedQueue queue("gr3");
    const EntityId a = queue.add(1, {{1ms, 1s}, {}});
    const EntityId b = queue.add_hog(other);
    queue.run_until(Time(1500ms));
    EXPECT_LE(queue.longest_gap(b, Time(10ms), Time(1500ms)), 2ms) << other;
    const Duration awake = 1500ms - 1006ms;
    EXPECT_LE(abs(queue.service(a, Time(1006ms), Time(1500ms)) - awake / (1 + other)), 3ms)
        << other;
  }
}

// A new weight counts at once, in another group or in the same, queued or running or asleep.
TEST(Gr3, NewWeight) {
  ScriptedQueue queue("gr3");
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(1);
  const EntityId c = queue.add(1, {{1ms, 99ms}, {}});
  queue.run_until(Time(50500us));
  queue.set_weight(a, 4);
  queue.set_weight(b, 1);
  queue.set_weight(c, 5);
  queue.run_until(Time(1110ms));
  EXPECT_LE(abs(queue.service(a, Time(110ms), Time(1110ms)) - 400ms), 4ms);
  EXPECT_LE(abs(queue.service(b, Time(110ms), Time(1110ms)) - 100ms), 4ms);
  EXPECT_LE(abs(queue.service(c, Time(110ms), Time(1110ms)) - 500ms), 4ms);
}

// Those that come and go do not shift what the others get from each other: A 3, B 2 stay, in different groups from C.
TEST(Gr3, OthersKeepTheirLagWhenOneLeaves) {
  ScriptedQueue queue("gr3");
  const EntityId a = queue.add_hog(3);
  const EntityId b = queue.add_hog(2);
  queue.add(9, {{3ms, 4ms}}, kStart, true);
  queue.run_until(Time(2s));
  const Duration both = queue.service(a, kStart, Time(2s)) + queue.service(b, kStart, Time(2s));
  EXPECT_LE(abs(queue.service(a, kStart, Time(2s)) - both * 3 / 5), 5ms);
}

}  // namespace
}  // namespace sharesim
