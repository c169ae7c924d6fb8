// Hard limits, by the budgets of each period.

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/scripted_queue.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

// Who runs when, with weights 1 and 3? Budgets are 25 and 75 of 100 ms, slices 10 ms:
// A 0-10, B -20, A -30, B -40, A -45 (its budget is gone), B alone until 100.
TEST(HardCap, WeightsShareThePeriod) {
  ScriptedQueue queue("hardcap:slice=10ms");
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(3);
  queue.run_until(Time(100ms));
  EXPECT_EQ(queue.order(), "ABABABBBBBB");
  queue.run_until(Time(1s));
  EXPECT_EQ(queue.service(a, kStart, Time(1s)), 250ms);
  EXPECT_EQ(queue.service(b, kStart, Time(1s)), 750ms);
}

// Does the share of a sleeper stay idle? B (weight 3) sleeps: A gets its 25 ms of each 100, in
// slices of 10, 10 and 5, and nothing runs in between. After three idle periods it gets 25 as well.
TEST(HardCap, WhatASleeperLeavesStaysIdle) {
  ScriptedQueue queue("hardcap:slice=10ms");
  const EntityId a = queue.add_hog(1, Time(300ms));
  queue.add(3, {{1ms, 1s}}, Time(10s));
  queue.run_until(Time(450ms));
  EXPECT_EQ(queue.runs(), (std::vector<ScriptedRun>{{a, Time(300ms), Time(310ms)},
                                                    {a, Time(310ms), Time(320ms)},
                                                    {a, Time(320ms), Time(325ms)},
                                                    {a, Time(400ms), Time(410ms)},
                                                    {a, Time(410ms), Time(420ms)},
                                                    {a, Time(420ms), Time(425ms)}}));
  EXPECT_EQ(queue.scheduler().next_timer(), Time(500ms));
}

// Is an entity's own cap its bound, and what is left idle? 30 ms of 100 and 25 of 50: 30 %, 50 %,
// and 20 % of the time nobody runs.
TEST(HardCap, OwnCapIsTheBound) {
  ScriptedQueue queue("hardcap");
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(9);
  queue.set_cap(a, {.quota = 30ms, .period = 100ms});
  queue.set_cap(b, {.quota = 25ms, .period = 50ms});
  queue.run_until(Time(1s));
  EXPECT_EQ(queue.service(a, kStart, Time(1s)), 300ms);
  EXPECT_EQ(queue.service(b, kStart, Time(1s)), 500ms);
  EXPECT_EQ(queue.scheduler().capacity_of(b), kOneCpu / 2);
}

// Do the budgets of an uneven share add up? A third of 100 ms is 33333333 1/3 ns: 33333333,
// 33333333 and 33333334, together 100 ms in three periods.
TEST(HardCap, RemaindersAreCarriedOn) {
  ScriptedQueue queue("hardcap:slice=1s");
  for (int i = 0; i < 3; ++i) queue.add_hog(1, i == 0 ? kStart : Time(10s));
  queue.run_until(Time(300ms));
  EXPECT_EQ(queue.service(0, kStart, Time(100ms)), 33'333'333ns);
  EXPECT_EQ(queue.service(0, Time(100ms), Time(200ms)), 33'333'333ns);
  EXPECT_EQ(queue.service(0, kStart, Time(300ms)), 100ms);
}

// Is a run across a refill charged to both periods? Half of 10 ms: A wakes up at 8 and runs 5 ms, 2
// in the first and 3 in the second period, which leaves 2 there: 13-15, and then it waits for 20.
TEST(HardCap, RunAcrossARefillIsPaidFromBothPeriods) {
  ScriptedQueue queue("hardcap:slice=100ms,period=10ms");
  const EntityId a = queue.add_hog(1, Time(8ms));
  queue.add_hog(1, Time(10s));
  queue.run_until(Time(24ms));
  EXPECT_EQ(queue.runs(),
            (std::vector<ScriptedRun>{{a, Time(8ms), Time(13ms)}, {a, Time(13ms), Time(15ms)}}));
  queue.run_until(Time(25ms));
  EXPECT_EQ(queue.runs().back(), (ScriptedRun{a, Time(20ms), Time(25ms)}));
}

// Does a new weight count at once? Weights 1 and 1, 50 ms each; A runs alone and is out of budget
// at
// 50. At 60 its weight becomes 3: it still waits for the refill at 100, and gets 75 ms there.
TEST(HardCap, NewWeightCountsAtTheRefillForThoseOutOfBudget) {
  ScriptedQueue queue("hardcap:slice=100ms");
  const EntityId a = queue.add_hog(1);
  queue.add_hog(1, Time(10s));
  queue.run_until(Time(60ms));
  queue.set_weight(a, 3);
  queue.run_until(Time(200ms));
  EXPECT_EQ(queue.runs(),
            (std::vector<ScriptedRun>{{a, kStart, Time(50ms)}, {a, Time(100ms), Time(175ms)}}));
}

