// How long a neighbour waits for a group that cashes in what it has saved: closed formulas, and the simulator.

#include <algorithm>
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "sim/metrics/measures.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using namespace test;

/// The longest stretch that a neighbour waits for a group with `cap`, which weighs so much more that it is
/// always first, has saved all it can, and is busy from `start` on.
Duration neighbours_wait(const Bandwidth& cap, Time start, Duration run, const char* scheduler) {
  ScenarioBuilder b;
  b.duration(run);
  const GroupId group = b.group("bursty", 10'000);
  b.spec(group).cap = cap;
  b.task("busy", 1, RunForever{}, group).start = start - kStart;
  b.task("neighbour", 1);
  const auto scenario = std::make_shared<const Scenario>(b.build());
  Measures measures(scenario, scheduler);
  run_engine(*scenario, Registry::global().parse(scheduler), measures, {});
  return measures.row(EntityRef::task(1)).starvation.length;
}

/// With `left` at a refill: each period that begins with at least P lasts, and leaves Q - P less to the next.
std::int64_t from_a_refill_on(std::int64_t left, std::int64_t quota, std::int64_t period) {
  const std::int64_t refills = left < period ? 0 : (left - period) / (period - quota) + 1;
  return left + refills * quota;
}

/// Woken with all that can be saved, `before` a refill.
std::int64_t burst(std::int64_t before, std::int64_t quota, std::int64_t period,
                   std::int64_t spare) {
  const std::int64_t full = quota + spare;
  if (full < before) return full;
  return before + from_a_refill_on(std::min(full - before + quota, full), quota, period);
}

// Question: is the wait that of the closed formula, for any quota, burst and instant of waking? In whole ms, so that
// slices end where things happen. (Catches: a refill that comes before the use at the same instant, or forgets the
// room that use before it has made.)
TEST(Burst, OfCpuMaxLastsAsTheFormulaSays) {
  int across_refills = 0;
  std::mt19937_64 random(1);
  const auto draw = [&](std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  };
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t period = draw(2, 100);
    const std::int64_t quota = draw(1, period - 1);
    const std::int64_t spare = draw(0, quota);
    const std::int64_t before = draw(1, period);
    const Bandwidth cap{quota * 1ms, period * 1ms, spare * 1ms, {}};
    const std::int64_t expected = burst(before, quota, period, spare);
    const Time start = ms(3 * period - before);
    // It ends before the weights, 10000 slices to 1, let the neighbour in.
    if (expected >= 9000) continue;
    if (expected > period) ++across_refills;
    const Duration run = (start - kStart) + 2 * expected * 1ms + 2 * period * 1ms;
    for (const char* scheduler : {"sfq", "wfq", "stride"}) {
      ASSERT_EQ(neighbours_wait(cap, start, run, scheduler), expected * 1ms)
          << scheduler << " quota " << quota << " period " << period << " burst " << spare
          << " woken " << before << " before a refill";
    }
    // The worst instant is Q before a refill, and costs the neighbour another Q.
    const std::int64_t at_refill = from_a_refill_on(quota + spare, quota, period);
    ASSERT_EQ(burst(quota, quota, period, spare), at_refill + quota);
    ASSERT_LE(expected, at_refill + quota);
  }
  EXPECT_GT(across_refills, 200);
}

// Question: what does it become when quota is refilled all the time, as credits nearly are? Expected: a balance b and a
// rate r last b / (1 - r): 5 s at 0.2 are 6.25 s. With refills every 10 ms one of 2 ms is still under way at the end.
TEST(Burst, OfSavedCreditsLastsBalanceOverOneMinusRate) {
  for (const std::int64_t percent : {5, 20, 50, 80}) {
    const Bandwidth cap{percent * 100us, 10ms, 10s, CreditTerms{.balance = 5s}};
    const Duration wait = neighbours_wait(cap, ms(0), 40s, "sfq:slice=20ms");
    const double expected = 5.0 / (1 - static_cast<double>(percent) / 100);
    EXPECT_NEAR(static_cast<double>(to_ns(wait)) / 1e9, expected, 0.05) << percent;
  }
}

// The textbook's token bucket: 250 kB saved up, filled at 2 MB/s, on a link of 25 MB/s, is a burst at full speed of
// 250 kB / (23 MB/s) = 10.8696 ms. As CPU time: a balance of 10 ms, at a rate of 8 %. With 0.8 us for every 10 us it
// is there until 10 ms + 1086 * 0.8 us = 10.8688 ms; the next refill is at 10.87.
TEST(Burst, OfATokenBucketLastsAsTheTextbookSays) {
  const Bandwidth cap{800ns, 10us, 10s, CreditTerms{.balance = 10ms}};
  EXPECT_EQ(neighbours_wait(cap, ms(0), 15ms, "sfq:slice=20ms"), 10'868'800ns);
}

}  // namespace
}  // namespace sharesim
