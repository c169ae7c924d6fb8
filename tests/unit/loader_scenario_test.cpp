// What a right workload becomes.

#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "sim/scenario/scenario.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

Scenario load(const std::string& text) { return parse_scenario(text, "w"); }

constexpr const char* kFull = R"(# yaml-language-server: $schema=workload.schema.json
# Does a task that saved up CPU while it slept
# keep its neighbour off the CPU?
name: sleeper-and-hog
machine: {cpus: 2, tick: 4ms, context_switch: 2us, wakeup: 1us, migration: 50us,
          bandwidth_slice: 5ms, balancer: {wake_idle: false, steal: false, interval: 0s}}
duration: 30s
record: {tick: 10ms}
seed: 7
groups:
  - name: web
    weight: 300
    cap: {quota: 30ms, period: 50ms, burst: 10ms}
    cpus: 0-1
    scheduler: sfq:slice=5ms
    tasks:
      - {name: worker, count: 4, start: 1s, do: [{run: 5ms}, {sleep: 5ms}]}
      - {name: api, service: {arrivals: {poisson: 200/s}, demand: {exponential: 2ms}, workers: 8}}
      - {name: beat, nice: 5, periodic: {every: 10.1ms, run: 1ms}}
    groups:
      - {name: static, cpus: [1], tasks: [{name: one, cap: 30%}]}
tasks:
  - {name: hog, stop: 20s}
events:
  - {at: 9s, set: {entity: /web/worker.2, weight: 600}}
  - {at: 5s, set: {entity: /web/worker, cap: none, cpus: 1}}
expect:
  - {share: {of: /web, at_least: 29%, from: 1s, to: 2s, schedulers: [sfq]}}
  - {lag: {of: /web/worker, between: [-3ms, 1ms]}, switches: {is: 7}}
)";

// Question: does every key of the top arrive? Expected: the values as written; the comment as one
// paragraph without the editor's line.
TEST(LoaderScenario, ReadsTheTop) {
  const Scenario s = load(kFull);
  EXPECT_EQ(s.name, "sleeper-and-hog");
  EXPECT_EQ(s.file, "w");
  EXPECT_EQ(s.question,
            "Does a task that saved up CPU while it slept keep its neighbour off the CPU?");
  EXPECT_EQ(s.duration, 30s);
  EXPECT_EQ(s.record_tick, 10ms);
  EXPECT_EQ(s.seed, 7U);
  EXPECT_EQ(s.machine.cpus, 2U);
  EXPECT_EQ(s.machine.tick, 4ms);
  EXPECT_EQ(s.machine.context_switch, 2us);
  EXPECT_EQ(s.machine.wakeup, 1us);
  EXPECT_EQ(s.machine.migration, 50us);
  EXPECT_EQ(s.machine.bandwidth_slice, 5ms);
  EXPECT_FALSE(s.machine.balancer.wake_idle);
  EXPECT_FALSE(s.machine.balancer.steal);
  EXPECT_EQ(s.machine.balancer.interval, 0s);
}

// Question: is the tree numbered in the order of the file? Expected: worker 0-3, api 4-11, beat 12,
// one 13, hog 14; a parent before its children; only entries with several instances have a number.
TEST(LoaderScenario, NumbersTheTree) {
  const Scenario s = load(kFull);
  ASSERT_EQ(s.groups.size(), 3U);
  EXPECT_EQ(s.groups[0].path, "/");
  EXPECT_EQ(s.groups[1].path, "/web");
  EXPECT_EQ(s.groups[2].path, "/web/static");
  EXPECT_EQ(s.groups[2].parent, 1U);
  EXPECT_EQ(s.groups[2].depth, 2U);
  EXPECT_EQ(s.task_count(), 15U);
  const std::vector<std::pair<TaskId, const char*>> paths{
      {0, "/web/worker.0"}, {3, "/web/worker.3"},    {4, "/web/api.0"}, {11, "/web/api.7"},
      {12, "/web/beat"},    {13, "/web/static/one"}, {14, "/hog"}};
  for (const auto& [id, path] : paths) EXPECT_EQ(s.path_of(id), path);
  EXPECT_EQ(s.path_of(EntityRef::group(2)), "/web/static");
  EXPECT_EQ(s.path_of(EntityRef::task(13)), "/web/static/one");
}

