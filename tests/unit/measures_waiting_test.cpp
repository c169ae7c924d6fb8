// Starvation, and the machine's time.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/core/check.hpp"
#include "sim/metrics/measures.hpp"
#include "tests/unit/measures_story.hpp"

namespace sharesim {
namespace {

// ---- Starvation ----

// B waits 5-30 while A runs 10 and C 15 of it, and 35-50 while A runs. The worst is 25 from 5 on,
// and C was the runner; for the group and the machine B is the victim.
TEST(MeasuresOfWaiting, StarvationIsTheLongestWait) {
  Story story(Draft().group().tasks(3, 1));
  story.arrive(0, 0).arrive(2, 0).begin_run(0, 0).arrive(1, 5).end_run(0, 0, 15);
  story.run(2, 15, 30, StopReason::kBlocked).leave(2, 30);
  story.run(1, 30, 35).run(0, 35, 50).run(1, 50, 60).finish(60);
  for (const EntityResult& row : {story.task(1), story.group(1), story.group(kRoot)}) {
    EXPECT_EQ(row.starvation.length, ns(25));
    EXPECT_EQ(row.starvation.start, at_ns(5));
    EXPECT_EQ(row.starvation.victim, 1U);
    EXPECT_EQ(row.starvation.runner, 2U);
  }
}

// Of two that waited 25 the group names the one that began first: B from 5, A from 15.
TEST(MeasuresOfWaiting, AGroupNamesTheEarlierVictim) {
  Story story(Draft().group().tasks(3, 1));
  story.arrive(0, 0).arrive(2, 0).begin_run(0, 0).arrive(1, 5).end_run(0, 0, 15);
  story.run(2, 15, 30, StopReason::kBlocked).leave(2, 30);
  story.run(1, 30, 40).run(0, 40, 45).finish(45);
  EXPECT_EQ(story.task(0).starvation.length, ns(25));
  EXPECT_EQ(story.task(1).starvation.length, ns(25));
  EXPECT_EQ(story.group(1).starvation.victim, 1U);
}

// A stretch also ends with the run, or when the task gives up: B waits 0-30 until the end; C waits
// 0-20 and leaves. Nobody starved A. The run in progress counts: A is the runner.
TEST(MeasuresOfWaiting, StarvationEndsWithTheRunOrTheDemand) {
  Story story(Draft().tasks(3));
  story.arrive(0, 0).begin_run(0, 0).arrive(1, 0).arrive(2, 0).leave(2, 20).end_run(0, 0, 30);
  story.finish(30);
  EXPECT_EQ(story.task(1).starvation.length, ns(30));
  EXPECT_EQ(story.task(2).starvation.length, ns(20));
  EXPECT_EQ(story.task(2).starvation.runner, 0U);
  EXPECT_EQ(story.task(0).starvation.length, ns(0));
  EXPECT_EQ(story.task(0).starvation.victim, kNoTask);
}

// Throttled time is no starvation. Groups g > h > B, both capped. B waits 0-20; h is throttled
// 20-60 and g 40-90: B's next stretch begins at 90, when the last of them ends, and lasts to 115.
TEST(MeasuresOfWaiting, StarvationStopsWhileThrottled) {
  Story story(Draft().group().group(1).tasks(1).tasks(1, 2));
  story.arrive(0, 0).arrive(1, 0).begin_run(0, 0);
  story.throttle(EntityRef::group(2), 20).throttle(EntityRef::group(1), 40);
  story.unthrottle(EntityRef::group(2), 60).unthrottle(EntityRef::group(1), 90);
  story.end_run(0, 0, 115).run(1, 115, 120).finish(120);
  EXPECT_EQ(story.task(1).starvation.length, ns(25));
  EXPECT_EQ(story.task(1).starvation.start, at_ns(90));
}

// The same with the tasks' own caps: A is throttled 20-60 by its own and 40-90 by its group's, and
// starves 90-115. B is throttled from 20 on by its own, to the end, and 40-60 by its group's: it
// starved 0-20. C wakes at 50 while its group is throttled, and starves 90-116.
TEST(MeasuresOfWaiting, StarvationUnderTwoKindsOfCaps) {
  Story story(Draft().group().group().tasks(1).tasks(1, 1).tasks(1, 2).tasks(1, 1));
  const EntityRef a = EntityRef::task(1);
  const EntityRef b = EntityRef::task(2);
  story.arrive(0, 0).arrive(1, 0).arrive(2, 0).begin_run(0, 0).throttle(a, 20).throttle(b, 20);
  story.throttle(EntityRef::group(1), 40).throttle(EntityRef::group(2), 40).arrive(3, 50);
  story.unthrottle(a, 60).unthrottle(EntityRef::group(2), 60).unthrottle(EntityRef::group(1), 90);
  story.end_run(0, 0, 115).run(1, 115, 116).run(3, 116, 120).finish(120);
  EXPECT_EQ(story.task(1).starvation.length, ns(25));
  EXPECT_EQ(story.task(1).starvation.start, at_ns(90));
  EXPECT_EQ(story.task(2).starvation.length, ns(20));
  EXPECT_EQ(story.task(2).starvation.start, at_ns(0));
  EXPECT_EQ(story.task(3).starvation.length, ns(26));
  EXPECT_EQ(story.task(3).starvation.start, at_ns(90));
}

// A run that was cut while it paid its overhead got nothing: B waits 0-50, not 0-20 and 20-50.
TEST(MeasuresOfWaiting, StarvationGoesOnAfterAnEmptyRun) {
  Story story(Draft().tasks(2));
  story.arrive(0, 0).arrive(1, 0).run(0, 0, 20).run(1, 20, 20, StopReason::kPreempted);
  story.run(0, 20, 50).run(1, 50, 60).finish(60);
  EXPECT_EQ(story.task(1).starvation.length, ns(50));
  EXPECT_EQ(story.task(1).starvation.start, at_ns(0));
}

// ---- The machine ----

// 2 CPUs for 100: CPU 0 spends 0-3 on overhead and serves 3-40; CPU 1 serves 10-60 and spends
// 70-72 on overhead that comes to nothing. Service 87, overhead 5, idle 200 - 92 = 108.
TEST(MeasuresOfWaiting, ServiceOverheadAndIdleTimeAreAll) {
  Draft draft(2);
  draft.scenario().machine.context_switch = ns(3);
  Story story(draft.tasks(2));
  story.arrive(0, 0);
  story.measures().overhead(0, 0, at_ns(0), ns(3));
  story.begin_run(0, 3).arrive(1, 10).begin_run(1, 10, 1);
  story.end_run(0, 3, 40, StopReason::kBlocked).leave(0, 40);
  story.end_run(1, 10, 60, StopReason::kSliceEnd, 1);
  story.measures().overhead(1, 1, at_ns(70), ns(2));
  story.run(1, 72, 72, StopReason::kBlocked, 1).leave(1, 72).finish(100);
  EXPECT_EQ(story.group(kRoot).service, ns(87));
  EXPECT_EQ(story.group(kRoot).overhead, ns(5));
  EXPECT_EQ(story.group(kRoot).idle, ns(108));
  EXPECT_EQ(story.group(kRoot).wasted_idle, ns(10));  // 60-70: task 1 waits beside two idle CPUs
}

// Idle time is wasted only while a task waits that may run there: B is bound to CPU 1, which is
// busy 0-30; CPU 0 is idle all the time. At 20 B may run on CPU 0 too, but starts there only at 26.
TEST(MeasuresOfWaiting, WastedIdleTimeKnowsAffinity) {
  Draft draft(2);
  draft.tasks(1).tasks(1);
  draft.scenario().tasks[1].cpus = *CpuSet::parse("1");
  Story story(draft);
  story.arrive(0, 0).begin_run(0, 0, 1).arrive(1, 10);
  story.measures().affinity_changed(EntityRef::task(1), *CpuSet::parse("0-1"), at_ns(20));
  story.run(1, 26, 30).end_run(0, 0, 30, StopReason::kSliceEnd, 1).begin_run(0, 30, 1);
  story.end_run(0, 30, 50, StopReason::kSliceEnd, 1).finish(50);
  EXPECT_EQ(story.group(kRoot).wasted_idle, ns(6 + 20));  // B also waits beside CPU 0 from 30 on
}

// A group's set of CPUs bounds its tasks: g is bound to CPU 1, which is busy. A throttled task
// wastes nothing either.
TEST(MeasuresOfWaiting, WastedIdleTimeKnowsGroupsAndCaps) {
  Draft draft(2);
  draft.group().group().tasks(1).tasks(1, 1).tasks(1, 2);
  draft.scenario().groups[1].cpus = *CpuSet::parse("1");
  Story story(draft);
  story.arrive(0, 0).begin_run(0, 0, 1).arrive(1, 0);
  story.throttle(EntityRef::group(2), 5).arrive(2, 5);
  story.unthrottle(EntityRef::group(2), 40);
  story.end_run(0, 0, 50, StopReason::kSliceEnd, 1).begin_run(1, 50, 1);
  story.end_run(1, 50, 60, StopReason::kSliceEnd, 1).finish(60);
  // 40-50: task 2 beside CPU 0; 50-60: tasks 0 and 2 beside it.
  EXPECT_EQ(story.group(kRoot).wasted_idle, ns(20));
}

// Does it notice time that is counted twice, or that belongs to nobody?
TEST(MeasuresOfWaiting, NoticesWhatCannotBe) {
  const auto fails = [](auto tell) {
    Story story(Draft(2).tasks(2));
    story.arrive(0, 0).arrive(1, 0).begin_run(0, 0);
    EXPECT_THROW(tell(story), InternalError);
  };
  fails([](Story& s) { s.begin_run(1, 5); });                             // a busy CPU
  fails([](Story& s) { s.begin_run(0, 5, 1); });                          // a running task
  fails([](Story& s) { s.end_run(0, 1, 5); });                            // another beginning
  fails([](Story& s) { s.end_run(1, 0, 5); });                            // another task
  fails([](Story& s) { s.end_run(0, 0, 10).begin_run(1, 9); });           // service twice
  fails([](Story& s) { s.measures().overhead(0, 1, at_ns(2), ns(1)); });  // overhead in a run
  fails([](Story& s) { s.end_run(0, 0, 5).measures().overhead(0, 1, at_ns(4), ns(1)); });
  fails([](Story& s) { s.leave(0, 5); });                        // it still runs
  fails([](Story& s) { s.arrive(1, 5); });                       // it is here already
  fails([](Story& s) { s.finish(10); });                         // a run without an end
  fails([](Story& s) { s.end_run(0, 0, 10).finish(9); });        // a run beyond the end
  fails([](Story& s) { s.unthrottle(EntityRef::task(0), 5); });  // it was not
  fails([](Story& s) { s.task(0); });                            // the run is not over
}

// An interrupted run is measured up to its end.
TEST(MeasuresOfWaiting, MeasuresAnInterruptedRun) {
  Story story(Draft().tasks(1));
  story.arrive(0, 0).run(0, 0, 10);
  story.measures().finished(at_ns(10), false);
  EXPECT_EQ(story.group(kRoot).service, ns(10));
  EXPECT_EQ(story.group(kRoot).idle, ns(0));
  EXPECT_EQ(story.task(0).runnable, ns(10));
}

}  // namespace
}  // namespace sharesim
