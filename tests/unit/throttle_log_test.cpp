// What ThrottleLog says of a group's periods, against numbers worked out by hand.

#include "sim/metrics/throttle_log.hpp"

#include <gtest/gtest.h>

#include "sim/engine/engine.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using namespace test;

struct Logged {
  std::vector<ThrottlePeriod> periods;
  ThrottleSummary summary;
};

Logged log_of(const Scenario& scenario, GroupId group, const std::string& scheduler = "rr") {
  const SchedulerChoice choice = Registry::global().parse(scheduler);
  Logged logged;
  ThrottleLog log(scenario, group, choice.scope() == Scope::kPerCpu, 2,
                  [&](const ThrottlePeriod& period) { logged.periods.push_back(period); });
  run_engine(scenario, choice, log);
  logged.summary = log.summary();
  return logged;
}

// Four tasks have 40 ms each from 100 ms on, and 100 of 100 ms. On four CPUs 100 ms are gone
// after 25 ms: at 125. They wait 75 ms, take the other 60 ms in 15 ms, and 40 ms are left.
// Nothing happens before, and nothing after 215.
TEST(ThrottleLog, SaysWhatFourTasksDoWithTheQuotaOfOneCpu) {
  ScenarioBuilder b;
  b.cpus(4).duration(350ms);
  const GroupId group = b.group("web", 1);
  b.spec(group).cap = Bandwidth{100ms, 100ms, 0ms, {}};
  b.task("a", 1, once({run_for(40ms)}), group, 4).start = 100ms;
  const auto [periods, summary] = log_of(b.build(), group);
  ASSERT_EQ(periods.size(), 4U);
  EXPECT_EQ(periods[0].used, 0ms);
  EXPECT_EQ(periods[0].left, 100ms);
  EXPECT_FALSE(periods[0].was_throttled());
  const ThrottlePeriod& burnt = periods[1];
  EXPECT_EQ(burnt.number, 1U);
  EXPECT_EQ(burnt.begin, ms(100));
  EXPECT_EQ(burnt.end, ms(200));
  EXPECT_EQ(burnt.available, 100ms);
  EXPECT_EQ(burnt.used, 100ms);
  EXPECT_EQ(burnt.left, 0ms);
  EXPECT_EQ(burnt.throttled, 75ms);
  EXPECT_EQ(burnt.used_from, ms(100));
  EXPECT_EQ(burnt.first_held, ms(125));
  EXPECT_EQ(burnt.held.to_string(), "0-3");
  EXPECT_EQ(burnt.at_once, 4U);
  EXPECT_EQ(burnt.users, (std::vector<QuotaUse>{{0, 25ms}, {1, 25ms}}));
  EXPECT_EQ(periods[2].used, 60ms);
  EXPECT_EQ(periods[2].left, 40ms);
  EXPECT_FALSE(periods[2].was_throttled());
  EXPECT_EQ(periods[3].end, ms(350));
  EXPECT_EQ(periods[3].available, 100ms);
  EXPECT_EQ(summary.periods, 4U);
  EXPECT_EQ(summary.throttled_periods, 1U);
  EXPECT_EQ(summary.throttled, 75ms);
  EXPECT_EQ(summary.used, 160ms);
  EXPECT_EQ(summary.used_most, 100ms);
  EXPECT_EQ(summary.time, 350ms);
  ASSERT_TRUE(summary.worst.has_value());
  EXPECT_EQ(summary.worst->number, 1U);
}

// A hog with 30 of 100 ms and a burst of 20 ms. It is there from 150 on: 100 begins with 30 + 20
// ms saved from the first period, all 50 are used from 150 to 200. Each further period has 30,
// and waits 70.
TEST(ThrottleLog, CountsWhatABurstHasSaved) {
  ScenarioBuilder b;
  b.duration(400ms);
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{30ms, 100ms, 20ms, {}};
  b.task("hog", 1, RunForever{}, group).start = 150ms;
  const auto [periods, summary] = log_of(b.build(), group);
  ASSERT_EQ(periods.size(), 4U);
  EXPECT_EQ(periods[1].available, 50ms);
  EXPECT_EQ(periods[1].used, 50ms);
  EXPECT_FALSE(periods[1].was_throttled());  // gone at the very end: it does not wait
  for (const std::size_t i : {2U, 3U}) {
    EXPECT_EQ(periods[i].available, 30ms);
    EXPECT_EQ(periods[i].first_held, periods[i].begin + 30ms);
    EXPECT_EQ(periods[i].throttled, 70ms);
    EXPECT_EQ(periods[i].at_once, 1U);
  }
  EXPECT_EQ(summary.throttled, 140ms);
}

