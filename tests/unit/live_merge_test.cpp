#include "sim/cgroup/live_merge.hpp"

#include <gtest/gtest.h>

#include "sim/core/error.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::cgroup {
namespace {

using test::ms;
using Kind = LiveRecord::Kind;

/// Tasks a, b, ... on CPUs 4, 5, ... of a machine.
class LiveMergeTest : public testing::Test {
 protected:
  void start(CpuId cpus, TaskId tasks) {
    builder_.cpus(cpus);
    for (TaskId i = 0; i < tasks; ++i)
      builder_.task(std::string(1, static_cast<char>('a' + i)), 100);
    log_.emplace(builder_.build());
    std::vector<CpuId> real;
    for (CpuId k = 0; k < cpus; ++k) real.push_back(kFirst + k);
    merge_.emplace(*log_, real, tasks);
  }
  void arrived(TaskId task, Time at) { merge_->add(task, {.kind = Kind::kArrived, .at = at}); }
  void begins(TaskId task, Time at, CpuId cpu = kFirst) {
    merge_->add(task, {.kind = Kind::kRunBegin, .cpu = cpu, .at = at});
  }
  void ends(TaskId task, Time at, StopReason why = StopReason::kPreempted) {
    merge_->add(task, {.kind = Kind::kRunEnd, .why = why, .at = at});
  }

  static constexpr CpuId kFirst = 4;
  test::ScenarioBuilder builder_;
  std::optional<test::RunLog> log_;
  std::optional<LiveMerge> merge_;
};

// a has been switched out at 3 ms and tells so only at 9 ms; b ran meanwhile and told so at once. What b
// told must wait: if it were handed on at once, a would seem to run at the same time.
TEST_F(LiveMergeTest, WhoIsSilentHoldsTheOthersUp) {
  start(1, 2);
  arrived(0, ms(0));
  begins(0, ms(0));
  merge_->told_until(0, ms(3));
  arrived(1, ms(0));
  begins(1, ms(4));
  merge_->told_until(1, ms(8));
  merge_->flush(ms(8));
  EXPECT_EQ(log_->slots(), "");  // a is on the CPU, and b is not known yet

  ends(0, ms(3));
  ends(1, ms(8));
  begins(0, ms(9));
  merge_->told_until(0, ms(10));
  merge_->told_until(1, ms(8));
  merge_->flush(ms(10));
  EXPECT_EQ(log_->slots(), "a 0s-3ms, b 4ms-8ms");
  merge_->finish(ms(10), true);
  EXPECT_EQ(log_->slots(), "a 0s-3ms, b 4ms-8ms, a 9ms-10ms");
  EXPECT_EQ(merge_->runs(), 3U);
  EXPECT_TRUE(log_->complete);
}

// At the end a is where it was last seen, 3 ms, not on the CPU until the end; b runs to the end.
TEST_F(LiveMergeTest, ARunWithoutEndEndsWhereItWasLastSeen) {
  start(1, 2);
  arrived(0, ms(0));
  begins(0, ms(0));
  merge_->told_until(0, ms(3));
  arrived(1, ms(0));
  begins(1, ms(4));
  merge_->told_until(1, ms(12));
  merge_->finish(ms(10), false);
  EXPECT_EQ(log_->slots(), "a 0s-3ms, b 4ms-10ms");
  EXPECT_FALSE(log_->complete);
}

// What clients did after the end does not count: a ended its run at 11 ms, b began one at 12 ms.
TEST_F(LiveMergeTest, WhatComesAfterTheEndIsLeftOut) {
  start(1, 2);
  arrived(0, ms(0));
  begins(0, ms(0));
  ends(0, ms(11));
  arrived(1, ms(0));
  begins(1, ms(12));
  merge_->told_until(0, kNever);
  merge_->told_until(1, ms(13));
  merge_->finish(ms(10), true);
  EXPECT_EQ(log_->slots(), "a 0s-10ms");
}

// Clocks of two processes overlap: b says that it runs since 4 ms where a ran until 5 ms. b's run begins
// when the CPU is free, and a run that is over by then never was.
TEST_F(LiveMergeTest, OneAtATimeSitsOnACpu) {
  start(1, 3);
  for (TaskId task = 0; task < 3; ++task) arrived(task, ms(0));
  begins(0, ms(0));
  begins(1, ms(4));
  begins(2, ms(4));
  ends(2, at_ns(4'500'000));
  ends(0, ms(5));
  ends(1, ms(7));
  for (TaskId task = 0; task < 3; ++task) merge_->told_until(task, kNever);
  merge_->finish(ms(10), true);
  EXPECT_EQ(log_->slots(), "a 0s-5ms, b 5ms-7ms");
}

// The k-th of the machine's CPUs is the workload's CPU k; any other is an error.
TEST_F(LiveMergeTest, CpusAreThoseOfTheWorkload) {
  start(2, 2);
  arrived(0, ms(0));
  begins(0, ms(1), kFirst + 1);
  merge_->told_until(0, ms(2));
  merge_->told_until(1, kNever);
  merge_->finish(ms(2), true);
  ASSERT_EQ(log_->runs.size(), 1U);
  EXPECT_EQ(log_->runs[0].cpu, 1U);
  EXPECT_THROW(begins(1, ms(3), kFirst + 2), MachineError);
}

// What sharesim itself does at 5 ms is told between what was before and what was after.
TEST_F(LiveMergeTest, OwnChangesAreInTheirPlace) {
  start(1, 1);
  std::vector<std::size_t> runs_before;
  merge_->add_own(ms(5), [&](RunObserver&, Time now) {
    EXPECT_EQ(now, ms(5));
    runs_before.push_back(log_->runs.size());
  });
  arrived(0, ms(0));
  begins(0, ms(1));
  ends(0, ms(4));
  begins(0, ms(6));
  ends(0, ms(7));
  merge_->told_until(0, ms(4));
  merge_->flush(ms(9));
  EXPECT_TRUE(runs_before.empty());  // a may still come up with something at 4.5 ms
  merge_->told_until(0, ms(9));
  merge_->flush(ms(9));
  EXPECT_EQ(runs_before, std::vector<std::size_t>{1});
}

}  // namespace
}  // namespace sharesim::cgroup
