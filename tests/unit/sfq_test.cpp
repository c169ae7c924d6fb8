// Start-time fair queuing, by the tags and bounds of its paper, and against an exact twin.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schedulers/common/virtual_time.hpp"
#include "tests/support/pair_fairness.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/shadowed.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

Tag tag(Duration per_weight) { return to_ns(per_weight) * kTagsPerNs; }

// Who runs when, with weights 1 and 2 and slices of 10 ms, if A runs 20 ms and sleeps until 110, B
// runs 70 ms and sleeps until 115, and then both loop?
// S_A = S_B = 0: A first. Then S_A = 10, and S_B goes 0, 5, 10 (tie: A), ... v is the S of the one
// in service; idle at 90 with v = the largest F = 70 / 2 = 35. A wakes up with S = max(35, 20) =
// 35, B with max(35, 35) = 35. From then on one A for two Bs: 30 ms and 60 ms until 200.
TEST(Sfq, PaperTrace) {
  ScriptedQueue queue("sfq:slice=10ms");
  const EntityId a = queue.add(1, {{20ms, 70ms}, {}});
  const EntityId b = queue.add(2, {{70ms, 25ms}, {}});

  queue.run_until(Time(100ms));
  EXPECT_EQ(queue.order(), "ABBABBBBB");
  EXPECT_EQ(queue.finished(a), std::vector{Time(40ms)});
  EXPECT_EQ(queue.finished(b), std::vector{Time(90ms)});
  EXPECT_EQ(queue.state(a, "v"), tag(35ms));
  EXPECT_EQ(queue.state(a, "start_tag"), tag(20ms));
  EXPECT_EQ(queue.state(b, "start_tag"), tag(35ms));

  queue.run_until(Time(116ms));
  EXPECT_EQ(queue.state(a, "start_tag"), tag(35ms));
  EXPECT_EQ(queue.state(b, "start_tag"), tag(35ms));

  queue.run_until(Time(200ms));
  EXPECT_EQ(queue.order(), "ABBABBBBBABBABBABB");
  EXPECT_EQ(queue.service(a, Time(110ms), Time(200ms)), 30ms);
  EXPECT_EQ(queue.service(b, Time(110ms), Time(200ms)), 60ms);
}

// How far apart do W_A / w_A and W_B / w_B get over any interval, for two that always run, with
// slices of 10 ms? The paper's bound is 10 / w_A + 10 / w_B; by hand, from the order in which the
// smaller start tag goes first: 10, 10, 10, 20/3, 10.
TEST(Sfq, ServiceOfTwoStaysWithinTheFairnessBound) {
  expect_pairs("sfq", {{1, 2, "ABBABBABBABB", 10},
                       {1, 1, "ABABABABABAB", 10},
                       {1, 3, "ABBBABBBABBB", 10},
                       {2, 3, "ABBABABBABAB", Fraction(20, 3)},
                       {1, 10, "ABBBBBBBBBBA", 10}});
}

// When does a sleeper that needs 5 ms get the CPU among four hogs of its weight, slices 10 ms? It
// wakes up at 43, in the second round's first run: v = 10, so S = 10 ties with the hogs B, C, D
// that have 10 as well, and they have lower ids: 50, 60, 70 and then 80-85. The paper's bound is 43
// + 4 * 10 + 5 = 88.
TEST(Sfq, SleeperWaitsForOneSliceOfEach) {
  ScriptedQueue queue("sfq:slice=10ms");
  for (int i = 0; i < 4; ++i) queue.add_hog(1);
  const EntityId sleeper = queue.add(1, {{5ms, 1s}}, Time(43ms));
  queue.run_until(Time(200ms));
  EXPECT_EQ(queue.state(sleeper, "start_tag"), tag(15ms));
  EXPECT_EQ(queue.finished(sleeper), std::vector{Time(85ms)});
  EXPECT_EQ(queue.service(sleeper, Time(80ms), Time(85ms)), 5ms);
}

