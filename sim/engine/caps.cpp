// Quota pools: who uses them, what happens when they are empty and when they are refilled.

#include <algorithm>

#include "sim/core/check.hpp"
#include "sim/engine/simulation.hpp"

namespace sharesim {

// --- Use ---

/// Brings an exact pool up to now: what its runners have used, and the refills on the way, in their
/// order.
void Simulation::use_quota(QuotaPool& pool) {
  if (sliced(pool)) return;
  pool.quota.run_until(pool.used_until, now_, pool.runners);
  pool.used_until = now_;
}

void Simulation::run_begins(QuotaPool* lowest, const Cpu& cpu) {
  for (QuotaPool* pool = lowest; pool != nullptr; pool = pool->parent) {
    use_quota(*pool);
    ++pool->runners;
    if (sliced(*pool)) {
      top_up(*pool, cpu.id);
    } else {
      watch(*pool);
    }
  }
}

void Simulation::run_ends(QuotaPool* lowest, const Cpu& cpu) {
  for (QuotaPool* pool = lowest; pool != nullptr; pool = pool->parent) {
    use_quota(*pool);
    --pool->runners;
    if (sliced(*pool)) pool->local[cpu.id].left -= now_ - cpu.quota_since;
  }
}

/// Sees to it that the pool is looked at when it runs dry. Looking too early does no harm: it is
/// watched again.
void Simulation::watch(QuotaPool& pool) {
  if (!pool.active || pool.held || pool.runners == 0) return;
  const Duration left = std::max(pool.quota.left(), Duration::zero());
  const Time dry = now_ + left / static_cast<std::int64_t>(pool.runners);
  if (dry >= pool.exhausted_at) return;
  pool.exhausted_at = dry;
  events_.push(dry, EventKind::kExhausted, pool.index);
}

void Simulation::check_exhausted(QuotaPool& pool, Time due) {
  if (pool.exhausted_at != due) return;
  pool.exhausted_at = kNever;
  if (!pool.active || pool.held || sliced(pool)) return;
  use_quota(pool);
  // Less than one ns for each runner cannot be used; it stays for the next period.
  if (to_ns(pool.quota.left()) < std::max<std::int64_t>(pool.runners, 1)) {
    hold(pool);
  } else {
    watch(pool);
  }
}

// --- Hold and release ---

/// The pool is empty: everything below stops until the refill. The observer hears of the runs that end by it first, so
/// that it knows what those tasks did until now.
void Simulation::hold(QuotaPool& pool) {
  pool.held = true;
  watch_refill(pool);
  if (pool.entity.is_task()) {
    hold_task(tasks_[pool.entity.id]);
  } else {
    for (RunQueue* queue : groups_[pool.entity.id].queues) hold_queue(*queue);
  }
  tell_throttled(pool);
}

void Simulation::hold_task(Task& task) {
  if (task.state == TaskState::kRunning) {
    put(cpus_[task.cpu], StopReason::kThrottled);
  } else if (task.state == TaskState::kQueued) {
    dequeue_task(task);
    task.state = TaskState::kThrottled;
  }
}

void Simulation::hold_queue(RunQueue& queue) {
  queue.held = true;
  const auto stop = [&](Cpu& cpu) {
    if (runs_below(cpu, queue)) put(cpu, StopReason::kThrottled, StopReason::kPreempted);
  };
  if (queue.cpu != kNoCpu) {
    stop(cpus_[queue.cpu]);
  } else {
    std::for_each(cpus_.begin(), cpus_.end(), stop);
  }
  if (queue.parent != nullptr && queue.at_parent) {
    leave_parent(queue);
    deactivate(*queue.parent);
  }
}

void Simulation::release(QuotaPool& pool) {
  pool.held = false;
  tell_unthrottled(pool);
  if (pool.entity.is_task()) {
    if (tasks_[pool.entity.id].state == TaskState::kThrottled) {
      enqueue_task(tasks_[pool.entity.id], EnqueueReason::kUnthrottled);
    }
    offer_ = true;  // an idle CPU may take it from the one that it waits for
    return;
  }
  for (RunQueue* queue : groups_[pool.entity.id].queues) release_queue(*queue);
}

void Simulation::release_queue(RunQueue& queue) {
  queue.held = false;
  if (!queue.has_work()) return;
  activate(queue, EnqueueReason::kUnthrottled);
  offer_ = true;
}

void Simulation::watch_refill(QuotaPool& pool) {
  const Time due = pool.quota.next_refill();
  if (pool.refill_at == due) return;
  pool.refill_at = due;
  events_.push(due, EventKind::kRefill, pool.index);
}

void Simulation::refill(QuotaPool& pool, Time due) {
  if (pool.refill_at != due) return;
  pool.refill_at = kNever;
  if (!pool.active) return;
  if (sliced(pool)) return end_period(pool);
  if (!pool.held) return;
  use_quota(pool);
  if (pool.quota.left() > Duration::zero()) {
    release(pool);
  } else {
    watch_refill(pool);
  }
}

bool Simulation::may_queue(const Task& task) {
  return task.pool == nullptr || !task.pool->held ||
         task.pool->entity != EntityRef::task(task.number);
}

// --- What the observer is told ---

void Simulation::tell_throttled(QuotaPool& pool) {
  if (pool.told || pool.demand == 0) return;
  pool.told = true;
  observer_.throttled(pool.entity, now_);
}

void Simulation::tell_unthrottled(QuotaPool& pool) {
  if (!pool.told) return;
  pool.told = false;
  observer_.unthrottled(pool.entity, now_);
}

void Simulation::demand_begins(QuotaPool* lowest) {
  for (QuotaPool* pool = lowest; pool != nullptr; pool = pool->parent) {
    ++pool->demand;
    if (pool->held) tell_throttled(*pool);
  }
}

void Simulation::demand_ends(QuotaPool* lowest) {
  for (QuotaPool* pool = lowest; pool != nullptr; pool = pool->parent) {
    if (--pool->demand == 0) tell_unthrottled(*pool);
  }
}

// --- Caps that come and go ---

void Simulation::add_pool(EntityRef entity, const Bandwidth& cap) {
  pools_.push_back(std::make_unique<QuotaPool>(entity, cap));
  pools_.back()->index = static_cast<std::uint32_t>(pools_.size() - 1);
  fill_pool(*pools_.back(), cap);
}

void Simulation::fill_pool(QuotaPool& pool, const Bandwidth& cap) {
  pool.active = true;
  pool.quota.reset(cap, now_);
  pool.used_until = now_;
  const bool slices = per_cpu_ && scenario_.machine.bandwidth_slice > Duration::zero();
  if (slices && !pool.entity.is_task() && !cap.credits) {
    pool.local.assign(cpus_.size(), {});
    pool.refilled = pool.quota.left();
    pool.idle = false;
    count_periods(pool);
  }
}

/// Changes a cap in mid-run: what was held is released, and the pool is filled. Call link_pools()
/// afterwards.
void Simulation::set_cap(EntityRef entity, const std::optional<Bandwidth>& new_cap) {
  const Bandwidth* const cap = new_cap && new_cap->holds() ? &*new_cap : nullptr;
  const auto known = std::find_if(pools_.begin(), pools_.end(),
                                  [&](const auto& pool) { return pool->entity == entity; });
  if (known == pools_.end()) {
    if (cap != nullptr) add_pool(entity, *cap);
    return;
  }
  QuotaPool& pool = **known;
  if (pool.active) use_quota(pool);
  // Out of force before the release, or the empty pool would hold its queues again at once.
  pool.active = pool.counting = false;
  pool.refill_at = pool.slack_at = kNever;
  tell_released(pool);
  pool.local.clear();
  pool.waiting.clear();
  if (pool.held) release(pool);
  if (cap != nullptr) fill_pool(pool, *cap);
}

/// Gives every task its chain of caps, and every cap its number of tasks with demand and of
/// runners.
void Simulation::link_pools() {
  for (const auto& pool : pools_) {
    if (pool->active) use_quota(*pool);  // while it still knows its runners
  }
  for (Group& group : groups_) group.pool = nullptr;
  std::vector<QuotaPool*> own(tasks_.size(), nullptr);
  for (const auto& pool : pools_) {
    pool->demand = pool->runners = 0;
    pool->exhausted_at = kNever;
    if (!pool->active) continue;
    (pool->entity.is_task() ? own[pool->entity.id] : groups_[pool->entity.id].pool) = pool.get();
  }
  std::vector<QuotaPool*> lowest(groups_.size(), nullptr);  // the lowest cap at or above a group
  for (GroupId id = 0; id < groups_.size(); ++id) {
    QuotaPool* above = id == kRoot ? nullptr : lowest[scenario_.groups[id].parent];
    QuotaPool* pool = groups_[id].pool;
    if (pool != nullptr) pool->parent = above;
    lowest[id] = pool != nullptr ? pool : above;
  }
  for (TaskId id = 0; id < tasks_.size(); ++id) {
    Task& task = tasks_[id];
    QuotaPool* above = lowest[task.spec->group];
    if (own[id] != nullptr) own[id]->parent = above;
    task.pool = own[id] != nullptr ? own[id] : above;
    if (task.state == TaskState::kBlocked || task.state == TaskState::kExited) continue;
    const bool runs =
        task.state == TaskState::kRunning && cpus_[task.cpu].phase == Cpu::Phase::kService;
    for (QuotaPool* pool = task.pool; pool != nullptr; pool = pool->parent) {
      ++pool->demand;
      if (runs) ++pool->runners;
    }
  }
  for (const auto& pool : pools_) watch(*pool);
}

}  // namespace sharesim
