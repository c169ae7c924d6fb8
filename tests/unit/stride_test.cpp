// Stride scheduling, by its paper's example, and against an exact twin.

#include <chrono>
#include <map>
#include <memory>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schedulers/common/virtual_time.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/shadowed.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

Tag tag(Duration per_weight) { return to_ns(per_weight) * kTagsPerNs; }

// The paper's example: tickets 3 : 2 : 1. With slices of 6 ms the strides are 2, 3 and 6 ms, and
// the passes begin there: (2,3,6) A (4,3,6) B (4,6,6) A (6,6,6) A (8,6,6) B (8,9,6) C (8,9,12), and
// the same six again, because all have advanced by 6.
TEST(Stride, PaperSequence) {
  ScriptedQueue queue("stride:slice=6ms");
  queue.add_hog(3);
  queue.add_hog(2);
  queue.add_hog(1);
  queue.run_until(Time(36ms));
  EXPECT_EQ(queue.order(), "ABAABC");
  EXPECT_EQ(queue.state(0, "pass"), tag(8ms));
  EXPECT_EQ(queue.state(1, "pass"), tag(9ms));
  EXPECT_EQ(queue.state(2, "pass"), tag(12ms));
  EXPECT_EQ(queue.state(0, "global_pass"), tag(6ms));
  queue.run_until(Time(108ms));
  EXPECT_EQ(queue.order(), "ABAABCABAABCABAABC");
}

// The same when new ones start at 0: (0,0,0) A (2,0,0) B (2,3,0) C (2,3,6) A (4,3,6) B (4,6,6) A.
TEST(Stride, PaperSequenceFromZero) {
  ScriptedQueue queue("stride:slice=6ms,init=zero");
  queue.add_hog(3);
  queue.add_hog(2);
  queue.add_hog(1);
  queue.run_until(Time(72ms));
  EXPECT_EQ(queue.order(), "ABCABAABCABA");
}

// The textbook's example (Arpaci-Dusseau, "Operating Systems: Three Easy Pieces"): tickets
// 100 : 50 : 250, strides 100, 200, 40, all from 0: A B C C C A C C, and all are at 200.
TEST(Stride, TextbookSequence) {
  ScriptedQueue queue("stride:slice=10ms,init=zero");
  queue.add_hog(100);
  queue.add_hog(50);
  queue.add_hog(250);
  queue.run_until(Time(80ms));
  EXPECT_EQ(queue.order(), "ABCCCACC");
  for (EntityId e = 0; e < 3; ++e) EXPECT_EQ(queue.state(e, "pass"), tag(200us)) << e;
}

// Does one that uses a part of its slice pay for that part? A runs 5 of 10 ms at a time, B all 10:
// passes (10,10) A (15,10) B (15,20) A (20,20) A (25,20) B (25,30) A (30,30) A: two As for one B.
TEST(Stride, PartOfASliceCostsPartOfAStride) {
  ScriptedQueue queue("stride:slice=10ms");
  queue.add(1, {{5ms, 0ms}}, kStart, true);
  queue.add_hog(1);
  queue.run_until(Time(60ms));
  EXPECT_EQ(queue.order(), "ABAABAABA");
}

// Does a sleeper come back as far ahead as it left? Equal weights, slices 10 ms: A runs one slice:
// pass 20, global_pass = 10 / 2 = 5, remain 15, in which A and B are on their own: B's runs advance
// global_pass by 10 each, to 25 at 30 ms. Then A joins at 25 + 15 = 40, where B is at 30: B (40),
// A (tie, lower id).
TEST(Stride, SleeperKeepsItsRemain) {
  ScriptedQueue queue("stride:slice=10ms");
  const EntityId a = queue.add(1, {{10ms, 20ms}, {}});
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(20ms));
  EXPECT_EQ(queue.state(a, "remain"), tag(15ms));
  queue.run_until(Time(30ms));
  EXPECT_EQ(queue.state(a, "pass"), tag(40ms));
  EXPECT_EQ(queue.state(b, "pass"), tag(30ms));
  EXPECT_EQ(queue.state(b, "global_pass"), tag(25ms));
}

// Does one that joins in the middle of a run find global_pass where the run has got to? Equal
// weights, slices 10 ms, passes start at 10. B runs alone from 0; A wakes up at 4 ms, when
// global_pass is 4, and has the pass 14. Until 10 ms both have tickets: global_pass is 4 + 6 / 2.
TEST(Stride, JoinsInTheMiddleOfARun) {
  ScriptedQueue queue("stride:slice=10ms");
  const EntityId a = queue.add(1, {{5ms, 1s}}, Time(4ms));
  queue.add_hog(1);
  queue.run_until(Time(10ms));
  EXPECT_EQ(queue.state(a, "pass"), tag(14ms));
  EXPECT_EQ(queue.state(a, "global_pass"), tag(7ms));
}

