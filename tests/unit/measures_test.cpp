#include "sim/metrics/measures.hpp"

#include <malloc.h>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/measures_story.hpp"

namespace sharesim {
namespace {

// ---- Counts and times ----

// Two tasks on one CPU: A runs 0-10 and is preempted, B 10-15 and blocks, A 15-25 and 25-30.
// Switches: A at 0 and 15, B at 10. Service 25 and 5. Runnable: A 0-30, B 5-15.
TEST(Measures, CountsRunsOfTwoTasks) {
  Story story(Draft().tasks(2));
  story.arrive(0, 0).begin_run(0, 0).arrive(1, 5).end_run(0, 0, 10, StopReason::kPreempted);
  story.run(1, 10, 15, StopReason::kBlocked).leave(1, 15).run(0, 15, 25).run(0, 25, 30).finish(30);

  EXPECT_EQ(story.task(0).service, ns(25));
  EXPECT_EQ(story.task(0).switches, 2U);
  EXPECT_EQ(story.task(0).preemptions, 1U);
  EXPECT_EQ(story.task(0).wakeups, 1U);
  EXPECT_EQ(story.task(0).migrations, 0U);
  EXPECT_EQ(story.task(0).runnable, ns(30));
  EXPECT_EQ(story.task(1).service, ns(5));
  EXPECT_EQ(story.task(1).switches, 1U);
  EXPECT_EQ(story.task(1).preemptions, 0U);
  EXPECT_EQ(story.task(1).runnable, ns(10));
  EXPECT_EQ(story.group(kRoot).service, ns(30));
  EXPECT_EQ(story.group(kRoot).switches, 3U);
  EXPECT_EQ(story.group(kRoot).preemptions, 1U);
  EXPECT_EQ(story.group(kRoot).wakeups, 2U);
  EXPECT_EQ(story.group(kRoot).runnable, ns(30));
}

// CPUs 0, 1, 1, 0: two changes. The first run is no migration.
TEST(Measures, CountsMigrations) {
  Story story(Draft(2).tasks(1));
  story.arrive(0, 0);
  story.run(0, 0, 10, StopReason::kMigrated, 0).run(0, 10, 20, StopReason::kSliceEnd, 1);
  story.run(0, 20, 30, StopReason::kMigrated, 1)
      .run(0, 30, 40, StopReason::kSliceEnd, 0)
      .finish(40);
  EXPECT_EQ(story.task(0).migrations, 2U);
  EXPECT_EQ(story.task(0).switches, 2U);  // onto CPU 0, onto CPU 1; back on 0 nobody was in between
}

// Wakeups at 0 and 20 run first at 7 and 23: latencies 7 and 3. Work complete at 10 since 0 and at
// 30 since 18: responses 10 and 12.
TEST(Measures, LatencyIsFromWakeupToFirstRun) {
  Story story(Draft().group().tasks(1, 1));
  story.arrive(0, 0).run(0, 7, 9).run(0, 9, 10, StopReason::kBlocked);
  story.measures().completed(0, at_ns(0), at_ns(10));
  story.leave(0, 10).arrive(0, 20).run(0, 23, 30, StopReason::kBlocked);
  story.measures().completed(0, at_ns(18), at_ns(30));
  story.leave(0, 30).finish(30);
  for (const EntityResult& row : {story.task(0), story.group(1), story.group(kRoot)}) {
    EXPECT_EQ(row.wakeup.count, 2U);
    EXPECT_EQ(row.wakeup.p50, ns(3));
    EXPECT_EQ(row.wakeup.max, ns(7));
    EXPECT_EQ(row.response.count, 2U);
    EXPECT_EQ(row.response.p50, ns(10));
    EXPECT_EQ(row.response.p99, ns(12));
  }
}

// Throttled time counts in the wakeup latency: woken at 0, throttled 0-50, runs at 60.
TEST(Measures, LatencyIncludesThrottledTime) {
  Story story(Draft().tasks(1));
  story.throttle(EntityRef::task(0), 0).arrive(0, 0).unthrottle(EntityRef::task(0), 50);
  story.run(0, 60, 70).finish(70);
  EXPECT_EQ(story.task(0).wakeup.max, ns(60));
}

// Requests dropped by a service of 2 x 3 workers belong to its first worker, and to the groups
// above.
TEST(Measures, CountsDroppedRequests) {
  Draft draft;
  draft.group().tasks(1).tasks(2, 1);
  draft.scenario().tasks[1].behaviour = Service{.gap = {}, .demand = {}, .workers = 3};
  Story story(draft);
  story.measures().dropped(1, at_ns(5));
  story.measures().dropped(1, at_ns(6));
  story.finish(10);
  EXPECT_EQ(story.task(1).dropped, 2U);
  EXPECT_EQ(story.task(2).dropped, 0U);
  EXPECT_EQ(story.task(0).dropped, 0U);
  EXPECT_EQ(story.group(1).dropped, 2U);
  EXPECT_EQ(story.group(kRoot).dropped, 2U);
}

// Throttled 10-40 and 60-end at 70: 30 + 10 in two periods. The group's cap is not the task's.
TEST(Measures, CountsThrottling) {
  Story story(Draft().group().tasks(1, 1));
  story.arrive(0, 0).run(0, 0, 10, StopReason::kThrottled).throttle(EntityRef::group(1), 10);
  story.unthrottle(EntityRef::group(1), 40).run(0, 40, 60, StopReason::kThrottled);
  story.throttle(EntityRef::group(1), 60).finish(70);
  EXPECT_EQ(story.group(1).throttled, ns(40));
  EXPECT_EQ(story.group(1).throttled_periods, 2U);
  EXPECT_EQ(story.task(0).throttled, ns(0));
  EXPECT_EQ(story.group(kRoot).throttled, ns(0));
}

// ---- Lag ----

// Two equal hogs, A 0-10, B 10-30, A 30-40; the ideal gives each half. Lag of A: -5 at 10, +5 at
// 30, 0 at 40. Of B: +5 at 10, -5 at 30.
TEST(Measures, LagExtremes) {
  Story story(Draft().tasks(2));
  story.arrive(0, 0).arrive(1, 0).run(0, 0, 10).run(1, 10, 30).run(0, 30, 40).finish(40);
  EXPECT_EQ(story.task(0).ideal, ns(20));
  EXPECT_EQ(story.task(0).lag_max, ns(5));
  EXPECT_EQ(story.task(0).lag_min, ns(-5));
  EXPECT_EQ(story.task(1).lag_max, ns(5));
  EXPECT_EQ(story.task(1).lag_min, ns(-5));
  EXPECT_EQ(story.group(kRoot).lag_max, ns(0));
  EXPECT_EQ(story.group(kRoot).ideal, ns(40));
}

// A waiting task's lag peaks when it leaves, and at the end of the run: B waits 0-20 beside A and
// leaves with 10, which are then A's; C waits 20-40 and ends with 10. A's ideal is 20 + 10.
TEST(Measures, LagPeaksWhereATaskGivesUp) {
  Story story(Draft().tasks(3));
  story.arrive(0, 0).arrive(1, 0).begin_run(0, 0).leave(1, 20).arrive(2, 20).end_run(0, 0, 40);
  story.finish(40);
  EXPECT_EQ(story.task(1).lag_max, ns(10));
  EXPECT_EQ(story.task(1).ideal, ns(0));
  EXPECT_EQ(story.task(2).lag_max, ns(10));
  EXPECT_EQ(story.task(0).lag_min, ns(-10));
}

// Group g (weight 3) of two tasks beside task C (weight 1): ideal 3/4. C runs 0-20 and leads by 20
// - 5 = 15, which g is owed. Then g's tasks run 20-40 and 40-120: at 120 g leads by 100 - 90 = 10.
TEST(Measures, LagOfAGroup) {
  Story story(Draft().group(kRoot, 3).tasks(2, 1, 1).tasks(1, kRoot, 1));
  story.arrive(0, 0).arrive(1, 0).arrive(2, 0);
  story.run(2, 0, 20).run(0, 20, 40).run(1, 40, 120).run(2, 120, 140).finish(140);
  EXPECT_EQ(story.group(1).ideal, ns(105));
  EXPECT_EQ(story.group(1).service, ns(100));
  EXPECT_EQ(story.group(1).lag_max, ns(15));
  EXPECT_EQ(story.group(1).lag_min, ns(-10));
  EXPECT_EQ(story.task(2).lag_min, ns(-15));
}

// The ideal is asked less when nothing changes for a while; a change must still be seen at once. A
// and B take turns for 2000, and are even. Then A weighs three times as much and B runs for 40: A
// is owed 30.
TEST(Measures, LagAfterALongQuietTime) {
  Story story(Draft().tasks(2));
  story.arrive(0, 0).arrive(1, 0);
  std::int64_t now = 0;
  for (; now < 2000; now += 20) story.run(0, now, now + 10).run(1, now + 10, now + 20);
  story.measures().weight_changed(EntityRef::task(0), 3 * kDefaultWeight, at_ns(now));
  story.run(1, now, now + 40).run(0, now + 40, now + 50).finish(now + 50);
  EXPECT_EQ(story.task(0).lag_max, ns(30));
  EXPECT_EQ(story.task(1).lag_min, ns(-30));
}

// ---- Fairness ----

// Jain's index over service / ideal. Four equal hogs of which two get all: (2, 2, 0, 0) -> 16 /
// (4 x 8) = 1/2. Two with 50 and 10 of 60: (5/3, 1/3) -> 9/13. A task that never had demand does
// not count.
TEST(Measures, JainIndex) {
  Story half(Draft().tasks(5));
  for (TaskId task = 0; task < 4; ++task) half.arrive(task, 0);
  half.run(0, 0, 10).run(1, 10, 20).finish(20);
  EXPECT_DOUBLE_EQ(half.group(kRoot).jain.value(), 0.5);

  Story five_to_one(Draft().tasks(2));
  five_to_one.arrive(0, 0).arrive(1, 0).run(0, 0, 50).run(1, 50, 60).finish(60);
  EXPECT_DOUBLE_EQ(five_to_one.group(kRoot).jain.value(), 9.0 / 13);

  Story nobody(Draft().tasks(1));
  nobody.finish(10);
  EXPECT_EQ(nobody.group(kRoot).jain, std::nullopt);
}

// A of weight 1 and B of weight 2 run ABB ABB in slices of 10: 10 per unit of weight, times the
// mean weight 1.5. B is a group here, whose only task runs.
TEST(Measures, RelativeFairnessBetweenATaskAndAGroup) {
  Story story(Draft().group(kRoot, 2 * kDefaultWeight).tasks(1).tasks(1, 1));
  story.arrive(0, 0).arrive(1, 0);
  for (std::int64_t t = 0; t < 60; t += 30) story.run(0, t, t + 10).run(1, t + 10, t + 30);
  story.finish(60);
  EXPECT_EQ(story.group(kRoot).relative_fairness, ns(15));
  EXPECT_TRUE(story.group(kRoot).relative_fairness_exact);
  EXPECT_EQ(story.group(1).relative_fairness, std::nullopt);
}

// While B's cap holds it back, A may run as it likes: throttled 10-100. Before, A got 10 ahead;
// then B runs 10. The same in whichever order the end of the run and the throttling are told.
TEST(Measures, RelativeFairnessLeavesThrottledTimeOut) {
  for (const bool told_first : {true, false}) {
    Story story(Draft().group().tasks(1).tasks(1, 1));
    story.arrive(0, 0).arrive(1, 0).begin_run(1, 0);
    if (told_first) story.throttle(EntityRef::group(1), 10);
    story.end_run(1, 0, 10, StopReason::kThrottled);
    if (!told_first) story.throttle(EntityRef::group(1), 10);
    story.run(0, 10, 100).unthrottle(EntityRef::group(1), 100).run(1, 100, 104).finish(104);
    EXPECT_EQ(story.group(kRoot).relative_fairness, ns(10));
  }
}

// A group that gets work while its cap holds it back competes only once that is over: A runs 0-100,
// B's group is throttled 0-90 and B wakes in it at 10. A gets 10 ahead.
TEST(Measures, RelativeFairnessOfAGroupThatWakesThrottled) {
  Story story(Draft().group().tasks(1).tasks(1, 1));
  story.throttle(EntityRef::group(1), 0).arrive(0, 0).begin_run(0, 0).arrive(1, 10);
  story.unthrottle(EntityRef::group(1), 90).end_run(0, 0, 100).finish(100);
  EXPECT_EQ(story.group(kRoot).relative_fairness, ns(10));

  Story never(Draft().group().tasks(1).tasks(1, 1));
  never.throttle(EntityRef::group(1), 0).arrive(0, 0).arrive(1, 10).run(0, 10, 100).finish(100);
  EXPECT_EQ(never.group(kRoot).relative_fairness, std::nullopt);
}

// A group all of whose tasks are held back by their own caps does not compete either.
TEST(Measures, RelativeFairnessOfAGroupOfThrottledTasks) {
  Story story(Draft().group().tasks(1).tasks(1, 1));
  story.arrive(0, 0).arrive(1, 0).run(1, 0, 10, StopReason::kThrottled);
  story.throttle(EntityRef::task(1), 10).run(0, 10, 100).unthrottle(EntityRef::task(1), 100);
  story.run(1, 100, 104).finish(104);
  EXPECT_EQ(story.group(kRoot).relative_fairness, ns(10));
}

// A change of weight reaches the ideal and the bound. A and B of weight 1: A runs 0-10 (10 ahead);
// then A weighs 3, the ideal is 3/4, and A runs 10-50: 40 / 3 x mean 2 = 26.7.
TEST(Measures, FollowsAChangeOfWeight) {
  Story story(Draft().tasks(2));
  story.arrive(0, 0).arrive(1, 0).run(0, 0, 10);
  story.measures().weight_changed(EntityRef::task(0), 3 * kDefaultWeight, at_ns(10));
  story.run(0, 10, 50).finish(50);
  EXPECT_EQ(story.task(0).ideal, ns(5 + 30));
  EXPECT_EQ(story.group(kRoot).relative_fairness, ns(27));
}

// ---- Memory ----

// 100,000 tasks in 1,000 groups, each woken once and run once: 128 bytes per task here, 48 for the
// fairness bound, 64 for its one latency, and the ideal's. Nothing grows with further runs.
TEST(Measures, MemoryPerTaskIsSmallAndFixed) {
  Draft draft;
  for (GroupId group = 1; group <= 1000; ++group) draft.group().tasks(100, group);
  const auto heap = [] {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;  // the heap, and large blocks beside it
  };
  const std::size_t before = heap();
  Story story(draft);
  std::int64_t now = 0;
  for (TaskId task = 0; task < 100'000; ++task) story.arrive(task, 0);
  for (TaskId task = 0; task < 100'000; ++task, now += 100) story.run(task, now, now + 100);
  const std::size_t once = heap() - before;
  EXPECT_LE(once / 100'000, 330U);
  for (TaskId task = 0; task < 100'000; ++task, now += 100) story.run(task, now, now + 100);
  EXPECT_EQ(heap() - before, once);
}

}  // namespace
}  // namespace sharesim
