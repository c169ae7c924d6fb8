// Does a load average go the way of the kernel's?

#include "sim/engine/load_average.hpp"

#include <gtest/gtest.h>

namespace sharesim {
namespace {

/// A period of the average: 1024 us of 1024 ns.
constexpr std::int64_t kPeriodNs = 1024 * 1024;

// A load of 1000 from nothing: 1/2 after 32 periods, 3/4 after 64, all of it after some seconds;
// then without it 1/2 again. (To 1 %: a period is 1024 us of 1024 ns, and the kernel's integers
// round.)
TEST(LoadAverage, ForgetsHalfIn32Periods) {
  LoadAverage average;
  average.update(at_ns(32 * kPeriodNs), 1000);
  EXPECT_NEAR(static_cast<double>(average.value()), 500, 12);
  average.update(at_ns(64 * kPeriodNs), 1000);
  EXPECT_NEAR(static_cast<double>(average.value()), 750, 10);
  average.update(at_ns(3000 * kPeriodNs), 1000);
  EXPECT_NEAR(static_cast<double>(average.value()), 1000, 1);
  average.update(at_ns(3032 * kPeriodNs), 0);
  EXPECT_NEAR(static_cast<double>(average.value()), 500, 2);
}

// Does it matter in how many steps it is brought up to date? Not by more than rounding.
TEST(LoadAverage, DoesNotDependOnItsUpdates) {
  LoadAverage once;
  LoadAverage often;
  once.update(at_ns(100 * kPeriodNs), 700);
  for (std::int64_t us = 1; us <= 100 * kPeriodNs / 1024; us += 7)
    often.update(at_ns(us * 1024), 700);
  often.update(at_ns(100 * kPeriodNs), 700);
  EXPECT_NEAR(static_cast<double>(once.value()), static_cast<double>(often.value()), 1);
}

// A constant load stays what it is from the moment that it is set.
TEST(LoadAverage, StaysWhereItIsSet) {
  LoadAverage average;
  average.set(1024);
  EXPECT_NEAR(static_cast<double>(average.value()), 1024, 1);
  for (std::int64_t ms = 1; ms < 500; ++ms) {
    average.update(at_ns(ms * 1'000'000), 1024);
    ASSERT_NEAR(static_cast<double>(average.value()), 1024, 2) << ms;
  }
  average.update(at_ns(100'000'000'000), 0);
  EXPECT_EQ(average.value(), 0);
}

}  // namespace
}  // namespace sharesim
