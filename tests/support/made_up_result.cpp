#include "tests/support/made_up_result.hpp"

namespace sharesim::test {
namespace {

constexpr TaskId kHog = 2;

LatencySummary latency(Duration p50, Duration p99) {
  return {.count = 10, .p50 = p50, .p90 = p99, .p99 = p99, .p999 = p99, .max = 2 * p99};
}

}  // namespace

Scenario made_up_scenario() {
  Scenario scenario;
  scenario.name = "demo";
  scenario.file = "some/where/demo.yaml";
  scenario.question = "Does the group get its share? It gets six tenths.";
  scenario.duration = 10 * kSecond;
  scenario.record_tick = 10 * kMillisecond;
  scenario.seed = 7;
  GroupSpec root;
  root.path = "/";
  GroupSpec web;
  web.name = "web";
  web.path = "/web";
  web.depth = 1;
  web.weight = 300 * kWeightUnit;
  scenario.groups = {root, web};
  TaskSpec worker;
  worker.name = "worker";
  worker.group = 1;
  worker.count = 2;
  worker.behaviour = Sequence{{{Step::Kind::kRun, Distribution::constant(5 * kMillisecond)},
                               {Step::Kind::kSleep, Distribution::constant(1 * kMillisecond)}},
                              0};
  TaskSpec hog;
  hog.name = "hog";
  hog.first = kHog;
  scenario.tasks = {worker, hog};
  return scenario;
}

EntityResult made_up_row(EntityRef entity) {
  EntityResult row;
  row.runnable = 10 * kSecond;
  row.switches = 1'000;
  if (entity == EntityRef::task(kHog)) {
    row.service = 4 * kSecond;
    row.ideal = 4 * kSecond;
    row.lag_max = 1 * kMillisecond;
    row.wakeup = latency(kMicrosecond, kMicrosecond);
    row.starvation = {3 * kMillisecond, at_ns(0) + 2 * kSecond, kHog, 0};
    return row;
  }
  row.service = row.ideal = (entity.is_task() ? 3 : 6) * kSecond;
  row.lag_max = 1'234 * kMicrosecond;
  row.wakeup = latency(500 * kMicrosecond, 2 * kMillisecond);
  row.response = latency(5 * kMillisecond, 12'340 * kMicrosecond);
  row.starvation = {5 * kMillisecond, at_ns(0) + 1 * kSecond, 0, kHog};
  if (entity == EntityRef::group(kRoot)) {
    row.service = row.ideal = 10 * kSecond;
    row.switches = 30'000;
    row.jain = 0.99875;
    row.relative_fairness = 7 * kMillisecond;
    row.idle = 10 * kMillisecond;
    row.overhead = 2 * kMicrosecond;
  }
  return row;
}

Result made_up_result(Scenario scenario, std::function<EntityResult(EntityRef)> row) {
  Result result;
  result.end = kStart + scenario.duration;
  result.scenario = std::make_shared<const Scenario>(std::move(scenario));
  result.scheduler = "sfq:slice=10ms";
  result.decisions = 30'000;
  result.table = std::make_shared<MadeUpTable>(std::move(row));
  return result;
}

}  // namespace sharesim::test
