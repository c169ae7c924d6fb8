// Ticks, and windows of `expect:`.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/metrics/measures.hpp"
#include "tests/unit/measures_story.hpp"

namespace sharesim {
namespace {

constexpr EntityRef kMachine = EntityRef::group(kRoot);

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
// but B leaves at 25 with 11 of its 12.5: the ideal gives A 12.5 + 1.5 until then, and all after. A's
// cap throttles it 16-23.
TEST(MeasuresAtEdges, TicksCutRunsExactly) {
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
      {20, 30, 19, 19, 30, 7}, {20, 30, 19, 19, 30, 0}, {20, 30, 30, 30, 30, 0},
      {30, 32, 21, 21, 32, 7}, {30, 32, 21, 21, 32, 0}, {30, 32, 32, 32, 32, 0}};
  EXPECT_EQ(scribe.rows, expected);
}

// Question: how long had a task been waiting, at the worst of each tick? Ticks of 10. A runs 0-14, B 14-25, then A
// to 32. B waits 0-14: 10 at the end of the first tick, 14 when it runs in the second, then never. A waits 14-25: 6 at
// the end of the second tick, 11 in the third. Held back by its cap (28-30 here) nobody waits.
TEST(MeasuresAtEdges, TicksKnowTheLongestWait) {
  class Waits final : public TickListener {
   public:
    explicit Waits(const Measures& measures) : measures_(measures) {}
    void tick(Time, Time) override {
      rows.push_back({measures_.progress(EntityRef::task(0)).waiting_ns,
                      measures_.progress(EntityRef::task(1)).waiting_ns});
    }
    std::vector<std::vector<std::int64_t>> rows;

   private:
    const Measures& measures_;
  };
  Story story(Draft().tasks(1).tasks(1));
  Waits waits(story.measures());
  story.measures().set_tick_listener(ns(10), &waits);
  story.arrive(0, 0).arrive(1, 0).run(0, 0, 14).run(1, 14, 25, StopReason::kBlocked).leave(1, 25);
  story.run(0, 25, 28, StopReason::kThrottled).throttle(EntityRef::task(0), 28);
  story.unthrottle(EntityRef::task(0), 30).run(0, 30, 32).finish(32);
  EXPECT_EQ(waits.rows,
            (std::vector<std::vector<std::int64_t>>{{0, 10}, {6, 14}, {11, 0}, {0, 0}}));
}

// Is every tick told, also those in which nothing happens, and none of length 0 at the end?
TEST(MeasuresAtEdges, EveryTickIsTold) {
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
TEST(MeasuresAtEdges, ExpectationsOfAWindow) {
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
TEST(MeasuresAtEdges, ExpectationsOfThisSchedulerOnly) {
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

}  // namespace
}  // namespace sharesim