// Two CPUs, 20 of 100 ms in slices of 5 ms. a, on CPU 0, takes 1 ms of its slice, sleeps, and
// returns all but 1 ms: 3. b, on CPU 1, has 5 + 5 + 5 + 3 ms and is throttled at 18, while CPU 0
// holds 1 ms: 82 ms, on one CPU.
TEST(ThrottleLog, TellsWhatIsParkedOnOtherCpus) {
  ScenarioBuilder b;
  b.cpus(2).duration(100ms);
  b.machine().bandwidth_slice = 5ms;
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{20ms, 100ms, 0ms, {}};
  b.task("a", 1, once({run_for(1ms), sleep_for(1s)}), group).cpus = CpuSet::parse("0");
  b.task("b", 1, RunForever{}, group).cpus = CpuSet::parse("1");
  const auto [periods, summary] = log_of(b.build(), group);
  ASSERT_EQ(periods.size(), 1U);
  EXPECT_EQ(periods[0].used, 19ms);
  EXPECT_EQ(periods[0].first_held, ms(18));
  EXPECT_EQ(periods[0].throttled, 82ms);
  EXPECT_EQ(periods[0].throttled_cpus, 82ms);
  EXPECT_EQ(periods[0].held.to_string(), "1");
}

// The same for 200 ms: at the refill 1 ms is parked and nothing is left in the pool.
TEST(ThrottleLog, CountsPeriodsInWhichQuotaWasStranded) {
  ScenarioBuilder b;
  b.cpus(2).duration(200ms);
  b.machine().bandwidth_slice = 5ms;
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{20ms, 100ms, 0ms, {}};
  b.task("a", 1, once({run_for(1ms), sleep_for(1s)}), group).cpus = CpuSet::parse("0");
  b.task("b", 1, RunForever{}, group).cpus = CpuSet::parse("1");
  const auto [periods, summary] = log_of(b.build(), group);
  ASSERT_EQ(periods.size(), 2U);
  EXPECT_EQ(periods[0].left, 0ms);
  EXPECT_EQ(periods[0].parked, 1ms);
  EXPECT_EQ(periods[1].available, 20ms);
  EXPECT_EQ(periods[1].used, 20ms);
  EXPECT_EQ(summary.stranded_periods, 1U);  // the second one was not over
  EXPECT_EQ(summary.parked_most, 1ms);
}

// 20 of 100 ms until 150 ms, none until 250, then 50 of 100: periods [0,100) [100,150) [250,300)
// [300,400).
TEST(ThrottleLog, FollowsACapThatComesAndGoes) {
  ScenarioBuilder b;
  b.duration(400ms);
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{20ms, 100ms, 0ms, {}};
  b.task("hog", 1, RunForever{}, group);
  b.event(ms(150), EntityRef::group(group)).cap = std::optional<Bandwidth>{};
  b.event(ms(250), EntityRef::group(group)).cap = Bandwidth{50ms, 100ms, 0ms, {}};
  for (const char* scheduler : {"rr", "sfq:scope=global", "sfq:slice=3ms"}) {
    const auto [periods, summary] = log_of(b.build(), group, scheduler);
    ASSERT_EQ(periods.size(), 4U) << scheduler;
    EXPECT_EQ(periods[0].throttled, 80ms);
    EXPECT_EQ(periods[1].end, ms(150));
    EXPECT_EQ(periods[1].throttled, 30ms);
    EXPECT_EQ(periods[2].begin, ms(250));
    EXPECT_EQ(periods[2].end, ms(300));
    EXPECT_EQ(periods[2].used, 50ms);
    EXPECT_EQ(periods[3].throttled, 50ms);
    EXPECT_EQ(summary.time, 300ms) << scheduler;
  }
}

// What is left is told when a period of slices ends, and is unknown where it is cut off: the same for 250 ms with a
// change of the cap at 130. [0,100) is told, [100,130) and [200,250) are not; [130,200), from the change to the
// refill, is. With one exact pool it is always known.
TEST(ThrottleLog, DoesNotKnowWhatIsLeftWhereAPeriodOfSlicesIsCutOff) {
  ScenarioBuilder b;
  b.cpus(2).duration(250ms);
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{20ms, 100ms, 0ms, {}};
  b.task("a", 1, once({run_for(1ms), sleep_for(1s)}), group).cpus = CpuSet::parse("0");
  b.task("b", 1, RunForever{}, group).cpus = CpuSet::parse("1");
  b.event(ms(130), EntityRef::group(group)).cap = Bandwidth{30ms, 100ms, 0ms, {}};
  for (const Duration slice : {5ms, 0ms}) {
    b.machine().bandwidth_slice = slice;
    const auto [periods, summary] = log_of(b.build(), group);
    ASSERT_EQ(periods.size(), 4U);
    EXPECT_EQ(periods[1].end, ms(130));
    EXPECT_EQ(periods[3].end, ms(250));
    for (const std::size_t i : {0U, 1U, 2U, 3U}) {
      const bool known = slice == 0ms || i == 0 || i == 2;
      EXPECT_EQ(periods[i].left.has_value(), known) << i;
      EXPECT_EQ(periods[i].parked.has_value(), known) << i;
    }
  }
}

}  // namespace
}  // namespace sharesim
