// Are the measures right on any history? Short random histories in whole ns are told to Measures,
// and written down ns by ns; the definitions are then evaluated on what is written. Lag is asked of
// another ideal at the instants that its extremes are taken from.

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/metrics/ideal.hpp"
#include "sim/metrics/measures.hpp"

namespace sharesim {
namespace {

/// The root, group 1 in it and group 2 in that; a few tasks, each in any of them.
std::shared_ptr<const Scenario> draw_scenario() {
  auto scenario = std::make_shared<Scenario>();
  scenario->machine.cpus = *rc::gen::inRange<CpuId>(1, 4);
  scenario->duration = std::chrono::hours(1);
  for (GroupId id = 0; id < 3; ++id) {
    GroupSpec group;
    group.path = "/" + std::to_string(id);
    group.parent = id == 0 ? kRoot : id - 1;
    group.weight = *rc::gen::inRange<Weight>(1, 10);
    scenario->groups.push_back(group);
  }
  const auto tasks = *rc::gen::inRange<TaskId>(1, 7);
  for (TaskId id = 0; id < tasks; ++id) {
    TaskSpec task;
    task.name = "t" + std::to_string(id);
    task.group = *rc::gen::inRange<GroupId>(0, 3);
    task.weight = *rc::gen::inRange<Weight>(1, 10);
    task.first = id;
    scenario->tasks.push_back(task);
  }
  return scenario;
}

struct TaskState {
  bool demand = false;
  bool throttled = false;
  bool gave_up = false;  ///< its wait ended at this instant, if only for a moment
  CpuId cpu = kNoCpu;    ///< where it runs
  std::int64_t begin = 0;
};

/// The state in each ns.
struct Instant {
  std::vector<TaskState> tasks;
  std::vector<bool> throttled;  ///< by group
};

struct Extremes {
  double low = 0, high = 0;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// Draws what happens, tells it, and writes it down.
class History {
 public:
  History()
      : scenario_(draw_scenario()),
        measures_(scenario_, "any"),
        ideal_(*scenario_),
        now_{std::vector<TaskState>(scenario_->tasks.size()), std::vector<bool>(3)},
        done_(scenario_->tasks.size()),
        lag_(scenario_->tasks.size()),
        group_lag_(3),
        on_cpu_(scenario_->machine.cpus, kNoTask) {
    const auto length = *rc::gen::inRange<std::int64_t>(20, 200);
    for (; time_ < length; ++time_) {
      for (int i = *rc::gen::weightedElement<int>({{6, 0}, {3, 1}, {2, 2}, {1, 4}}); i > 0; --i) {
        act(*rc::gen::inRange<TaskId>(0, static_cast<TaskId>(now_.tasks.size())));
      }
      write_down();
    }
    for (TaskId id = 0; id < now_.tasks.size(); ++id) stop(id, StopReason::kSliceEnd);
    for (TaskId id = 0; id < now_.tasks.size(); ++id) sample(id);
    for (GroupId id = 0; id < 3; ++id) sample_group(id);
    write_down();
    measures_.finished(at_ns(time_), true);
  }

  /// Something that is possible happens to the task, or to a group.
  void act(TaskId id) {
    TaskState& task = now_.tasks[id];
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        throttle(EntityRef::task(id), task.throttled);
        break;
      case 1:
        throttle(EntityRef::group(1 + id % 2), now_.throttled[1 + id % 2]);
        break;
      case 2:
        toggle_demand(id);
        break;
      case 3:
        stop(id, StopReason::kPreempted);
        break;
      default:
        if (!task.demand) toggle_demand(id);
        start(id);
    }
  }

  CpuId cpus() const { return scenario_->machine.cpus; }
  TaskId tasks() const { return scenario_->task_count(); }
  const std::vector<Instant>& instants() const { return instants_; }
  const Extremes& lag(EntityRef entity) const {
    return entity.is_task() ? lag_[entity.id] : group_lag_[entity.id];
  }
  EntityResult row(EntityRef entity) const { return measures_.row(entity); }
  bool below(TaskId id, GroupId group) const { return scenario_->tasks[id].group >= group; }
  bool held(const Instant& at, TaskId id) const {
    bool held = at.tasks[id].throttled;
    for (GroupId group = 0; group < 3; ++group) held |= at.throttled[group] && below(id, group);
    return held;
  }
  bool waits(const Instant& at, TaskId id) const {
    return at.tasks[id].demand && at.tasks[id].cpu == kNoCpu && !held(at, id);
  }

