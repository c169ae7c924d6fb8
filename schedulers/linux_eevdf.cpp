// Linux's fair scheduler since 6.6: EEVDF as the kernel does it.

#include <algorithm>
#include <string>
#include <string_view>

#include "schedulers/common/current_entity.hpp"
#include "schedulers/common/eevdf_queue.hpp"
#include "schedulers/common/eevdf_tuning.hpp"
#include "schedulers/common/kernel_weight.hpp"
#include "schedulers/common/linux_hints.hpp"
#include "schedulers/common/slice_protection.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Linux's fair scheduler since 6.6 (kernel/sched/fair.c; Zijlstra: "sched/fair: Implement an
EEVDF-like scheduling policy", 2023; Guittot: "Manage lag and run to parity with different slices",
2025).

  v_i       vruntime, += t * 1024 / w_i              w_i: 1024 at nice 0, cpu.weight * 10.24
  d_i       deadline, = v_i + r_i * 1024 / w_i when v_i has come to it        r_i: the slice
  V       = sum of w_j v_j / sum of w_j, of those that are queued, delayed or on the CPU
  eligible: v_i <= V
  pick:     the earliest d_i of the eligible (ties: lower id; the one on the CPU only if earlier)
            the one on the CPU as long as it is eligible and protected: until d_i, or from 6.18 on
            until v_i = its v when it was picked + the shortest slice of all * 1024 / w_i
  sleep:    lag_i = V - v_i, within +-max(2 r_i, tick) * 1024 / w_i, is kept for the wakeup
            not eligible: delayed, it stays and competes until it is picked, and goes then
  wakeup:   v_i = V - lag_i (W + w_i) / W, W: weight of those that are there; d_i as above
            still delayed: it goes on where it is; if it is owed something, lag_i = 0
            then it preempts the one on the CPU if it would be picked; a shorter slice ends the
            protection (PREEMPT_SHORT)
  w -> w':  v_i = V - (V - v_i) w / w', d_i = V + (d_i - V) w / w'

With machine.tick the one on the CPU is looked at when the timer ticks and when somebody wakes up;
with features=+HRTICK also when a task that is not alone has run for r_i since it was picked (the
slices of groups end at ticks). Without machine.tick slices end exactly, at d_i. `version` sets the
features that the kernel of that name has on, `features` switches single ones:
features=-DELAY_DEQUEUE-PLACE_LAG.

Good at: shares, latency apart from share (hint `slice`); what Linux will do: see workloads/linux.
Not good at: slices below a tick: the CPU is taken away at ticks, so every run is a tick long.
  Whoever left in debt pays after any sleep, who was owed something has it still, up to the bound of
  the lag.
Cost: O(log n) per decision, amortised; 200 bytes per entity.
Differs: ties are FIFO in the kernel. sched_yield() does not occur; a task that goes on with its
  next request keeps the CPU. A group's slice is the shortest one below it when its deadline is set,
  the kernel's when somebody joins or leaves. HRTICK's timer begins anew for one that goes on; the
  kernel's waits until somebody joins or leaves.
)";

