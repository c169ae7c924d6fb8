// WF2Q+, by its paper's examples and bounds, and against an exact twin.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schedulers/common/virtual_time.hpp"
#include "tests/support/eligible_twin.hpp"
#include "tests/support/scripted_queue.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

Tag tag(Duration per_weight) { return to_ns(per_weight) * kTagsPerNs; }

// One heavy flow (weight 10, 11 requests of 1) and ten light ones (weight 1, one request each), all
// at 0. V = W / 20 = t / 20 also when light ones have left, because their weights still count: the
// heavy one's k-th, S = (k - 1) / 10, is eligible at t = 2 (k - 1). The same order as wf2q.
TEST(Wf2qPlus, HeavyFlowTakesTurnsWithTheLightOnes) {
  ScriptedQueue queue("wf2q_plus:slice=1ms");
  const EntityId heavy = queue.add(10, {{11ms, 1s}});
  for (int i = 0; i < 10; ++i) queue.add(1, {{1ms, 1s}});
  queue.run_until(Time(21ms));
  EXPECT_EQ(queue.order(), "ABACADAEAFAGAHAIAJAKA");
  EXPECT_EQ(queue.longest_gap(heavy, kStart, Time(21ms)), 1ms);
}

// Weights 5 and five times 1, all always runnable: as with wf2q.
TEST(Wf2qPlus, OneOfHalfTheWeightAmongFive) {
  ScriptedQueue queue("wf2q_plus:slice=1ms");
  queue.add_hog(5);
  for (int i = 0; i < 5; ++i) queue.add_hog(1);
  queue.run_until(Time(20ms));
  EXPECT_EQ(queue.order(), "ABACADAEAFABACADAEAF");
}

// Requests of different lengths: A has 5 and then 8, B has 10, equal weights, all from 0: after A's
// first V = 5/2, its second (S = 5) is not eligible: 5, 10, 8 in this order.
TEST(Wf2qPlus, ShorterRequestsGoFirst) {
  ScriptedQueue queue("wf2q_plus:request=burst");
  const EntityId a = queue.add(1, {{5ms, 0ms}, {8ms, 1s}});
  const EntityId b = queue.add(1, {{10ms, 1s}});
  queue.run_until(Time(23ms));
  EXPECT_EQ(queue.finished(a), (std::vector{Time(5ms), Time(23ms)}));
  EXPECT_EQ(queue.finished(b), std::vector{Time(15ms)});
}

// Keshav's arrivals, equal weights: at 0 requests of 1, 2 and 2 (A, B, C), at 4 one of 2 (A). V goes
// by all three weights: 1/3 after A's first, 1 after B's. C runs 3-5: A comes back at 4 with S = 1 and
// F = 3, where the fluid system's V is 3/2. It is served in the same order: A B C A.
TEST(Wf2qPlus, ClockGoesByService) {
  ScriptedQueue queue("wf2q_plus:request=burst");
  const EntityId a = queue.add(1, {{1ms, 3ms}, {2ms, 1s}});
  queue.add(1, {{2ms, 1s}});
  queue.add(1, {{2ms, 1s}});
  queue.run_until(Time(4ms));
  EXPECT_EQ(queue.state(a, "v"), tag(1ms));
  EXPECT_EQ(queue.state(a, "start_tag"), tag(1ms));
  EXPECT_EQ(queue.state(a, "finish_tag"), tag(3ms));
  queue.run_until(Time(7ms));
  EXPECT_EQ(queue.order(), "ABCA");
  EXPECT_EQ(queue.state(a, "v"), tag(7ms) / 3);
}

// Does V follow the start tags when only few of all are runnable? A alone, of two with weight 1: V =
// W / 2 would be 5 after A's first slice of 10; but V = max(5, S_A = 10) at the pick, then 15, 20, 25,
// 30, 35. At 32 B joins at V = 30, the V at the beginning of A's fourth run, S_A = 40 after it: B goes
// next, and then they take turns.
TEST(Wf2qPlus, ClockIsPushedOnByTheSmallestStartTag) {
  ScriptedQueue queue("wf2q_plus:slice=10ms");
  queue.add_hog(1);
  const EntityId b = queue.add_hog(1, Time(32ms));
  queue.run_until(Time(32ms));
  EXPECT_EQ(queue.state(b, "v"), tag(30ms));
  EXPECT_EQ(queue.state(b, "start_tag"), tag(30ms));
  queue.run_until(Time(80ms));
  EXPECT_EQ(queue.order(), "AAAABABA");
}

// Is a CPU that is slow for a while shared fairly afterwards, unlike with wf2q? A has requests of 100
// ms since 0, B since 1 s; the CPU does one in the first second and ten in the next. V counts service:
// 0 while A's first runs, so B begins at S = 0: B A B A ..., 5 to 5.
TEST(Wf2qPlus, SharesASlowCpuFairly) {
  ScriptedQueue queue("wf2q_plus:slice=100ms");
  queue.set_slowness(kStart, 10);
  queue.set_slowness(Time(1s), 1);
  queue.add_hog(1);
  queue.add_hog(1, Time(1s));
  queue.run_until(Time(2s));
  EXPECT_EQ(queue.service(0, Time(1s), Time(2s)), 500ms);
  EXPECT_EQ(queue.service(1, Time(1s), Time(2s)), 500ms);
}

