// Linux's completely fair scheduler, until 6.5.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schedulers/common/cfs_queue.hpp"
#include "schedulers/common/cfs_tuning.hpp"
#include "schedulers/common/current_entity.hpp"
#include "schedulers/common/kernel_weight.hpp"
#include "schedulers/common/linux_hints.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Linux's completely fair scheduler, 2.6.23 to 6.5, as in 6.1 (kernel/sched/fair.c; Molnar, 2007;
Documentation/scheduler/sched-design-CFS.rst).

  v_i       vruntime, += t * 1024 / w_i           w_i: 1024 at nice 0, cpu.weight * 10.24
  min_v   = max(min_v, min(v of the one on the CPU, the smallest v that waits))
  pick:     the smallest v (ties: lower id); a buddy before it, if its v is no more than
            granularity * 1024 / w larger: who has just preempted (next), who was preempted (last)
  slice   = max(min_granularity, period * w / W * (the same at each level above))
  period  = latency, or tasks * min_granularity if they are more than 8
  tick:     it has run longer than its slice, or longer than min_granularity and is ahead of the
            smallest v by more than its slice: another pick
  wakeup:   v_i = max(v_i, min_v - latency / 2);  preempts if v - v_i > granularity * 1024 / w_i
  start:    v_i = min_v + slice_i * 1024 / w_i

With f = 1 + the binary logarithm of the CPUs (8 at most): latency 6 ms * f, min_granularity
0.75 ms * f, wakeup granularity 1 ms * f.

Good at: interactive tasks: whoever sleeps a lot comes back ahead of the others, by at most half of
  the latency.
Not good at: latency apart from share: nothing but the weight says how soon one is served. Who
  sleeps just long enough gets that bonus each time, and with it more than its share.
Cost: O(log n) per decision, O(groups) at a tick; 100 bytes per entity.
Differs: ties are FIFO in the kernel. sched_yield() does not occur; a task that goes on with its
  next request keeps the CPU. Without machine.tick slices end exactly, as long as they were when the
  run began; with it and HRTICK as long as they were when the last task came, and no tick cuts them.
)";

