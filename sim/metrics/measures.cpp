#include "sim/metrics/measures.hpp"

#include <algorithm>
#include <utility>

#include "sim/metrics/measures_state.hpp"

namespace sharesim {

// ---- Demand ----

void Measures::State::arrived(TaskId id, std::int64_t now) {
  pass_edges(now);
  Task& task = tasks_[id];
  check(!task.has_demand, "a task that arrives has had no demand");
  task.has_demand = true;
  task.woken_at = now;
  ++task.wakeups;
  task.runnable -= now;
  demand_changes(task, +1, now);
  ideal_.arrive(id, at_ns(now));
  ideal_changed();
  if (!task.throttled) start_competing(task.group, task.child, now);
  if (fluid_) {
    wakeups_.add(id, Duration::zero());  // it is served at once
  } else {
    starts_waiting(id, task, now);
  }
}

void Measures::State::left(TaskId id, std::int64_t now) {
  pass_edges(now);
  Task& task = tasks_[id];
  check(task.has_demand && !is_running(id, task), "a task that leaves has demand and does not run");
  if (!fluid_) {
    sample_task(id, task, now);
    stops_waiting(id, task, now);
  }
  if (task.competes()) stop_competing(task.group, task.child, now);
  demand_changes(task, -1, now);
  const double service =
      fluid_ ? ideal_.service_ns(id, at_ns(now)) : static_cast<double>(task.service);
  ideal_.leave(id, service, at_ns(now));
  ideal_changed();
  sample_groups_above(task, now);
  task.has_demand = false;
  task.woken_at = kNone;
  task.runnable += now;
}

/// The groups above gain or lose a task with demand.
void Measures::State::demand_changes(const Task& task, std::int32_t by, std::int64_t now) {
  sample_groups_above(task, now);
  for (GroupId id = task.group;; id = groups_[id].parent) {
    Group& group = groups_[id];
    if (by > 0 && group.with_demand++ == 0) group.runnable -= now;
    if (by < 0 && --group.with_demand == 0) group.runnable += now;
    if (id == kRoot) return;
  }
}

void Measures::State::starts_waiting(TaskId id, Task& task, std::int64_t now) {
  if (task.throttled || groups_[task.group].held > 0) return;
  task.waiting_since = now;
  wasted_.wait_begins(id, now);
}

void Measures::State::stops_waiting(TaskId id, Task& task, std::int64_t now) {
  if (task.waiting_since == kNone) return;
  close_stretch(id, task, now);
  wasted_.wait_ends(id, now);
}

void Measures::State::close_stretch(TaskId id, Task& task, std::int64_t now) {
  if (task.waiting_since != kNone && now - task.waiting_since > task.starved_for) [[unlikely]] {
    starves_most(id, task, now);
  }
  if (!waited_.empty()) [[unlikely]] {
    note_wait(id, task, now);
  }
  task.waiting_since = kNone;
}

[[gnu::noinline]] void Measures::State::note_wait(TaskId id, const Task& task, std::int64_t now) {
  if (task.waiting_since != kNone) waited_[id] = std::max(waited_[id], now - task.waiting_since);
}

/// Kept out of the way of the usual run.
[[gnu::noinline]] void Measures::State::starves_most(TaskId, Task& task, std::int64_t now) {
  task.starved_for = now - task.waiting_since;
  task.starved_from = task.waiting_since;
  task.starved_by = recent_.busiest(task.waiting_since, now, open_);
}

// ---- Runs ----

void Measures::State::run_begin(CpuId cpu, TaskId id, std::int64_t now) {
  pass_edges(now);
  Task& task = tasks_[id];
  Cpu& c = cpus_[cpu];
  check(open_[cpu].task == kNoTask && now >= c.accounted, "one task at a time runs on a CPU");
  check(task.has_demand, "a task that runs has demand");
  if (credits_) credits_->run_begin(id, at_ns(now));
  idle_ += now - c.accounted;
  c.accounted = now;
  if (c.last != id) {
    c.last = id;
    ++task.switches;
  }
  if (task.last_cpu != cpu) {
    check(!is_running(id, task), "a task runs on one CPU at a time");
    if (task.last_cpu != kNoLastCpu) ++task.migrations;
    task.last_cpu = static_cast<std::uint16_t>(cpu);
  }
  if (task.woken_at != kNone) {
    wakeups_.add(id, ns(now - task.woken_at));
    task.woken_at = kNone;
  }
  const bool waited = task.waiting_since != kNone;
  c.stretch = task.waiting_since;
  close_stretch(id, task, now);
  wasted_.run_begins(cpu, id, waited, now);
  open_[cpu] = {id, now};

  // While a task waits its lag only grows, and while it runs it only falls, because the ideal gives
  // no task more than one CPU: the extremes lie where runs begin and end. (Others that leave with
  // lag move it too; where that is undone before the next of those instants, it is not seen.)
  sample_task(id, task, now);
  std::uint32_t child = task.child;
  for (GroupId above = task.group;;) {
    Group& group = groups_[above];
    if (above != kRoot) sample_group(above, now);
    group.fairness.begin(child, now);
    group.offset -= now;
    ++group.running;
    if (above == kRoot) return;
    child = group.child;
    above = group.parent;
  }
}

void Measures::State::run_end(CpuId cpu, TaskId id, std::int64_t begin, std::int64_t end,
                              StopReason why) {
  pass_edges(end);
  Task& task = tasks_[id];
  Cpu& c = cpus_[cpu];
  check(open_[cpu].task == id && c.accounted == begin && end >= begin,
        "a run that ends has begun on that CPU at that time");
  if (credits_) credits_->run_end(id, at_ns(end));
  open_[cpu].task = kNoTask;
  c.accounted = end;
  task.service += end - begin;
  if (why == StopReason::kPreempted) ++task.preemptions;
  recent_.add(cpu, id, begin, end);
  const bool waits = !task.throttled && groups_[task.group].held == 0;
  // A run that never got beyond its overhead does not end the wait before it.
  if (waits) task.waiting_since = begin == end && c.stretch != kNone ? c.stretch : end;
  wasted_.run_ends(cpu, id, waits, end);

  sample_task(id, task, end);
  std::uint32_t child = task.child;
  for (GroupId above = task.group;;) {
    Group& group = groups_[above];
    group.fairness.end(child, end);
    group.offset += end;
    --group.running;
    if (above == kRoot) return;
    sample_group(above, end);
    child = group.child;
    above = group.parent;
  }
}

void Measures::State::sample_groups_above(const Task& task, std::int64_t now) {
  for (GroupId id = task.group;; id = groups_[id].parent) {
    sample_group(id, now);
    if (id == kRoot) return;
  }
}

/// The ideal's rates are constant between its changes. Once it has been asked about twice for every
/// task with demand since the last one, it pays to remember each task's straight line; but not to
/// keep 24 bytes for each of very many.
void Measures::State::ideal_changed() {
  constexpr std::size_t kMostLines = 16'384;
  ++ideal_changes_;
  unsettled_ = tasks_.size() > kMostLines ? std::numeric_limits<std::uint64_t>::max()
                                          : 4 * std::uint64_t{groups_[kRoot].with_demand};
}

[[gnu::noinline]] void Measures::State::draw_line(TaskId id, std::int64_t now) {
  if (lines_.empty()) lines_.resize(tasks_.size());
  const double rate = ideal_.rate(id);
  lines_[id] = {ideal_.service_ns(id, at_ns(now)) - rate * static_cast<double>(now), rate,
                ideal_changes_};
}

void Measures::State::sample_group(GroupId id, std::int64_t now) {
  if (fluid_) return;  // the ideal owes itself nothing
  Group& group = groups_[id];
  const double lag =
      ideal_.group_service_ns(id, at_ns(now)) - static_cast<double>(group.service(now));
  group.lag_max = lag > group.lag_max ? lag : group.lag_max;
  group.lag_min = lag < group.lag_min ? lag : group.lag_min;
}

void Measures::State::overhead(CpuId cpu, TaskId id, std::int64_t begin, std::int64_t lost) {
  pass_edges(begin + lost);
  Cpu& c = cpus_[cpu];
  check(open_[cpu].task == kNoTask && begin >= c.accounted && lost >= 0,
        "overhead is spent while nothing runs");
  idle_ += begin - c.accounted;
  overhead_ += lost;
  c.accounted = begin + lost;
  wasted_.overhead(cpu, id, tasks_[id].waiting_since != kNone, begin, begin + lost);
}

void Measures::State::completed(TaskId id, std::int64_t since, std::int64_t now) {
  pass_edges(now);
  responses_.add(id, ns(now - since));
}

void Measures::State::dropped(TaskId first_worker, std::int64_t now) {
  pass_edges(now);
  const TaskSpec& spec = scenario_->spec_of(first_worker);
  ++dropped_[static_cast<std::size_t>(&spec - scenario_->tasks.data())];
}

// ---- The public face ----

Measures::Measures(std::shared_ptr<const Scenario> scenario, const std::string& scheduler,
                   Served served)
    : state_(std::make_unique<State>(std::move(scenario), scheduler, served)) {}
Measures::~Measures() = default;

void Measures::set_tick_listener(Duration tick, TickListener* listener) {
  state_->set_tick_listener(to_ns(tick), listener);
}
void Measures::pass(Time now) { state_->cross_edges(to_ns(now) + 1); }
Progress Measures::progress(EntityRef entity) const { return state_->progress(entity); }
std::optional<CreditResult> Measures::credits(EntityRef entity) const {
  return state_->credits(entity);
}
void Measures::arrived(TaskId task, Time now) { state_->arrived(task, to_ns(now)); }
void Measures::left(TaskId task, Time now) { state_->left(task, to_ns(now)); }
void Measures::run_begin(CpuId cpu, TaskId task, Time now) {
  state_->run_begin(cpu, task, to_ns(now));
}
void Measures::run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) {
  state_->run_end(cpu, task, to_ns(begin), to_ns(end), why);
}
void Measures::overhead(CpuId cpu, TaskId task, Time begin, Duration lost) {
  state_->overhead(cpu, task, to_ns(begin), to_ns(lost));
}
void Measures::completed(TaskId task, Time since, Time now) {
  state_->completed(task, to_ns(since), to_ns(now));
}
void Measures::dropped(TaskId first_worker, Time now) { state_->dropped(first_worker, to_ns(now)); }
void Measures::throttled(EntityRef entity, Time now) { state_->throttled(entity, to_ns(now)); }
void Measures::unthrottled(EntityRef entity, Time now) { state_->unthrottled(entity, to_ns(now)); }
void Measures::throttled_on(EntityRef entity, CpuId cpu, Time now) {
  state_->cpu_stats().throttled_on(entity, cpu, now);
}
void Measures::unthrottled_on(EntityRef entity, CpuId cpu, Time now) {
  state_->cpu_stats().unthrottled_on(entity, cpu, now);
}
void Measures::period_ended(EntityRef entity, const PeriodEnd& end, Time) {
  state_->cpu_stats().period_ended(entity, end);
}
void Measures::weight_changed(EntityRef entity, Weight weight, Time now) {
  state_->weight_changed(entity, weight, to_ns(now));
}
void Measures::cap_changed(EntityRef entity, const Bandwidth* cap, Time now) {
  state_->cap_changed(entity, cap, to_ns(now));
}
void Measures::affinity_changed(EntityRef entity, const CpuSet& cpus, Time now) {
  state_->affinity_changed(entity, cpus, to_ns(now));
}
void Measures::finished(Time now, bool) { state_->finished(to_ns(now)); }
std::vector<LatencyCount> Measures::wakeup_counts(EntityRef entity) const {
  return state_->wakeup_counts(entity);
}
EntityResult Measures::row(EntityRef entity) const { return state_->row(entity); }
std::vector<ExpectationResult> Measures::expectations() const { return state_->expectations(); }

}  // namespace sharesim
