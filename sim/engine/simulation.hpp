#pragma once
// One run: everything that can happen in it. Private to the engine.
//
//   run_state.hpp   what is kept of each task, group, CPU and cap
//   simulation.cpp  the clock: which instant is next, and what happens in it
//   setup.cpp       tasks, groups, queues, pools from the scenario
//   queues.cpp      queues: enqueue, dequeue, groups at their parents, timers of policies
//   dispatch.cpp    CPUs: pick, run, put, preempt
//   tasks.cpp       what tasks do: wake, block, exit; services
//   caps.cpp        quota pools: use, hold, release
//   balance.cpp     per-CPU queues: place, steal, even out
//   balance_linux.cpp  the same as Linux does it
//   group_shares.cpp   what groups weigh on single CPUs, as Linux does it
//   describe.cpp    a run, stopped to look at it
//   changes.cpp     the scenario's events: weight, cap, affinity

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/cpu_set.hpp"
#include "sim/core/tournament_tree.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/event_queue.hpp"
#include "sim/engine/linux_load.hpp"
#include "sim/engine/run_ends.hpp"
#include "sim/engine/run_state.hpp"

namespace sharesim {

class Simulation final : public RunView {
 public:
  Simulation(const Scenario& scenario, const SchedulerChoice& scheduler, RunObserver& observer,
             const EngineOptions& options);
  EngineSummary run();
  /// How things stand once all of `at` has happened; `at` never goes back.
  std::vector<StatePath> describe_at(Time at, const std::vector<TaskId>& tasks);

  // Asked by a RunWatcher.
  Occupant on_cpu(CpuId cpu) const override;
  CpuId cpu_of(TaskId task) const override { return tasks_[task].cpu; }
  void describe(TaskId task, StateSink& sink) const override;
  void describe(GroupId group, CpuId cpu, StateSink& sink) const override;
  bool global_queues() const override { return !per_cpu_; }
  std::optional<Duration> quota_left(EntityRef entity) const override;
  StatePath path(TaskId task) const override;

  // Asked by RunQueue.
  Duration remaining_burst(const Task& task) const;
  const Bandwidth* cap_of(const RunQueue& queue, EntityId e) const;
  std::optional<Duration> ran_below(const RunQueue& queue) const;
  QueueHost::Leaf woken() const {
    if (woken_ == nullptr) return {};
    return {woken_->queue->policy.get(), woken_->id};
  }
  bool is_idle(const RunQueue::Member& member) const {
    return member.task != nullptr ? member.task->spec->idle
                                  : scenario_.groups[member.child->group].idle;
  }
  const Hints& hints_of(const RunQueue::Member& member) const {
    return member.task != nullptr ? member.task->spec->hints
                                  : scenario_.groups[member.child->group].hints;
  }

 private:
  // simulation.cpp
  bool run_before(Time end);
  bool run_shown();
  void process_events(bool before_run_ends);
  void process(const Event& event);
  void end_runs();
  void pick_all();
  void offer_idle();
  void phase_over(Cpu& cpu);
  [[gnu::flatten]] void end_slice(Cpu& cpu) { put(cpu, StopReason::kSliceEnd); }
  void finish(bool complete);
  bool interrupted();
  void machine_tick();

  // setup.cpp
  void build_groups();
  void build_tasks();
  void build_pools();
  void schedule_scenario();
  bool kernel_weights() const;
  Weight weight_unit() const;
  void bind_task(TaskId task, const CpuSet* cpus);
  void resolve_affinity();
  void resolve_entitlements();
  const CpuSet* intern(const CpuSet& cpus);
  RunQueue& queue_of(GroupId group, CpuId cpu);
  RunQueue& make_queue(GroupId group, CpuId cpu);
  std::string path_of(const RunQueue& queue, EntityId e) const;

  // queues.cpp
  void attach(Task& task, CpuId cpu);
  void detach(Task& task);
  void move(Task& task, CpuId to);
  void enqueue_task(Task& task, EnqueueReason why);
  void dequeue_task(Task& task);
  void activate(RunQueue& queue, EnqueueReason why);
  void deactivate(RunQueue& queue);
  void leave_parent(RunQueue& queue);
  void capacity_may_change(RunQueue& queue) {
    if (queue.divides_capacity) changed_capacity_.push_back(&queue);
  }
  void update_capacities();
  void arm_timer(RunQueue& queue) {
    if (queue.uses_timers) read_timer(queue);
  }
  [[gnu::noinline]] void read_timer(RunQueue& queue);
  void watch_timer(RunQueue& queue);
  void timer_due(RunQueue& queue, Time due);
  void fire_timer(RunQueue& queue);