 private:
  void toggle_demand(TaskId id) {
    stop(id, StopReason::kBlocked);
    bool& demand = now_.tasks[id].demand;
    demand = !demand;
    now_.tasks[id].gave_up = true;
    sample(id);
    sample_group(kRoot);
    if (demand) {
      measures_.arrived(id, at_ns(time_));
      ideal_.arrive(id, at_ns(time_));
    } else {
      measures_.left(id, at_ns(time_));
      ideal_.leave(id, service(id), at_ns(time_));
    }
    sample(id);
    sample_group(kRoot);
  }
  void start(TaskId id) {
    TaskState& task = now_.tasks[id];
    const auto free = std::find(on_cpu_.begin(), on_cpu_.end(), kNoTask);
    if (free == on_cpu_.end() || task.cpu != kNoCpu || held(now_, id)) return;
    task.cpu = static_cast<CpuId>(free - on_cpu_.begin());
    task.begin = time_;
    *free = id;
    measures_.run_begin(task.cpu, id, at_ns(time_));
    sample(id);
  }
  void stop(TaskId id, StopReason why) {
    TaskState& task = now_.tasks[id];
    if (task.cpu == kNoCpu) return;
    on_cpu_[task.cpu] = kNoTask;
    measures_.run_end(task.cpu, id, at_ns(task.begin), at_ns(time_), why);
    done_[id] += time_ - task.begin;
    task.cpu = kNoCpu;
    sample(id);
  }
  /// Runs that it ends are told before or after it, as either may happen.
  void throttle(EntityRef entity, bool already) {
    sample_group(kRoot);
    if (already) {
      measures_.unthrottled(entity, at_ns(time_));
    } else {
      const bool runs_first = *rc::gen::arbitrary<bool>();
      if (runs_first) stop_below(entity);
      measures_.throttled(entity, at_ns(time_));
      if (!runs_first) stop_below(entity);
      for (TaskId id = 0; id < now_.tasks.size(); ++id) {
        now_.tasks[id].gave_up |= is_in(id, entity);
      }
    }
    if (entity.is_task()) {
      now_.tasks[entity.id].throttled = !already;
    } else {
      now_.throttled[entity.id] = !already;
    }
  }
  bool is_in(TaskId id, EntityRef entity) const {
    return entity.is_task() ? entity.id == id : below(id, entity.id);
  }
  void stop_below(EntityRef entity) {
    for (TaskId id = 0; id < now_.tasks.size(); ++id) {
      if (is_in(id, entity)) stop(id, StopReason::kThrottled);
    }
  }
  void write_down() {
    instants_.push_back(now_);
    for (TaskState& task : now_.tasks) task.gave_up = false;
  }
  double service(TaskId id) const {
    const TaskState& task = now_.tasks[id];
    return static_cast<double>(done_[id] + (task.cpu == kNoCpu ? 0 : time_ - task.begin));
  }
  /// The lag of a task, and of the groups above except the root.
  void sample(TaskId id) {
    lag_[id].add(ideal_.service_ns(id, at_ns(time_)) - service(id));
    for (GroupId group = 1; group < 3; ++group) {
      if (below(id, group)) sample_group(group);
    }
  }
  void sample_group(GroupId group) {
    double lag = ideal_.group_service_ns(group, at_ns(time_));
    for (TaskId id = 0; id < now_.tasks.size(); ++id) {
      if (below(id, group)) lag -= service(id);
    }
    group_lag_[group].add(lag);
  }

