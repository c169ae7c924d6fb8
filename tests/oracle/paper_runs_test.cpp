// Do whole runs, through the engine, come out as the papers' examples and the closed forms say? (The same examples by
// scripted calls, policy by policy, are among the unit tests.)

#include <gtest/gtest.h>

#include "sim/metrics/measures.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::test {
namespace {

TEST(PaperRuns, SfqOnACpuWithSleepers) {
  // Goyal, Guo, Vin (OSDI 1996): weights A 1, B 2, quanta of 10 ms. A runs 20 ms and sleeps until 110; B runs 70 ms and
  // sleeps until 115. While the CPU idles, v is the largest finish tag: 35 (B: 70/2). So both wake with tag 35.
  ScenarioBuilder b;
  b.duration(200ms);
  b.task("A", 1, once({run_for(20ms), sleep_for(70ms), run_for(1h)}));
  b.task("B", 2, once({run_for(70ms), sleep_for(25ms), run_for(1h)}));
  // A is served 0-10 and 30-40, so it blocks at 40 and wakes at 110; B blocks at 90 and wakes at 115.
  EXPECT_EQ(run_scenario(b.build(), "sfq:slice=10ms").slots(),
            "A 0s-10ms, B 10ms-30ms, A 30ms-40ms, B 40ms-90ms, A 110ms-120ms, B 120ms-140ms, A "
            "140ms-150ms, "
            "B 150ms-170ms, A 170ms-180ms, B 180ms-200ms");
}

TEST(PaperRuns, SfqServesASleeperWithinItsDelayBound) {
  // Four hogs and Z, equal weights, quanta of 10 ms; Z wakes at 43 (v = 10) and needs 5 ms. All four hogs stand before it
  // (tags 10, ties to the lower id), the running one to its end: Z runs 80-85; the theorem allows until 88.
  ScenarioBuilder b;
  b.duration(100ms);
  for (const char* name : {"a", "b", "c", "d"}) b.task(name, 1);
  b.task("Z", 1, once({sleep_for(43ms), run_for(5ms)}));
  const RunLog log = run_scenario(b.build(), "sfq:slice=10ms");
  ASSERT_EQ(log.completions.size(), 1U);
  EXPECT_EQ(log.completions[0].at, ms(85));
}

TEST(PaperRuns, StrideSequence) {
  // Waldspurger, Weihl (1995): 3:2:1 tickets; passes start at the strides 2, 3, 6.
  ScenarioBuilder b;
  b.duration(12ms);
  b.task("A", 3);
  b.task("B", 2);
  b.task("C", 1);
  EXPECT_EQ(run_scenario(b.build(), "stride").order(), "ABAABCABAABC");
  EXPECT_EQ(run_scenario(b.build(), "stride:init=zero").order(), "ABCABAABCABA");
}

struct BurstCase {
  const char* scheduler;
  Duration starved;
};

class CreditBurst : public testing::TestWithParam<BurstCase> {};

TEST_P(CreditBurst, StarvesTheVictimAsLongAsTheFormulaSays) {
  // The attacker sleeps 10 s, earns .2 of the CPU up to 5 s, then never blocks; the victim earns nothing. Credit at 10 s: 2 s.
  ScenarioBuilder b;
  b.duration(30s);
  b.task("attacker", 2, once({sleep_for(10s), run_for(1h)}));
  b.task("victim", 1);
  const auto scenario = std::make_shared<const Scenario>(b.build());
  Measures measures(scenario, "credit");
  run_engine(*scenario, Registry::global().parse(GetParam().scheduler), measures);
  const EntityResult victim = measures.row(EntityRef::task(1));
  EXPECT_EQ(victim.starvation.length, GetParam().starved);
  EXPECT_EQ(victim.starvation.start, ms(10'000));
  EXPECT_EQ(victim.starvation.runner, 0U);
}

// Weights are reduced to their ratio (2:1), so earning_weight=2 lets only the attacker earn.
INSTANTIATE_TEST_SUITE_P(
    Lecture, CreditBurst,
    testing::Values(
        // No earning while it runs: c = 2 s.
        BurstCase{"credit:rate=20%,earning_weight=2,limit=5s,grant_period=10ms,slice=10ms,earn=not_"
                  "running",
                  2s},
        // Grants of .2 s at whole seconds: 2 + .2 (at 11) + .2 (at 12) = 2.4 s.
        BurstCase{"credit:rate=20%,earning_weight=2,limit=5s,grant_period=1s,slice=10ms", 2400ms},
        // Grants of .02 s: 2.48 s.
        BurstCase{"credit:rate=20%,earning_weight=2,limit=5s,grant_period=100ms,slice=10ms",
                  2480ms},
        // Grants of 2 ms each 10 ms, paid by whole slices, into debt: 2.5 s = c / (1 - r).
        BurstCase{"credit:rate=20%,earning_weight=2,limit=5s,grant_period=10ms,slice=10ms", 2500ms},
        // The trap: the balance is clamped at 0, a grant pays for the next slice: for ever (20 of 20 s).
        BurstCase{
            "credit:rate=20%,earning_weight=2,limit=5s,grant_period=10ms,slice=10ms,debt=clamped",
            20s}));

struct CapShare {
  std::vector<Weight> weights;
  std::vector<double> shares;
};

class CappedShares : public testing::TestWithParam<CapShare> {};

TEST_P(CappedShares, AreWeightedMaxMin) {
  // One CPU, hogs; the first one is capped at 30 % (3 of 10 ms): what it may not use goes to the others by weight.
  ScenarioBuilder b;
  b.duration(10s);
  for (std::size_t i = 0; i < GetParam().weights.size(); ++i) {
    TaskSpec& task = b.task("t" + std::to_string(i), GetParam().weights[i]);
    if (i == 0) task.cap = Bandwidth{3ms, 10ms, 0ms};
  }
  for (const char* scheduler : {"sfq", "wfq", "stride"}) {
    const RunLog log = run_scenario(b.build(), scheduler);
    for (TaskId id = 0; id < GetParam().weights.size(); ++id) {
      EXPECT_NEAR(static_cast<double>(to_ns(log.service(id))) / 10e9, GetParam().shares[id], 0.001)
          << scheduler;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Caps, CappedShares,
                         testing::Values(CapShare{{1, 1, 2}, {.25, .25, .5}},    // the cap is slack
                                         CapShare{{2, 1, 1}, {.3, .35, .35}}));  // it binds

}  // namespace
}  // namespace sharesim::test
