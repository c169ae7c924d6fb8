// Self-clocked fair queuing, by its paper's rules and bound, and against an exact twin.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
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

// Keshav's arrivals, equal weights: at 0 requests of 1, 2 and 2 (A, B, C), at 4 one of 2 (A). F: A 1,
// B 2, C 2. At 4 C is in service, v = 2, so A's second has S = 2 and F = 4 (in the fluid system: 3/2
// and 7/2). Idle from 7 on, v stays at 4: A's third, at 12, has S = 4.
TEST(Scfq, ClockIsTheFinishTagInService) {
  ScriptedQueue queue("scfq:request=burst");
  const EntityId a = queue.add(1, {{1ms, 3ms}, {2ms, 5ms}, {1ms, 1s}});
  queue.add(1, {{2ms, 1s}});
  queue.add(1, {{2ms, 1s}});
  queue.run_until(Time(4ms));
  EXPECT_EQ(queue.state(a, "v"), tag(2ms));
  EXPECT_EQ(queue.state(a, "start_tag"), tag(2ms));
  EXPECT_EQ(queue.state(a, "finish_tag"), tag(4ms));
  queue.run_until(Time(12ms));
  EXPECT_EQ(queue.order(), "ABCA");
  EXPECT_EQ(queue.finished(a), (std::vector{Time(1ms), Time(7ms)}));
  EXPECT_EQ(queue.state(a, "start_tag"), tag(4ms));
}

// One heavy flow (weight 10, 11 requests of 1) and ten light ones (weight 1, one request each), all
// at 0. F of the heavy one: 1/10, ..., 10/10 = 1, 11/10; of the light ones: 1. Ties go to the lower
// id: ten in a row, as with wfq.
TEST(Scfq, HeavyFlowRunsAheadOfTheLightOnes) {
  ScriptedQueue queue("scfq:slice=1ms");
  const EntityId heavy = queue.add(10, {{11ms, 1s}});
  for (int i = 0; i < 10; ++i) queue.add(1, {{1ms, 1s}});
  queue.run_until(Time(21ms));
  EXPECT_EQ(queue.order(), "AAAAAAAAAABCDEFGHIJKA");
  EXPECT_EQ(queue.longest_gap(heavy, kStart, Time(21ms)), 10ms);
}

// Requests of different lengths: A has 5 and then 8, B has 10, equal weights, all from 0: F 5, 13 and
// 10, so 5, 10, 8.
TEST(Scfq, ShorterRequestsGoFirst) {
  ScriptedQueue queue("scfq:request=burst");
  const EntityId a = queue.add(1, {{5ms, 0ms}, {8ms, 1s}});
  const EntityId b = queue.add(1, {{10ms, 1s}});
  queue.run_until(Time(23ms));
  EXPECT_EQ(queue.finished(a), (std::vector{Time(5ms), Time(23ms)}));
  EXPECT_EQ(queue.finished(b), std::vector{Time(15ms)});
}

// Is a CPU that is slow for a while shared fairly afterwards, unlike with wfq? A has requests of 100
// ms since 0, B since 1 s; the CPU does one in the first second and ten in the next. At 1 s v = 100 ms,
// A's next and B's first have F = 200 ms: they alternate, 5 to 5.
TEST(Scfq, SharesASlowCpuFairly) {
  ScriptedQueue queue("scfq:slice=100ms");
  queue.set_slowness(kStart, 10);
  queue.set_slowness(Time(1s), 1);
  queue.add_hog(1);
  queue.add_hog(1, Time(1s));
  queue.run_until(Time(2s));
  EXPECT_EQ(queue.order(), "AABABABABAB");
}

// How far apart do W_A / w_A and W_B / w_B get over any interval, for two that always run, with
// slices of 10 ms? The paper's bound is 10 / w_A + 10 / w_B; by hand, from the order in which the
// smaller finish tag goes first (ties: A): 10, 10, 10, 20/3, 10, as with sfq, in another order.
TEST(Scfq, ServiceOfTwoStaysWithinTheFairnessBound) {
  expect_pairs("scfq", {{1, 2, "BABBABBABBAB", 10},
                        {1, 1, "ABABABABABAB", 10},
                        {1, 3, "BBABBBABBBAB", 10},
                        {2, 3, "BABABBABABBA", Fraction(20, 3)},
                        {1, 10, "BBBBBBBBBABB", 10}});
}

