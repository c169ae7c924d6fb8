// balancer: {policy: linux}: where tasks wait and move on Linux (kernel/sched/fair.c), with one
// domain of CPUs that share a cache.
//
//   wakeup    the last CPU if idle, else the next idle one after it, round the machine, else the last
//             one. (Wakeups come from timers, which fire where the task slept: there is no other CPU
//             whose load could be compared.) A new task: an idle CPU, else that of least load.
//   new idle  a CPU that runs out of work pulls a waiting task at once.
//   periodic  at ticks, each CPU for itself, every `cpus` ms, twice that as long as nothing has to be
//             done, 16 times that if it is busy; 100 ms for each CPU at most. It looks for the busiest
//             other CPU. With room of its own it evens out the number of tasks; else, if the other has
//             more than one, their load, where it has 17 % more than we have.
//   moves     32 at most, who ran longest ago first; not who ran in the last 500 us, unless that has
//             failed twice; of load, nothing larger than the imbalance, halved for each failure. After
//             four failures to even out numbers the running task is pushed.
//
// The load of a CPU is the sum of the entitlements of its tasks with demand (see balance.cpp),
// averaged as Linux does. Differs: groups of siblings that share a core or a node are not known, nor
// is the cost of balancing; a new idle CPU does not ask how long it will be so.

#include <algorithm>

#include "sim/core/check.hpp"
#include "sim/engine/simulation.hpp"

