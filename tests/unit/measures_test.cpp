#include "sim/metrics/measures.hpp"

#include <malloc.h>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/core/check.hpp"

namespace sharesim {
namespace {

constexpr EntityRef kMachine = EntityRef::group(kRoot);

/// A scenario made by hand: groups and tasks get their ids in the order in which they are added.
class Draft {
 public:
  explicit Draft(CpuId cpus = 1) {
    scenario_.machine.cpus = cpus;
    scenario_.duration = std::chrono::hours(1);
    scenario_.groups.push_back({});
    scenario_.groups[0].path = "/";
  }
  Draft& group(GroupId parent = kRoot, Weight weight = kDefaultWeight) {
    GroupSpec spec;
    spec.name = "g" + std::to_string(scenario_.groups.size());
    spec.parent = parent;
    spec.weight = weight;
    scenario_.groups.push_back(spec);
    return *this;
  }
  Draft& tasks(std::uint32_t count, GroupId group = kRoot, Weight weight = kDefaultWeight) {
    TaskSpec spec;
    spec.name = "t" + std::to_string(scenario_.tasks.size());
    spec.group = group;
    spec.weight = weight;
    spec.count = count;
    spec.first = scenario_.task_count();
    scenario_.tasks.push_back(spec);
    return *this;
  }
  Draft& expect(Metric metric, EntityRef entity, std::int64_t at_least, std::int64_t at_most,
                std::int64_t from = 0, std::optional<std::int64_t> to = {}) {
    Expectation expectation;
    expectation.metric = metric;
    expectation.entities = {entity};
    expectation.at_least = at_least;
    expectation.at_most = at_most;
    expectation.from = at_ns(from);
    if (to) expectation.to = at_ns(*to);
    scenario_.expectations.push_back(expectation);
    return *this;
  }
  Scenario& scenario() { return scenario_; }

 private:
  Scenario scenario_;
};

/// Tells Measures a run, with times in plain ns.
class Story {
 public:
  explicit Story(Draft draft, const std::string& scheduler = "sfq")
      : measures_(std::make_shared<Scenario>(draft.scenario()), scheduler) {}

  Story& arrive(TaskId task, std::int64_t now) {
    measures_.arrived(task, at_ns(now));
    return *this;
  }
  Story& leave(TaskId task, std::int64_t now) {
    measures_.left(task, at_ns(now));
    return *this;
  }
  Story& run(TaskId task, std::int64_t begin, std::int64_t end,
             StopReason why = StopReason::kSliceEnd, CpuId cpu = 0) {
    return begin_run(task, begin, cpu).end_run(task, begin, end, why, cpu);
  }
  Story& begin_run(TaskId task, std::int64_t begin, CpuId cpu = 0) {
    measures_.run_begin(cpu, task, at_ns(begin));
    return *this;
  }
  Story& end_run(TaskId task, std::int64_t begin, std::int64_t end,
                 StopReason why = StopReason::kSliceEnd, CpuId cpu = 0) {
    measures_.run_end(cpu, task, at_ns(begin), at_ns(end), why);
    return *this;
  }
  Story& throttle(EntityRef entity, std::int64_t now) {
    measures_.throttled(entity, at_ns(now));
    return *this;
  }
  Story& unthrottle(EntityRef entity, std::int64_t now) {
    measures_.unthrottled(entity, at_ns(now));
    return *this;
  }
  Story& finish(std::int64_t now) {
    measures_.finished(at_ns(now), true);
    return *this;
  }
  Measures& measures() { return measures_; }
  EntityResult task(TaskId id) const { return measures_.row(EntityRef::task(id)); }
  EntityResult group(GroupId id) const { return measures_.row(EntityRef::group(id)); }