// Question: do weights, caps, sets and policies arrive? Expected: weight 300 = 300 x 256 units;
// nice 5 weighs 335 in the kernel's table = 335 x 25 units; 30 % = 30 ms of 100 ms.
TEST(LoaderScenario, ReadsEntities) {
  const Scenario s = load(kFull);
  const GroupSpec& web = s.groups[1];
  EXPECT_EQ(web.weight, 300 * kWeightUnit);
  EXPECT_EQ(web.cap, (Bandwidth{30ms, 50ms, 10ms}));
  EXPECT_EQ(web.cpus->to_string(), "0-1");
  ASSERT_TRUE(web.scheduler);
  EXPECT_EQ(web.scheduler->to_string(), "sfq:slice=5ms");
  EXPECT_FALSE(s.groups[2].scheduler);
  EXPECT_EQ(s.spec_of(0).weight, kDefaultWeight);
  EXPECT_EQ(s.spec_of(0).start, 1s);
  EXPECT_EQ(s.spec_of(12).weight, 335 * 25);
  EXPECT_EQ(s.spec_of(12).nice, 5);
  EXPECT_EQ(s.spec_of(13).cap, (Bandwidth{30ms, 100ms, 0ms}));
  EXPECT_EQ(s.groups[2].cpus->to_string(), "1");
  EXPECT_EQ(s.spec_of(14).stop, 20s);
}