namespace sharesim {
namespace {

/// sysctl_sched_nr_migrate: the most that one balancing looks at and moves.
constexpr std::size_t kMostPulls = 32;
/// sysctl_sched_migration_cost: who ran so shortly ago has a warm cache.
constexpr Duration kWarm = std::chrono::microseconds(500);
/// sd->imbalance_pct of CPUs that share a cache.
constexpr std::int64_t kImbalancePercent = 117;
/// sd->busy_factor
constexpr std::int64_t kBusyFactor = 16;
/// sd->cache_nice_tries
constexpr std::uint32_t kNiceTries = 1;
/// The scheduler tick where the machine has none, HZ=250.
constexpr Duration kJiffy = std::chrono::milliseconds(4);
/// max_load_balance_interval, for each CPU.
constexpr std::int64_t kMostInterval = 100;
/// Entitlements count 2^-40 of the machine; averages get by with 2^-20.
constexpr int kLoadShift = 20;

std::int64_t load_of(const Task& task) {
  return std::max<std::int64_t>(task.entitlement >> kLoadShift, 1);
}

}  // namespace

/// Ticks for the balancer and the group shares, if one of them is on.
void Simulation::start_linux_ticks() {
  if (!linux_ && !shares_) return;
  const Duration phase = scenario_.machine.tick_phase;
  const Time first(phase > Duration::zero() ? phase : jiffy());
  events_.push(first, EventKind::kLinuxTick, 0);
  if (!linux_) return;
  linux_->cpus.resize(cpus_.size());
  linux_->tasks.resize(tasks_.size());
  for (LinuxBalance::OfCpu& cpu : linux_->cpus) {
    cpu.interval = static_cast<std::int64_t>(cpus_.size());
  }
  for (const Task& task : tasks_) linux_->tasks[task.number].load.set(load_of(task));
}

Duration Simulation::jiffy() const {
  return scenario_.machine.tick > Duration::zero() ? scenario_.machine.tick : kJiffy;
}

/// Comes before the ends of runs: Linux's tick finds everybody where they run.
void Simulation::linux_tick() {
  events_.push(now_ + jiffy(), EventKind::kLinuxTick, 0);
  if (shares_) tick_shares();
  if (!linux_) return;
  for (CpuId cpu = 0; cpu < cpus_.size(); ++cpu) balance_linux(cpu);
}

// ---- What is kept in mind ----

/// The load of the task's CPU, and its own, change now: it had demand until now, or it had none.
void Simulation::average_load(const Task& task, bool had_demand) {
  const Cpu& cpu = cpus_[task.cpu];
  linux_->cpus[cpu.id].load.update(now_, cpu.load >> kLoadShift);
  linux_->tasks[task.number].load.update(now_, had_demand ? load_of(task) : 0);
}

/// The task, which has no demand now or is counted nowhere, goes to another CPU with its load.
void Simulation::carry_load(const Task& task, CpuId to) {
  if (task.cpu == kNoCpu || task.cpu == to) return;
  const std::int64_t load = linux_->tasks[task.number].load.value();
  LoadAverage& there = linux_->cpus[task.cpu].load;
  LoadAverage& here = linux_->cpus[to].load;
  there.update(now_, cpus_[task.cpu].load >> kLoadShift);
  here.update(now_, cpus_[to].load >> kLoadShift);
  there.set(std::max<std::int64_t>(there.value() - load, 0));
  here.set(here.value() + load);
}

void Simulation::note_busy(const Cpu& cpu, bool runs) {
  LinuxBalance::OfCpu& of_cpu = linux_->cpus[cpu.id];
  of_cpu.busy.update(now_, of_cpu.runs ? LinuxBalance::kBusy : 0);
  of_cpu.runs = runs;
}

/// The run of the task is over.
void Simulation::note_run(const Cpu& cpu, const Task& task) {
  linux_->tasks[task.number].ran = now_;
  note_busy(cpu, false);
}

// ---- Wakeups ----

CpuId Simulation::place_linux(const Task& task) {
  const CpuSet& allowed = *task.cpus;
  const auto count = static_cast<CpuId>(cpus_.size());
  const bool may_stay = task.cpu != kNoCpu && allowed.contains(task.cpu);
  const CpuId from = may_stay ? task.cpu : 0;
  for (CpuId i = 0; i < count; ++i) {
    const CpuId cpu = (from + i) % count;
    if (allowed.contains(cpu) && idle_.contains(cpu)) return cpu;
  }
  if (may_stay) return task.cpu;
  CpuId least = kNoCpu;
  std::int64_t least_load = 0;
  for (CpuId cpu = 0; cpu < count; ++cpu) {
    if (!allowed.contains(cpu)) continue;
    const std::int64_t load = linux_load(cpu);
    if (least == kNoCpu || load < least_load) {
      least = cpu;
      least_load = load;
    }
  }
  check(least != kNoCpu, "every task may run somewhere");
  return least;
}

// ---- Balancing ----

std::int64_t Simulation::linux_load(CpuId cpu) {
  LoadAverage& load = linux_->cpus[cpu].load;
  load.update(now_, cpus_[cpu].load >> kLoadShift);
  return load.value();
}

/// Tasks that wait or run there, but for those that are out of quota.
std::uint32_t Simulation::runnable_on(const Cpu& cpu) const {
  if (pools_.empty()) return cpu.demand;
  std::uint32_t count = 0;
  for (TaskId id = cpu.first; id != kNoTask; id = tasks_[id].next) {
    if (!is_held(tasks_[id])) ++count;
  }
  return count;
}

LinuxBalance::CpuView Simulation::linux_view(CpuId cpu) {
  LinuxBalance::OfCpu& of_cpu = linux_->cpus[cpu];
  LinuxBalance::CpuView stats{
      .cpu = cpu, .tasks = runnable_on(cpus_[cpu]), .load = linux_load(cpu)};
  of_cpu.busy.update(now_, of_cpu.runs ? LinuxBalance::kBusy : 0);
  const bool busy = LinuxBalance::kBusy * 100 <= of_cpu.busy.value() * kImbalancePercent;
  if (stats.tasks > 1 && busy) {
    stats.fill = LinuxBalance::Fill::kOverloaded;
  } else if (stats.tasks > 0 && busy) {
    stats.fill = LinuxBalance::Fill::kFullyBusy;
  }
  return stats;
}

/// How much the CPU `to` shall take, from whom; nothing if all is well.
std::optional<LinuxBalance::Imbalance> Simulation::find_imbalance(CpuId to, bool idle) {
  const LinuxBalance::CpuView here = linux_view(to);
  std::optional<LinuxBalance::CpuView> busiest;
  std::int64_t total = here.load;
  for (CpuId cpu = 0; cpu < cpus_.size(); ++cpu) {
    if (cpu == to) continue;
    const LinuxBalance::CpuView stats = linux_view(cpu);
    total += stats.load;
    const auto more = [&](const LinuxBalance::CpuView& other) {
      if (stats.fill != other.fill) return stats.fill > other.fill;
      return stats.fill == LinuxBalance::Fill::kHasSpare ? stats.tasks > other.tasks
                                                         : stats.load > other.load;
    };
    if (stats.tasks > 0 && (!busiest || more(*busiest))) busiest = stats;
  }
  if (!busiest || here.fill > busiest->fill) return std::nullopt;
  const std::int64_t average = total / static_cast<std::int64_t>(cpus_.size());
  if (here.fill == LinuxBalance::Fill::kOverloaded) {
    if (here.load >= busiest->load || here.load >= average) return std::nullopt;
    if (100 * busiest->load <= kImbalancePercent * here.load) return std::nullopt;
  }
  if (busiest->fill != LinuxBalance::Fill::kOverloaded && (!idle || busiest->tasks == 1))
    return std::nullopt;
  if (here.fill == LinuxBalance::Fill::kHasSpare) {
    if (!idle || busiest->tasks <= here.tasks) return std::nullopt;
    return LinuxBalance::Imbalance{busiest->cpu, false, (busiest->tasks - here.tasks) / 2};
  }
  if (here.load >= busiest->load || here.load >= average) return std::nullopt;
  return LinuxBalance::Imbalance{busiest->cpu, true,
                                 std::min(busiest->load - average, average - here.load)};
}

/// Pulls tasks to the CPU `to`; how many.
std::size_t Simulation::pull(CpuId to, const LinuxBalance::Imbalance& imbalance, bool new_idle) {
  const Cpu& from = cpus_[imbalance.from];
  LinuxBalance::OfCpu& of_cpu = linux_->cpus[to];
  std::vector<Task*> waiting;
  for (TaskId id = from.first; id != kNoTask; id = tasks_[id].next) {
    Task& task = tasks_[id];
    if (task.state == TaskState::kQueued && task.cpus->contains(to) && !is_held(task)) {
      waiting.push_back(&task);
    }
  }
  std::sort(waiting.begin(), waiting.end(), [&](const Task* a, const Task* b) {
    const Time ran_a = linux_->tasks[a->number].ran;
    const Time ran_b = linux_->tasks[b->number].ran;
    return ran_a != ran_b ? ran_a < ran_b : a->number < b->number;
  });
  if (waiting.size() > kMostPulls) waiting.resize(kMostPulls);
  std::int64_t rest = imbalance.amount;
  std::size_t moved = 0;
  for (Task* task : waiting) {
    if (rest <= 0) break;
    if (new_idle && from.demand <= 1) break;
    LinuxBalance::OfTask& of_task = linux_->tasks[task->number];
    const bool warm = of_task.ran > kStart && now_ - of_task.ran < kWarm;
    if (warm && of_cpu.failed <= kNiceTries) continue;
    if (imbalance.of_load) {
      of_task.load.update(now_, load_of(*task));
      const std::int64_t load = std::max<std::int64_t>(of_task.load.value(), 1);
      if (load >> std::min<std::uint32_t>(of_cpu.failed, 62) > rest) continue;
      rest -= load;
    } else {
      --rest;
    }
    migrate(*task, to);
    ++moved;
  }
  return moved;
}

/// The running task of a CPU that has more tasks than we have, none of which could be moved.
bool Simulation::push_running(CpuId to, const LinuxBalance::Imbalance& imbalance) {
  Cpu& from = cpus_[imbalance.from];
  Task* const task = from.current;
  const bool hopeless = !imbalance.of_load && linux_->cpus[to].failed > kNiceTries + 2;
  if (!hopeless || task == nullptr || !task->cpus->contains(to)) return false;
  put(from, StopReason::kPreempted);
  migrate(*task, to);
  return true;
}

void Simulation::balance_linux(CpuId cpu) {
  LinuxBalance::OfCpu& of_cpu = linux_->cpus[cpu];
  const auto count = static_cast<std::int64_t>(cpus_.size());
  const bool idle = idle_.contains(cpu);
  const std::int64_t length = to_ns(jiffy());
  // get_sd_balance_interval(): in whole jiffies; a busy CPU is one of them early.
  constexpr std::int64_t kMs = 1'000'000;
  const std::int64_t interval = of_cpu.interval * (idle ? 1 : kBusyFactor) * kMs;
  const std::int64_t jiffies = (interval + length - 1) / length - (idle ? 0 : 1);
  const std::int64_t most = std::max<std::int64_t>(kMostInterval * count * kMs / length, 1);
  if (now_ - of_cpu.balanced < ns(std::clamp<std::int64_t>(jiffies, 1, most) * length)) return;
  of_cpu.balanced = now_;
  const auto imbalance = find_imbalance(cpu, idle);
  if (!imbalance) {
    of_cpu.failed = 0;
    of_cpu.interval = std::min(of_cpu.interval * 2, 2 * count);
    return;
  }
  if (pull(cpu, *imbalance, false) > 0) {
    of_cpu.failed = 0;
  } else {
    ++of_cpu.failed;
    if (push_running(cpu, *imbalance)) of_cpu.failed = kNiceTries + 1;
  }
  of_cpu.interval = count;
}

/// The CPU has nothing to do; true if it has been given something.
bool Simulation::pull_new_idle(const Cpu& to) {
  const auto imbalance = find_imbalance(to.id, true);
  if (!imbalance || pull(to.id, *imbalance, true) == 0) return false;
  linux_->cpus[to.id].failed = 0;
  return true;
}

}  // namespace sharesim
