// Does the picture of who ran when stay true when runs are put together?

#include "sim/output/report_runs.hpp"

#include <cstdint>
#include <map>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

void run(ReportRuns& runs, CpuId cpu, TaskId task, std::int64_t begin, std::int64_t end) {
  runs.run_end(cpu, task, at_ns(begin), at_ns(end), StopReason::kSliceEnd);
}

/// CPU time by task, of all blocks; what found no place goes to kNoTask.
std::map<TaskId, std::int64_t> time_by_task(const ReportRuns& runs) {
  std::map<TaskId, std::int64_t> times;
  for (const auto& blocks : runs.by_cpu()) {
    for (const RunBlock& block : blocks) {
      for (const RunBlock::Part& part : block.parts) {
        if (part.task != kNoTask) times[part.task] += part.ran;
      }
      if (block.others > 0) times[kNoTask] += block.others;
    }
  }
  return times;
}

// Three slices of one task in a row are one block; another task, a gap, or another CPU begins a new one.
TEST(ReportRuns, JoinsOnlyWhatGoesOn) {
  ReportRuns runs(2, 100);
  run(runs, 0, 7, 0, 10);
  run(runs, 0, 7, 10, 20);
  run(runs, 1, 7, 20, 30);
  run(runs, 0, 8, 20, 30);
  run(runs, 0, 8, 31, 40);
  run(runs, 0, 8, 40, 40);  // cut before it got anything
  ASSERT_EQ(runs.by_cpu()[0].size(), 3U);
  const RunBlock& first = runs.by_cpu()[0][0];
  EXPECT_EQ(first.begin, 0);
  EXPECT_EQ(first.end, 20);
  EXPECT_EQ(first.runs, 2U);
  EXPECT_TRUE(first.is_exact());
  EXPECT_EQ(runs.by_cpu()[1].size(), 1U);
  EXPECT_EQ(runs.runs(), 5U);
  EXPECT_EQ(runs.resolution(), 0);
}

// 100,000 runs of 100 ns by two tasks in turn, and one of 1 ms in the middle; room for 1000. The short ones are
// put together: no CPU time is lost, 5 ms each; the long one is still exact.
TEST(ReportRuns, ThinsShortRunsAndKeepsLongOnes) {
  ReportRuns runs(1, 1000);
  std::int64_t now = 0;
  std::int64_t long_begin = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (i == 50'000) {
      long_begin = now;
      run(runs, 0, 3, now, now + 1'000'000);
      now += 1'000'000;
    }
    run(runs, 0, static_cast<TaskId>(i % 2), now, now + 100);
    now += 100;
    ASSERT_LE(runs.size(), 1000U);
  }
  EXPECT_GT(runs.resolution(), 0);
  const auto times = time_by_task(runs);
  EXPECT_EQ(times.at(0), 5'000'000);
  EXPECT_EQ(times.at(1), 5'000'000);
  EXPECT_EQ(times.count(kNoTask), 0U);
  std::size_t exact = 0;
  for (const RunBlock& block : runs.by_cpu()[0]) {
    if (block.parts[0].task == 3 && block.begin == long_begin && block.is_exact()) ++exact;
  }
  EXPECT_EQ(exact, 1U);
}

// Six tasks in one block have room for four: what the others ran is counted without a name, 100 ns each in all.
TEST(ReportRuns, CountsThoseWithoutAPlace) {
  ReportRuns runs(1, 1);
  for (int i = 0; i < 60; ++i) run(runs, 0, static_cast<TaskId>(i % 6), 10 * i, 10 * i + 10);
  ASSERT_EQ(runs.by_cpu()[0].size(), 1U);
  std::int64_t sum = 0;
  for (const auto& [task, time] : time_by_task(runs)) sum += time;
  EXPECT_EQ(sum, 600);
  EXPECT_EQ(runs.by_cpu()[0][0].runs, 60U);
}

// A machine of 4 CPUs of which the report shows 2: the others are left out. Even a room for 1 block keeps one
// for each CPU.
TEST(ReportRuns, KeepsToItsCpus) {
  ReportRuns runs(2, 1);
  for (CpuId cpu = 0; cpu < 4; ++cpu) run(runs, cpu, cpu, 0, 1'000'000);
  for (CpuId cpu = 0; cpu < 4; ++cpu) run(runs, cpu, cpu, 2'000'000, 3'000'000);
  ASSERT_EQ(runs.by_cpu().size(), 2U);
  EXPECT_EQ(runs.by_cpu()[0].size(), 1U);
  EXPECT_EQ(runs.by_cpu()[1].size(), 1U);
  EXPECT_EQ(runs.by_cpu()[0][0].end, 3'000'000);
  EXPECT_FALSE(runs.by_cpu()[0][0].is_exact());  // it idled in between
}

}  // namespace
}  // namespace sharesim