 private:
  Measures measures_;
};

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
// leaves with 10; C waits 20-40 and ends with 10.
TEST(Measures, LagPeaksWhereATaskGivesUp) {
  Story story(Draft().tasks(3));
  story.arrive(0, 0).arrive(1, 0).begin_run(0, 0).leave(1, 20).arrive(2, 20).end_run(0, 0, 40);
  story.finish(40);
  EXPECT_EQ(story.task(1).lag_max, ns(10));
  EXPECT_EQ(story.task(2).lag_max, ns(10));
  EXPECT_EQ(story.task(0).lag_min, ns(-20));
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

// ---- Starvation ----

// B waits 5-30 while A runs 10 and C 15 of it, and 35-50 while A runs. The worst is 25 from 5 on,
// and C was the runner; for the group and the machine B is the victim.
TEST(Measures, StarvationIsTheLongestWait) {
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

// A stretch also ends with the run, or when the task gives up: B waits 0-30 until the end; C waits
// 0-20 and leaves. Nobody starved A. The run in progress counts: A is the runner.
TEST(Measures, StarvationEndsWithTheRunOrTheDemand) {
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
TEST(Measures, StarvationStopsWhileThrottled) {
  Story story(Draft().group().group(1).tasks(1).tasks(1, 2));
  story.arrive(0, 0).arrive(1, 0).begin_run(0, 0);
  story.throttle(EntityRef::group(2), 20).throttle(EntityRef::group(1), 40);
  story.unthrottle(EntityRef::group(2), 60).unthrottle(EntityRef::group(1), 90);
  story.end_run(0, 0, 115).run(1, 115, 120).finish(120);
  EXPECT_EQ(story.task(1).starvation.length, ns(25));
  EXPECT_EQ(story.task(1).starvation.start, at_ns(90));
}

// The same with the tasks' own caps: A is throttled 20-60 by its own and 40-90 by its group's, B
// 20-90 by its own and 40-60 by the group's. Both starve from 90 on, A to 115 and B to 116; so does
// C, which wakes at 50 while its group is throttled.
TEST(Measures, StarvationUnderTwoKindsOfCaps) {
  Story story(Draft().group().group().tasks(1).tasks(1, 1).tasks(1, 2).tasks(1, 1));
  const EntityRef a = EntityRef::task(1);
  const EntityRef b = EntityRef::task(2);
  story.arrive(0, 0).arrive(1, 0).arrive(2, 0).begin_run(0, 0).throttle(a, 20).throttle(b, 20);
  story.throttle(EntityRef::group(1), 40).throttle(EntityRef::group(2), 40).arrive(3, 50);
  story.unthrottle(a, 60).unthrottle(EntityRef::group(2), 60);
  story.unthrottle(EntityRef::group(1), 90).unthrottle(b, 90);
  story.end_run(0, 0, 115).run(1, 115, 116).run(2, 116, 117).run(3, 117, 120).finish(120);
  const std::vector<std::int64_t> lengths{25, 26, 27};
  for (TaskId id = 1; id < 4; ++id) {
    EXPECT_EQ(story.task(id).starvation.length, ns(lengths[id - 1]));
    EXPECT_EQ(story.task(id).starvation.start, at_ns(90));
  }
}

// A run that was cut while it paid its overhead got nothing: B waits 0-50, not 0-20 and 20-50.
TEST(Measures, StarvationGoesOnAfterAnEmptyRun) {
  Story story(Draft().tasks(2));
  story.arrive(0, 0).arrive(1, 0).run(0, 0, 20).run(1, 20, 20, StopReason::kPreempted);
  story.run(0, 20, 50).run(1, 50, 60).finish(60);
  EXPECT_EQ(story.task(1).starvation.length, ns(50));
  EXPECT_EQ(story.task(1).starvation.start, at_ns(0));
}

// ---- The machine ----

// 2 CPUs for 100: CPU 0 spends 0-3 on overhead and serves 3-40; CPU 1 serves 10-60 and spends
// 70-72 on overhead that comes to nothing. Service 87, overhead 5, idle 200 - 92 = 108.
TEST(Measures, ServiceOverheadAndIdleTimeAreAll) {
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
TEST(Measures, WastedIdleTimeKnowsAffinity) {
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
TEST(Measures, WastedIdleTimeKnowsGroupsAndCaps) {
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
TEST(Measures, NoticesWhatCannotBe) {
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
TEST(Measures, MeasuresAnInterruptedRun) {
  Story story(Draft().tasks(1));
  story.arrive(0, 0).run(0, 0, 10);
  story.measures().finished(at_ns(10), false);
  EXPECT_EQ(story.group(kRoot).service, ns(10));
  EXPECT_EQ(story.group(kRoot).idle, ns(0));
  EXPECT_EQ(story.task(0).runnable, ns(10));
}

// ---- Ticks ----

/// Keeps what was said at each tick.
class TickScribe final : public TickListener {
 public:
  TickScribe(const Measures& measures, std::vector<EntityRef> entities)
      : measures_(measures), entities_(std::move(entities)) {}
  void tick(Time begin, Time end) override {
    for (const EntityRef entity : entities_) {
      const Progress p = measures_.progress(entity);
      rows.push_back(
          {to_ns(begin), to_ns(end), p.service_ns, p.ideal_ns, p.runnable_ns, p.throttled_ns});
    }
  }
  std::vector<std::vector<std::int64_t>> rows;

 private:
  const Measures& measures_;
  std::vector<EntityRef> entities_;
};

// Ticks of 10 cut runs exactly. A runs 0-14, B 14-25 and then A to 32; both have demand from 0 on,
// but B only until 25. A's cap throttles it 16-23 (told, whoever runs).
TEST(Measures, TicksCutRunsExactly) {
  Story story(Draft().group().tasks(1, 1).tasks(1));
  TickScribe scribe(story.measures(), {EntityRef::task(0), EntityRef::group(1), kMachine});
  story.measures().set_tick_listener(ns(10), &scribe);
  story.arrive(0, 0).arrive(1, 0).run(0, 0, 14).begin_run(1, 14);
  story.throttle(EntityRef::task(0), 16).unthrottle(EntityRef::task(0), 23);
  story.end_run(1, 14, 25, StopReason::kBlocked).leave(1, 25).run(0, 25, 32).finish(32);

  // begin, end, service, ideal, runnable, throttled
  const std::vector<std::vector<std::int64_t>> expected{
      {0, 10, 10, 5, 10, 0},   {0, 10, 10, 5, 10, 0},   {0, 10, 10, 10, 10, 0},
      {10, 20, 14, 10, 20, 4}, {10, 20, 14, 10, 20, 0}, {10, 20, 20, 20, 20, 0},
      {20, 30, 19, 18, 30, 7}, {20, 30, 19, 18, 30, 0}, {20, 30, 30, 30, 30, 0},
      {30, 32, 21, 20, 32, 7}, {30, 32, 21, 20, 32, 0}, {30, 32, 32, 32, 32, 0}};
  EXPECT_EQ(scribe.rows, expected);
}

// Is every tick told, also those in which nothing happens, and none of length 0 at the end?
TEST(Measures, EveryTickIsTold) {
  Story story(Draft().tasks(1));
  TickScribe scribe(story.measures(), {kMachine});
  story.measures().set_tick_listener(ns(10), &scribe);
  story.arrive(0, 0).run(0, 0, 30).finish(30);
  EXPECT_EQ(scribe.rows,
            (std::vector<std::vector<std::int64_t>>{
                {0, 10, 10, 10, 10, 0}, {10, 20, 20, 20, 20, 0}, {20, 30, 30, 30, 30, 0}}));
}

// ---- Expectations ----

// A runs 0-40, B 40-100. Of [20, 70] A has 20 = 40 % and B 30 = 60 %; the ideal is half. The edges
// lie within runs.
TEST(Measures, ExpectationsOfAWindow) {
  const EntityRef a = EntityRef::task(0);
  Story story(Draft()
                  .group()
                  .tasks(1)
                  .tasks(1, 1)
                  .expect(Metric::kShare, a, 400'000, 400'000, 20, 70)
                  .expect(Metric::kShare, EntityRef::group(1), 0, 599'999, 20, 70)
                  .expect(Metric::kIdealService, a, 25, 25, 20, 70)
                  .expect(Metric::kService, a, 20, 20, 20)
                  .expect(Metric::kService, a, 10, 10, 0, 10)
                  .expect(Metric::kService, a, 10, 10, 30, 500)
                  .expect(Metric::kService, a, 0, 1000, 100, 200)
                  .expect(Metric::kShare, kMachine, 1'000'000, 1'000'000)
                  .expect(Metric::kService, EntityRef::group(1), 60, 60, 0, 100));
  story.arrive(0, 0).arrive(1, 0).run(0, 0, 40).run(1, 40, 100).finish(100);

  const auto results = story.measures().expectations();
  ASSERT_EQ(results.size(), 9U);
  const std::vector<std::int64_t> values{400'000, 600'000, 25, 20, 10, 10, 0, 1'000'000, 60};
  const std::vector<bool> met{true, false, true, true, true, true, false, true, true};
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].index, i);
    EXPECT_EQ(results[i].value, values[i]) << i;
    EXPECT_EQ(results[i].met, met[i]) << i;
    EXPECT_EQ(results[i].has_value, i != 6) << i;  // the run ended when that window began
  }
  EXPECT_EQ(results[1].entity, EntityRef::group(1));
}

// Do lines for other schedulers stay out, whatever the parameters? And is a value that is missing
// not met?
TEST(Measures, ExpectationsOfThisSchedulerOnly) {
  Draft draft;
  draft.tasks(1);
  for (int i = 0; i < 3; ++i) draft.expect(Metric::kResponseMax, EntityRef::task(0), 0, 1000);
  draft.scenario().expectations[0].schedulers = {"rr", "wfq"};
  draft.scenario().expectations[1].schedulers = {"rr", "sfq"};
  Story story(draft, "sfq:slice=10ms");
  story.finish(10);
  const auto results = story.measures().expectations();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].index, 1U);
  EXPECT_EQ(results[1].index, 2U);
  EXPECT_FALSE(results[0].has_value);
  EXPECT_FALSE(results[0].met);
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