  std::shared_ptr<const Scenario> scenario_;
  Measures measures_;
  Ideal ideal_;
  std::int64_t time_ = 0;
  Instant now_;
  std::vector<std::int64_t> done_;  ///< service of runs that have ended, by task
  std::vector<Extremes> lag_, group_lag_;
  std::vector<TaskId> on_cpu_;
  std::vector<Instant> instants_;  ///< the last one is the end
};

bool near(Duration measured, double exact) {
  return std::abs(static_cast<double>(to_ns(measured)) - exact) < 0.51;
}

void lag_is_right(const History& history, EntityRef entity) {
  const EntityResult row = history.row(entity);
  RC_ASSERT(near(row.lag_max, history.lag(entity).high));
  RC_ASSERT(near(row.lag_min, history.lag(entity).low));
}

// Service, time with demand, throttled time, and the extremes of the lag of each task.
RC_GTEST_PROP(MeasuresOracle, Tasks, ()) {
  const History history;
  for (TaskId id = 0; id < history.tasks(); ++id) {
    std::int64_t service = 0;
    std::int64_t runnable = 0;
    std::int64_t throttled = 0;
    for (const Instant& at : history.instants()) {
      if (&at == &history.instants().back()) break;
      service += at.tasks[id].cpu != kNoCpu;
      runnable += at.tasks[id].demand;
      throttled += at.tasks[id].throttled;
    }
    const EntityResult row = history.row(EntityRef::task(id));
    RC_ASSERT(row.service == ns(service));
    RC_ASSERT(row.runnable == ns(runnable));
    RC_ASSERT(row.throttled == ns(throttled));
    lag_is_right(history, EntityRef::task(id));
  }
}

// The same of groups.
RC_GTEST_PROP(MeasuresOracle, Groups, ()) {
  const History history;
  for (GroupId id = 0; id < 3; ++id) {
    std::int64_t service = 0;
    std::int64_t runnable = 0;
    std::int64_t throttled = 0;
    for (const Instant& at : history.instants()) {
      if (&at == &history.instants().back()) break;
      bool demand = false;
      for (TaskId task = 0; task < history.tasks(); ++task) {
        if (!history.below(task, id)) continue;
        service += at.tasks[task].cpu != kNoCpu;
        demand |= at.tasks[task].demand;
      }
      runnable += demand;
      throttled += at.throttled[id];
    }
    const EntityResult row = history.row(EntityRef::group(id));
    RC_ASSERT(row.service == ns(service));
    RC_ASSERT(row.runnable == ns(runnable));
    RC_ASSERT(row.throttled == ns(throttled));
    lag_is_right(history, EntityRef::group(id));
  }
}

// The longest time that a task waited on end, throttled time aside; of a group: the worst.
RC_GTEST_PROP(MeasuresOracle, Starvation, ()) {
  const History history;
  std::int64_t worst = 0;
  for (TaskId id = 0; id < history.tasks(); ++id) {
    std::int64_t longest = 0;
    std::int64_t present = 0;
    for (const Instant& at : history.instants()) {
      if (at.tasks[id].gave_up) present = 0;
      present = history.waits(at, id) ? present + 1 : 0;
      if (&at != &history.instants().back()) longest = std::max(longest, present);
    }
    RC_ASSERT(history.row(EntityRef::task(id)).starvation.length == ns(longest));
    worst = std::max(worst, longest);
  }
  RC_ASSERT(history.row(EntityRef::group(kRoot)).starvation.length == ns(worst));
}

// Idle time, and the part of it in which a task waited.
RC_GTEST_PROP(MeasuresOracle, IdleTime, ()) {
  const History history;
  std::int64_t idle = 0;
  std::int64_t wasted = 0;
  for (const Instant& at : history.instants()) {
    if (&at == &history.instants().back()) break;
    std::int64_t free = history.cpus();
    std::int64_t waiting = 0;
    for (TaskId id = 0; id < history.tasks(); ++id) {
      free -= at.tasks[id].cpu != kNoCpu;
      waiting += history.waits(at, id);
    }
    idle += free;
    wasted += std::min(free, waiting);
  }
  RC_ASSERT(history.row(EntityRef::group(kRoot)).idle == ns(idle));
  RC_ASSERT(history.row(EntityRef::group(kRoot)).wasted_idle == ns(wasted));
}

}  // namespace
}  // namespace sharesim