// Question: do behaviours arrive? Expected: as written; a hog has none.
TEST(LoaderScenario, ReadsBehaviours) {
  const Scenario s = load(kFull);
  const auto& steps = std::get<Sequence>(s.spec_of(0).behaviour);
  ASSERT_EQ(steps.steps.size(), 2U);
  EXPECT_EQ(steps.repeat, 0);
  EXPECT_EQ(steps.steps[0].kind, Step::Kind::kRun);
  EXPECT_EQ(steps.steps[1].kind, Step::Kind::kSleep);
  EXPECT_EQ(steps.steps[1].length.a, 5ms);
  const auto& api = std::get<Service>(s.spec_of(4).behaviour);
  EXPECT_EQ(api.gap.kind, Distribution::Kind::kExponential);
  EXPECT_EQ(api.gap.mean(), 5ms);
  EXPECT_EQ(api.demand.mean(), 2ms);
  EXPECT_EQ(api.workers, 8U);
  EXPECT_EQ(api.queue, 100'000);
  const auto& beat = std::get<Periodic>(s.spec_of(12).behaviour);
  EXPECT_EQ(beat.every, 10'100us);
  EXPECT_EQ(beat.run.a, 1ms);
  EXPECT_TRUE(std::holds_alternative<RunForever>(s.spec_of(14).behaviour));
}

// Question: do changes arrive in the order of time? Expected: 5 s (all four workers), then 9 s
// (one).
TEST(LoaderScenario, ReadsEvents) {
  const Scenario s = load(kFull);
  ASSERT_EQ(s.events.size(), 2U);
  EXPECT_EQ(s.events[0].at, Time(5s));
  EXPECT_EQ(s.events[0].entities.size(), 4U);
  ASSERT_TRUE(s.events[0].cap);
  EXPECT_FALSE(*s.events[0].cap);
  EXPECT_EQ(s.events[0].cpus->to_string(), "1");
  EXPECT_FALSE(s.events[0].weight);
  EXPECT_EQ(s.events[1].entities, std::vector<EntityRef>{EntityRef::task(2)});
  EXPECT_EQ(s.events[1].weight, 600 * kWeightUnit);
  EXPECT_FALSE(s.events[1].cap);
}

// Question: do expectations arrive in the metric's unit? Expected: 29 % = 290 000 millionths, -3 ms
// in ns, `is` as both bounds; the root where nothing is named.
TEST(LoaderScenario, ReadsExpectations) {
  const Scenario s = load(kFull);
  ASSERT_EQ(s.expectations.size(), 3U);
  const Expectation& share = s.expectations[0];
  EXPECT_EQ(share.metric, Metric::kShare);
  EXPECT_EQ(share.of, "/web");
  EXPECT_EQ(share.at_least, 290'000);
  EXPECT_FALSE(share.at_most);
  EXPECT_EQ(share.from, Time(1s));
  EXPECT_EQ(share.to, Time(2s));
  EXPECT_EQ(share.schedulers, std::vector<std::string>{"sfq"});
  EXPECT_EQ(share.line, 28);
  EXPECT_EQ(s.expectations[1].entities.size(), 4U);
  EXPECT_EQ(s.expectations[1].at_least, -3'000'000);
  EXPECT_EQ(s.expectations[1].at_most, 1'000'000);
  EXPECT_EQ(s.expectations[2].at_least, 7);
  EXPECT_EQ(s.expectations[2].at_most, 7);
  EXPECT_EQ(s.expectations[2].entities, std::vector<EntityRef>{EntityRef::group(kRoot)});
}

// Question: what holds where nothing is said? Expected: one CPU, no costs, seed 1, weight 100.
TEST(LoaderScenario, FillsInDefaults) {
  const Scenario s = load("name: t\nduration: 10s\ntasks: [{name: a}]\n");
  EXPECT_EQ(s.machine.cpus, 1U);
  EXPECT_EQ(s.machine.tick, 0s);
  EXPECT_EQ(s.machine.balancer.interval, 100ms);
  EXPECT_TRUE(s.machine.balancer.steal);
  EXPECT_EQ(s.seed, 1U);
  EXPECT_EQ(s.question, "");
  EXPECT_EQ(s.spec_of(0).weight, kDefaultWeight);
  EXPECT_EQ(s.path_of(TaskId{0}), "/a");
}

// Question: is the default tick about a thousandth, readable, and inside its bounds? Expected: the
// next of 1, 2, 5 x 10^k above duration / 1000, at least 1 ms, at most the duration.
TEST(LoaderScenario, ChoosesATick) {
  const std::vector<std::pair<std::string, Duration>> cases{
      {"10s", 10ms},  {"30s", 50ms},    {"11s", 20ms}, {"1s", 1ms},
      {"100ms", 1ms}, {"500us", 500us}, {"1h", 5s},    {"168h", 1000s}};
  for (const auto& [duration, tick] : cases) {
    const Scenario s = load("name: t\nduration: " + duration + "\ntasks: [{name: a}]\n");
    EXPECT_EQ(s.record_tick, tick) << duration;
  }
}

// Question: is every kind of length read? Expected: each with its numbers.
TEST(LoaderScenario, ReadsDistributions) {
  const Scenario s = load(R"(
name: t
duration: 10s
tasks:
  - name: a
    do:
      - run: {uniform: [1ms, 3ms]}
      - run: {normal: {mean: 5ms, sd: 1ms}}
      - run: {lognormal: {mean: 5ms, sd: 2ms}}
      - run: {pareto: {min: 1ms, shape: 1.5}}
      - run: {empirical: [1ms, 2ms, 9ms]}
      - sleep: 0s
    repeat: 3
)");
  const auto& sequence = std::get<Sequence>(s.spec_of(0).behaviour);
  EXPECT_EQ(sequence.repeat, 3);
  ASSERT_EQ(sequence.steps.size(), 6U);
  EXPECT_EQ(sequence.steps[0].length.b, 3ms);
  EXPECT_EQ(sequence.steps[1].length.b, 1ms);
  EXPECT_EQ(sequence.steps[2].length.kind, Distribution::Kind::kLognormal);
  EXPECT_EQ(sequence.steps[3].length.mean(), 3ms);
  EXPECT_EQ(sequence.steps[4].length.mean(), 4ms);
}

// Question: what becomes of a replay? Expected: constants, once; a sleep of 0 s is no sleep.
TEST(LoaderScenario, ReplaysAList) {
  const Scenario s = load(
      "name: t\nduration: 10s\ntasks: [{name: a, replay: [[5ms, 10ms], [1ms, 0s], [2ms, 3ms]]}]\n");
  const auto& sequence = std::get<Sequence>(s.spec_of(0).behaviour);
  EXPECT_EQ(sequence.repeat, 1);
  ASSERT_EQ(sequence.steps.size(), 5U);
  EXPECT_EQ(sequence.steps[1].length.a, 10ms);
  EXPECT_EQ(sequence.steps[2].length.a, 1ms);
  EXPECT_EQ(sequence.steps[3].kind, Step::Kind::kRun);
}

// Question: is the nice table the kernel's? Expected: nice 0 weighs as cpu.weight 100; -20 and 19
// are 88761 and 15 of 1024.
TEST(LoaderScenario, WeighsNiceAsTheKernel) {
  EXPECT_EQ(nice_weight(0), kDefaultWeight);
  EXPECT_EQ(nice_weight(-20), Weight{88761} * 25);
  EXPECT_EQ(nice_weight(19), Weight{15} * 25);
  EXPECT_EQ(nice_weight(1), Weight{820} * 25);
}

// Question: may a task be called like an instance of a sibling that has none? Expected: yes, and
// its path is its own.
TEST(LoaderScenario, AllowsNumbersInNames) {
  const Scenario s = load(
      "name: t\nduration: 10s\ntasks: [{name: a}, {name: a.0}, {name: b, count: 2}, {name: b.2}]\n"
      "events: [{at: 0s, set: {entity: /a.0, weight: 5}}]\n");
  EXPECT_EQ(s.path_of(TaskId{1}), "/a.0");
  EXPECT_EQ(s.path_of(TaskId{4}), "/b.2");
  EXPECT_EQ(s.events[0].entities, std::vector<EntityRef>{EntityRef::task(1)});
}

// Question: do the first and last instances of neighbours find their entries? Expected: each its
// own.
TEST(LoaderScenario, FindsTheEntryOfATask) {
  const Scenario s = load(
      "name: t\nduration: 10s\ntasks: [{name: a, count: 3}, {name: b}, {name: c, count: 2}]\n");
  const std::vector<std::string> expected{"a", "a", "a", "b", "c", "c"};
  for (TaskId id = 0; id < 6; ++id) EXPECT_EQ(s.spec_of(id).name, expected[id]);
  EXPECT_THROW(s.spec_of(6), std::logic_error);
}

}  // namespace
}  // namespace sharesim