  // dispatch.cpp
  [[noreturn]] void fault(const RunQueue& queue, EntityId e, const std::string& rule) const;
  void attract_cpu(const Task& task);
  bool try_preempt(const Task& woken, Cpu& cpu);
  [[gnu::flatten]] bool pick(Cpu& cpu);
  enum class Descent : std::uint8_t { kFound, kRetry, kNothing };
  Descent descend(Cpu& cpu);
  [[gnu::noinline]] Descent refused(Cpu& cpu, RunQueue& queue);
  [[gnu::noinline]] void requeue_groups(const Cpu& cpu);
  EntityId pick_member(RunQueue& queue, const Cpu& cpu);
  void start_run(Cpu& cpu, Task& task);
  [[gnu::noinline]] Duration switch_cost(const Cpu& cpu, Task& task) const;
  void begin_service(Cpu& cpu);
  Time stop_time(Time end) const;
  void plan_run_end(const Cpu& cpu);
  void wind_up_timer(Cpu& cpu);
  Duration stop_service(Cpu& cpu, StopReason why);
  void put(Cpu& cpu, StopReason why, StopReason at_leaf);
  void put(Cpu& cpu, StopReason why) { put(cpu, why, why); }
  void climb(Cpu& cpu, Duration ran, StopReason at_leaf);
  [[gnu::noinline]] void put_group(const PathStep& step, Duration ran);
  bool runs_below(const Cpu& cpu, const RunQueue& queue) const;

  // tasks.cpp
  void start_tasks(const TaskSpec& spec);
  ServiceState* service_of(const Task& task) const {
    return task.service == kNoService ? nullptr : services_[task.service].get();
  }
  void end_sleep(Task& task);
  void wake_task(Task& task, const Action& action);
  void act(Task& task, const Action& action);
  void complete_burst(Cpu& cpu);
  void leave(Task& task);
  void stop_task(Task& task);
  void exit_task(Task& task);
  void serve_arrival(std::uint32_t service);

  // caps.cpp
  void use_quota(QuotaPool& pool);
  [[gnu::noinline]] void run_begins(QuotaPool* pool, const Cpu& cpu);
  [[gnu::noinline]] void run_ends(QuotaPool* pool, const Cpu& cpu);
  void watch(QuotaPool& pool);
  void watch_refill(QuotaPool& pool);
  void check_exhausted(QuotaPool& pool, Time due);
  void hold(QuotaPool& pool);
  void release(QuotaPool& pool);
  void refill(QuotaPool& pool, Time due);
  void tell_throttled(QuotaPool& pool);
  void tell_unthrottled(QuotaPool& pool);
  static bool may_queue(const Task& task);
  void demand_begins(QuotaPool* pool);
  void demand_ends(QuotaPool* pool);
  void hold_task(Task& task);
  void hold_queue(RunQueue& queue);
  void release_queue(RunQueue& queue);
  void set_cap(EntityRef entity, const std::optional<Bandwidth>& cap);
  void add_pool(EntityRef entity, const Bandwidth& cap);
  void fill_pool(QuotaPool& pool, const Bandwidth& cap);
  void link_pools();

  // caps_sliced.cpp: the pool handed out to CPUs in slices
  static bool sliced(const QuotaPool& pool) { return !pool.local.empty(); }
  bool top_up(QuotaPool& pool, CpuId cpu);
  [[gnu::noinline]] Duration local_allowance(const QuotaPool* pool, CpuId cpu) const;
  bool local_exhausted(Cpu& cpu);
  void hold_local(QuotaPool& pool, CpuId cpu);
  void mark_held(QuotaPool& pool, CpuId cpu);
  bool quota_left(RunQueue& queue);
  void count_periods(QuotaPool& pool);
  void end_period(QuotaPool& pool);
  Duration parked(const QuotaPool& pool) const;
  void distribute(QuotaPool& pool);
  void return_slack(RunQueue& queue) {
    if (QuotaPool* const pool = groups_[queue.group].pool; pool != nullptr && sliced(*pool)) {
      return_slack(*pool, queue.cpu);
    }
  }
  [[gnu::noinline]] void return_slack(QuotaPool& pool, CpuId cpu);
  void slack_due(QuotaPool& pool, Time due);
  void tell_released(const QuotaPool& pool);
  void settle_slices();
  void replan_runs();

