#pragma once
// Scenarios and runs as short as a sentence, for the tests of Measures.

#include <memory>
#include <optional>
#include <string>

#include "sim/metrics/measures.hpp"

namespace sharesim {

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

}  // namespace sharesim
