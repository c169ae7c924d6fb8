// Are the numbers of cpu.stat those that a Linux kernel would count? Quota in slices, worked out
// by hand.

#include <memory>

#include <gtest/gtest.h>

#include "sim/engine/engine.hpp"
#include "sim/metrics/measures.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using namespace test;

CpuStat stat_of(const Scenario& built, GroupId group) {
  const auto scenario = std::make_shared<const Scenario>(built);
  Measures measures(scenario, "rr");
  run_engine(*scenario, Registry::global().parse("rr:slice=3ms"), measures);
  return measures.row(EntityRef::group(group)).cpu_stat.value();
}

// A hog with 30 of 100 ms for a second. Periods end at 100, ..., 900 (1000 is the end), all
// throttled; it waits 70 ms ten times.
TEST(CpuStat, OfAHog) {
  ScenarioBuilder b;
  b.machine().bandwidth_slice = 5ms;
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{30ms, 100ms, 0ms, {}};
  b.task("hog", 1, RunForever{}, group);
  const CpuStat stat = stat_of(b.build(), group);
  EXPECT_EQ(stat.periods, 9U);
  EXPECT_EQ(stat.throttled, 9U);
  EXPECT_EQ(stat.throttled_time, 700ms);
  EXPECT_EQ(stat.bursts, 0U);
}

// 20 of 100 ms and a burst of 20, from 250 on. The periods that end at 100 and 200 are counted,
// then nobody counts until 250. There are 40 ms, used at 290: 20 more than the quota. Then 20 ms
// in each period: seven end throttled (300 to 900), 10 + 7 * 80 ms.
TEST(CpuStat, OfABurst) {
  ScenarioBuilder b;
  b.machine().bandwidth_slice = 5ms;
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{20ms, 100ms, 20ms, {}};
  b.task("hog", 1, RunForever{}, group).start = 250ms;
  const CpuStat stat = stat_of(b.build(), group);
  EXPECT_EQ(stat.periods, 9U);
  EXPECT_EQ(stat.throttled, 7U);
  EXPECT_EQ(stat.bursts, 1U);
  EXPECT_EQ(stat.burst_time, 20ms);
  EXPECT_EQ(stat.throttled_time, 570ms);
}

// Nobody uses it from 5 ms on: the period that ends at 100 finds quota fetched, the one at 200
// does not, and counting stops until 550. 600 is counted, 700 finds nobody.
TEST(CpuStat, PausesWhileNobodyUsesQuota) {
  ScenarioBuilder b;
  b.machine().bandwidth_slice = 5ms;
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{20ms, 100ms, 0ms, {}};
  b.task("a", 1, once({run_for(5ms), sleep_for(545ms), run_for(5ms)}), group);
  const CpuStat stat = stat_of(b.build(), group);
  EXPECT_EQ(stat.periods, 4U);
  EXPECT_EQ(stat.throttled, 0U);
}

// 150 of 100 ms on two CPUs: 75 ms each, then both wait 25 ms. Throttled time is the sum: 10
// times 2 * 25 ms. (A CPU whose slice ends first fetches another one: the two may differ by a
// slice, but not their sum.)
TEST(CpuStat, CountsEachCpu) {
  ScenarioBuilder b;
  b.cpus(2);
  b.machine().bandwidth_slice = 5ms;
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{150ms, 100ms, 0ms, {}};
  b.task("hog", 1, RunForever{}, group, 2);
  const CpuStat stat = stat_of(b.build(), group);
  EXPECT_EQ(stat.periods, 9U);
  EXPECT_EQ(stat.throttled, 9U);
  EXPECT_EQ(stat.throttled_time, 500ms);
}

// Eight tasks of 1 ms wake up 6 ms before a refill, and quota is there for four. These return 3
// ms each at 95: more than a slice, but the refill is nearer than 7 ms. The others go on at 100,
// and are done at 101.
TEST(CpuStat, SlackIsNotDistributedShortlyBeforeARefill) {
  ScenarioBuilder b;
  b.cpus(8).duration(200ms);
  b.machine().bandwidth_slice = 5ms;
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{20ms, 100ms, 0ms, {}};
  b.task("a", 1, once({run_for(1ms)}), group, 8).start = 94ms;
  RunLog log(b.build());
  run_engine(b.build(), Registry::global().parse("sfq"), log);
  ASSERT_EQ(log.completions.size(), 8U);
  EXPECT_EQ(log.completions[3].at, ms(95));
  EXPECT_EQ(log.completions[4].at, ms(101));
  EXPECT_EQ(log.completions[7].at, ms(101));
}

}  // namespace
}  // namespace sharesim
