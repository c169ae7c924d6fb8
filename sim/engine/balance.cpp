// Per-CPU queues: where a woken task waits, what an idle CPU steals, and how waiting weight is
// evened out.
//
// The load of a CPU is the sum of the entitlements of its tasks with demand, where a task's
// entitlement is the part of the machine that its weight, and those of the groups above it, would
// give it if everybody had demand.
//
// A group that has tasks on several CPUs competes on each with a part of its weight: the part of
// its load that is there (as Linux does, calc_group_shares in kernel/sched/fair.c). Parts are
// brought up to date when the group's load on that CPU changes, and at every periodic balancing.

#include <algorithm>

#include "sim/core/check.hpp"
#include "sim/engine/simulation.hpp"

namespace sharesim {
namespace {

/// The most tasks that one look at a CPU considers, and that one balancing moves (Linux's
/// sched_nr_migrate).
constexpr int kMostMoves = 32;

}  // namespace

/// The CPU for a task that begins to have demand: its last one if idle, else an idle one, else its
/// last one; a task that has never run goes where the load is least.
CpuId Simulation::place(const Task& task) {
  if (linux_) return place_linux(task);
  const CpuSet& allowed = *task.cpus;
  const bool may_stay = task.cpu != kNoCpu && allowed.contains(task.cpu);
  if (scenario_.machine.balancer.wake_idle || !may_stay) {
    if (may_stay && idle_.contains(task.cpu)) return task.cpu;
    const auto end = static_cast<CpuId>(cpus_.size());
    for (CpuId cpu = idle_.next(0, end); cpu != kNoCpu; cpu = idle_.next(cpu + 1, end)) {
      if (allowed.contains(cpu)) return cpu;
    }
  }
  if (may_stay) return task.cpu;
  const EntityId least = laziest_.first_if([&](EntityId cpu) { return allowed.contains(cpu); });
  check(least != kNoEntity, "every task may run somewhere");
  return least;
}

void Simulation::demand_on(Task& task) {
  Cpu& cpu = cpus_[task.cpu];
  task.previous = kNoTask;
  task.next = cpu.first;
  if (cpu.first != kNoTask) tasks_[cpu.first].previous = task.number;
  cpu.first = task.number;
  ++cpu.demand;
  add_load(task, 1);
}

void Simulation::demand_off(Task& task) {
  Cpu& cpu = cpus_[task.cpu];
  (task.previous == kNoTask ? cpu.first : tasks_[task.previous].next) = task.next;
  if (task.next != kNoTask) tasks_[task.next].previous = task.previous;
  task.next = task.previous = kNoTask;
  --cpu.demand;
  add_load(task, -1);
}

void Simulation::add_load(const Task& task, std::int64_t sign) {
  if (linux_) average_load(task, sign < 0);
  const std::int64_t change = sign * task.entitlement;
  Cpu& cpu = cpus_[task.cpu];
  cpu.load += change;
  laziest_.set(task.cpu, cpu.load);
  if (cpu.demand > 1) {
    busiest_.set(task.cpu, -cpu.load);
  } else {
    busiest_.clear(task.cpu);
  }
  if (shares_) {
    return change_share(*task.queue, sign * task.weight * scale_, static_cast<std::int32_t>(sign));
  }
  if (scale_ == 1) return;
  for (RunQueue* queue = task.queue; queue->parent != nullptr; queue = queue->parent) {
    queue->load += change;
    groups_[queue->group].load += change;
    refresh_weight(*queue);
  }
}

void Simulation::refresh_weight(RunQueue& queue) {
  const Group& group = groups_[queue.group];
  if (queue.load == 0) return;  // nobody there: it does not compete, and keeps its last weight
  const auto product = static_cast<__int128>(group.weight * scale_) * queue.load;
  const Weight weight = std::max<Weight>(static_cast<Weight>(product / group.load), 1);
  if (weight == queue.weight) return;
  queue.weight = weight;
  queue.parent->policy->set_weight(queue.self, weight, now_);
  arm_timer(*queue.parent);
}

/// Recounts all loads, after weights have changed.
void Simulation::rebuild_loads() {
  if (!balancing()) return;
  for (Group& group : groups_) group.load = 0;
  for (const auto& queue : queues_) queue->load = 0;
  for (Cpu& cpu : cpus_) {
    cpu.load = 0;
    for (TaskId id = cpu.first; id != kNoTask; id = tasks_[id].next) {
      const Task& task = tasks_[id];
      cpu.load += task.entitlement;
      for (RunQueue* queue = task.queue; queue->parent != nullptr; queue = queue->parent) {
        queue->load += task.entitlement;
        groups_[queue->group].load += task.entitlement;
      }
    }
    laziest_.set(cpu.id, cpu.load);
    if (cpu.demand > 1) busiest_.set(cpu.id, -cpu.load);
  }
  if (shares_) return rebuild_shares();
  for (const auto& queue : queues_) {
    if (queue->parent != nullptr) refresh_weight(*queue);
  }
}

/// A waiting task that may move from one CPU to another and whose entitlement is less than
/// `load_limit`.
Task* Simulation::movable(const Cpu& from, CpuId to, std::int64_t load_limit) {
  int looked_at = 0;
  for (TaskId id = from.first; id != kNoTask && looked_at < kMostMoves;
       id = tasks_[id].next, ++looked_at) {
    Task& task = tasks_[id];
    if (task.state != TaskState::kQueued || !task.cpus->contains(to)) continue;
    if (task.entitlement < load_limit && !is_held(task)) return &task;
  }
  return nullptr;
}

/// The CPU `to` has nothing to do: it takes a waiting task from the CPU with the most load that has
/// one for it.
bool Simulation::steal(const Cpu& to) {
  if (linux_) return pull_new_idle(to);
  if (!scenario_.machine.balancer.steal) return false;
  Task* found = nullptr;
  busiest_.first_if([&](EntityId from) {
    if (from != to.id)
      found = movable(cpus_[from], to.id, std::numeric_limits<std::int64_t>::max());
    return found != nullptr;
  });
  if (found == nullptr) return false;
  migrate(*found, to.id);
  return true;
}

void Simulation::migrate(Task& task, CpuId to) {
  const bool queued = task.state == TaskState::kQueued;
  if (queued) dequeue_task(task);
  demand_off(task);
  RunQueue& from = *task.queue;
  if (linux_) carry_load(task, to);
  move(task, to);
  if (shares_) carry_share(from, *task.queue, task.weight * scale_);
  demand_on(task);
  if (queued) enqueue_task(task, EnqueueReason::kMigrated);
}

/// Periodic balancing: moves waiting tasks from the CPU with the most load to that with the least,
/// as long as each move brings the two closer together.
void Simulation::balance_all() {
  for (const auto& queue : queues_) {
    if (scale_ > 1 && !shares_ && queue->parent != nullptr) refresh_weight(*queue);
  }
  for (int moves = 0; moves < kMostMoves; ++moves) {
    const CpuId from = busiest_.first();
    const CpuId to = laziest_.first();
    if (from == kNoEntity || from == to) return;
    Task* const task = movable(cpus_[from], to, cpus_[from].load - cpus_[to].load);
    if (task == nullptr) return;
    migrate(*task, to);
  }
}

}  // namespace sharesim
