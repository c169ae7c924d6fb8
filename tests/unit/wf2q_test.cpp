// Worst-case fair weighted fair queuing, by its papers' examples and bounds, and against an exact
// twin.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schedulers/common/fluid_clock.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "tests/support/eligible_twin.hpp"
#include "tests/support/exact_fluid.hpp"
#include "tests/support/held_to_fluid.hpp"
#include "tests/support/scripted_queue.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

Tag tag(Duration per_weight) { return to_ns(per_weight) * kTagsPerNs; }

// Keshav's example ("An Engineering Approach to Computer Networking"), equal weights: at 0 requests
// of 1, 2 and 2 (A, B, C), at 4 one of 2 (A). F: A 1, B 2, C 2; V(4) = 3/2, so A's second has S =
// 3/2 and F = 7/2. At 5, V = 11/6: eligible. Served A 0-1, B 1-3, C 3-5, A 5-7, as wfq does.
TEST(Wf2q, KeshavsExample) {
  ScriptedQueue queue("wf2q:request=burst");
  const EntityId a = queue.add(1, {{1ms, 3ms}, {2ms, 5ms}, {1ms, 1s}});
  const EntityId b = queue.add(1, {{2ms, 1s}});
  const EntityId c = queue.add(1, {{2ms, 1s}});
  queue.run_until(Time(4ms));
  EXPECT_EQ(queue.state(a, "v"), tag(1500us));
  EXPECT_EQ(queue.state(a, "start_tag"), tag(1500us));
  EXPECT_EQ(queue.state(a, "finish_tag"), tag(3500us));
  queue.run_until(Time(11ms));
  EXPECT_EQ(queue.finished(a), (std::vector{Time(1ms), Time(7ms)}));
  EXPECT_EQ(queue.finished(b), std::vector{Time(3ms)});
  EXPECT_EQ(queue.finished(c), std::vector{Time(5ms)});
}

// One heavy flow (weight 10, 11 requests of 1) and ten light ones (weight 1, one request each), all
// at 0, the example of the paper. The heavy one's k-th has S = (k - 1) / 10, and V = t / 20: it is
// eligible at t = 2 (k - 1), and ends at 1, 3, 5, ..., 21; the light ones, S = 0 and F = 1, go
// between. wfq gives it 10 in a row.
TEST(Wf2q, HeavyFlowTakesTurnsWithTheLightOnes) {
  ScriptedQueue queue("wf2q:slice=1ms");
  const EntityId heavy = queue.add(10, {{11ms, 1s}});
  for (int i = 0; i < 10; ++i) queue.add(1, {{1ms, 1s}});
  queue.run_until(Time(21ms));
  EXPECT_EQ(queue.order(), "ABACADAEAFAGAHAIAJAKA");
  EXPECT_EQ(queue.longest_gap(heavy, kStart, Time(21ms)), 1ms);
}

// The same with n light ones, of any n: gaps of one slice, where wfq makes one of n slices; and the
// heavy one, to which ideal sharing gives half of the CPU, is never more than half a slice ahead.
TEST(Wf2q, HeavyFlowIsEvenlySpreadAtAnySize) {
  for (const int n : {2, 3, 17, 100}) {
    SCOPED_TRACE(n);
    const Time end = Time((2 * n + 1) * 1ms);
    ScriptedQueue queue("wf2q:slice=1ms");
    ScriptedQueue plain("wfq:slice=1ms");
    for (ScriptedQueue* q : {&queue, &plain}) {
      q->add(n, {{(n + 1) * 1ms, 1s}});
      for (int i = 0; i < n; ++i) q->add(1, {{1ms, 1s}});
      q->run_until(end);
    }
    EXPECT_EQ(queue.longest_gap(0, kStart, end), 1ms);
    EXPECT_EQ(plain.longest_gap(0, kStart, end), n * 1ms);
    for (int k = 0; k <= n; ++k) {
      const Time now = Time((2 * k + 1) * 1ms);
      EXPECT_EQ(queue.service(0, kStart, now) - (now - kStart) / 2, 500us) << k;
    }
  }
}

// Weights 5 and five times 1, all always runnable: A's k-th has S = (k - 1) / 5, V = t / 10, so A is
// eligible every other slice. (wfq: AAAAABCDEF.)
TEST(Wf2q, OneOfHalfTheWeightAmongFive) {
  ScriptedQueue queue("wf2q:slice=1ms");
  queue.add_hog(5);
  for (int i = 0; i < 5; ++i) queue.add_hog(1);
  queue.run_until(Time(20ms));
  EXPECT_EQ(queue.order(), "ABACADAEAFABACADAEAF");
}

// Requests of different lengths: A has 5 and then 8, B has 10, equal weights, all from 0. F: 5, 13
// and 10; at 5, V = 5/2, A's second (S = 5) is not eligible: 5, 10, 8 in this order, ending at 5, 15, 23.
TEST(Wf2q, ShorterRequestsGoFirst) {
  ScriptedQueue queue("wf2q:request=burst");
  const EntityId a = queue.add(1, {{5ms, 0ms}, {8ms, 1s}});
  const EntityId b = queue.add(1, {{10ms, 1s}});
  queue.run_until(Time(23ms));
  EXPECT_EQ(queue.finished(a), (std::vector{Time(5ms), Time(23ms)}));
  EXPECT_EQ(queue.finished(b), std::vector{Time(15ms)});
}

