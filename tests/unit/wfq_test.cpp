// Weighted fair queuing, by the classic examples, and against an exact twin.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schedulers/common/fluid_clock.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "tests/support/exact_fluid.hpp"
#include "tests/support/held_to_fluid.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/shadowed.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

Tag tag(Duration per_weight) { return to_ns(per_weight) * kTagsPerNs; }

// Keshav's example ("An Engineering Approach to Computer Networking"), equal weights: at 0 requests
// of 1, 2 and 2 (A, B, C), at 4 one of 2 (A). V has slope 1/3 until t = 3 (V = 1, A leaves the
// fluid system), 1/2 until 4 (V = 3/2: A comes back), 1/3 until 11/2 (V = 2: B and C leave),
// then 1. F: A 1, B 2, C 2, A 3/2 + 2 = 7/2. Served A 0-1, B 1-3, C 3-5, A 5-7.
TEST(Wfq, KeshavsExample) {
  ScriptedQueue queue("wfq:request=burst");
  const EntityId a = queue.add(1, {{1ms, 3ms}, {2ms, 5ms}, {1ms, 1s}});
  const EntityId b = queue.add(1, {{2ms, 1s}});
  const EntityId c = queue.add(1, {{2ms, 1s}});
  queue.run_until(Time(4ms));
  EXPECT_EQ(queue.state(a, "v"), tag(1500us));
  EXPECT_EQ(queue.state(a, "start_tag"), tag(1500us));
  EXPECT_EQ(queue.state(a, "finish_tag"), tag(3500us));
  EXPECT_EQ(queue.state(b, "finish_tag"), tag(2ms));
  queue.run_until(Time(11ms));
  EXPECT_EQ(queue.finished(a), (std::vector{Time(1ms), Time(7ms)}));
  EXPECT_EQ(queue.finished(b), std::vector{Time(3ms)});
  EXPECT_EQ(queue.finished(c), std::vector{Time(5ms)});
}

// The same V on its own, at each of its bends, and idle from t = 7 on, where it stands at 7/2.
TEST(Wfq, FluidClockBendsWhereFlowsComeAndGo) {
  FluidClock clock(1);
  for (int i = 0; i < 3; ++i) clock.join(1);
  clock.leave_at(0, 1, tag(1ms));
  clock.leave_at(1, 1, tag(2ms));
  clock.leave_at(2, 1, tag(2ms));
  clock.advance(Time(1500us));
  EXPECT_EQ(clock.v(), tag(500us));
  clock.advance(Time(4ms));
  EXPECT_EQ(clock.v(), tag(1500us));
  EXPECT_FALSE(clock.stay(0)) << "has left at 3 ms";
  clock.join(1);
  clock.leave_at(0, 1, tag(3500us));
  clock.advance(Time(5500us));
  EXPECT_EQ(clock.v(), tag(2ms));
  clock.advance(Time(6ms));
  EXPECT_EQ(clock.v(), tag(2500us));
  clock.advance(Time(100ms));
  EXPECT_EQ(clock.v(), tag(3500us));
}

// One heavy flow (weight 10, 11 requests of 1) and ten light ones (weight 1, one request each). F
// of the heavy one: 1/10, 2/10, ..., 10/10 = 1, 11/10; of the light ones: 1. Ties go to the lower
// id: the heavy one is served ten times in a row, the light ones next, the last request at 20-21.
TEST(Wfq, HeavyFlowRunsAheadOfTheLightOnes) {
  ScriptedQueue queue("wfq:slice=1ms");
  const EntityId heavy = queue.add(10, {{11ms, 1s}});
  for (int i = 0; i < 10; ++i) queue.add(1, {{1ms, 1s}});
  queue.run_until(Time(21ms));
  EXPECT_EQ(queue.order(), "AAAAAAAAAABCDEFGHIJKA");
  EXPECT_EQ(queue.longest_gap(heavy, kStart, Time(21ms)), 10ms);
}

// Weights 5 and five times 1, all always runnable: F of A 1/5 ... 5/5, of the others 1: A five
// times (the fifth by its lower id), then one each, and so on.
TEST(Wfq, OneOfHalfTheWeightAmongFive) {
  ScriptedQueue queue("wfq:slice=1ms");
  queue.add_hog(5);
  for (int i = 0; i < 5; ++i) queue.add_hog(1);
  queue.run_until(Time(20ms));
  EXPECT_EQ(queue.order(), "AAAAABCDEFAAAAABCDEF");
}

