// Run queues: who waits where, what groups stand for at their parents, and when policies want to be asked.

#include <algorithm>
#include <vector>

#include "sim/core/check.hpp"
#include "sim/engine/simulation.hpp"

namespace sharesim {

// --- Into and out of queues ---

void Simulation::attach(Task& task, CpuId cpu) {
  task.queue = &queue_of(task.spec->group, cpu);
  task.id = task.queue->add_member({.task = &task});
  task.queue->policy->add(task.id, task.weight * scale_, now_);
  arm_timer(*task.queue);
  capacity_may_change(*task.queue);
  if (per_cpu_) task.cpu = cpu;
}

void Simulation::detach(Task& task) {
  task.queue->policy->remove(task.id, now_);
  arm_timer(*task.queue);
  task.queue->remove_member(task.id);
  capacity_may_change(*task.queue);
  task.queue = nullptr;
}

/// To the queue of another CPU, with what its policy has it take along.
void Simulation::move(Task& task, CpuId to) {
  const Luggage luggage = task.queue->policy->pack(task.id);
  detach(task);
  attach(task, to);
  task.queue->policy->unpack(task.id, luggage);
}

void Simulation::enqueue_task(Task& task, EnqueueReason why) {
  if (!may_queue(task)) {
    task.state = TaskState::kThrottled;
    return;
  }
  task.state = TaskState::kQueued;
  RunQueue& queue = *task.queue;
  queue.policy->enqueue(task.id, now_, why);
  if (!queue.uses_timers && queue.policy->next_timer() != kNever) {
    fault(queue, task.id, "a scheduler that uses timers claims so (Claim::kUsesTimers)");
  }
  arm_timer(queue);
  queue.members[task.id].queued = true;
  ++queue.queued;
  activate(queue, why);
  attract_cpu(task);
}

void Simulation::dequeue_task(Task& task) {
  RunQueue& queue = *task.queue;
  check(queue.members[task.id].queued, "a task that is taken off its queue is there");
  queue.policy->dequeue(task.id, now_);
  arm_timer(queue);
  queue.members[task.id].queued = false;
  --queue.queued;
  deactivate(queue);
}

/// The queue has got work: its group competes at the parent, and so on up.
void Simulation::activate(RunQueue& from, EnqueueReason why) {
  from.stalled = false;
  for (RunQueue* queue = &from; queue->parent != nullptr; queue = queue->parent) {
    if (queue->at_parent || !queue->has_work()) return;
    if (per_cpu_ && queue->running > 0) return;  // put_prev will queue it
    if (!quota_left(*queue)) return;
    RunQueue& parent = *queue->parent;
    parent.policy->enqueue(queue->self, now_, queue->running > 0 ? EnqueueReason::kMoreWork : why);
    arm_timer(parent);
    queue->at_parent = true;
    parent.members[queue->self].queued = true;
    ++parent.queued;
    parent.stalled = false;
  }
}

/// The queue may have run out of work: its group leaves the parent, and so on up.
void Simulation::deactivate(RunQueue& from) {
  for (RunQueue* queue = &from; queue->parent != nullptr; queue = queue->parent) {
    if (!queue->at_parent || queue->has_work()) return;
    if (!queue->held && queue->policy->holds_place()) return;
    leave_parent(*queue);
  }
}

void Simulation::leave_parent(RunQueue& queue) {
  RunQueue& parent = *queue.parent;
  parent.policy->dequeue(queue.self, now_);
  arm_timer(parent);
  queue.at_parent = false;
  parent.members[queue.self].queued = false;
  --parent.queued;
  if (queue.queued == 0) return_slack(queue);
}

/// Tells the groups below what they can count on, after members of a queue have changed.
void Simulation::update_capacities() {
  while (!changed_capacity_.empty()) {
    const RunQueue& queue = *changed_capacity_.back();
    changed_capacity_.pop_back();
    std::erase(changed_capacity_, &queue);
    for (EntityId e = 0; e < queue.members.size(); ++e) {
      if (queue.members[e].child == nullptr) continue;
      RunQueue& child = *queue.members[e].child;
      child.policy->set_capacity(queue.policy->capacity_of(e), now_);
      arm_timer(child);
      capacity_may_change(child);
    }
  }
}

// --- Timers ---

void Simulation::read_timer(RunQueue& queue) {
  const Time due = queue.policy->next_timer();
  if (due == queue.timer) return;
  if (due < now_) fault(queue, kNoEntity, "a timer is not in the past");
  queue.timer = due;
  watch_timer(queue);
}

/// Sees to it that the queue is looked at when its timer is due. At most one event that matters waits for each queue:
/// looking too early does no harm.
void Simulation::watch_timer(RunQueue& queue) {
  if (queue.timer >= queue.timer_event) return;
  queue.timer_event = queue.timer;
  events_.push(queue.timer, EventKind::kTimer, queue.index);
}

void Simulation::timer_due(RunQueue& queue, Time due) {
  if (queue.timer_event != due) return;
  queue.timer_event = kNever;
  if (queue.timer == due) {
    fire_timer(queue);
  } else {
    watch_timer(queue);
  }
}

void Simulation::fire_timer(RunQueue& queue) {
  queue.timer = kNever;
  const bool repick = queue.policy->on_timer(now_);
  if (queue.policy->next_timer() <= now_)
    fault(queue, kNoEntity, "after on_timer the next timer is later than now");
  arm_timer(queue);
  if (queue.stalled) activate(queue, EnqueueReason::kUnthrottled);
  if (repick) {
    for (Cpu& cpu : cpus_) {
      if (runs_below(cpu, queue)) put(cpu, StopReason::kPreempted);
    }
  }
  offer_ = true;
}

}  // namespace sharesim
