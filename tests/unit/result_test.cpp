#include "sim/record/result.hpp"

#include <gtest/gtest.h>

namespace sharesim {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);

std::optional<std::int64_t> of_root(const EntityResult& row, Metric metric) {
  return value_of(row, metric, false, true, kSecond);
}

// Is a share rounded to the nearest millionth, in integers? 1/3 s of 1 s is 333333; 2/3 is 666667;
// 1024 CPUs for 7 days are exactly 1024 CPUs, though service x 10^6 does not fit 64 bits.
TEST(Result, SharesAreRoundedMillionths) {
  EntityResult row;
  row.service = ns(333'333'333);
  EXPECT_EQ(value_of(row, Metric::kShare, true, false, kSecond), 333'333);
  row.service = ns(666'666'667);
  EXPECT_EQ(value_of(row, Metric::kShare, true, false, kSecond), 666'667);
  const Duration week = std::chrono::hours(24 * 7);
  row.service = 1024 * week;
  EXPECT_EQ(value_of(row, Metric::kShare, false, true, week), 1'024'000'000);
  EXPECT_EQ(value_of(row, Metric::kShare, false, true, Duration::zero()), std::nullopt);
}

// Has a metric no value where there is nothing to measure: no samples, no competitors?
TEST(Result, WithoutSamplesThereIsNoValue) {
  EntityResult row;
  for (const Metric metric : {Metric::kWakeupP50, Metric::kWakeupMax, Metric::kResponseP999,
                              Metric::kRelativeFairness, Metric::kJain}) {
    EXPECT_EQ(of_root(row, metric), std::nullopt) << metric_info(metric).name;
  }
  row.wakeup.count = row.response.count = 1;
  row.wakeup.p50 = ns(5);
  row.relative_fairness = ns(7);
  row.jain = 9.0 / 13;
  EXPECT_EQ(of_root(row, Metric::kWakeupP50), 5);
  EXPECT_EQ(of_root(row, Metric::kResponseP999), 0);
  EXPECT_EQ(of_root(row, Metric::kRelativeFairness), 7);
  EXPECT_EQ(of_root(row, Metric::kJain), 692'308);  // 9/13 = 0.6923076...
}

// Does each metric come from its own place in the row? Every place holds another number.
TEST(Result, EveryMetricHasItsPlace) {
  EntityResult row;
  row.service = ns(1000);
  row.ideal = ns(1300);
  row.lag_max = ns(1);
  row.lag_min = ns(-2);
  row.wakeup = {.count = 1, .p50 = ns(3), .p90 = ns(4), .p99 = ns(5), .p999 = ns(6), .max = ns(7)};
  row.response = {
      .count = 1, .p50 = ns(8), .p90 = ns(9), .p99 = ns(10), .p999 = ns(11), .max = ns(12)};
  row.starvation.length = ns(13);
  row.switches = 14;
  row.preemptions = 15;
  row.migrations = 16;
  row.wakeups = 17;
  row.throttled = ns(18);
  row.throttled_periods = 19;
  row.dropped = 20;
  row.relative_fairness = ns(21);
  row.jain = 0.5;
  row.overhead = ns(22);
  row.idle = ns(23);
  row.wasted_idle = ns(24);
  row.credits = CreditResult{.account = {.balance = ns(25),
                                         .surplus = ns(26),
                                         .earned = ns(27),
                                         .spent = ns(28),
                                         .lost = ns(29),
                                         .charged = ns(30)},
                             .depleted = {}};
  row.cpu_stat = CpuStat{
      .periods = 31, .throttled = 32, .throttled_time = ns(33), .bursts = 34, .burst_time = ns(35)};
  const std::vector<std::int64_t> expected{
      1,  1000, 1300, 300, 1,  -2, 21, 500'000, 3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
      15, 16,   17,   18,  19, 20, 22, 23,      24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35};
  std::vector<std::int64_t> values;
  for (const MetricInfo& info : metrics()) values.push_back(of_root(row, info.metric).value());
  EXPECT_EQ(values, expected);
}

// Is a metric without a meaning for an entity empty? Idle time is the machine's; Jain's index needs
// tasks below.
TEST(Result, SomeMetricsAreOfGroupsOrOfTheMachineOnly) {
  EntityResult row;
  row.jain = 1;
  EXPECT_EQ(value_of(row, Metric::kIdle, false, false, kSecond), std::nullopt);
  EXPECT_EQ(value_of(row, Metric::kIdle, false, true, kSecond), 0);
  EXPECT_EQ(value_of(row, Metric::kJain, true, false, kSecond), std::nullopt);
  EXPECT_EQ(value_of(row, Metric::kJain, false, false, kSecond), 1'000'000);
}

class OneRow final : public EntityTable {
 public:
  EntityResult row(EntityRef entity) const override {
    EntityResult row;
    row.service = ns(entity.is_task() ? 250 : 750);
    return row;
  }
};

// Does a Result ask its table, and relate to its own length? 250 of 1000 ns and 750 of 1000 ns.
TEST(Result, ValuesComeFromTheTable) {
  Result result;
  result.end = at_ns(1000);
  result.table = std::make_shared<OneRow>();
  EXPECT_EQ(result.value(Metric::kShare, EntityRef::task(0)), 250'000);
  EXPECT_EQ(result.value(Metric::kShare, EntityRef::group(kRoot)), 750'000);
  EXPECT_EQ(result.value(Metric::kIdle, EntityRef::group(1)), std::nullopt);
}

// Are all expectations needed? None at all: met. One that is not met: not met.
TEST(Result, ExpectationsAreMetTogether) {
  Result result;
  EXPECT_TRUE(result.expectations_met());
  result.expectations.resize(1);
  result.expectations[0].met = true;
  EXPECT_TRUE(result.expectations_met());
  result.expectations.resize(2);
  EXPECT_FALSE(result.expectations_met());
}

}  // namespace
}  // namespace sharesim
