// A run, stopped to look at it. What the policies have to say of single entities is asked here only, in a
// run of its own: the one that is measured pays nothing for it.

#include <algorithm>

#include "sim/core/check.hpp"
#include "sim/engine/simulation.hpp"

namespace sharesim {
namespace {

class Notes final : public StateSink {
 public:
  explicit Notes(std::vector<StateValue>& values) : values_(values) {}
  void value(std::string_view name, std::int64_t number) override {
    values_.push_back({std::string(name), number});
  }

 private:
  std::vector<StateValue>& values_;
};

const char* word_of(TaskState state) {
  switch (state) {
    case TaskState::kBlocked:
      return "blocked";
    case TaskState::kQueued:
      return "queued";
    case TaskState::kRunning:
      return "running";
    case TaskState::kThrottled:
      return "throttled";
    case TaskState::kExited:
      break;
  }
  return "absent";
}

}  // namespace

StatePath Simulation::path(TaskId id) const {
  const Task& task = tasks_[id];
  StatePath levels;
  const auto add = [&](EntityRef entity, const char* state, const RunQueue* queue, EntityId e) {
    EntityState level{entity, state, {}, quota_left(entity)};
    if (queue != nullptr) {
      Notes notes(level.policy);
      queue->policy->describe(e, notes);
    }
    levels.push_back(std::move(level));
  };
  const bool absent = task.queue == nullptr;
  add(EntityRef::task(id), absent ? "absent" : word_of(task.state), task.queue, task.id);
  for (const RunQueue* queue = task.queue; queue != nullptr && queue->group != kRoot;
       queue = queue->parent) {
    const char* state = queue->held          ? "throttled"
                        : queue->running > 0 ? "running"
                        : queue->at_parent   ? "queued"
                                             : "blocked";
    add(EntityRef::group(queue->group), state, queue->parent, queue->self);
  }
  std::reverse(levels.begin(), levels.end());
  return levels;
}

std::optional<Duration> Simulation::quota_left(EntityRef entity) const {
  const QuotaPool* const pool = entity.is_task() ? tasks_[entity.id].pool : groups_[entity.id].pool;
  if (pool == nullptr || pool->entity != entity || !pool->active) return std::nullopt;
  Quota quota = pool->quota;
  if (!sliced(*pool)) quota.run_until(pool->used_until, now_, pool->runners);
  return quota.left();
}

Occupant Simulation::on_cpu(CpuId cpu) const {
  const Cpu& asked = cpus_[cpu];
  if (asked.phase == Cpu::Phase::kIdle) return {};
  return {asked.current->number, asked.phase == Cpu::Phase::kOverhead};
}

void Simulation::describe(TaskId id, StateSink& sink) const {
  const Task& task = tasks_[id];
  if (task.queue != nullptr) task.queue->policy->describe(task.id, sink);
}

void Simulation::describe(GroupId id, CpuId cpu, StateSink& sink) const {
  const CpuId serves = per_cpu_ ? cpu : kNoCpu;
  for (const RunQueue* queue : groups_[id].queues) {
    if (queue->cpu != serves || queue->parent == nullptr) continue;
    queue->parent->policy->describe(queue->self, sink);
    return;
  }
}

std::vector<StatePath> Simulation::describe_at(Time at, const std::vector<TaskId>& tasks) {
  run_before(at + ns(1));
  now_ = at;  // the next instant lies behind it
  std::vector<StatePath> paths;
  paths.reserve(tasks.size());
  for (const TaskId task : tasks) paths.push_back(path(task));
  return paths;
}

std::vector<std::vector<StatePath>> describe_at(const Scenario& scenario,
                                                const SchedulerChoice& scheduler,
                                                const std::vector<Moment>& moments) {
  QuietObserver observer;
  const EngineOptions options;
  Simulation simulation(scenario, scheduler, observer, options);
  std::vector<std::vector<StatePath>> answers;
  answers.reserve(moments.size());
  Time before = kStart;
  for (const Moment& moment : moments) {
    check(moment.at >= before && moment.at < Time(scenario.duration),
          "moments stand in the order of time, before the end of the run");
    before = moment.at;
    answers.push_back(simulation.describe_at(moment.at, moment.tasks));
  }
  return answers;
}

}  // namespace sharesim