// And if others come and go beside the two, with any weights? 1 ns per unit of weight is for
// rounding.
RC_GTEST_PROP(Scfq, ServiceOfTwoStaysWithinTheFairnessBoundAmongOthers, ()) {
  for (int script = 0; script < kScripts; ++script) {
    ScriptedQueue queue("scfq:slice=1ms");
    const auto length = [](std::int64_t most) {
      return Duration(
          *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::int64_t>(200'000, most)));
    };
    const auto a = *rc::gen::elementOf(kOddWeights);
    const auto b = *rc::gen::elementOf(kOddWeights);
    queue.add_hog(a);
    queue.add_hog(b);
    const int others = *rc::gen::inRange(0, 6);
    for (int i = 0; i < others; ++i) {
      queue.add(*rc::gen::elementOf(kOddWeights), {{length(4'000'000), length(8'000'000)}},
                Time(length(5'000'000)), true);
    }
    queue.run_until(Time(100ms));
    Fraction difference;
    Fraction least;
    Fraction most;
    for (const ScriptedRun& run : queue.runs()) {
      if (run.entity == 0) difference += fraction(run.length()) / a;
      if (run.entity == 1) difference -= fraction(run.length()) / b;
      least = std::min(least, difference);
      most = std::max(most, difference);
    }
    RC_ASSERT(most - least <= fraction(1ms + 1ns) / a + fraction(1ms + 1ns) / b);
  }
}

// Is what ends early charged as what it used, and v left where it was? A declares 10 and blocks after
// 2: F = 2, v = 10. It wakes up at 3, while B is in service (v = 10): S = max(2, 10) = 10, F = 20. B's
// second has S = 10, F = 20 as well, and the tie goes to A.
TEST(Scfq, EarlyEndIsChargedWhatItUsed) {
  ScriptedQueue queue("scfq:slice=10ms");
  const EntityId a = queue.add(1, {{2ms, 1ms}, {}});
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(2500us));
  EXPECT_EQ(queue.state(a, "finish_tag"), tag(2ms));
  EXPECT_EQ(queue.state(a, "v"), tag(10ms));
  queue.run_until(Time(12ms));
  EXPECT_EQ(queue.state(a, "finish_tag"), tag(20ms));
  EXPECT_EQ(queue.state(b, "finish_tag"), tag(20ms));
  queue.run_until(Time(32ms));
  EXPECT_EQ(queue.order(), "ABAB");
}

/// The paper's rules over fractions.
class ScfqTwin final : public Twin {
 public:
  explicit ScfqTwin(Duration slice) : slice_(slice) {}
  void add(EntityId e, Weight weight, Time) override { flows_[e] = {0, weight}; }
  void set_weight(EntityId e, Weight weight, Time) override { flows_[e].weight = weight; }
  void enqueue(EntityId e, Time) override { flows_[e].tag = std::max(v_, flows_[e].tag); }
  void picked(EntityId e, Time) override { v_ = key(e); }
  void put_prev(EntityId e, Time, Duration ran, bool) override {
    flows_[e].tag += fraction(ran) / flows_[e].weight;
  }
  Fraction key(EntityId e) const override {
    return flows_.at(e).tag + fraction(slice_) / flows_.at(e).weight;
  }

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
RC_GTEST_PROP(Scfq, PicksAsItsTwinWithExactWeights, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("scfq", with_twin<ScfqTwin, 0>);
    run_at_random(queue, kExactWeights, *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>());
  }
}

// And, with any weights, up to what rounding down to a tag unit can make of it?
RC_GTEST_PROP(Scfq, PicksAsItsTwinUpToRounding, ()) {
  for (int i = 0; i < kScripts; ++i) {
    ScriptedQueue queue("scfq", with_twin<ScfqTwin, 2>);
    run_at_random(queue, kOddWeights, true, true);
  }
}

}  // namespace
}  // namespace sharesim
