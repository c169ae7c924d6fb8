// Which quota, burst or number of tasks keeps a group from being throttled: found by replays,
// against arithmetic.

#include "sim/search/throttle_remedies.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sharesim {
namespace {

// Question: is the nearest value found, whatever side it is on? From 10, which fails, to 100: 37
// is the first that holds.
TEST(Nearest, FindsTheEdge) {
  for (std::int64_t first = 11; first <= 100; ++first) {
    const Edge up = nearest(10, 100, [&](std::int64_t value) { return value >= first; });
    EXPECT_EQ(up.value, first);
    EXPECT_TRUE(up.monotone);
    const Edge down = nearest(-10, -100, [&](std::int64_t value) { return value <= -first; });
    EXPECT_EQ(down.value, -first);
  }
  EXPECT_FALSE(nearest(1, 9, [](std::int64_t) { return false; }).value);
}

// It holds from 90 on, and on an island from 20 on. The bisection between 1 and 200 looks at
// 100, 50, 75, 87, ... and comes to 90; the probes at eighths of what is before, 12 and 23, see
// the island, and the answer is its near end.
TEST(Nearest, SeesIslandsAndSaysSo) {
  for (std::int64_t width = 4; width < 30; ++width) {
    const Edge edge = nearest(1, 200, [&](std::int64_t value) {
      return value >= 90 || (value >= 20 && value < 20 + width);
    });
    EXPECT_EQ(edge.value, 20);
    EXPECT_FALSE(edge.monotone);
  }
}

constexpr const char* kThreads = R"(
name: threads
machine: {cpus: 4}
duration: 2s
groups:
  - name: a.b
    groups:
      - name: web
        cap: {quota: 100ms, period: 100ms}
        tasks: [{name: worker, count: 4, start: 200ms, periodic: {every: 200ms, run: 40ms}}]
expect:
  - {service: {of: /a.b/web/worker.3, at_least: 1ms}}
)";

// Four tasks need 160 ms of each 200. Quota: what they need must be there at once, 160 ms (159.9
// is less). Burst: 100 + 60. Tasks: 3 need 120 ms, 2 need 80. Without a cap they use 160 of each
// 200 ms, from 200 ms on: 9 times 160 ms.
TEST(Remedies, OfThreadsThatBurnTheQuotaAtOnce) {
  const WorkloadText workload{kThreads, "threads.yaml", {}};
  const Scenario scenario = parse_scenario(workload.text, workload.file);
  const std::atomic<bool> stop = false;
  for (const char* scheduler : {"sfq", "rr:scope=global"}) {
    const Remedies found =
        find_remedies(workload, scenario, 2, Registry::global().parse(scheduler), stop);
    ASSERT_TRUE(found.uncapped.has_value());
    EXPECT_EQ(found.uncapped->used, std::chrono::milliseconds(9 * 160));
    ASSERT_EQ(found.ways.size(), 3U);
    EXPECT_EQ(found.ways[0].edge.value, 160'000'000);
    EXPECT_EQ(found.ways[0].change, "groups.a.b.groups.web.cap={quota: 160ms, period: 100ms}");
    EXPECT_EQ(found.ways[1].edge.value, 60'000'000);
    EXPECT_EQ(found.ways[1].change,
              "groups.a.b.groups.web.cap={quota: 100ms, period: 100ms, burst: 60ms}");
    EXPECT_EQ(found.ways[2].edge.value, 2);
    EXPECT_EQ(found.ways[2].of, "/a.b/web/worker");
    EXPECT_EQ(found.ways[2].change, "groups.a.b.groups.web.tasks.worker.count=2");
    for (const Remedy& way : found.ways) EXPECT_TRUE(way.edge.monotone);
  }
}

// A change that the loader refuses is no remedy, and is said: with one worker there is no /g/w.1
// to change at 1 s.
TEST(Remedies, SayWhatCannotBeTried) {
  const WorkloadText workload{
      "name: x\nmachine: {cpus: 2}\nduration: 2s\ngroups:\n  - name: g\n    cap: 20%\n    tasks: "
      "[{name: w, count: 2}]\n"
      "events:\n  - {at: 1s, set: {entity: /g/w.1, weight: 5}}\n",
      "x.yaml",
      {}};
  const Scenario scenario = parse_scenario(workload.text, workload.file);
  const std::atomic<bool> stop = false;
  const Remedies found =
      find_remedies(workload, scenario, 1, Registry::global().parse("sfq"), stop);
  ASSERT_EQ(found.ways.size(), 3U);
  EXPECT_EQ(found.ways[0].edge.value, 200'000'000);  // both CPUs
  EXPECT_FALSE(found.ways[1].edge.value);            // no burst helps whom nothing is enough for
  EXPECT_THAT(found.ways[2].problem, testing::HasSubstr("/g/w.1"));
  const std::atomic<bool> stopped = true;
  EXPECT_TRUE(
      find_remedies(workload, scenario, 1, Registry::global().parse("sfq"), stopped).ways.empty());
}

}  // namespace
}  // namespace sharesim