// What if the CPU is slower than V assumes? As with wfq: A has requests of 100 ms from 0 on; the CPU
// does one in the first second, V(1 s) = 1 s. B joins with S = 1 s, F = 1.1 s. A's, F = 200 ms, ...,
// 1100 ms (tie: lower id), are all eligible and all go first.
TEST(Wf2q, LateComerStarvesAfterASlowCpu) {
  ScriptedQueue queue("wf2q:slice=100ms");
  queue.set_slowness(kStart, 10);
  queue.set_slowness(Time(1s), 1);
  queue.add_hog(1);
  queue.add_hog(1, Time(1s));
  queue.run_until(Time(2s));
  EXPECT_EQ(queue.order(), "AAAAAAAAAAA");
}

// What if nobody is eligible? H runs 0-10, V(10) = 5; A declares 10, uses 1 and is gone: the fluid
// system has given it 5, 4 of them for nothing. At 11 V = 11/2, H alone has S = 10: V is set to 10, H
// runs, and V(21) = 20: a newcomer at 21 begins level with H, at 20.
TEST(Wf2q, ClockSkipsWhatNobodyUses) {
  ScriptedQueue queue("wf2q:slice=10ms");
  const EntityId hog = queue.add_hog(1);
  queue.add(1, {{1ms, 1s}});
  const EntityId late = queue.add_hog(1, Time(21ms));
  queue.run_until(Time(12ms));
  EXPECT_EQ(queue.order(), "AB");
  EXPECT_EQ(queue.state(hog, "v"), tag(10ms));
  queue.run_until(Time(21ms));
  EXPECT_EQ(queue.state(late, "start_tag"), tag(20ms));
  EXPECT_EQ(queue.state(hog, "start_tag"), tag(20ms));
}

// Does the clock, set on, let go of those who were to leave until then, and of them only? Flows 0, 1
// and 2 leave at V = 1, 2 and 5 ms; at V = 3 only the last is left, so V has slope 1.
TEST(Wf2q, FluidClockSetOn) {
  FluidClock clock(1);
  for (EntityId e = 0; e < 3; ++e) clock.join(1);
  clock.leave_at(0, 1, tag(1ms));
  clock.leave_at(1, 1, tag(2ms));
  clock.leave_at(2, 1, tag(5ms));
  clock.raise_to(tag(3ms));
  EXPECT_EQ(clock.v(), tag(3ms));
  EXPECT_FALSE(clock.stay(1));
  clock.raise_to(tag(1ms));
  EXPECT_EQ(clock.v(), tag(3ms)) << "never back";
  clock.advance(Time(1ms));
  EXPECT_EQ(clock.v(), tag(4ms));
}

class Wf2qTwin final : public EligibleTwin {
 public:
  explicit Wf2qTwin(Duration slice) : slice_(slice) {}
  void add(EntityId e, Weight weight, Time) override { fluid_.flow(e).weight = weight; }
  void set_weight(EntityId e, Weight weight, Time now) override {
    fluid_.set_weight(e, weight, now);
  }
  void enqueue(EntityId e, Time now) override { fluid_.arrive(e, now); }
  void put_prev(EntityId e, Time now, Duration ran, bool still_runnable) override {
    fluid_.end(e, now, ran, still_runnable);
  }
  Fraction key(EntityId e) const override { return fluid_.finish(e, slice_); }
  Fraction start(EntityId e) const override { return fluid_.flow(e).tag; }
  Fraction v(Time now) override {
    fluid_.advance(now);
    return fluid_.v();
  }
  void raise_v(const Fraction& v) override { fluid_.set_v(v); }

 private:
  const Duration slice_;
  ExactFluid fluid_;
};

// Does it pick exactly what the paper's rules pick, where a tag of whole ns is a whole number and
// nobody joins later (a joining S depends on V, and that on the sum of all weights)?
RC_GTEST_PROP(Wf2q, PicksAsItsTwinWithExactWeights, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("wf2q", with_twin<Wf2qTwin, 0>);
    run_at_random(queue, kExactWeights, false, false);
  }
}

// And else, up to what rounding down to a tag unit can make of it?
RC_GTEST_PROP(Wf2q, PicksAsItsTwinUpToRounding, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("wf2q", with_twin<Wf2qTwin, 4>);
    run_at_random(queue, kOddWeights, true, true);
  }
}

// Does it stay as near to ideal sharing as is proved, when flows join at any time and then have
// requests of any lengths: lag <= l_max, lead <= (1 - r_i) l_i, where r_i = w_i / sum of all w? 10 ns
// are for rounding.
RC_GTEST_PROP(Wf2q, StaysWithinOneRequestOfIdealSharing, ()) {
  for (int i = 0; i < kScripts; ++i) {
    hold_to_fluid("wf2q", false, [](const HeldFlow& flow) {
      RC_ASSERT(flow.lag <= to_ns(flow.longest_of_all) + 10);
      RC_ASSERT(-flow.lag <= to_ns(flow.longest) * (1 - flow.share) + 10);
    });
  }
}

// And where they sleep between requests? Then the fluid system here is not quite the ideal one: a
// request that is late (V has passed its F) stays in it until it is served, because more may follow.
// Lag keeps its bound; leads of 1.01 l_i have been seen, so l_i + l_max is asked for.
RC_GTEST_PROP(Wf2q, StaysNearIdealSharingAmongSleepers, ()) {
  for (int i = 0; i < kScripts; ++i) {
    hold_to_fluid("wf2q", true, [](const HeldFlow& flow) {
      RC_ASSERT(flow.lag <= to_ns(flow.longest_of_all) + 10);
      RC_ASSERT(-flow.lag <= to_ns(flow.longest + flow.longest_of_all) + 10);
    });
  }
}

}  // namespace
}  // namespace sharesim
