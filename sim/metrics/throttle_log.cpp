#include "sim/metrics/throttle_log.hpp"

#include <algorithm>
#include <utility>

#include "sim/core/check.hpp"

namespace sharesim {
namespace {

bool lies_below(const Scenario& scenario, GroupId group, GroupId above) {
  while (group != above && group != kRoot) group = scenario.groups[group].parent;
  return group == above;
}

}  // namespace

std::vector<bool> tasks_below(const Scenario& scenario, GroupId group) {
  std::vector<bool> below(scenario.task_count());
  for (const TaskSpec& spec : scenario.tasks) {
    if (!lies_below(scenario, spec.group, group)) continue;
    for (std::uint32_t i = 0; i < spec.instances(); ++i) below[spec.first + i] = true;
  }
  return below;
}

ThrottleLog::ThrottleLog(const Scenario& scenario, GroupId group, bool per_cpu,
                         std::size_t most_users, Listener listener)
    : group_(group),
      slices_(per_cpu && scenario.machine.bandwidth_slice > Duration::zero()),
      most_users_(most_users),
      listener_(std::move(listener)),
      below_(tasks_below(scenario, group)),
      cpus_(scenario.machine.cpus),
      used_(scenario.task_count()) {
  const std::optional<Bandwidth>& cap = scenario.groups[group].cap;
  if (cap) set_cap(&*cap, kStart);
}

// ---- What happens ----

void ThrottleLog::run_begin(CpuId cpu, TaskId task, Time now) {
  advance(now);
  if (!below_[task]) return;
  cpus_[cpu].task = task;
  cpus_[cpu].since = now;
  ++busy_;
}

void ThrottleLog::run_end(CpuId cpu, TaskId task, Time, Time end, StopReason) {
  advance(end);
  if (!below_[task]) return;
  charge(cpus_[cpu], end);
  cpus_[cpu].task = kNoTask;
  --busy_;
  cpus_[cpu].stopped = end;
}

void ThrottleLog::throttled(EntityRef entity, Time now) {
  advance(now);
  if (!ours(entity)) return;
  throttled_since_ = now;
  if (!period_.first_held) period_.first_held = now;
  for (CpuId cpu = 0; !slices_ && cpu < cpus_.size(); ++cpu) {
    if (cpus_[cpu].stopped == now) period_.held.insert(cpu);
  }
}

void ThrottleLog::unthrottled(EntityRef entity, Time now) {
  advance(now);
  if (!ours(entity)) return;
  period_.throttled += now - std::max(throttled_since_, period_.begin);
  throttled_since_ = kNever;
}

void ThrottleLog::throttled_on(EntityRef entity, CpuId cpu, Time now) {
  advance(now);
  if (!ours(entity)) return;
  cpus_[cpu].held_since = now;
  period_.held.insert(cpu);
}

void ThrottleLog::unthrottled_on(EntityRef entity, CpuId cpu, Time now) {
  advance(now);
  if (!ours(entity)) return;
  period_.throttled_cpus += now - std::max(cpus_[cpu].held_since, period_.begin);
  cpus_[cpu].held_since = kNever;
}

void ThrottleLog::period_ended(EntityRef entity, const PeriodEnd& end, Time now) {
  advance(now);
  if (!ours(entity)) return;
  check(now == period_.end, "a period ends at a multiple of its length");
  period_.left = end.unused;
  period_.parked = end.parked;
  told_ = true;
  pool_ = end.pool;
}

void ThrottleLog::cap_changed(EntityRef entity, const Bandwidth* cap, Time now) {
  advance(now);
  if (ours(entity)) set_cap(cap, now);
}

void ThrottleLog::finished(Time now, bool) {
  advance(now);
  if (quota_) close(now);
}

// ---- Periods ----

/// Closes the periods that ended before now. What happens at the very end of a period still belongs
/// to it: a refill does, and what ends there adds nothing to the next one.
void ThrottleLog::advance(Time now) {
  while (quota_ && now > period_.end) {
    const Time end = period_.end;
    pass(end);
    close(end);
    open(end);
  }
  pass(now);
}

/// Nothing has changed from the last look until now.
void ThrottleLog::pass(Time now) {
  if (now > seen_ && busy_ > 0) {
    period_.at_once = std::max(period_.at_once, busy_);
    if (!period_.used_from) period_.used_from = seen_;
  }
  seen_ = std::max(seen_, now);
}

void ThrottleLog::set_cap(const Bandwidth* cap, Time now) {
  if (quota_) close(now);
  quota_.reset();
  for (Cpu& cpu : cpus_) cpu.since = now;  // what ran without a cap is nobody's use of one
  if (cap == nullptr) return;
  quota_.emplace(*cap);
  quota_->reset(*cap, now);
  pool_ = quota_->left();
  open(now);
}

void ThrottleLog::open(Time begin) {
  const std::uint64_t number = summary_.periods;
  period_ = {};
  period_.number = number;
  period_.begin = begin;
  quota_->skip_refills(begin);
  period_.end = quota_->next_refill();
  period_.quota = quota_->bandwidth().quota;
  period_.available = slices_ ? pool_ : quota_->left();
  period_.left = period_.available;
  told_ = false;
  if (throttled_since_ != kNever) period_.first_held = begin;
  for (CpuId cpu = 0; cpu < cpus_.size(); ++cpu) {
    if (cpus_[cpu].held_since != kNever) period_.held.insert(cpu);
  }
}

void ThrottleLog::close(Time end) {
  for (Cpu& cpu : cpus_) {
    if (cpu.task != kNoTask) charge(cpu, end);
  }
  close_holds(end);
  if (!slices_) {
    quota_->use(period_.used);
    period_.left = quota_->left();
    quota_->refill_until(end);
  }
  // With slices it is told at the end of a whole period in which anybody has fetched one.
  const bool touched = period_.used > Duration::zero() || period_.was_throttled();
  if (slices_ && !told_ && (touched || end < period_.end)) {
    period_.left.reset();
    period_.parked.reset();
  }
  period_.end = end;
  rank_users();
  if (end == period_.begin) return;
  count(period_);
  if (listener_) listener_(period_);
}

/// Counts what the task that runs on the CPU has used.
void ThrottleLog::charge(Cpu& cpu, Time until) {
  const Duration used = until - cpu.since;
  cpu.since = until;
  if (used == Duration::zero() || !quota_) return;
  period_.used += used;
  if (used_[cpu.task] == Duration::zero()) users_.push_back(cpu.task);
  used_[cpu.task] += used;
}

/// Who waits for quota goes on waiting in the next period; its time up to now is this one's.
void ThrottleLog::close_holds(Time end) {
  if (throttled_since_ != kNever) {
    period_.throttled += end - std::max(throttled_since_, period_.begin);
  }
  for (const Cpu& cpu : cpus_) {
    if (cpu.held_since == kNever) continue;
    period_.throttled_cpus += end - std::max(cpu.held_since, period_.begin);
  }
}

void ThrottleLog::rank_users() {
  for (const TaskId task : users_) period_.users.push_back({task, std::exchange(used_[task], {})});
  users_.clear();
  const auto shown = static_cast<std::ptrdiff_t>(std::min(most_users_, period_.users.size()));
  std::partial_sort(period_.users.begin(), period_.users.begin() + shown, period_.users.end(),
                    [](const QuotaUse& a, const QuotaUse& b) {
                      return a.used != b.used ? a.used > b.used : a.task < b.task;
                    });
  period_.users.resize(static_cast<std::size_t>(shown));
}

void ThrottleLog::count(const ThrottlePeriod& period) {
  ++summary_.periods;
  summary_.time += period.end - period.begin;
  summary_.used += period.used;
  summary_.granted += period.quota;
  summary_.throttled += period.throttled;
  summary_.throttled_cpus += period.throttled_cpus;
  summary_.used_most = std::max(summary_.used_most, period.used);
  summary_.at_once = std::max(summary_.at_once, period.at_once);
  if (!period.was_throttled()) return;
  ++summary_.throttled_periods;
  const Duration parked = period.parked.value_or(Duration::zero());
  if (slices_ && parked > Duration::zero()) {
    ++summary_.stranded_periods;
    summary_.parked_most = std::max(summary_.parked_most, parked);
  }
  if (!summary_.worst || period.throttled > summary_.worst->throttled) summary_.worst = period;
}

}  // namespace sharesim
