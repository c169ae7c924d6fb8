#include "bench/support/scenarios.hpp"

#include <string>
#include <utility>

namespace sharesim::bench {
namespace {

using namespace std::chrono_literals;

Scenario empty(CpuId cpus, Duration duration) {
  Scenario scenario;
  scenario.name = "bench";
  scenario.file = "bench.yaml";
  scenario.machine.cpus = cpus;
  scenario.duration = duration;
  scenario.record_tick = 10ms;
  scenario.groups.push_back({.name = "", .path = "/"});
  return scenario;
}

GroupId add_group(Scenario& scenario, GroupId parent, std::uint32_t number) {
  const GroupSpec& above = scenario.groups[parent];
  const std::string name = "g" + std::to_string(number);
  scenario.groups.push_back({.name = name,
                             .path = (parent == kRoot ? "/" : above.path + "/") + name,
                             .parent = parent,
                             .depth = above.depth + 1,
                             .weight = mixed_weight(number)});
  return static_cast<GroupId>(scenario.groups.size() - 1);
}

TaskSpec& add_tasks(Scenario& scenario, GroupId group, std::uint32_t number,
                    std::uint32_t count = 1) {
  TaskSpec task;
  task.name = "t" + std::to_string(number);
  task.group = group;
  task.weight = mixed_weight(number);
  task.count = count;
  task.first = scenario.task_count();
  scenario.tasks.push_back(std::move(task));
  return scenario.tasks.back();
}

/// Numbers that look random, seed 42: a linear congruential generator (Numerical Recipes).
class Draws {
 public:
  std::uint32_t below(std::uint32_t bound) {
    state_ = state_ * 1664525U + 1013904223U;
    return (state_ >> 8U) % bound;  // the low bits are poor
  }

 private:
  std::uint32_t state_ = 42;
};

SharedScenario done(Scenario scenario) {
  return std::make_shared<const Scenario>(std::move(scenario));
}

}  // namespace

Weight mixed_weight(std::uint32_t i) { return (1 + i % 7) * kWeightUnit; }

std::vector<Weight> mixed_weights(std::uint32_t count) {
  std::vector<Weight> weights;
  for (std::uint32_t i = 0; i < count; ++i) weights.push_back(mixed_weight(i));
  return weights;
}

std::vector<Weight> irregular_weights(std::uint32_t count) {
  std::vector<Weight> weights;
  Draws draws;
  for (std::uint32_t i = 0; i < count; ++i) {
    weights.push_back((100 + draws.below(901)) * kWeightUnit);
  }
  return weights;
}

Duration duration_of(std::uint64_t decisions, CpuId cpus) {
  return kSlice * static_cast<std::int64_t>(decisions / cpus);
}

SharedScenario flat(const std::vector<Weight>& weights, CpuId cpus, Duration duration) {
  Scenario scenario = empty(cpus, duration);
  for (const Weight weight : weights) {
    add_tasks(scenario, kRoot, scenario.task_count()).weight = weight;
  }
  return done(std::move(scenario));
}

SharedScenario tree(std::uint32_t tasks, std::uint32_t depth, bool capped, Duration duration) {
  Scenario scenario = empty(1, duration);
  std::vector<GroupId> bottom{kRoot};
  for (std::uint32_t level = 0; level < depth; ++level) {
    std::vector<GroupId> below;
    for (const GroupId group : bottom) {
      below.push_back(add_group(scenario, group, 0));
      below.push_back(add_group(scenario, group, 1));
    }
    bottom = std::move(below);
  }
  if (capped) scenario.groups[1].cap = Bandwidth{.quota = 30ms, .period = 100ms, .burst = 0ms};
  const auto groups = static_cast<std::uint32_t>(bottom.size());
  for (std::uint32_t i = 0; i < tasks; ++i) {
    add_tasks(scenario, bottom[i % groups], i / groups);
  }
  return done(std::move(scenario));
}

SharedScenario crowd(std::uint32_t tasks, Duration duration) {
  constexpr std::uint32_t kPerGroup = 100;
  Scenario scenario = empty(kCrowdCpus, duration);
  for (std::uint32_t i = 0; i < tasks / kPerGroup; ++i) {
    add_tasks(scenario, add_group(scenario, kRoot, i), 0, kPerGroup);
  }
  return done(std::move(scenario));
}

SharedScenario periodic(Duration duration) {
  constexpr std::uint32_t kTasks = 1000;
  Scenario scenario = empty(4, duration);
  Draws draws;
  for (std::uint32_t i = 0; i < kTasks; ++i) {
    const Duration every = 1ms * (10 + draws.below(991));
    add_tasks(scenario, kRoot, i).behaviour =
        Periodic{.every = every, .run = Distribution::constant(every * 3 / 1000)};
  }
  return done(std::move(scenario));
}

}  // namespace sharesim::bench