  // balance.cpp
  bool balancing() const { return per_cpu_ && cpus_.size() > 1; }
  CpuId place(const Task& task);
  void demand_on(Task& task);
  void demand_off(Task& task);
  void add_load(const Task& task, std::int64_t sign);
  bool steal(const Cpu& to);
  bool steal_and_pick(Cpu& cpu) { return balancing() && steal(cpu) && pick(cpu); }
  Task* movable(const Cpu& from, CpuId to, std::int64_t load_limit);
  void migrate(Task& task, CpuId to);
  void balance_all();
  void refresh_weight(RunQueue& queue);
  void rebuild_loads();

  // balance_linux.cpp
  void start_linux_ticks();
  Duration jiffy() const;
  void linux_tick();
  [[gnu::noinline]] void average_load(const Task& task, bool had_demand);
  void carry_load(const Task& task, CpuId to);
  [[gnu::noinline]] void note_busy(const Cpu& cpu, bool runs);
  [[gnu::noinline]] void note_run(const Cpu& cpu, const Task& task);
  CpuId place_linux(const Task& task);
  std::int64_t linux_load(CpuId cpu);
  std::uint32_t runnable_on(const Cpu& cpu) const;
  LinuxBalance::CpuView linux_view(CpuId cpu);
  std::optional<LinuxBalance::Imbalance> find_imbalance(CpuId to, bool idle);
  std::size_t pull(CpuId to, const LinuxBalance::Imbalance& imbalance, bool new_idle);
  bool push_running(CpuId to, const LinuxBalance::Imbalance& imbalance);
  void balance_linux(CpuId cpu);
  bool pull_new_idle(const Cpu& to);

  // group_shares.cpp
  LinuxShares::OfQueue& share_of(const RunQueue& queue);
  void change_share(RunQueue& leaf, std::int64_t weight, std::int32_t members);
  void update_share(RunQueue& queue, LinuxShares::OfQueue& share);
  void tick_shares();
  void rebuild_shares();
  void carry_share(RunQueue& from, RunQueue& to, Weight weight);

  // changes.cpp
  void apply_change(const ScenarioEvent& event);
  void set_weight(EntityRef entity, Weight weight);
  void change_weights(const std::vector<EntityRef>& entities, Weight weight);
  void change_caps(const std::vector<EntityRef>& entities, const std::optional<Bandwidth>& cap);
  void change_affinity(const std::vector<EntityRef>& entities, const CpuSet& cpus);
  void enforce_affinity();

  const Scenario& scenario_;
  const SchedulerChoice& scheduler_;
  RunObserver& observer_;
  const EngineOptions& options_;
  const bool per_cpu_;
  const Time end_;
  Weight unit_ = 1;   ///< scenario weights are divided by this
  Weight scale_ = 1;  ///< and multiplied by that: room to split a group's weight among CPUs
  bool any_affinity_ = false;
  bool any_costs_ = false;
  bool any_ticks_ = false;  ///< some policy wants machine ticks

  Time now_{};
  EventQueue events_;
  std::vector<Cpu> cpus_;
  RunEnds run_ends_;
  CpuSet idle_;
  std::vector<CpuId> to_pick_;   ///< CPUs that pick at the end of this instant, each once
  const Task* woken_ = nullptr;  ///< that some policy is asked about whether it preempts
  bool offer_ = false;           ///< work has come that an idle CPU might take: ask them all
  std::vector<Task> tasks_;
  std::vector<Group> groups_;
  std::vector<std::unique_ptr<RunQueue>> queues_;
  std::vector<std::unique_ptr<QuotaPool>> pools_;
  std::vector<std::unique_ptr<ServiceState>> services_;
  std::vector<std::unique_ptr<CpuSet>> cpu_sets_;
  std::vector<const CpuSet*>
      task_cpus_;  ///< by task: as the scenario (or an event) says, or null; empty: none is bound
  std::vector<std::optional<CpuSet>> own_cpus_;  ///< by group: as the scenario (or an event) says
  TournamentTree
      busiest_;  ///< CPUs with more than one task with demand, most load first; per-CPU scope
  TournamentTree laziest_;                   ///< all CPUs, least load first; per-CPU scope
  std::unique_ptr<LinuxBalance> linux_;      ///< balancer: {policy: linux}
  std::unique_ptr<LinuxShares> shares_;      ///< group_shares: linux
  std::vector<RunQueue*> changed_capacity_;  ///< their policies may see new bounds for their groups
  std::uint64_t decisions_ = 0;
  std::uint64_t events_done_ = 0;
  std::uint64_t countdown_ = 0;
};

}  // namespace sharesim