// What does one gain that wakes up in the middle of the slices of a hog, runs for a moment and blocks?
// While it waits for w it is owed w / 2, and the hog, which runs, gets w / 2 too much: their passes
// come apart by w. So in the end it may keep the hog off the CPU for all that it has waited, give
// or take a slice of each; if global_pass lagged behind the run, it would be much more.
TEST(Stride, OneThatSavesUpItsWaitingCashesInNoMoreThanThat) {
  ScriptedQueue queue("stride");
  std::vector<ScriptedStep> steps(500, {1us, 1499us});
  steps.push_back({});
  const EntityId saver = queue.add(1, steps, Time(500us));
  const EntityId hog = queue.add_hog(1);
  queue.run_until(Time(2s));
  Duration waited{};
  Time woken(500us);
  int wakeups = 0;
  for (const ScriptedRun& run : queue.runs()) {
    if (run.entity != saver || ++wakeups > 501) continue;
    waited += run.begin - woken;
    woken = run.end + 1499us;
  }
  const Duration starved = queue.longest_gap(hog, kStart, Time(2s));
  EXPECT_GT(waited, 200ms);
  EXPECT_GE(starved, waited - 2ms);
  EXPECT_LE(starved, waited + 2ms);
}

// What does a change of tickets do to the remaining distance? Slices 10 ms, tickets 1 and 1; after
// A's first run A is 15 ahead of global_pass = 5. Twice the tickets halve that: pass 5 + 7.5.
TEST(Stride, NewTicketsScaleTheRemain) {
  ScriptedQueue queue("stride:slice=10ms");
  const EntityId a = queue.add_hog(1);
  queue.add_hog(1);
  queue.run_until(Time(10ms));
  EXPECT_EQ(queue.state(a, "pass"), tag(20ms));
  queue.set_weight(a, 2);
  EXPECT_EQ(queue.state(a, "pass"), tag(12500us));
}

/// The paper's rules over fractions; global_pass advances with the service that is given.
class StrideTwin final : public Twin {
 public:
  explicit StrideTwin(Duration slice) : slice_(slice) {}
  void add(EntityId e, Weight weight, Time) override {
    clients_[e] = {fraction(slice_) / weight, weight, false};
  }
  void set_weight(EntityId e, Weight weight, Time now) override {
    advance(now);
    Client& client = clients_[e];
    const bool active = client.active;
    if (active) leave(client);
    client.pass *= Fraction(client.weight, weight);
    client.weight = weight;
    if (active) join(client);
  }
  void enqueue(EntityId e, Time now) override {
    advance(now);
    join(clients_[e]);
  }
  void picked(EntityId, Time now) override { running_ = true, since_ = now; }
  void put_prev(EntityId e, Time now, Duration ran, bool still_runnable) override {
    advance(now);
    running_ = false;
    clients_[e].pass += fraction(ran) / clients_[e].weight;
    if (!still_runnable) leave(clients_[e]);
  }
  Fraction key(EntityId e) const override { return clients_.at(e).pass; }

 private:
  struct Client {
    Fraction pass;
    Weight weight = 1;
    bool active = false;
  };
  void advance(Time now) {
    Weight tickets = 0;
    for (const auto& [id, client] : clients_) tickets += client.active ? client.weight : 0;
    if (running_) global_pass_ += fraction(now - since_) / tickets;
    since_ = now;
  }
  void join(Client& client) { client.pass += global_pass_, client.active = true; }
  void leave(Client& client) { client.pass -= global_pass_, client.active = false; }

  const Duration slice_;
  std::map<EntityId, Client> clients_;
  Fraction global_pass_;
  Time since_ = kStart;
  bool running_ = false;
};

// Does it pick exactly what the paper's rules pick, where a tag of whole ns is a whole number and
// nobody joins later (a joining pass depends on the sum of all weights)?
RC_GTEST_PROP(Stride, PicksAsItsTwinWithExactWeights, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("stride", with_twin<StrideTwin, 0>);
    run_at_random(queue, kExactWeights, false, false);
  }
}

// And else, up to what rounding down to a tag unit can make of it?
RC_GTEST_PROP(Stride, PicksAsItsTwinUpToRounding, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("stride", with_twin<StrideTwin, 4>);
    run_at_random(queue, kOddWeights, true, true);
  }
}

}  // namespace
}  // namespace sharesim
