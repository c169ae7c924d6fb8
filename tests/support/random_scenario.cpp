#include "tests/support/random_scenario.hpp"

#include <algorithm>

#include "tests/support/scenario_builder.hpp"

namespace sharesim::test {
namespace {

class Generator {
 public:
  Generator(std::uint64_t seed, const Features& allowed)
      : stream_(make_stream(seed, 7)), use_(allowed) {
    for (bool* feature :
         {&use_.groups, &use_.caps, &use_.affinity, &use_.sleepers, &use_.services, &use_.costs,
          &use_.tick, &use_.changes, &use_.start_stop, &use_.sliced_quota}) {
      *feature = *feature && coin();
    }
    builder_.scenario().seed = seed;
  }

  Scenario make() {
    cpus_ = static_cast<CpuId>(number(1, use_.most_cpus));
    builder_.cpus(cpus_).duration(microseconds(50'000, 500'000));
    make_machine();
    make_groups();
    make_tasks();
    if (use_.changes) make_changes();
    return builder_.build();
  }

 private:
  std::int64_t number(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(stream_() % static_cast<std::uint32_t>(high - low + 1));
  }
  bool coin() { return number(0, 1) == 1; }
  Duration microseconds(std::int64_t low, std::int64_t high) {
    return std::chrono::microseconds(number(low, high));
  }
  Weight weight() { return coin() ? number(1, 4) : number(1, 10'000); }
  Bandwidth cap() {
    const Duration period = microseconds(1'000, 100'000);
    const Duration quota = std::max(Duration(period * number(1, 20 * cpus_) / 20), Duration(1us));
    return {quota, period, coin() ? quota * number(0, 4) / 4 : Duration::zero()};
  }
  /// A subset of `of` that is not empty.
  CpuSet some_of(const CpuSet& of) {
    CpuSet cpus;
    for (CpuId cpu = of.next(0); cpu != kNoCpu; cpu = of.next(cpu + 1)) {
      if (coin()) cpus.insert(cpu);
    }
    return cpus.empty() ? of : cpus;
  }

  void make_machine() {
    MachineSpec& machine = builder_.machine();
    if (use_.costs) {
      machine.context_switch = microseconds(0, 20);
      machine.wakeup = microseconds(0, 20);
      machine.migration = microseconds(0, 50);
    }
    if (use_.tick) machine.tick = coin() ? Duration(1ms) : Duration(4ms);
    if (use_.sliced_quota) machine.bandwidth_slice = 5ms;
    machine.balancer.wake_idle = number(0, 3) > 0;
    machine.balancer.steal = number(0, 3) > 0;
    machine.balancer.interval = coin() ? Duration(10ms) : Duration::zero();
  }

  void make_groups() {
    cpus_of_.push_back(CpuSet::first(cpus_));
    for (std::int64_t i = use_.groups ? number(1, 4) : 0; i > 0; --i) {
      const auto parent =
          static_cast<GroupId>(number(0, static_cast<std::int64_t>(cpus_of_.size()) - 1));
      const GroupId id = builder_.group("g" + std::to_string(cpus_of_.size()), weight(), parent);
      cpus_of_.push_back(cpus_of_[parent]);
      if (use_.caps && coin()) builder_.spec(id).cap = cap();
      if (use_.affinity && coin())
        cpus_of_[id] = *(builder_.spec(id).cpus = some_of(cpus_of_[parent]));
    }
  }

  Behaviour behaviour() {
    const std::int64_t kind = number(0, 5);
    if (kind == 0 && use_.services) {
      return Service{{Distribution::Kind::kExponential, microseconds(500, 20'000)},
                     {Distribution::Kind::kExponential, microseconds(100, 5'000)},
                     static_cast<std::uint32_t>(number(1, 3)),
                     number(1, 20)};
    }
    if (kind <= 3 && use_.sleepers) {
      if (coin())
        return Periodic{microseconds(1'000, 30'000),
                        Distribution::constant(microseconds(100, 10'000))};
      Sequence sequence;
      for (std::int64_t i = number(1, 3); i > 0; --i) {
        sequence.steps.push_back(run_for(microseconds(10, 20'000)));
        if (number(0, 3) > 0) sequence.steps.push_back(sleep_for(microseconds(0, 20'000)));
      }
      if (number(0, 3) == 0) sequence.repeat = number(1, 5);
      return sequence;
    }
    return RunForever{};
  }

  void make_tasks() {
    const std::int64_t entries = number(1, 6);
    for (std::int64_t i = 0; i < entries; ++i) {
      // Every group has a task: the first ones go to the groups that have none yet.
      const auto groups = static_cast<std::int64_t>(cpus_of_.size());
      const auto group = static_cast<GroupId>(i + 1 < groups ? i + 1 : number(0, groups - 1));
      TaskSpec& task = builder_.task("t" + std::to_string(i), weight(), behaviour(), group,
                                     static_cast<std::uint32_t>(number(1, 2)));
      if (use_.caps && number(0, 3) == 0) task.cap = cap();
      if (use_.affinity && number(0, 2) == 0) task.cpus = some_of(cpus_of_[group]);
      if (use_.start_stop && coin()) task.start = microseconds(0, 100'000);
      if (use_.start_stop && coin()) task.stop = task.start + microseconds(1, 200'000);
    }
  }

  void make_changes() {
    for (std::int64_t i = number(1, 4); i > 0; --i) {
      const bool of_task = coin() || cpus_of_.size() == 1;
      const auto id = static_cast<std::uint32_t>(
          of_task ? number(0, builder_.build().task_count() - 1)
                  : number(1, static_cast<std::int64_t>(cpus_of_.size()) - 1));
      ScenarioEvent& event = builder_.event(Time(microseconds(0, 400'000)),
                                            of_task ? EntityRef::task(id) : EntityRef::group(id));
      if (coin()) event.weight = weight() * kWeightUnit;
      if (use_.caps && coin()) {
        event.cap.emplace();
        if (coin()) *event.cap = cap();
      }
      // Only tasks: a group's new set would have to leave room for the sets below it.
      if (use_.affinity && of_task && coin()) {
        event.cpus = some_of(cpus_of_[builder_.build().spec_of(id).group]);
      }
      if (!event.weight && !event.cap && !event.cpus) event.weight = weight() * kWeightUnit;
    }
    auto& events = builder_.scenario().events;
    std::stable_sort(events.begin(), events.end(),
                     [](const ScenarioEvent& a, const ScenarioEvent& b) { return a.at < b.at; });
  }

  RandomStream stream_;
  Features use_;
  ScenarioBuilder builder_;
  CpuId cpus_ = 1;
  std::vector<CpuSet> cpus_of_;  ///< by group
};

}  // namespace

Scenario random_scenario(std::uint64_t seed, const Features& features) {
  return Generator(seed, features).make();
}

}  // namespace sharesim::test