class Cfs final : public Scheduler {
 public:
  explicit Cfs(const SchedulerContext& context)
      : tuning_(context), nice_0_(context.default_weight), host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    CfsEntity entity;
    entity.weight = KernelWeight::of(weight, nice_0_);
    entity.batch = host_.hint(e, "batch").value_or(0) != 0;
    entity.idle = host_.idle(e);
    queue_.add(e, entity);
  }
  void remove(EntityId e, Time) override { queue_.forget(e); }
  void set_weight(EntityId e, Weight weight, Time now) override {
    update_curr(now);
    queue_.set_weight(e, KernelWeight::of(weight, nice_0_));
  }
  Luggage pack(EntityId e) const override {
    return {.lag = queue_[e].v - queue_.least_v(), .deadline = {}};
  }
  void unpack(EntityId e, const Luggage& luggage) override {
    queue_[e].v = queue_.least_v() + luggage.lag;
    queue_[e].fresh = false;
  }

  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    put_back(now);
    update_curr(now);
    place(e, why);
    queue_.join(e);
    const bool wakes = why == EnqueueReason::kWakeup;
    if (wakes && tuning_.has(CfsFeature::kNextBuddy) && queue_.is_crowded()) queue_.set_next(e);
  }

  void dequeue(EntityId e, Time now) override {
    put_back(now);
    update_curr(now);
    leave(e);
  }

  EntityId pick_next(CpuId, Time now) override {
    put_back(now);
    resched_ = false;
    const EntityId e = keep_ && curr_.exists() ? curr_.id() : queue_.pick(curr_.id());
    if (e == kNoEntity) return e;
    if (!curr_.is(e)) {
      if (curr_.exists()) queue_.wait(curr_.id());
      queue_.stop_waiting(e);
      queue_.forget(e);
    }
    // set_next_entity() is not called for the one that goes on; what is not left to ticks begins anew.
    if (!curr_.is(e) || !tuning_.ends_at_ticks()) ran_ = {};
    curr_.begin(e, now);
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    account(curr_.account_until(ran));
    curr_.end(now);
    resched_ = false;
    if (curr_.found_empty(now, why)) {
      leave(e);
      if (curr_.resume_before() != kNoEntity) queue_.stop_waiting(curr_.id());
      return;
    }
    const Cfs* child = dynamic_cast<const Cfs*>(host_.below(e));
    const bool runnable = still_runnable(why);
    keep_ = runnable && (child != nullptr ? child->keep_ : why == StopReason::kYielded);
    slept_ = child != nullptr && runnable ? child->slept_ : why == StopReason::kBlocked;
    if (!runnable) return leave(e);
    if (slept_) queue_.set_next(e);  // who stays behind in its group is to follow
  }

  bool ends_slices_between_ticks() const override { return tuning_.has_slice_timer(); }
  Duration slice(EntityId e, Time) override {
    // hrtick_start_fair() looks at the task, not at its groups, and at nobody who is alone.
    const bool timed = tuning_.has_slice_timer() && is_task(e) && root().tasks_below() > 1;
    if (tuning_.ticks && !timed) return kForever;
    return std::max(own_slice(e), ns(1));
  }

  /// check_preempt_wakeup()
  bool preempts(EntityId woken, EntityId running, Time now) override {
    if (resched_) return true;
    const CfsEntity& curr = queue_[running];
    const CfsEntity& other = queue_[woken];
    const bool quiet = wakes_quietly(woken);
    bool yes = curr.idle && !other.idle && (!quiet || is_task(running));
    if (!yes) {
      if (!tuning_.has(CfsFeature::kWakeupPreemption) || curr.idle != other.idle || quiet)
        return false;
      update_curr(now);
      yes = queue_.is_ahead_of(running, woken);
      if (yes) queue_.set_next(woken);
    }
    if (yes && tuning_.has(CfsFeature::kLastBuddy) && queue_.is_crowded() && is_task(running))
      queue_.set_last(running);
    return yes;
  }

  /// check_preempt_tick()
  bool tick(EntityId running, Time now) override {
    update_curr(now);
    if (queue_.count() < 2 || tuning_.has_slice_timer()) return true;
    const Duration slice = own_slice(running);
    if (ran_ > slice) {
      resched_ = true;
      queue_.forget(running);
    } else if (ran_ >= tuning_.least) {
      const EntityId first = queue_.first();
      resched_ = first != kNoEntity && queue_[running].v - queue_[first].v > to_ns(slice);
    }
    return !resched_;
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("vruntime", queue_[e].v);
    sink.value("min_vruntime", queue_.least_v());
  }

 private:
  bool is_task(EntityId e) const { return host_.below(e) == nullptr; }
  const Cfs* above() const { return dynamic_cast<const Cfs*>(host_.above()); }
  const Cfs& root() const { return above() != nullptr ? above()->root() : *this; }

  void update_curr(Time now) { account(curr_.account(now)); }
  void account(Duration ran) {
    if (ran == Duration::zero()) return;
    ran_ += ran;
    CfsEntity& curr = queue_[curr_.id()];
    curr.v += curr.weight.virtual_time(ran);
    queue_.update_least(curr_.id());
  }

  /// place_entity()
  void place(EntityId e, EnqueueReason why) {
    CfsEntity& entity = queue_[e];
    const bool fresh = std::exchange(entity.fresh, false);
    if (fresh && !is_task(e)) groups_.push_back(e);
    if (fresh && is_task(e)) {
      const bool debit = tuning_.has(CfsFeature::kStartDebit);
      entity.v = queue_.least_v() + (debit ? entity.weight.virtual_time(own_slice(e)) : 0);
      return;
    }
    if (why == EnqueueReason::kMigrated && is_task(e)) return;
    Duration credit = entity.idle ? tuning_.least : tuning_.latency;
    if (tuning_.has(CfsFeature::kGentleFairSleepers)) credit /= 2;
    entity.v = std::max(entity.v, queue_.least_v() - to_ns(credit));
  }
  void leave(EntityId e) {
    queue_.leave(e);
    curr_.forget(e);
    queue_.update_least(curr_.id());
  }
  void put_back(Time now) {
    const EntityId e = curr_.take_abandoned(now);
    if (e == kNoEntity) return;
    queue_.wait(e);
    keep_ = false;
  }

  /// SCHED_BATCH and SCHED_IDLE: such a task preempts nobody, whatever the group that it wakes up.
  bool wakes_quietly(EntityId woken) const {
    const auto leaf = is_task(woken) ? QueueHost::Leaf{this, woken} : host_.woken();
    const auto* its = dynamic_cast<const Cfs*>(leaf.policy);
    return its != nullptr && (its->queue_[leaf.entity].batch || its->queue_[leaf.entity].idle);
  }

  /// sched_slice()
  Duration own_slice(EntityId e) const {
    std::uint32_t tasks =
        tuning_.has(CfsFeature::kAltPeriod) ? root().tasks_below() : queue_.count();
    if (!queue_[e].on_rq) ++tasks;
    Duration slice = tasks > CfsTuning::kTasksInLatency ? tuning_.least * tasks : tuning_.latency;
    slice = part_of(slice, e);
    if (!tuning_.has(CfsFeature::kBaseSlice)) return slice;
    const bool beside_others = queue_[e].idle && queue_.has_busy();
    return std::max(slice, beside_others ? CfsTuning::kLeastOfIdle : tuning_.least);
  }
  /// What part of `whole` is due to `e`, and to its group, and so on up.
  Duration part_of(Duration whole, EntityId e) const {
    const Duration part = queue_.part_of(whole, e);
    return above() != nullptr ? above()->part_of(part, host_.self_above()) : part;
  }
  /// h_nr_running
  std::uint32_t tasks_below() const {
    std::uint32_t tasks = queue_.count();
    for (const EntityId e : groups_) {
      if (!queue_[e].on_rq) continue;
      const auto* child = dynamic_cast<const Cfs*>(host_.below(e));
      if (child != nullptr) tasks += child->tasks_below() - 1;
    }
    return tasks;
  }

  const CfsTuning tuning_;
  const Weight nice_0_;
  const QueueHost& host_;
  CfsQueue queue_{tuning_};
  CurrentEntity curr_{host_};
  std::vector<EntityId> groups_;  ///< of the entities, those that have been queued
  Duration ran_{};        ///< of the current one since it was picked in the place of another
  bool resched_ = false;  ///< the CPU has to pick as soon as possible
  bool keep_ = false;     ///< the run ended in the middle of things: it goes on
  bool slept_ = false;    ///< the last run ended because a task went to sleep
};

SchedulerInfo info() {
  return {.name = "cfs",
          .summary = "Linux until 6.5: the smallest vruntime; sleepers come back a little ahead",
          .paper = "kernel/sched/fair.c, Linux 6.1",
          .cost = "O(log n), O(groups) at a tick",
          .scopes = {Scope::kPerCpu},
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kPreemptive |
                    Claim::kWantsTicks | Claim::kKernelWeights,
          .parameters = cfs_parameters(),
          .hints = {batch_hint()},
          .explanation = std::string(kExplanation)};
}

const Registration<Cfs> kRegistration{info()};

}  // namespace
}  // namespace sharesim