/// A queue for 4 CPUs where nobody has a cap.
class HardCapGroup : public testing::Test, public QueueHost {
 public:
  Duration remaining_burst(EntityId) const override { return kForever; }
  bool allowed(EntityId, CpuId) const override { return true; }
  bool has_affinity() const override { return false; }
  const Bandwidth* cap(EntityId) const override { return nullptr; }

 protected:
  std::unique_ptr<Scheduler> make(std::string_view text, Capacity capacity) {
    choice_ = std::make_unique<SchedulerChoice>(Registry::global().parse(text));
    auto made = choice_->make(
        {.parameters = *choice_, .host = *this, .cpus = 4, .capacity = capacity, .seed = 1});
    made->set_capacity(capacity, kStart);
    return made;
  }

 private:
  std::unique_ptr<SchedulerChoice> choice_;
};

// Does a group that runs on several CPUs at once stay within its bound? 2 CPUs' worth of 10 ms is
// 20 ms; with slices of 8 ms the runs get 8, 8 and 4 and a fourth gets nothing, until one that ran
// only 1 of its 8 ms comes back: 7 are free again.
TEST_F(HardCapGroup, RunsOnSeveralCpusShareOneBudget) {
  const auto queue = make("hardcap:slice=8ms,period=10ms", 2 * kOneCpu);
  queue->add(0, 1, kStart);
  queue->enqueue(0, kStart, EnqueueReason::kWakeup);
  for (const Duration slice : {8ms, 8ms, 4ms}) {
    ASSERT_EQ(queue->pick_next(0, kStart), 0U);
    EXPECT_EQ(queue->slice(0, kStart), slice);
    queue->enqueue(0, kStart, EnqueueReason::kMoreWork);
  }
  EXPECT_EQ(queue->pick_next(3, kStart), kNoEntity);
  queue->put_prev(0, Time(1ms), 1ms, StopReason::kSliceEnd);
  ASSERT_EQ(queue->pick_next(3, Time(1ms)), 0U);
  EXPECT_EQ(queue->slice(0, Time(1ms)), 3ms) << "20 - 1 used - 8 and 8 at most in the two others";
}

// Is a slice that ends late (at a timer tick) paid for later? Budgets of 5 in 10 ms; a run of 5
// comes back after 7: the next period has 3 left.
TEST_F(HardCapGroup, OverrunIsPaidFromTheNextPeriod) {
  const auto queue = make("hardcap:slice=8ms,period=10ms", kOneCpu);
  queue->add(0, 1, kStart);
  queue->add(1, 1, kStart);
  queue->enqueue(0, kStart, EnqueueReason::kWakeup);
  ASSERT_EQ(queue->pick_next(0, kStart), 0U);
  EXPECT_EQ(queue->slice(0, kStart), 5ms);
  queue->put_prev(0, Time(7ms), 7ms, StopReason::kSliceEnd);
  EXPECT_EQ(queue->pick_next(0, Time(7ms)), kNoEntity);
  EXPECT_EQ(queue->next_timer(), Time(10ms));
  EXPECT_FALSE(queue->on_timer(Time(10ms)));
  ASSERT_EQ(queue->pick_next(0, Time(10ms)), 0U);
  EXPECT_EQ(queue->slice(0, Time(10ms)), 3ms);
}

// Do nested hard limits compose? Half of a queue that counts on 60 % of a CPU is 30 %; when the
// queue's capacity falls to 20 %, it is 10 %, which is 1 of 10 ms.
TEST_F(HardCapGroup, BoundIsAShareOfTheCapacity) {
  const auto queue = make("hardcap:slice=8ms,period=10ms", kOneCpu / 10 * 6);
  queue->add(0, 1, kStart);
  queue->add(1, 1, kStart);
  EXPECT_EQ(queue->capacity_of(0), kOneCpu / 10 * 3);
  queue->set_capacity(kOneCpu / 10 * 2, kStart);
  EXPECT_EQ(queue->capacity_of(0), kOneCpu / 10);
  queue->enqueue(0, kStart, EnqueueReason::kWakeup);
  ASSERT_EQ(queue->pick_next(0, kStart), 0U);
  EXPECT_EQ(queue->slice(0, kStart), 1ms);
}

}  // namespace
}  // namespace sharesim
