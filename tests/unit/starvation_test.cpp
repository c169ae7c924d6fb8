#include "sim/metrics/starvation.hpp"

#include <gtest/gtest.h>

namespace sharesim {
namespace {

const std::vector<OpenRun> kNobodyRuns(2);

// Who had most of [20, 100]? Task 1 ran 0-40 (20 within) and 60-70: 30. Task 2 ran 40-60 and
// 70-90: 40.
TEST(RecentRuns, SumsWhatLiesWithin) {
  RecentRuns runs(1);
  runs.add(0, 1, 0, 40);
  runs.add(0, 2, 40, 60);
  runs.add(0, 1, 60, 70);
  runs.add(0, 2, 70, 90);
  EXPECT_EQ(runs.busiest(20, 100, kNobodyRuns), 2U);
  EXPECT_EQ(runs.busiest(0, 65, kNobodyRuns), 1U);
}

// What if two had the same? The lower id. And if nobody ran? kNoTask.
TEST(RecentRuns, TiesGoToTheLowerId) {
  RecentRuns runs(2);
  runs.add(1, 7, 0, 10);
  runs.add(0, 3, 0, 10);
  EXPECT_EQ(runs.busiest(0, 10, kNobodyRuns), 3U);
  EXPECT_EQ(runs.busiest(10, 20, kNobodyRuns), kNoTask);
}

// Do runs in progress count? Task 5 has run since 10, so 40 of [0, 50]; task 1 ran 20.
TEST(RecentRuns, CountsRunsInProgress) {
  RecentRuns runs(2);
  runs.add(0, 1, 0, 20);
  EXPECT_EQ(runs.busiest(0, 50, {{kNoTask, 0}, {5, 10}}), 5U);
}

// How long is the memory? Task 9 ran for 1000, then 255 others: it is the oldest of 256. One more,
// and it is forgotten.
TEST(RecentRuns, RemembersTheLast256) {
  RecentRuns runs(1);
  runs.add(0, 9, 0, 1000);
  std::int64_t now = 1000;
  for (TaskId task = 100; task < 100 + RecentRuns::kRuns - 1; ++task, now += 10) {
    runs.add(0, task, now, now + 10);
  }
  EXPECT_EQ(runs.busiest(0, now, kNobodyRuns), 9U);
  runs.add(0, 50, now, now + 10);
  EXPECT_EQ(runs.busiest(0, now + 10, kNobodyRuns), 50U);
}

// Does a task that runs slice after slice fill the memory? No: 300 slices of task 2 on CPU 1 are
// one run, even with others' runs on CPU 0 between them, and task 9 is still known.
TEST(RecentRuns, JoinsRunsThatFollowEachOther) {
  RecentRuns runs(2);
  runs.add(0, 9, 0, 10'000);
  for (std::int64_t now = 0; now < 3000; now += 10) runs.add(1, 2, now, now + 10);
  EXPECT_EQ(runs.busiest(0, 10'000, kNobodyRuns), 9U);
  EXPECT_EQ(runs.busiest(0, 2000, {{kNoTask, 0}, {2, 1500}}), 2U);  // 2000 + 500 against 2000
}

}  // namespace
}  // namespace sharesim
