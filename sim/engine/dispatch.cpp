// CPUs: who runs next, for how long, and what his run is charged to.

#include <algorithm>

#include "sim/core/error.hpp"
#include "sim/engine/simulation.hpp"

namespace sharesim {

void Simulation::fault(const RunQueue& queue, EntityId e, const std::string& rule) const {
  throw SchedulerFault(queue.choice->info().name, now_, path_of(queue, e), rule);
}

// --- Waking CPUs up ---

/// A task has been queued: an idle CPU, or one that its scheduler lets it take from another task,
/// shall pick.
void Simulation::attract_cpu(const Task& task) {
  const auto take_idle = [&](CpuId cpu) {
    if (!idle_.contains(cpu)) return false;
    idle_.erase(cpu);
    to_pick_.push_back(cpu);
    return true;
  };
  if (per_cpu_) {
    Cpu& cpu = cpus_[task.cpu];
    if (!take_idle(cpu.id) && !try_preempt(task, cpu)) wind_up_timer(cpu);
    return;
  }
  const auto end = static_cast<CpuId>(cpus_.size());
  if (task.cpu != kNoCpu && task.cpus->contains(task.cpu) && take_idle(task.cpu)) return;
  for (CpuId cpu = idle_.next(0, end); cpu != kNoCpu; cpu = idle_.next(cpu + 1, end)) {
    if (!task.cpus->contains(cpu)) continue;
    offer_ = true;
    return;
  }
  for (Cpu& cpu : cpus_) {
    if (task.cpus->contains(cpu.id) && try_preempt(task, cpu)) return;
  }
}

/// Asks the policy of the lowest queue that both have in common.
bool Simulation::try_preempt(const Task& woken, Cpu& cpu) {
  if (cpu.current == nullptr) return false;
  const RunQueue* queue = woken.queue;
  EntityId e = woken.id;
  for (; queue != nullptr; e = queue->self, queue = queue->parent) {
    const std::size_t depth = scenario_.groups[queue->group].depth;
    if (depth >= cpu.depth || cpu.path[depth].queue != queue) continue;
    const EntityId running = cpu.path[depth].entity;
    if (!queue->preemptive || !queue->members[e].queued || running == e) return false;
    woken_ = &woken;
    const bool preempts = queue->policy->preempts(e, running, now_);
    woken_ = nullptr;
    if (!preempts) return false;
    put(cpu, StopReason::kPreempted);
    return true;
  }
  return false;
}

// --- Picking ---

/// Puts the next task on the CPU; false if there is none.
bool Simulation::pick(Cpu& cpu) {
  Descent descent = Descent::kRetry;
  while (descent == Descent::kRetry) descent = descend(cpu);
  if (descent == Descent::kNothing) return false;
  if (!per_cpu_) requeue_groups(cpu);
  const PathStep& leaf = cpu.path[cpu.depth - 1];
  start_run(cpu, *leaf.queue->members[leaf.entity].task);
  return true;
}

Simulation::Descent Simulation::descend(Cpu& cpu) {
  cpu.depth = 0;
  cpu.allowance = cpu.timer = kForever;
  RunQueue* queue = cpu.root;
  if (queue->held || (queue->queued == 0 && !queue->policy->holds_place()))
    return Descent::kNothing;
  for (;;) {
    const EntityId e = pick_member(*queue, cpu);
    if (e == kNoEntity) return refused(cpu, *queue);
    cpu.path[cpu.depth++] = {queue, e};
    const Duration part = queue->policy->slice(e, now_);
    if (part <= Duration::zero()) fault(*queue, e, "a slice is longer than 0");
    Duration& whole = queue->exact_slices ? cpu.timer : cpu.allowance;
    whole = std::min(whole, part);
    RunQueue* const child = queue->members[e].child;
    if (child == nullptr) return Descent::kFound;
    queue = child;
  }
}

EntityId Simulation::pick_member(RunQueue& queue, const Cpu& cpu) {
  const EntityId e = queue.policy->pick_next(cpu.id, now_);
  arm_timer(queue);
  if (e == kNoEntity) return e;
  if (e >= queue.members.size() || !queue.members[e].queued) fault(queue, e, "a pick is queued");
  if (queue.affinity && !queue.allowed(e, cpu.id))
    fault(queue, e, "a pick may run on the CPU it is picked for");
  RunQueue::Member& member = queue.members[e];
  member.queued = false;
  --queue.queued;
  if (member.child != nullptr) {
    member.child->at_parent = false;
    ++member.child->running;
  }
  return e;
}

/// The policy of `queue` has picked nobody. That is a fault if it has promised not to; else the
/// groups on the way down go back, and the queue does not compete until its policy's timer or until
/// new work comes.
Simulation::Descent Simulation::refused(Cpu& cpu, RunQueue& queue) {
  if (queue.queued > 0 && queue.choice->info().claims.has(Claim::kWorkConserving)) {
    for (EntityId e = 0; e < queue.members.size(); ++e) {
      if (queue.members[e].queued && (!queue.affinity || queue.allowed(e, cpu.id))) {
        fault(queue, e, "a work-conserving scheduler picks when something is queued");
      }
    }
  }
  if (cpu.depth == 0) return Descent::kNothing;
  queue.stalled = queue.queued > 0;
  while (cpu.depth > 0) put_group(cpu.path[--cpu.depth], Duration::zero());
  return Descent::kRetry;
}

/// Global scope: groups on the way down that have more work go on competing for the other CPUs.
void Simulation::requeue_groups(const Cpu& cpu) {
  for (std::uint32_t at = cpu.depth - 1; at-- > 0;) {
    const PathStep& step = cpu.path[at];
    activate(*step.queue->members[step.entity].child, EnqueueReason::kMoreWork);
  }
}

// --- Running ---

Duration Simulation::switch_cost(const Cpu& cpu, Task& task) const {
  const MachineSpec& machine = scenario_.machine;
  Duration cost{};
  if (cpu.last != &task) cost += machine.context_switch;
  if (task.pays_wakeup) cost += machine.wakeup;
  if (task.ran_on != kNoCpu && task.ran_on != cpu.id) cost += machine.migration;
  task.pays_wakeup = false;
  return cost;
}

void Simulation::start_run(Cpu& cpu, Task& task) {
  ++decisions_;
  task.state = TaskState::kRunning;
  task.cpu = cpu.id;
  cpu.current = &task;
  cpu.begin = now_;
  if (linux_) note_busy(cpu, true);
  if (any_costs_) {
    const Duration cost = switch_cost(cpu, task);
    task.ran_on = cpu.id;
    if (cost > Duration::zero()) {
      cpu.phase = Cpu::Phase::kOverhead;
      run_ends_.set(cpu.id, now_ + cost);
      return;
    }
  }
  begin_service(cpu);
}

/// When a run that may go on until `end` is stopped: with a machine tick, at the next tick.
Time Simulation::stop_time(Time end) const {
  const Duration tick = scenario_.machine.tick;
  if (tick == Duration::zero() || end == kNever) return end;
  const std::int64_t rest = (to_ns(end) - to_ns(scenario_.machine.tick_phase)) % to_ns(tick);
  if (rest < 0) return Time(scenario_.machine.tick_phase);
  return rest == 0 ? end : add_saturating(end, tick - ns(rest));
}

/// Plans the end of the service that runs on `cpu`, from now on.
void Simulation::plan_run_end(const Cpu& cpu) {
  const Task& task = *cpu.current;
  Time end = add_saturating(cpu.begin, cpu.allowance);
  if (task.pool != nullptr)
    end = std::min(end, add_saturating(now_, local_allowance(task.pool, cpu.id)));
  // A timer that has been set anew may be over already.
  end = std::min(stop_time(end), std::max(add_saturating(cpu.begin, cpu.timer), now_));
  if (task.left != kForever) end = std::min(end, add_saturating(cpu.begin, task.left));
  run_ends_.set(cpu.id, end);
}

/// Another task has joined the CPU: a timer that ends slices between ticks is set anew.
void Simulation::wind_up_timer(Cpu& cpu) {
  if (cpu.current == nullptr) return;
  const PathStep& leaf = cpu.path[cpu.depth - 1];
  if (!leaf.queue->exact_slices) return;
  cpu.timer = leaf.queue->policy->slice(leaf.entity, now_);
  if (cpu.phase == Cpu::Phase::kService) plan_run_end(cpu);
}

void Simulation::begin_service(Cpu& cpu) {
  cpu.phase = Cpu::Phase::kService;
  cpu.begin = cpu.quota_since = now_;
  observer_.run_begin(cpu.id, cpu.current->number, now_);
  if (cpu.current->pool != nullptr) run_begins(cpu.current->pool, cpu);
  plan_run_end(cpu);
}

/// Ends the service, or the overhead, that the CPU is in; returns the service.
Duration Simulation::stop_service(Cpu& cpu, StopReason why) {
  Task& task = *cpu.current;
  Duration ran{};
  if (cpu.phase == Cpu::Phase::kService) {
    ran = now_ - cpu.begin;
    observer_.run_end(cpu.id, task.number, cpu.begin, now_, why);
    if (task.pool != nullptr) run_ends(task.pool, cpu);
    if (task.left != kForever) task.left -= ran;
  } else if (now_ > cpu.begin) {
    observer_.overhead(cpu.id, task.number, cpu.begin, now_ - cpu.begin);
  }
  cpu.phase = Cpu::Phase::kIdle;
  return ran;
}

/// The run on `cpu` ends for the reason `why`; to its own queue the task goes back for the reason
/// `at_leaf`.
void Simulation::put(Cpu& cpu, StopReason why, StopReason at_leaf) {
  const Duration ran = stop_service(cpu, why);
  climb(cpu, ran, at_leaf);
}

/// Charges the run to every queue on its way, from the leaf to the root, and leaves the CPU to the
/// next pick.
void Simulation::climb(Cpu& cpu, Duration ran, StopReason at_leaf) {
  Task& task = *cpu.current;
  const PathStep leaf = cpu.path[cpu.depth - 1];
  leaf.queue->policy->put_prev(leaf.entity, now_, ran, at_leaf);
  arm_timer(*leaf.queue);
  if (still_runnable(at_leaf)) {
    task.state = TaskState::kQueued;
    leaf.queue->members[leaf.entity].queued = true;
    ++leaf.queue->queued;
    leaf.queue->stalled = false;
    offer_ = offer_ || any_affinity_;
  } else {
    task.state = at_leaf == StopReason::kThrottled ? TaskState::kThrottled : TaskState::kBlocked;
  }
  for (std::uint32_t level = cpu.depth - 1; level-- > 0;) put_group(cpu.path[level], ran);
  if (linux_) note_run(cpu, task);
  cpu.last = cpu.current;
  cpu.current = nullptr;
  run_ends_.clear(cpu.id);
  to_pick_.push_back(cpu.id);
}

void Simulation::put_group(const PathStep& step, Duration ran) {
  RunQueue& queue = *step.queue;
  RunQueue& child = *queue.members[step.entity].child;
  --child.running;
  const bool stays = child.queued > 0 ? child.has_work() && quota_left(child)
                                      : !child.held && child.policy->holds_place();
  const StopReason why = child.at_parent || stays ? StopReason::kSliceEnd
                         : child.held             ? StopReason::kThrottled
                                                  : StopReason::kBlocked;
  queue.policy->put_prev(step.entity, now_, ran, why);
  arm_timer(queue);
  if (why == StopReason::kBlocked) return_slack(child);
  if (stays && !child.at_parent) {
    child.at_parent = true;
    queue.members[step.entity].queued = true;
    ++queue.queued;
    queue.stalled = false;
  }
}

bool Simulation::runs_below(const Cpu& cpu, const RunQueue& queue) const {
  const std::size_t depth = scenario_.groups[queue.group].depth;
  return cpu.current != nullptr && depth < cpu.depth && cpu.path[depth].queue == &queue;
}

}  // namespace sharesim