class LinuxEevdf final : public Scheduler {
 public:
  explicit LinuxEevdf(const SchedulerContext& context)
      : tuning_(context), nice_0_(context.default_weight), host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    const auto own = tuning_.has_own_slices() ? host_.hint(e, "slice") : std::nullopt;
    EevdfEntity entity;
    entity.weight = KernelWeight::of(weight, nice_0_);
    entity.slice = own ? ns(*own) : tuning_.base_slice();
    entity.batch = host_.hint(e, "batch").value_or(0) != 0;
    entity.idle = host_.idle(e);
    queue_.add(e, entity);
  }
  void remove(EntityId e, Time) override {
    if (queue_[e].on_rq) leave(e);  // it had been delayed
  }

  Luggage pack(EntityId e) const override {
    const EevdfEntity& entity = queue_[e];
    if (!entity.on_rq) return {.lag = entity.lag, .deadline = entity.relative_deadline};
    const VirtualNs owed = queue_.lag(entity, queue_.average());  // it is delayed
    return {.lag = tuning_.has(EevdfFeature::kDelayZero) ? std::min<VirtualNs>(owed, 0) : owed,
            .deadline = {}};
  }
  void unpack(EntityId e, const Luggage& luggage) override {
    queue_[e].lag = luggage.lag;
    queue_[e].relative_deadline = luggage.deadline;
    queue_[e].fresh = false;
  }

  void set_weight(EntityId e, Weight weight, Time now) override {
    if (queue_[e].on_rq) update_curr(now);
    queue_.reweight(e, KernelWeight::of(weight, nice_0_));
  }

  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    put_back(now);
    EevdfEntity& entity = queue_[e];
    if (entity.delayed) {
      queue_.requeue_delayed(e);
      return;
    }
    update_curr(now);
    follow_group(e);
    queue_.place(entity, entity.fresh && is_task(e));
    entity.fresh = false;
    queue_.join(e);
    queue_.wait(e);
    if (why == EnqueueReason::kWakeup && tuning_.has(EevdfFeature::kNextBuddy)) next_ = e;
  }

  void dequeue(EntityId e, Time now) override {
    put_back(now);
    update_curr(now);
    EevdfEntity& entity = queue_[e];
    if (is_task(e) && tuning_.has(EevdfFeature::kPlaceRelDeadline))  // groups leave as sleepers do
      entity.relative_deadline = entity.deadline - entity.v;
    leave(e);
  }

  EntityId pick_next(CpuId, Time now) override {
    put_back(now);
    resched_ = false;
    EntityId e = keep_ && curr_.exists() ? curr_.id() : pick(true);
    for (; e != kNoEntity && queue_[e].delayed; e = pick(true)) {
      queue_.finish_delayed(e);
      forget(e);
    }
    if (e == kNoEntity) return e;
    if (!curr_.is(e)) {
      if (curr_.exists() && !queue_.waits(curr_.id())) queue_.wait(curr_.id());
      if (next_ == e) next_ = kNoEntity;
      protection_.begin(queue_[e], queue_);
    }
    queue_.stop_waiting(e);
    curr_.begin(e, now);
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    account(curr_.account_until(ran));
    curr_.end(now);
    resched_ = false;
    if (curr_.found_empty(now, why)) {
      if (block(e)) {
        queue_.wait(e);
      } else {
        leave(e);
      }
      if (curr_.resume_before() != kNoEntity) queue_.stop_waiting(curr_.id());
      return;
    }
    const bool runnable = still_runnable(why);
    const auto* child = below(e);
    keep_ = runnable && (child != nullptr ? child->keep_ : why == StopReason::kYielded);
    slept_ = false;
    if (runnable) {
      if (!keep_) queue_.wait(e);
      if (child != nullptr && child->slept_ && tuning_.has(EevdfFeature::kPickBuddy)) next_ = e;
      slept_ = child != nullptr && child->slept_;
      return;
    }
    if (why == StopReason::kBlocked && block(e)) return;
    slept_ = why == StopReason::kBlocked;
    leave(e);
  }

  bool ends_slices_between_ticks() const override { return tuning_.has_slice_timer(); }
  /// In the kernel the tick only, and hrtick_start_fair(), where there is a tick to wait for.
  Duration slice(EntityId e, Time) override {
    const EevdfEntity& entity = queue_[e];
    if (tuning_.ends_at_ticks()) return kForever;
    if (tuning_.has_slice_timer()) return is_task(e) && !is_alone() ? entity.slice : kForever;
    VirtualNs end = entity.deadline;
    if (tuning_.protects_by_vruntime() && queue_.count() > 1 && protection_.holds(entity))
      end = std::min(end, entity.protected_until);
    return entity.weight.cpu_time(std::max<VirtualNs>(end - entity.v, 1));
  }

  /// check_preempt_wakeup_fair()
  bool preempts(EntityId woken, EntityId running, Time now) override {
    if (resched_) return true;
    if (!tuning_.has(EevdfFeature::kWakeupPreemption)) return false;
    EevdfEntity& curr = queue_[running];
    const EevdfEntity& other = queue_[woken];
    if (curr.idle && !other.idle) {
      protection_.cancel(curr);
      return true;
    }
    if (curr.idle != other.idle || wakes_quietly(woken)) return false;
    update_curr(now);
    if (resched_) return true;
    if (tuning_.protects_by_vruntime()) {
      const bool shorter = tuning_.has(EevdfFeature::kPreemptShort) && other.slice < curr.slice;
      const bool yes = pick(!shorter) == woken;
      if (yes && shorter) protection_.cancel(curr);
      if (!yes && shorter && tuning_.has(EevdfFeature::kRunToParity))
        SliceProtection::cut(curr, queue_.shortest_slice());
      return yes;
    }
    if (may_preempt_short(other, curr)) protection_.cancel(curr);
    return pick(true) == woken;
  }

  bool tick(EntityId, Time now) override {
    update_curr(now);
    return !resched_;
  }

  bool holds_place() const override { return queue_.count() > 0; }

  void describe(EntityId e, StateSink& sink) const override {
    const EevdfEntity& entity = queue_[e];
    sink.value("vruntime", entity.v);
    sink.value("deadline", entity.deadline);
    sink.value("lag", entity.on_rq ? queue_.lag(entity, queue_.average()) : entity.lag);
    sink.value("v", queue_.average());
    sink.value("protected_until", entity.protected_until);
    sink.value("slice", to_ns(entity.slice));
    sink.value("delayed", entity.delayed ? 1 : 0);
  }

 private:
  bool is_task(EntityId e) const { return host_.below(e) == nullptr; }
  /// Whether its CPU has nobody else.
  bool is_alone() const {
    const auto* above = dynamic_cast<const LinuxEevdf*>(host_.above());
    return queue_.count() == 1 && (above == nullptr || above->is_alone());
  }
  const LinuxEevdf* below(EntityId e) const {
    return dynamic_cast<const LinuxEevdf*>(host_.below(e));
  }

  /// update_curr(): takes the run into account as far as it has come. Asks for another pick (resched_)
  /// when its slice is over.
  void update_curr(Time now) { account(curr_.account(now)); }
  void account(Duration ran) {
    if (ran == Duration::zero()) return;
    EevdfEntity& curr = queue_[curr_.id()];
    queue_.advance(curr, curr.weight.virtual_time(ran));
    const bool slice_over = curr.v >= curr.deadline;
    if (slice_over) {
      follow_group(curr_.id());
      curr.deadline = curr.v + curr.weight.virtual_time(curr.slice);
    }
    if (queue_.count() == 1) return;
    const bool unprotected = tuning_.protects_by_vruntime()
                                 ? !protection_.holds(curr)
                                 : tuning_.has(EevdfFeature::kPreemptShort) &&
                                       !protection_.holds(curr) && !queue_.is_eligible(curr);
    if (!slice_over && !unprotected) return;
    resched_ = true;
    next_ = kNoEntity;
  }
  /// A group asks for the shortest slice that is asked for below it.
  void follow_group(EntityId e) {
    const LinuxEevdf* child = below(e);
    if (child != nullptr && child->queue_.count() > 0)
      queue_.set_slice(queue_[e], child->queue_.shortest_slice());
  }

  void put_back(Time now) {
    const EntityId e = curr_.take_abandoned(now);
    if (e == kNoEntity) return;
    if (!queue_.waits(e)) queue_.wait(e);
    keep_ = false;
  }
  /// True if it sleeps on the queue from now on, because it is not eligible.
  bool block(EntityId e) {
    EevdfEntity& entity = queue_[e];
    if (!tuning_.has(EevdfFeature::kDelayDequeue) || queue_.is_eligible(entity)) return false;
    entity.delayed = true;
    return true;
  }
  void leave(EntityId e) {
    queue_.leave(e);
    forget(e);
  }
  void forget(EntityId e) {
    if (next_ == e) next_ = kNoEntity;
    curr_.forget(e);
  }

  /// do_preempt_short() of 6.12
  bool may_preempt_short(const EevdfEntity& woken, const EevdfEntity& curr) const {
    if (!tuning_.has(EevdfFeature::kPreemptShort) || woken.slice >= curr.slice) return false;
    return queue_.is_eligible(woken) &&
           (woken.deadline < curr.deadline || !queue_.is_eligible(curr));
  }
  /// SCHED_BATCH and SCHED_IDLE: such a task preempts nobody, whatever the group that it wakes up.
  bool wakes_quietly(EntityId woken) const {
    const auto leaf = is_task(woken) ? QueueHost::Leaf{this, woken} : host_.woken();
    const auto* its = dynamic_cast<const LinuxEevdf*>(leaf.policy);
    return its != nullptr && (its->queue_[leaf.entity].batch || its->queue_[leaf.entity].idle);
  }

  /// pick_eevdf(): who runs next, among the one on the CPU and those that wait.
  EntityId pick(bool protect) {
    if (queue_.count() == 0) return kNoEntity;
    if (queue_.count() == 1 && curr_.exists()) return curr_.id();
    const bool buddy = next_ != kNoEntity && tuning_.has(EevdfFeature::kPickBuddy);
    if (buddy && !queue_[next_].delayed && queue_.is_eligible(queue_[next_])) return next_;
    const EevdfEntity* const curr = curr_.exists() ? &queue_[curr_.id()] : nullptr;
    const bool takes_part = curr != nullptr && queue_.is_eligible(*curr);
    if (takes_part && protect && protection_.holds(*curr)) return curr_.id();
    const EntityId best = queue_.first_eligible();
    if (!takes_part) return best;
    if (best == curr_.id()) return unless_tied(best);
    if (queue_.waits(curr_.id())) return best;
    const bool sooner = best == kNoEntity || curr->deadline < queue_[best].deadline;
    return sooner ? curr_.id() : best;
  }
  /// The current one has come back and has the earliest deadline of those that wait: it gives way to one that has the
  /// same.
  EntityId unless_tied(EntityId curr) {
    queue_.stop_waiting(curr);
    const EntityId other = queue_.first_eligible();
    const bool tied = other != kNoEntity && queue_[other].deadline == queue_[curr].deadline;
    return tied ? other : curr;
  }

  const EevdfTuning tuning_;
  const Weight nice_0_;
  const QueueHost& host_;
  const SliceProtection protection_{tuning_};
  EevdfQueue queue_{tuning_};
  CurrentEntity curr_{host_};
  EntityId next_ = kNoEntity;  ///< the next buddy
  bool resched_ = false;       ///< the CPU has to pick as soon as possible
  bool keep_ = false;          ///< the run ended in the middle of things: it goes on
  bool slept_ = false;         ///< the last run ended because a task went to sleep and left
};

SchedulerInfo info() {
  return {
      .name = "linux_eevdf",
      .summary = "Linux since 6.6: EEVDF with lag that is kept, delayed dequeue, protected slices",
      .paper = "kernel/sched/fair.c, Linux 6.6 to 6.18",
      .cost = "O(log n)",
      .scopes = {Scope::kPerCpu},
      .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kPreemptive |
                Claim::kWantsTicks | Claim::kKernelWeights,
      .parameters = eevdf_parameters(),
      .hints = {own_slice_hint(), batch_hint()},
      .explanation = std::string(kExplanation)};
}

const Registration<LinuxEevdf> kRegistration{info()};

}  // namespace
}  // namespace sharesim
