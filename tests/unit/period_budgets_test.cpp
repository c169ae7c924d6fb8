// Budgets of each period, where several runs and narrow queues meet them.

#include "schedulers/common/period_budgets.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

using namespace std::chrono_literals;

/// Everybody has a cap of two CPUs.
class TwoCpuCaps final : public QueueHost {
 public:
  Duration remaining_burst(EntityId) const override { return kForever; }
  bool allowed(EntityId, CpuId) const override { return true; }
  bool has_affinity() const override { return false; }
  const Bandwidth* cap(EntityId) const override { return &cap_; }

 private:
  const Bandwidth cap_{200ms, 100ms, 0ms, {}};
};

// What can one count on whose cap is more than the queue has? What the queue has.
TEST(PeriodBudgets, BoundIsNoMoreThanThereIs) {
  const TwoCpuCaps host;
  PeriodBudgets budgets(100ms, host);
  budgets.set_capacity(kOneCpu);
  budgets.add(0, 1, kStart);
  EXPECT_EQ(budgets.bound(0), kOneCpu);
  budgets.set_capacity(4 * kOneCpu);
  EXPECT_EQ(budgets.bound(0), 2 * kOneCpu);
}

// Three runs of a group book 10 ms each of its 200. One ends after 1 ms: which of them is not known, but two are
// left, which can have booked no more than 20 (and not 29): 200 - 20 - 1.
TEST(PeriodBudgets, RunsThatAreLeftHaveBookedASliceEach) {
  const TwoCpuCaps host;
  PeriodBudgets budgets(100ms, host);
  budgets.set_capacity(4 * kOneCpu);
  budgets.add(0, 1, kStart);
  for (int i = 0; i < 3; ++i) budgets.book(0, 10ms, kStart);
  EXPECT_EQ(budgets.left(0, kStart), 170ms);
  budgets.use(0, 1ms, 10ms, Time(1ms));
  EXPECT_EQ(budgets.left(0, Time(1ms)), 179ms);
}

}  // namespace
}  // namespace sharesim
