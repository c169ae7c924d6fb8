// Tasks, groups, queues and quota pools, from the scenario.

#include <algorithm>
#include <numeric>

#include "sim/core/check.hpp"
#include "sim/core/error.hpp"
#include "sim/engine/simulation.hpp"

namespace sharesim {
namespace {

/// Room to split a group's weight among CPUs.
constexpr Weight kSplitScale = 1024;
/// What policies are asked to keep exact at the smallest weight (kTagsPerNs).
constexpr Duration kLongRun = std::chrono::hours(24 * 7);
/// The root's entitlement: the whole machine.
constexpr std::int64_t kWholeMachine = std::int64_t{1} << 40;

std::uint64_t mix(std::uint64_t seed, std::uint64_t number) {
  return seed ^
         ((number + 1) * 0x9E3779B97F4A7C15U);  // 2^64 over the golden ratio spreads small numbers
}

}  // namespace

Simulation::Simulation(const Scenario& scenario, const SchedulerChoice& scheduler,
                       RunObserver& observer, const EngineOptions& options)
    : scenario_(scenario),
      scheduler_(scheduler),
      observer_(observer),
      options_(options),
      per_cpu_(scheduler.scope() == Scope::kPerCpu),
      end_(Time(scenario.duration)),
      run_ends_(scenario.machine.cpus) {
  cpus_.resize(scenario.machine.cpus);
  check(!scheduler.info().claims.has(Claim::kFluid), "a fluid run has no queues");
  unit_ = weight_unit();
  if (balancing() && scenario.groups.size() > 1) scale_ = kSplitScale;
  // A group that runs on all CPUs at once must not outrun its policy's virtual time.
  if (!per_cpu_ && scenario.duration > kLongRun / scenario.machine.cpus) {
    scale_ = scenario.machine.cpus;
  }
  any_costs_ = scenario.machine.context_switch > Duration::zero() ||
               scenario.machine.wakeup > Duration::zero() ||
               scenario.machine.migration > Duration::zero();
  build_groups();
  build_tasks();
  resolve_affinity();
  resolve_entitlements();
  build_pools();
  for (CpuId cpu = 0; cpu < cpus_.size(); ++cpu) {
    cpus_[cpu].id = cpu;
    idle_.insert(cpu);
    if (balancing()) laziest_.set(cpu, 0);
  }
  if (balancing() && scenario.machine.balancer.policy == BalancerPolicy::kLinux) {
    linux_ = std::make_unique<LinuxBalance>();
  }
  if (balancing() && scenario.machine.group_shares == GroupShares::kLinux) {
    shares_ = std::make_unique<LinuxShares>();
    shares_->groups.resize(groups_.size());
  }
  for (Cpu& cpu : cpus_) cpu.root = &queue_of(kRoot, cpu.id);
  schedule_scenario();
}

/// Whether some policy has to know what its weights are among those of the kernel.
bool Simulation::kernel_weights() const {
  const auto asks = [](const SchedulerChoice& choice) {
    return choice.info().claims.has(Claim::kKernelWeights);
  };
  return asks(scheduler_) ||
         std::any_of(scenario_.groups.begin(), scenario_.groups.end(), [&](const GroupSpec& group) {
           return group.scheduler && asks(*group.scheduler);
         });
}

Weight Simulation::weight_unit() const {
  Weight unit = 0;
  for (const GroupSpec& group : scenario_.groups) unit = std::gcd(unit, group.weight);
  for (const TaskSpec& spec : scenario_.tasks) unit = std::gcd(unit, spec.weight);
  for (const ScenarioEvent& event : scenario_.events)
    unit = std::gcd(unit, event.weight.value_or(0));
  if (kernel_weights()) unit = std::gcd(unit, kDefaultWeight);
  return std::max<Weight>(unit, 1);
}

void Simulation::build_groups() {
  groups_.resize(scenario_.groups.size());
  own_cpus_.resize(scenario_.groups.size());
  const Scope scope = scheduler_.scope();
  for (GroupId id = 0; id < groups_.size(); ++id) {
    const GroupSpec& spec = scenario_.groups[id];
    Group& group = groups_[id];
    group.weight = spec.weight / unit_;
    group.choice = spec.scheduler ? &*spec.scheduler
                   : id == kRoot  ? &scheduler_
                                  : groups_[spec.parent].choice;
    const SchedulerInfo& info = group.choice->info();
    if (std::find(info.scopes.begin(), info.scopes.end(), scope) == info.scopes.end()) {
      throw InputError("group " + spec.path + ": scheduler " + info.name + " cannot work " +
                           (scope == Scope::kPerCpu ? "per CPU" : "globally") +
                           ", as the root's scheduler " + scheduler_.info().name + " does",
                       "choose another scheduler for one of them, or another scope for the root's");
    }
    any_ticks_ = any_ticks_ || info.claims.has(Claim::kWantsTicks);
    own_cpus_[id] = spec.cpus;
    any_affinity_ = any_affinity_ || spec.cpus.has_value();
  }
  for (const ScenarioEvent& event : scenario_.events)
    any_affinity_ = any_affinity_ || event.cpus.has_value();
}

void Simulation::build_tasks() {
  tasks_.reserve(scenario_.task_count());
  for (const TaskSpec& spec : scenario_.tasks) {
    any_affinity_ = any_affinity_ || spec.cpus.has_value();
    const CpuSet* own_cpus = spec.cpus ? intern(*spec.cpus) : nullptr;
    const auto* service = std::get_if<Service>(&spec.behaviour);
    for (std::uint32_t i = 0; i < spec.instances(); ++i) {
      const TaskId id = spec.first + i;
      if (service != nullptr && i % service->workers == 0) {
        services_.push_back(std::make_unique<ServiceState>(*service, id, scenario_.seed));
      }
      tasks_.emplace_back(spec, id, scenario_.seed);
      tasks_.back().weight = spec.weight / unit_;
      if (own_cpus != nullptr) bind_task(id, own_cpus);
      if (service != nullptr)
        tasks_.back().service = static_cast<std::uint32_t>(services_.size() - 1);
    }
  }
}

const CpuSet* Simulation::intern(const CpuSet& cpus) {
  for (const auto& known : cpu_sets_) {
    if (*known == cpus) return known.get();
  }
  cpu_sets_.push_back(std::make_unique<CpuSet>(cpus));
  return cpu_sets_.back().get();
}

/// Notes that a task is bound to a set of CPUs of its own.
void Simulation::bind_task(TaskId task, const CpuSet* cpus) {
  if (task_cpus_.empty()) task_cpus_.resize(scenario_.task_count());
  task_cpus_[task] = cpus;
}

void Simulation::resolve_affinity() {
  const CpuSet all = CpuSet::first(static_cast<CpuId>(cpus_.size()));
  for (GroupId id = 0; id < groups_.size(); ++id) {
    const CpuSet& above = id == kRoot ? all : *groups_[scenario_.groups[id].parent].cpus;
    groups_[id].cpus = own_cpus_[id] ? intern(*own_cpus_[id] & above)
                       : id == kRoot ? intern(all)
                                     : groups_[scenario_.groups[id].parent].cpus;
  }
  for (Task& task : tasks_) {
    const CpuSet* above = groups_[task.spec->group].cpus;
    const CpuSet* own = task_cpus_.empty() ? nullptr : task_cpus_[task.number];
    task.cpus = own != nullptr ? intern(*own & *above) : above;
  }
}

void Simulation::resolve_entitlements() {
  if (!balancing()) return;
  std::vector<Weight> below(groups_.size(), 0);  // sum of the children's weights
  for (GroupId id = 1; id < groups_.size(); ++id)
    below[scenario_.groups[id].parent] += groups_[id].weight;
  for (const Task& task : tasks_) below[task.spec->group] += task.weight;
  const auto part = [&](GroupId parent, Weight weight) {
    const auto product = static_cast<__int128>(groups_[parent].entitlement) * weight;
    return std::max<std::int64_t>(static_cast<std::int64_t>(product / below[parent]), 1);
  };
  groups_[kRoot].entitlement = kWholeMachine;
  for (GroupId id = 1; id < groups_.size(); ++id) {
    groups_[id].entitlement = part(scenario_.groups[id].parent, groups_[id].weight);
  }
  for (Task& task : tasks_) task.entitlement = part(task.spec->group, task.weight);
}

void Simulation::build_pools() {
  for (GroupId id = 0; id < groups_.size(); ++id) {
    const std::optional<Bandwidth>& cap = scenario_.groups[id].cap;
    if (cap && cap->holds()) add_pool(EntityRef::group(id), *cap);
  }
  for (const TaskSpec& spec : scenario_.tasks) {
    if (!spec.cap || !spec.cap->holds()) continue;
    for (std::uint32_t i = 0; i < spec.instances(); ++i) {
      add_pool(EntityRef::task(spec.first + i), *spec.cap);
    }
  }
  link_pools();
}

void Simulation::schedule_scenario() {
  for (std::uint32_t i = 0; i < scenario_.events.size(); ++i) {
    events_.push(scenario_.events[i].at, EventKind::kChange, i);
  }
  for (std::uint32_t i = 0; i < scenario_.tasks.size(); ++i) {
    const TaskSpec& spec = scenario_.tasks[i];
    events_.push(Time(spec.start), EventKind::kTaskStart, i);
    for (std::uint32_t j = 0; spec.stop && j < spec.instances(); ++j) {
      events_.push(Time(*spec.stop), EventKind::kStop, spec.first + j);
    }
  }
  for (std::uint32_t i = 0; i < services_.size(); ++i) {
    const Duration start = tasks_[services_[i]->first_worker()].spec->start;
    events_.push(services_[i]->next_arrival(Time(start)), EventKind::kArrival, i);
  }
  const MachineSpec& machine = scenario_.machine;
  if (machine.tick > Duration::zero() && any_ticks_) {
    const Duration first =
        machine.tick_phase > Duration::zero() ? machine.tick_phase : machine.tick;
    events_.push(Time(first), EventKind::kTick, 0);
  }
  start_linux_ticks();
  if (balancing() && !linux_ && machine.balancer.interval > Duration::zero()) {
    events_.push(Time(machine.balancer.interval), EventKind::kBalance, 0);
  }
}

RunQueue& Simulation::queue_of(GroupId group, CpuId cpu) {
  std::vector<RunQueue*>& queues = groups_[group].queues;
  const CpuId serves = per_cpu_ ? cpu : kNoCpu;
  const auto at =
      std::lower_bound(queues.begin(), queues.end(), serves,
                       [](const RunQueue* queue, CpuId wanted) { return queue->cpu < wanted; });
  if (at != queues.end() && (*at)->cpu == serves) return **at;
  return make_queue(group, serves);
}

RunQueue& Simulation::make_queue(GroupId group, CpuId cpu) {
  RunQueue* parent = group == kRoot ? nullptr : &queue_of(scenario_.groups[group].parent, cpu);
  const SchedulerChoice& choice = *groups_[group].choice;
  queues_.push_back(std::make_unique<RunQueue>(*this, choice));
  RunQueue& queue = *queues_.back();
  queue.index = static_cast<std::uint32_t>(queues_.size() - 1);
  queue.group = group;
  queue.cpu = cpu;
  queue.uses_timers = choice.info().claims.has(Claim::kUsesTimers);
  queue.preemptive = choice.info().claims.has(Claim::kPreemptive);
  queue.divides_capacity = choice.info().claims.has(Claim::kDividesCapacity);
  queue.affinity = !per_cpu_ && any_affinity_;

  const CpuId served = per_cpu_ ? 1 : static_cast<CpuId>(cpus_.size());
  Capacity capacity = static_cast<Capacity>(served) * kOneCpu;
  if (parent != nullptr) {
    queue.parent = parent;
    queue.weight = groups_[group].weight * scale_;
    queue.self = parent->add_member({.child = &queue});
    parent->policy->add(queue.self, queue.weight, now_);
    arm_timer(*parent);
    capacity = parent->policy->capacity_of(queue.self);
    capacity_may_change(*parent);
  }
  const SchedulerContext context{.parameters = choice,
                                 .host = queue,
                                 .cpus = served,
                                 .capacity = capacity,
                                 .seed = mix(scenario_.seed, queue.index),
                                 .machine_cpus = static_cast<CpuId>(cpus_.size()),
                                 .machine_tick = scenario_.machine.tick,
                                 .default_weight = kDefaultWeight / unit_ * scale_};
  queue.policy = choice.make(context);
  queue.exact_slices = queue.policy->ends_slices_between_ticks();
  queue.policy->set_capacity(capacity, now_);

  std::vector<RunQueue*>& queues = groups_[group].queues;
  queues.insert(
      std::upper_bound(queues.begin(), queues.end(), cpu,
                       [](CpuId wanted, const RunQueue* other) { return wanted < other->cpu; }),
      &queue);
  const QuotaPool* pool = groups_[group].pool;
  if (pool != nullptr && pool->held && !sliced(*pool)) queue.held = true;
  return queue;
}

std::string Simulation::path_of(const RunQueue& queue, EntityId e) const {
  if (e < queue.members.size()) {
    const RunQueue::Member& member = queue.members[e];
    if (member.task != nullptr) return scenario_.path_of(member.task->number);
    if (member.child != nullptr) return scenario_.groups[member.child->group].path;
  }
  return e == kNoEntity ? scenario_.groups[queue.group].path : "entity " + std::to_string(e);
}

Duration Simulation::remaining_burst(const Task& task) const {
  if (task.left == kForever) return kForever;
  if (task.cpu == kNoCpu) return task.left;
  const Cpu& cpu = cpus_[task.cpu];
  const bool in_service = cpu.current == &task && cpu.phase == Cpu::Phase::kService;
  return in_service ? task.left - (now_ - cpu.begin) : task.left;
}

std::optional<Duration> Simulation::ran_below(const RunQueue& queue) const {
  if (queue.cpu == kNoCpu) return std::nullopt;
  const Cpu& cpu = cpus_[queue.cpu];
  const bool in_service = cpu.phase == Cpu::Phase::kService && runs_below(cpu, queue);
  return in_service ? now_ - cpu.begin : Duration::zero();
}

const Bandwidth* Simulation::cap_of(const RunQueue& queue, EntityId e) const {
  const RunQueue::Member& member = queue.members[e];
  const QuotaPool* pool =
      member.child != nullptr ? groups_[member.child->group].pool : member.task->pool;
  if (pool == nullptr || !pool->active) return nullptr;
  if (member.task != nullptr && pool->entity != EntityRef::task(member.task->number))
    return nullptr;
  // Credits are nothing that a policy could hold anybody to: what they allow now is not their rate.
  const Bandwidth& cap = pool->quota.bandwidth();
  return cap.credits ? nullptr : &cap;
}

}  // namespace sharesim