// Requests of different lengths: A has 5 and then 8, B has 10, equal weights, all from 0. F: 5, 13
// and 10, so A's first, B's, A's second: they finish at 5, 15, 23.
TEST(Wfq, ShorterRequestsGoFirst) {
  ScriptedQueue queue("wfq:request=burst");
  const EntityId a = queue.add(1, {{5ms, 0ms}, {8ms, 1s}});
  const EntityId b = queue.add(1, {{10ms, 1s}});
  queue.run_until(Time(23ms));
  EXPECT_EQ(queue.order(), "ABA");
  EXPECT_EQ(queue.finished(a), (std::vector{Time(5ms), Time(23ms)}));
  EXPECT_EQ(queue.finished(b), std::vector{Time(15ms)});
}

// What if the CPU is slower than V assumes? A has requests of 100 ms from 0 on; the CPU does one in
// the first second, where V counts ten: V(1 s) = 1 s. B joins then with F = 1 s + 100 ms. A's go
// F = 200 ms, ..., 1100 ms (tie: lower id): all ten of the next second are A's.
TEST(Wfq, LateComerStarvesAfterASlowCpu) {
  ScriptedQueue queue("wfq:slice=100ms");
  queue.set_slowness(kStart, 10);
  queue.set_slowness(Time(1s), 1);
  queue.add_hog(1);
  const EntityId b = queue.add_hog(1, Time(1s));
  queue.run_until(Time(2s));
  EXPECT_EQ(queue.order(), "AAAAAAAAAAA");
  EXPECT_EQ(queue.state(b, "finish_tag"), tag(1100ms));
}

// And with the tie to the late comer? F = 200, ..., 1000 ms are A's all the same: 9 to 1.
TEST(Wfq, LateComerGetsOneSliceOfTenIfTheTieIsItsOwn) {
  ScriptedQueue queue("wfq:slice=100ms");
  queue.set_slowness(kStart, 10);
  queue.set_slowness(Time(1s), 1);
  const EntityId late = queue.add_hog(1, Time(1s));
  queue.add_hog(1);
  queue.run_until(Time(2s));
  EXPECT_EQ(queue.order(), "BBBBBBBBBBA");
  EXPECT_EQ(queue.service(late, Time(1s), Time(2s)), 100ms);
}

// Is what ends early charged as what it used? A declares 10 ms and blocks after 2: F = 2, not 10.
// At 3 ms (V = 3 / 2 until V = 2 at 4) A is back with S = 2, F = 12; B's second request has S = 10,
// F = 20.
TEST(Wfq, EarlyEndIsChargedWhatItUsed) {
  ScriptedQueue queue("wfq:slice=10ms");
  const EntityId a = queue.add(1, {{2ms, 1ms}, {}});
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(3ms));
  EXPECT_EQ(queue.state(a, "start_tag"), tag(2ms));
  EXPECT_EQ(queue.state(a, "finish_tag"), tag(12ms));
  queue.run_until(Time(12ms));
  EXPECT_EQ(queue.state(b, "finish_tag"), tag(20ms));
}

/// The textbook's rules over fractions.
class WfqTwin final : public Twin {
 public:
  explicit WfqTwin(Duration slice) : slice_(slice) {}
  void add(EntityId e, Weight weight, Time) override { fluid_.flow(e).weight = weight; }
  void set_weight(EntityId e, Weight weight, Time now) override {
    fluid_.set_weight(e, weight, now);
  }
  void enqueue(EntityId e, Time now) override { fluid_.arrive(e, now); }
  void picked(EntityId, Time) override {}
  void put_prev(EntityId e, Time now, Duration ran, bool still_runnable) override {
    fluid_.end(e, now, ran, still_runnable);
  }
  Fraction key(EntityId e) const override { return fluid_.finish(e, slice_); }

 private:
  const Duration slice_;
  ExactFluid fluid_;
};

// Does it pick exactly what the textbook's rules pick, where a tag of whole ns is a whole number
// and nobody joins later (a joining S depends on V, and that on the sum of all weights)?
RC_GTEST_PROP(Wfq, PicksAsItsTwinWithExactWeights, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("wfq", with_twin<WfqTwin, 0>);
    run_at_random(queue, kExactWeights, false, false);
  }
}

// And else, up to what rounding down to a tag unit can make of it?
RC_GTEST_PROP(Wfq, PicksAsItsTwinUpToRounding, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("wfq", with_twin<WfqTwin, 4>);
    run_at_random(queue, kOddWeights, true, true);
  }
}

// The bound of Parekh and Gallager (1993): nothing ends later than in the fluid system by more than one
// request of the longest, so lag <= l_max, whoever joins or sleeps. (No such bound holds for leads: see
// HeavyFlowRunsAheadOfTheLightOnes.) 10 ns are for rounding.
RC_GTEST_PROP(Wfq, LagStaysWithinTheLongestRequest, ()) {
  for (int i = 0; i < kScripts; ++i) {
    hold_to_fluid("wfq", i % 2 == 0, [](const HeldFlow& flow) {
      RC_ASSERT(flow.lag <= to_ns(flow.longest_of_all) + 10);
    });
  }
}

}  // namespace
}  // namespace sharesim