// Does a new weight count at once, in any state? Weights 1 and 1, slices of 10 ms. A queued one is
// restamped: B's F = 0 + 10 / 2. V goes on by the new sum: 10 / 2 after A's first run, then by 10 / 3
// for each: 25/3, 35/3 and 15, B's S goes 5, 10, 15, and A's, 10 with F = 20, is served on the tie at
// V = 15, F = 20. B has two for one of A from then on.
TEST(Wf2qPlus, NewWeightRestampsTheWaitingRequest) {
  ScriptedQueue queue("wf2q_plus:slice=10ms");
  queue.add_hog(1);
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(10ms));
  queue.set_weight(b, 2);
  EXPECT_EQ(queue.state(b, "start_tag"), 0);
  EXPECT_EQ(queue.state(b, "finish_tag"), tag(5ms));
  queue.run_until(Time(20ms));
  EXPECT_EQ(queue.state(b, "v"), tag(5ms) + tag(10ms) / 3);
  queue.run_until(Time(70ms));
  EXPECT_EQ(queue.order(), "ABBBABB");
}

// Where everybody is runnable V is that of the fluid system: is the order that of wf2q, to the last
// run, with any weights?
RC_GTEST_PROP(Wf2qPlus, IsWf2qWhileEverybodyIsRunnable, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("wf2q_plus");
    ScriptedQueue fluid("wf2q");
    const EntityId count = *rc::gen::inRange<EntityId>(2, 9);
    for (EntityId e = 0; e < count; ++e) {
      const auto weight = *rc::gen::inRange<Weight>(1, 1000);
      queue.add_hog(weight);
      fluid.add_hog(weight);
    }
    queue.run_until(Time(200ms));
    fluid.run_until(Time(200ms));
    RC_ASSERT(queue.order() == fluid.order());
  }
}

class Wf2qPlusTwin final : public EligibleTwin {
 public:
  explicit Wf2qPlusTwin(Duration slice) : slice_(slice) {}
  void add(EntityId e, Weight weight, Time) override { flows_[e] = {0, weight}; }
  void set_weight(EntityId e, Weight weight, Time) override { flows_[e].weight = weight; }
  void enqueue(EntityId e, Time) override { flows_[e].tag = std::max(v_, flows_[e].tag); }
  void put_prev(EntityId e, Time, Duration ran, bool) override {
    Weight total = 0;
    for (const auto& [id, flow] : flows_) total += flow.weight;
    flows_[e].tag += fraction(ran) / flows_[e].weight;
    v_ += fraction(ran) / total;
  }
  Fraction start(EntityId e) const override { return flows_.at(e).tag; }
  Fraction key(EntityId e) const override {
    return flows_.at(e).tag + fraction(slice_) / flows_.at(e).weight;
  }
  Fraction v(Time) override { return v_; }
  void raise_v(const Fraction& v) override { v_ = v; }

 private:
  struct Flow {
    Fraction tag;
    Weight weight = 1;
  };
  const Duration slice_;
  std::map<EntityId, Flow> flows_;
  Fraction v_;
};

// Does it pick exactly what the paper's rules pick, where a tag of whole ns is a whole number?
RC_GTEST_PROP(Wf2qPlus, PicksAsItsTwinWithExactWeights, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("wf2q_plus", with_twin<Wf2qPlusTwin, 0>);
    run_at_random(queue, kExactWeights, false, false);
  }
}

// And else, up to what rounding down to a tag unit can make of it?
RC_GTEST_PROP(Wf2qPlus, PicksAsItsTwinUpToRounding, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("wf2q_plus", with_twin<Wf2qPlusTwin, 4>);
    run_at_random(queue, kOddWeights, true, true);
  }
}

// Does one that always runs get its guaranteed part, r_i = w_i / sum of all w, of any time that ends
// when a request of its ends, less the worst-case fair index l_i + (l_max - l_i) r_i = one slice,
// whatever the others do? That is: how far does r_i t - W_i, at such an end, lie above any earlier value of
// it. One that arrives during a run sees an old V, by up to l_max / sum of w, which can cost another
// r_i l_max; 10 ns are for rounding.
RC_GTEST_PROP(Wf2qPlus, GuaranteesItsPartOfAnyInterval, ()) {
  for (int script = 0; script < kScripts; ++script) {
    ScriptedQueue queue("wf2q_plus:slice=1ms");
    const auto length = [](std::int64_t most) {
      return Duration(
          *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::int64_t>(200'000, most)));
    };
    const auto weight = *rc::gen::elementOf(kOddWeights);
    queue.add_hog(weight);
    Weight total = weight;
    const int others = *rc::gen::inRange(1, 7);
    for (int i = 0; i < others; ++i) {
      const auto other = *rc::gen::elementOf(kOddWeights);
      total += other;
      if (*rc::gen::inRange(0, 4) == 0) {
        queue.add_hog(other);
      } else {
        queue.add(other, {{length(4'000'000), length(8'000'000)}}, Time(length(5'000'000)), true);
      }
    }
    queue.run_until(Time(100ms));
    const Fraction part(weight, total);
    const Fraction bound = fraction(1ms) * (1 + part) + 10;
    Fraction least;
    Duration service_until_now{};
    for (const ScriptedRun& run : queue.runs()) {
      service_until_now = queue.service(0, kStart, run.begin);
      least =
          std::min<Fraction>(least, part * to_ns(run.begin - kStart) - to_ns(service_until_now));
      if (run.entity != 0) continue;
      service_until_now += run.length();
      const Fraction owed = part * to_ns(run.end - kStart) - to_ns(service_until_now);
      RC_ASSERT(owed - least <= bound);
    }
  }
}

}  // namespace
}  // namespace sharesim
