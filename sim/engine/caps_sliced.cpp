// Quota handed out to CPUs in slices, as Linux does (kernel/sched/fair.c, cfs_bandwidth):
//
//   use       a CPU fetches machine.bandwidth_slice, and what it owes, from the group's pool when it
//             has none left, uses it up, and fetches again; if there is none, the group is throttled
//             on that CPU alone. With machine.tick this is noticed at the next tick only; what was
//             used beyond the slice is repaid from the next one.
//   slack     a queue that runs empty returns all but 1 ms. If that leaves more than a slice in the
//             pool while somebody waits, it is distributed 5 ms later, unless a refill is near.
//   refill    at the end of each period. Then, and when slack is distributed, the CPUs that wait are
//             served first in, first out: what they owe, and 1 ns to go on with.
//   throttled the queue is taken off its parent at once, as up to 6.17. Since then each task below leaves
//             when it returns to user mode, having been picked once more; tasks here are never in the
//             kernel, so that the difference is that pick.
//   counting  begins with the first fetch, and pauses after a period in which nobody fetched. A
//             period counts as throttled if somebody waits at its end; throttled time is the sum over
//             the CPUs.

#include <algorithm>

#include "sim/engine/simulation.hpp"

namespace sharesim {
namespace {

/// Linux's min_cfs_rq_runtime: what a CPU keeps when its queue runs empty.
constexpr Duration kKeptByIdle = std::chrono::milliseconds(1);
/// cfs_bandwidth_slack_period: how long slack that has come back is collected.
constexpr Duration kSlackDelay = std::chrono::milliseconds(5);
/// min_bandwidth_expiration: slack is not distributed so shortly before a refill.
constexpr Duration kNearRefill = std::chrono::milliseconds(2);
/// What a CPU is given when it may go on, beyond its debt.
constexpr Duration kJustEnough = ns(1);

}  // namespace

/// Fetches a slice if the CPU has none left; false if there is none to fetch.
bool Simulation::top_up(QuotaPool& pool, CpuId cpu) {
  QuotaPool::Local& local = pool.local[cpu];
  if (local.left > Duration::zero()) return true;
  count_periods(pool);
  const Duration wanted = scenario_.machine.bandwidth_slice - local.left;
  const Duration got = std::clamp(pool.quota.left(), Duration::zero(), wanted);
  if (got > Duration::zero()) pool.idle = false;
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
    observer_.throttled_on(pool.entity, cpu, now_);
  }
  pool.held = true;
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

/// Starts to count periods, unless that goes on already.
void Simulation::count_periods(QuotaPool& pool) {
  if (pool.counting) return;
  pool.counting = true;
  pool.quota.skip_refills(now_);
  watch_refill(pool);
}

/// The end of a period: the refill, and who goes on by it. What is counted stands in the order of
/// do_sched_cfs_period_timer().
void Simulation::end_period(QuotaPool& pool) {
  const Duration unused = pool.quota.left();
  const Duration used = pool.refilled - unused;
  pool.quota.refill_until(now_);
  pool.refilled = pool.quota.left();
  const bool throttled = !pool.waiting.empty();
  observer_.period_ended(pool.entity,
                         {.unused = unused,
                          .pool = pool.refilled,
                          .parked = parked(pool),
                          .burst = std::max(used - pool.quota.bandwidth().quota, Duration::zero()),
                          .throttled = throttled},
                         now_);
  if (pool.idle && !throttled) {
    pool.counting = false;
    return;
  }
  pool.idle = !throttled;
  watch_refill(pool);
  if (throttled) distribute(pool);
}

/// What the CPUs hold of slices that they have not used up.
Duration Simulation::parked(const QuotaPool& pool) const {
  Duration sum{};
  for (const Cpu& cpu : cpus_) {
    Duration left = pool.local[cpu.id].left;
    const bool runs = cpu.phase == Cpu::Phase::kService;
    for (const QuotaPool* used = runs ? cpu.current->pool : nullptr; used != nullptr;
         used = used->parent) {
      if (used == &pool) left -= now_ - cpu.quota_since;
    }
    sum += std::max(left, Duration::zero());
  }
  return sum;
}

/// Serves the CPUs that wait, first in, first out, as far as the quota goes.
void Simulation::distribute(QuotaPool& pool) {
  const std::vector<CpuId> waiting = std::move(pool.waiting);
  pool.waiting.clear();
  for (const CpuId cpu : waiting) {
    QuotaPool::Local& local = pool.local[cpu];
    const Duration given =
        std::clamp(pool.quota.left(), Duration::zero(), kJustEnough - local.left);
    pool.quota.use(given);
    local.left += given;
    if (local.left <= Duration::zero()) {
      pool.waiting.push_back(cpu);
      continue;
    }
    local.held = false;
    observer_.unthrottled_on(pool.entity, cpu, now_);
    release_queue(queue_of(pool.entity.id, cpu));
  }
  pool.held = !pool.waiting.empty();
  if (!pool.held) tell_unthrottled(pool);
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

/// The group's queue on `cpu` has run empty: it returns what it does not need.
void Simulation::return_slack(QuotaPool& pool, CpuId cpu) {
  QuotaPool::Local& local = pool.local[cpu];
  if (local.left <= kKeptByIdle) return;
  pool.quota.give_back(local.left - kKeptByIdle);
  local.left = kKeptByIdle;
  if (pool.waiting.empty() || pool.quota.left() <= scenario_.machine.bandwidth_slice) return;
  if (pool.slack_at != kNever || pool.quota.next_refill() - now_ < kSlackDelay + kNearRefill)
    return;
  pool.slack_at = now_ + kSlackDelay;
  events_.push(pool.slack_at, EventKind::kSlack, pool.index);
}

void Simulation::slack_due(QuotaPool& pool, Time due) {
  if (pool.slack_at != due) return;
  pool.slack_at = kNever;
  if (pool.quota.next_refill() - now_ < kNearRefill) return;
  if (pool.quota.left() > scenario_.machine.bandwidth_slice) distribute(pool);
}

/// The cap goes or changes: no CPU is out of its quota any more.
void Simulation::tell_released(const QuotaPool& pool) {
  for (const CpuId cpu : pool.waiting) observer_.unthrottled_on(pool.entity, cpu, now_);
}

}  // namespace sharesim