// Is a CPU that is slow for a while shared fairly afterwards? A has requests since 0, B since 1 s;
// slices are 100 ms of service; the CPU does one of them in the first second and ten in the next.
// At 1 s v = 0 or 100 ms, whoever is in service; B joins level with A, and they alternate: 5 to 5.
TEST(Sfq, SharesASlowCpuFairly) {
  ScriptedQueue queue("sfq:slice=100ms");
  queue.set_slowness(kStart, 10);
  queue.set_slowness(Time(1s), 1);
  queue.add_hog(1);
  queue.add_hog(1, Time(1s));
  queue.run_until(Time(2s));
  EXPECT_EQ(queue.order(), "ABABABABABA");
  EXPECT_EQ(queue.service(0, Time(1s), Time(2s)), 500ms);
  EXPECT_EQ(queue.service(1, Time(1s), Time(2s)), 500ms);
}

// One heavy flow (weight 10, 11 requests) and ten light ones (weight 1, one request each): all
// start tags are 0, so the heavy one runs once, all the light ones next, and then the heavy one ten
// times.
TEST(Sfq, HeavyFlowWaitsForAllLightOnes) {
  ScriptedQueue queue("sfq:slice=1ms");
  queue.add(10, {{11ms, 1s}});
  for (int i = 0; i < 10; ++i) queue.add(1, {{1ms, 1s}});
  queue.run_until(Time(21ms));
  EXPECT_EQ(queue.order(), "ABCDEFGHIJKAAAAAAAAAA");
}

// Does a new weight count from the next charge on? Both have weight 1; after one run each B's
// weight becomes 2: S_A = 10, S_B = 10 and B's runs cost 5 from then on: A B(15) B(20) A(20) ...
TEST(Sfq, NewWeightCountsFromTheNextRun) {
  ScriptedQueue queue("sfq:slice=10ms");
  queue.add_hog(1);
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(20ms));
  queue.set_weight(b, 2);
  queue.run_until(Time(80ms));
  EXPECT_EQ(queue.order(), "ABABBABB");
}

// Does a fraction of a tag unit keep its value? 1 ns at weight 20160 is half a unit; at weight 1,
// from then on, 1 ns is 10080, so the start tag is 10080 1/2, rounded down.
TEST(Sfq, NewWeightKeepsTheFractionOfATag) {
  ScriptedQueue queue("sfq");
  const EntityId a = queue.add(20'160, {{1ns, 1ns}, {1ns, 1s}});
  queue.run_until(Time(1ns));
  queue.set_weight(a, 1);
  queue.run_until(Time(3ns));
  EXPECT_EQ(queue.state(a, "start_tag"), kTagsPerNs);
}

/// The paper's rules over fractions.
class SfqTwin final : public Twin {
 public:
  void add(EntityId e, Weight weight, Time) override { clients_[e] = {0, weight}; }
  void set_weight(EntityId e, Weight weight, Time) override { clients_[e].weight = weight; }
  void enqueue(EntityId e, Time) override {
    clients_[e].tag = std::max(v_, clients_[e].tag);
    ++runnable_;
  }
  void picked(EntityId e, Time) override { v_ = clients_[e].tag; }
  void put_prev(EntityId e, Time, Duration ran, bool still_runnable) override {
    clients_[e].tag += fraction(ran) / clients_[e].weight;
    largest_ = std::max(largest_, clients_[e].tag);
    if (!still_runnable && --runnable_ == 0) v_ = largest_;
  }
  Fraction key(EntityId e) const override { return clients_.at(e).tag; }

 private:
  struct Client {
    Fraction tag;
    Weight weight = 1;
  };
  std::map<EntityId, Client> clients_;
  int runnable_ = 0;
  Fraction v_;
  Fraction largest_;
};

// Does it pick exactly what the paper's rules pick, where a tag of whole ns is a whole number?
RC_GTEST_PROP(Sfq, PicksAsItsTwinWithExactWeights, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("sfq", with_twin<SfqTwin, 0>);
    run_at_random(queue, kExactWeights, *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>());
  }
}

// And, with any weights, up to what rounding down to a tag unit can make of it?
RC_GTEST_PROP(Sfq, PicksAsItsTwinUpToRounding, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("sfq", with_twin<SfqTwin, 2>);
    run_at_random(queue, kOddWeights, true, true);
  }
}

}  // namespace
}  // namespace sharesim
