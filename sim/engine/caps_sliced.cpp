// Quota handed out to CPUs in slices, as Linux does (kernel/sched/fair.c, cfs_bandwidth): a CPU
// fetches machine.bandwidth_slice from the group's pool when it has none left, uses it up, and
// fetches again. When its queue runs empty it returns all but 1 ms. A CPU that finds the pool empty
// is throttled on its own; at the refill those throttled are served first in, first out. With
// machine.tick, an empty slice is noticed at the next tick only; what was used beyond it is repaid
// from the next one.

#include <algorithm>

#include "sim/engine/simulation.hpp"

namespace sharesim {
namespace {

/// Linux's min_cfs_rq_runtime: what a CPU keeps when its queue runs empty.
constexpr Duration kKeptByIdle = std::chrono::milliseconds(1);

}  // namespace

/// Fetches a slice if the CPU has none left; false if there is none to fetch.
bool Simulation::top_up(QuotaPool& pool, CpuId cpu) {
  QuotaPool::Local& local = pool.local[cpu];
  if (local.left > Duration::zero()) return true;
  use_quota(pool);
  const Duration wanted = scenario_.machine.bandwidth_slice - local.left;
  const Duration got = std::clamp(pool.quota.left(), Duration::zero(), wanted);
  pool.quota.use(got);
  local.left += got;
  return local.left > Duration::zero();
}

/// How long a run that uses `lowest` and the caps above may go on before a CPU's slice of one of
/// them is used up.
Duration Simulation::local_allowance(const QuotaPool* lowest, CpuId cpu) const {
  Duration allowance = kForever;
  for (const QuotaPool* pool = lowest; pool != nullptr; pool = pool->parent) {
    if (sliced(*pool)) allowance = std::min(allowance, std::max(pool->local[cpu].left, ns(1)));
  }
  return allowance;
}

/// The run on `cpu` has reached the end of a slice of quota. Fetches another; if there is none, the
/// group is held here. True if the run has ended by that.
bool Simulation::local_exhausted(Cpu& cpu) {
  QuotaPool* const lowest = cpu.current->pool;
  const Duration used = now_ - cpu.quota_since;
  cpu.quota_since = now_;
  QuotaPool* dry = nullptr;
  for (QuotaPool* pool = lowest; pool != nullptr; pool = pool->parent) {
    if (!sliced(*pool)) continue;
    pool->local[cpu.id].left -= used;
    if (!top_up(*pool, cpu.id)) dry = pool;
  }
  if (dry == nullptr) return false;
  hold_local(*dry, cpu.id);
  return true;
}

void Simulation::hold_local(QuotaPool& pool, CpuId cpu) {
  mark_held(pool, cpu);
  hold_queue(queue_of(pool.entity.id, cpu));
  tell_throttled(pool);
}

/// Notes that the group is out of quota on `cpu`.
void Simulation::mark_held(QuotaPool& pool, CpuId cpu) {
  QuotaPool::Local& local = pool.local[cpu];
  if (!local.held) {
    local.held = true;
    pool.waiting.push_back(cpu);
  }
  pool.held = true;
  watch_refill(pool);
  queue_of(pool.entity.id, cpu).held = true;
}

/// Whether the group of `queue` may go on competing on its CPU; if it has used up its slice of quota there and can
/// fetch no other, it is marked as held.
bool Simulation::quota_left(RunQueue& queue) {
  QuotaPool* const pool = groups_[queue.group].pool;
  if (pool == nullptr || !sliced(*pool) || top_up(*pool, queue.cpu)) return true;
  mark_held(*pool, queue.cpu);
  tell_throttled(*pool);
  return false;
}

/// After a refill: serves the CPUs that wait, first in, first out, as far as the quota goes.
void Simulation::distribute(QuotaPool& pool) {
  std::vector<CpuId> still_waiting;
  for (const CpuId cpu : pool.waiting) {
    if (!top_up(pool, cpu)) {
      still_waiting.push_back(cpu);
      continue;
    }
    pool.local[cpu].held = false;
    release_queue(queue_of(pool.entity.id, cpu));
  }
  pool.waiting = std::move(still_waiting);
  pool.held = !pool.waiting.empty();
  if (pool.held) {
    watch_refill(pool);
  } else {
    tell_unthrottled(pool);
  }
}

/// Takes what the running tasks have used from their CPUs' slices, so that the pools may change.
void Simulation::settle_slices() {
  for (Cpu& cpu : cpus_) {
    if (cpu.phase != Cpu::Phase::kService) continue;
    for (QuotaPool* pool = cpu.current->pool; pool != nullptr; pool = pool->parent) {
      if (sliced(*pool)) pool->local[cpu.id].left -= now_ - cpu.quota_since;
    }
    cpu.quota_since = now_;
  }
}

/// After a change of caps: the running tasks go on under the new ones.
void Simulation::replan_runs() {
  for (const Cpu& cpu : cpus_) {
    if (cpu.phase != Cpu::Phase::kService) continue;
    for (QuotaPool* pool = cpu.current->pool; pool != nullptr; pool = pool->parent) {
      if (sliced(*pool)) top_up(*pool, cpu.id);
    }
    plan_run_end(cpu);
  }
}

/// A run below the pool has ended on `cpu`: takes what it used, and returns what an empty queue
/// does not need.
void Simulation::return_slack(QuotaPool& pool, const Cpu& cpu, StopReason why) {
  QuotaPool::Local& local = pool.local[cpu.id];
  local.left -= now_ - cpu.quota_since;
  if (still_runnable(why) || queue_of(pool.entity.id, cpu.id).queued > 0 ||
      local.left <= kKeptByIdle)
    return;
  pool.quota.give_back(local.left - kKeptByIdle);
  local.left = kKeptByIdle;
  if (!pool.waiting.empty()) distribute(pool);
}

}  // namespace sharesim
