// The clock: which instant is next, and what happens in it.

#include "sim/engine/simulation.hpp"

#include <algorithm>

#include "sim/core/check.hpp"

namespace sharesim {
namespace {

/// Instants between two looks at the clock on the wall and the stop flag.
constexpr std::uint64_t kInstantsBetweenLooks = 4096;

}  // namespace

/// False if it was interrupted.
bool Simulation::run_before(Time end) {
  for (;;) {
    const Time run_end = run_ends_.next();
    const Time event = events_.next_time();
    const Time next = std::min(run_end, event);
    if (next >= end) return true;
    if (interrupted()) return false;
    now_ = next;
    ++events_done_;
    if (event == next) process_events(true);
    if (run_end == next) end_runs();
    if (event == next) process_events(false);
    pick_all();
    for (RunWatcher* const watcher : options_.watchers) watcher->instant(now_, *this);
  }
}

/// The same up to the end, stopping where the watchers want to be shown how things stand.
bool Simulation::run_shown() {
  struct Look {
    RunWatcher* watcher;
    Time at;
  };
  std::vector<Look> looks;
  for (RunWatcher* const watcher : options_.watchers) {
    check(watcher->interval() > Duration::zero(), "a watcher's interval is longer than 0");
    looks.push_back({watcher, kStart});
  }
  const auto earlier = [](const Look& a, const Look& b) { return a.at < b.at; };
  while (!looks.empty()) {
    Look& next = *std::min_element(looks.begin(), looks.end(), earlier);
    if (next.at >= end_) break;
    if (!run_before(next.at + ns(1))) return false;
    now_ = next.at;
    next.watcher->edge(now_, *this);
    next.at = add_saturating(next.at, next.watcher->interval());
  }
  return run_before(end_);
}

EngineSummary Simulation::run() {
  const bool complete = run_shown();
  if (complete) now_ = end_;
  finish(complete);
  return {.end = now_, .complete = complete, .decisions = decisions_, .events = events_done_};
}

bool Simulation::interrupted() {
  if (++countdown_ < kInstantsBetweenLooks) return false;
  countdown_ = 0;
  if (options_.progress) options_.progress(now_);
  return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed);
}

/// What is due now: first what comes before the ends of runs, then what comes after them.
void Simulation::process_events(bool before_run_ends) {
  while (events_.next_time() == now_ &&
         (!before_run_ends || events_.next_kind() <= kLastBeforeRunEnds)) {
    process(events_.pop());
  }
}

void Simulation::process(const Event& event) {
  switch (event.kind) {
    case EventKind::kChange:
      return apply_change(scenario_.events[event.id]);
    case EventKind::kStop:
      return stop_task(tasks_[event.id]);
    case EventKind::kRefill:
      return refill(*pools_[event.id], event.at);
    case EventKind::kSlack:
      return slack_due(*pools_[event.id], event.at);
    case EventKind::kTimer:
      return timer_due(*queues_[event.id], event.at);
    case EventKind::kBalance:
      balance_all();
      events_.push(now_ + scenario_.machine.balancer.interval, EventKind::kBalance, 0);
      return;
    case EventKind::kLinuxTick:
      return linux_tick();
    case EventKind::kTaskStart:
      return start_tasks(scenario_.tasks[event.id]);
    case EventKind::kWakeup:
      return end_sleep(tasks_[event.id]);
    case EventKind::kArrival:
      return serve_arrival(event.id);
    case EventKind::kExhausted:
      return check_exhausted(*pools_[event.id], event.at);
    case EventKind::kTick:
      return machine_tick();
  }
}

/// Ends the phases that end now, by CPU.
void Simulation::end_runs() {
  while (run_ends_.next() == now_) phase_over(cpus_[run_ends_.take()]);
}

void Simulation::phase_over(Cpu& cpu) {
  const Task& task = *cpu.current;
  if (cpu.phase == Cpu::Phase::kOverhead) {
    observer_.overhead(cpu.id, task.number, cpu.begin, now_ - cpu.begin);
    begin_service(cpu);
    return;
  }
  const Duration ran = now_ - cpu.begin;
  if (task.left != kForever && ran >= task.left) {
    complete_burst(cpu);
  } else if (ran >= cpu.allowance || ran >= cpu.timer) {
    end_slice(cpu);
  } else if (!local_exhausted(cpu)) {
    plan_run_end(cpu);  // the CPU has fetched another slice of quota: the run goes on
  }
}

void Simulation::pick_all() {
  if (!changed_capacity_.empty()) update_capacities();
  if (to_pick_.size() > 1) std::sort(to_pick_.begin(), to_pick_.end());
  // By index: picking may call for more CPUs.
  // NOLINTNEXTLINE(modernize-loop-convert)
  for (std::size_t i = 0; i < to_pick_.size(); ++i) {
    Cpu& cpu = cpus_[to_pick_[i]];
    if (!pick(cpu) && !steal_and_pick(cpu)) idle_.insert(cpu.id);
  }
  to_pick_.clear();
  if (offer_) offer_idle();
}

/// Work has come, or may now be picked, that no CPU was called for: asks those that are idle.
void Simulation::offer_idle() {
  offer_ = false;
  const auto end = static_cast<CpuId>(cpus_.size());
  for (CpuId cpu = idle_.next(0, end); cpu != kNoCpu; cpu = idle_.next(cpu + 1, end)) {
    idle_.erase(cpu);
    // Linux pulls when a CPU becomes idle, not whenever there is work.
    if (pick(cpus_[cpu]) || (!linux_ && steal_and_pick(cpus_[cpu]))) continue;
    idle_.insert(cpu);
    if (!per_cpu_ && !any_affinity_) return;  // what one CPU cannot have, none can
  }
}

void Simulation::machine_tick() {
  events_.push(now_ + scenario_.machine.tick, EventKind::kTick, 0);
  for (Cpu& cpu : cpus_) {
    if (cpu.phase != Cpu::Phase::kService) continue;
    bool stays = true;
    for (std::uint32_t level = 0; level < cpu.depth; ++level) {
      const PathStep& step = cpu.path[level];
      if (!step.queue->choice->info().claims.has(Claim::kWantsTicks)) continue;
      stays = step.queue->policy->tick(step.entity, now_) && stays;
      arm_timer(*step.queue);
    }
    if (!stays) put(cpu, StopReason::kSliceEnd);
  }
}

/// Ends what is running, without putting it back: the run is over.
void Simulation::finish(bool complete) {
  for (Cpu& cpu : cpus_) {
    if (cpu.current != nullptr) stop_service(cpu, StopReason::kSliceEnd);
  }
  for (const auto& pool : pools_) tell_unthrottled(*pool);
  observer_.finished(now_, complete);
}

EngineSummary run_engine(const Scenario& scenario, const SchedulerChoice& scheduler,
                         RunObserver& observer, const EngineOptions& options) {
  return Simulation(scenario, scheduler, observer, options).run();
}

}  // namespace sharesim
