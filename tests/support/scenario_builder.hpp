#pragma once
// Scenarios written in code, for tests and benchmarks.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "sim/scenario/scenario.hpp"

namespace sharesim::test {

using namespace std::chrono_literals;

/// Whole milliseconds as simulated time, for readable expectations.
constexpr Time ms(std::int64_t count) { return at_ns(count * 1'000'000); }

inline Step run_for(Duration d) { return {Step::Kind::kRun, Distribution::constant(d)}; }
inline Step sleep_for(Duration d) { return {Step::Kind::kSleep, Distribution::constant(d)}; }

class ScenarioBuilder {
 public:
  ScenarioBuilder() {
    scenario_.name = "test";
    scenario_.file = "test.yaml";
    scenario_.groups.push_back({.name = "", .path = "/"});
    scenario_.duration = 1s;
    scenario_.record_tick = 10ms;
  }

  MachineSpec& machine() { return scenario_.machine; }
  Scenario& scenario() { return scenario_; }
  ScenarioBuilder& cpus(CpuId count) {
    scenario_.machine.cpus = count;
    return *this;
  }
  ScenarioBuilder& duration(Duration d) {
    scenario_.duration = d;
    return *this;
  }

  GroupId group(const std::string& name, Weight weight, GroupId parent = kRoot) {
    const GroupSpec& above = scenario_.groups[parent];
    scenario_.groups.push_back({.name = name,
                                .path = (parent == kRoot ? "/" : above.path + "/") + name,
                                .parent = parent,
                                .depth = above.depth + 1,
                                .weight = weight * kWeightUnit});
    return static_cast<GroupId>(scenario_.groups.size() - 1);
  }
  GroupSpec& spec(GroupId group) { return scenario_.groups[group]; }

  /// Adds a task (or `count` of them). The reference is good until the next task is added; keep to
  /// one kind of count per entry, because ids are given out here.
  TaskSpec& task(const std::string& name, Weight weight, Behaviour behaviour = RunForever{},
                 GroupId group = kRoot, std::uint32_t count = 1) {
    const TaskId first = scenario_.task_count();
    scenario_.tasks.push_back({.name = name,
                               .group = group,
                               .weight = weight * kWeightUnit,
                               .nice = {},
                               .count = count,
                               .first = first,
                               .stop = {},
                               .behaviour = std::move(behaviour),
                               .cap = {},
                               .cpus = {}});
    return scenario_.tasks.back();
  }

  ScenarioEvent& event(Time at, EntityRef entity) {
    scenario_.events.push_back(
        {.at = at, .entities = {entity}, .weight = {}, .cap = {}, .cpus = {}});
    return scenario_.events.back();
  }

  const Scenario& build() const { return scenario_; }

 private:
  Scenario scenario_;
};

/// run `r`, sleep `s`, for ever.
inline Sequence loop(Duration r, Duration s) { return {{run_for(r), sleep_for(s)}, 0}; }
/// The steps once, then exit.
inline Sequence once(std::vector<Step> steps) { return {std::move(steps), 1}; }

}  // namespace sharesim::test
