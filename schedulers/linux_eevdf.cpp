// Linux's fair scheduler since 6.6: EEVDF as the kernel does it.

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schedulers/common/average_vruntime.hpp"
#include "schedulers/common/current_entity.hpp"
#include "schedulers/common/deadline_queue.hpp"
#include "schedulers/common/eevdf_tuning.hpp"
#include "schedulers/common/kernel_weight.hpp"
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

With machine.tick the one on the CPU is looked at when the timer ticks and when somebody wakes up,
with HRTICK as without it; else slices end exactly. `version` sets the features that the kernel of
that name has on, `features` switches single ones: features=-DELAY_DEQUEUE-PLACE_LAG.

Good at: shares, latency apart from share (hint `slice`); what Linux will do: see workloads/linux.
Not good at: slices below a tick: the CPU is taken away at ticks, so every run is a tick long.
  Whoever left in debt pays after any sleep, who was owed something has it still, up to the bound of
  the lag.
Cost: O(log n) per decision, amortised; 200 bytes per entity.
Differs: ties are FIFO in the kernel. sched_yield() does not occur; a task that goes on with its
  next request keeps the CPU. A group's slice is the shortest one below it when its deadline is set,
  the kernel's when somebody joins or leaves.
)";

class LinuxEevdf final : public Scheduler {
 public:
  explicit LinuxEevdf(const SchedulerContext& context)
      : tuning_(context), nice_0_(context.default_weight), host_(context.host), curr_(host_) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= entities_.size()) entities_.resize(e + 1);
    Entity& entity = entities_[e];
    entity = {};
    entity.weight = KernelWeight::of(weight, nice_0_);
    const auto own = tuning_.has_own_slices() ? host_.hint(e, "slice") : std::nullopt;
    entity.slice = own ? ns(*own) : tuning_.base_slice();
    entity.batch = host_.hint(e, "batch").value_or(0) != 0;
    entity.idle = host_.idle(e);
  }
  void remove(EntityId e, Time) override {
    if (entities_[e].on_rq) leave(e);  // it had been delayed
  }

  Luggage pack(EntityId e) const override {
    const Entity& entity = entities_[e];
    if (!entity.on_rq) return {.lag = entity.lag, .deadline = entity.relative_deadline};
    const VirtualNs owed = lag(entity, average_.value());  // it is delayed
    return {.lag = tuning_.has(EevdfFeature::kDelayZero) ? std::min<VirtualNs>(owed, 0) : owed,
            .deadline = {}};
  }
  void unpack(EntityId e, const Luggage& luggage) override {
    entities_[e].lag = luggage.lag;
    entities_[e].relative_deadline = luggage.deadline;
    entities_[e].fresh = false;
  }

  /// reweight_entity()
  void set_weight(EntityId e, Weight weight, Time now) override {
    Entity& entity = entities_[e];
    const KernelWeight next = KernelWeight::of(weight, nice_0_);
    const auto rescale = [&](VirtualNs distance) {
      return static_cast<VirtualNs>(static_cast<__int128>(distance) * entity.weight.value() /
                                    next.value());
    };
    if (entity.on_rq) {
      update_curr(now);
      const VirtualNs average = average_.settle();
      const bool waits = !curr_.is(e);
      if (waits) waiting_.erase(e);
      average_.remove(entity.v, entity.weight.value());
      entity.v = average - rescale(average - entity.v);
      entity.deadline = average + rescale(entity.deadline - average);
      average_.add(entity.v, next.value());
      if (waits) waiting_.insert(e, entity.v, entity.deadline);
    } else {
      entity.lag = rescale(entity.lag);
      if (entity.relative_deadline) entity.relative_deadline = rescale(*entity.relative_deadline);
    }
    entity.weight = next;
  }

  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    put_back(now);
    Entity& entity = entities_[e];
    if (entity.delayed) {
      requeue_delayed(e);
      return;
    }
    update_curr(now);
    follow_group(e);
    place(entity, entity.fresh && host_.below(e) == nullptr);
    entity.fresh = false;
    join(e);
    wait(e);
    if (why == EnqueueReason::kWakeup && tuning_.has(EevdfFeature::kNextBuddy)) next_ = e;
  }

  void dequeue(EntityId e, Time now) override {
    put_back(now);
    update_curr(now);
    Entity& entity = entities_[e];
    const bool is_task = host_.below(e) == nullptr;  // groups leave as sleepers do
    if (is_task && tuning_.has(EevdfFeature::kPlaceRelDeadline))
      entity.relative_deadline = entity.deadline - entity.v;
    leave(e);
  }

  EntityId pick_next(CpuId, Time now) override {
    put_back(now);
    resched_ = false;
    EntityId e = keep_ && curr_.exists() ? curr_.id() : pick(true);
    for (; e != kNoEntity && entities_[e].delayed; e = pick(true)) finish_delayed(e);
    if (e == kNoEntity) return e;
    if (!curr_.is(e)) {
      if (curr_.exists()) wait(curr_.id());
      waiting_.erase(e);
      set_next(entities_[e], e);
    }
    curr_.begin(e, now);
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    account(curr_.account_until(ran));
    curr_.end(now);
    resched_ = false;
    if (curr_.found_empty(now, why)) {
      if (block(e)) {
        wait(e);
      } else {
        leave(e);
      }
      if (curr_.resume_before() != kNoEntity) waiting_.erase(curr_.id());
      return;
    }
    const bool runnable = still_runnable(why);
    const auto* child = below(e);
    keep_ = runnable && (child != nullptr ? child->keep_ : why == StopReason::kYielded);
    slept_ = false;
    if (runnable) {
      if (child != nullptr && child->slept_ && tuning_.has(EevdfFeature::kPickBuddy)) next_ = e;
      slept_ = child != nullptr && child->slept_;
      return;
    }
    if (why == StopReason::kBlocked && block(e)) return;
    slept_ = why == StopReason::kBlocked;
    leave(e);
  }

  /// In the kernel the timer only, unless there is a tick to wait for.
  Duration slice(EntityId e, Time) override {
    if (tuning_.ends_at_ticks()) return kForever;
    const Entity& entity = entities_[e];
    VirtualNs end = entity.deadline;
    if (tuning_.protects_by_vruntime() && queued_ > 1 && is_protected(entity))
      end = std::min(end, entity.protected_until);
    return entity.weight.cpu_time(std::max<VirtualNs>(end - entity.v, 1));
  }

  /// check_preempt_wakeup_fair()
  bool preempts(EntityId woken, EntityId running, Time now) override {
    if (resched_) return true;
    if (!tuning_.has(EevdfFeature::kWakeupPreemption)) return false;
    Entity& curr = entities_[running];
    const Entity& other = entities_[woken];
    if (curr.idle && !other.idle) {
      cancel_protection(curr);
      return true;
    }
    const bool is_task = host_.below(woken) == nullptr;
    if (curr.idle != other.idle || other.batch || (other.idle && is_task)) return false;
    update_curr(now);
    if (resched_) return true;
    if (tuning_.protects_by_vruntime()) {
      const bool shorter = tuning_.has(EevdfFeature::kPreemptShort) && other.slice < curr.slice;
      if (pick(!shorter) == woken) {
        if (shorter) cancel_protection(curr);
        return true;
      }
      if (shorter && tuning_.has(EevdfFeature::kRunToParity)) {
        curr.protected_until =
            std::min(curr.protected_until, protected_for(curr, shortest_slice()));
      }
      return false;
    }
    if (may_preempt_short(other, curr) && is_protected(curr)) cancel_protection(curr);
    return pick(true) == woken;
  }

  bool tick(EntityId, Time now) override {
    update_curr(now);
    return !resched_;
  }

  bool holds_place() const override { return queued_ > 0; }

  void describe(EntityId e, StateSink& sink) const override {
    const Entity& entity = entities_[e];
    sink.value("vruntime", entity.v);
    sink.value("deadline", entity.deadline);
    sink.value("lag", entity.on_rq ? lag(entity, average_.value()) : entity.lag);
    sink.value("v", average_.value());
    sink.value("protected_until", entity.protected_until);
    sink.value("slice", to_ns(entity.slice));
    sink.value("delayed", entity.delayed ? 1 : 0);
  }

 private:
  struct Entity {
    KernelWeight weight;
    VirtualNs v = 0;
    VirtualNs deadline = 0;
    VirtualNs lag = 0;              ///< vlag: while away
    VirtualNs protected_until = 0;  ///< vprot; before 6.18 the deadline that it was picked with
    Duration slice{};
    std::optional<VirtualNs> relative_deadline;  ///< d - v, while away but awake
    bool on_rq = false;                          ///< counts in V: queued, delayed or on the CPU
    bool delayed = false;                        ///< sleeps, but still competes
    bool idle = false;
    bool batch = false;
    bool fresh = true;  ///< has never been queued
  };

  // --- The one on the CPU ---

  /// update_curr(): takes its run into account as far as it has come. Asks for another pick (resched_)
  /// when its slice is over.
  void update_curr(Time now) { account(curr_.account(now)); }
  void account(Duration ran) {
    if (ran == Duration::zero()) return;
    Entity& curr = entities_[curr_.id()];
    const VirtualNs gone = curr.weight.virtual_time(ran);
    curr.v += gone;
    average_.advance(gone, curr.weight.value());
    const bool slice_over = curr.v >= curr.deadline;
    if (slice_over) {
      follow_group(curr_.id());
      curr.deadline = curr.v + curr.weight.virtual_time(curr.slice);
    }
    if (queued_ == 1) return;
    const bool unprotected = tuning_.protects_by_vruntime()
                                 ? !is_protected(curr)
                                 : tuning_.has(EevdfFeature::kPreemptShort) &&
                                       !is_protected(curr) && curr.v > average_.settle();
    if (!slice_over && !unprotected) return;
    resched_ = true;
    next_ = kNoEntity;
  }

  /// set_next_entity()
  void set_next(Entity& entity, EntityId e) {
    if (next_ == e) next_ = kNoEntity;
    entity.protected_until = entity.deadline;
    if (!tuning_.protects_by_vruntime()) return;
    const Duration least =
        tuning_.has(EevdfFeature::kRunToParity) ? shortest_slice() : tuning_.least_protected();
    if (least < entity.slice)
      entity.protected_until = std::min(entity.deadline, protected_for(entity, least));
  }
  static VirtualNs protected_for(const Entity& entity, Duration slice) {
    return entity.v + entity.weight.virtual_time(slice);
  }
  bool is_protected(const Entity& entity) const {
    if (tuning_.protects_by_vruntime()) return entity.v < entity.protected_until;
    return tuning_.has(EevdfFeature::kRunToParity) && entity.protected_until == entity.deadline;
  }
  void cancel_protection(Entity& entity) const {
    if (!is_protected(entity)) return;
    entity.protected_until = tuning_.protects_by_vruntime() ? entity.v : entity.deadline + 1;
  }
  /// do_preempt_short() of 6.12
  bool may_preempt_short(const Entity& woken, const Entity& curr) {
    if (!tuning_.has(EevdfFeature::kPreemptShort) || woken.slice >= curr.slice) return false;
    const VirtualNs average = average_.settle();
    return woken.v <= average && (woken.deadline < curr.deadline || curr.v > average);
  }

  void put_back(Time now) {
    const EntityId e = curr_.take_abandoned(now);
    if (e == kNoEntity) return;
    wait(e);
    keep_ = false;
  }
  void wait(EntityId e) { waiting_.insert(e, entities_[e].v, entities_[e].deadline); }

  // --- Joining and leaving ---

  void join(EntityId e) {
    Entity& entity = entities_[e];
    average_.add(entity.v, entity.weight.value());
    entity.on_rq = true;
    ++queued_;
    if (entity.slice != tuning_.base_slice()) other_slices_.insert(entity.slice);
  }
  void leave(EntityId e) {
    Entity& entity = entities_[e];
    entity.lag = lag(entity, average_.settle());
    average_.remove(entity.v, entity.weight.value());
    entity.on_rq = entity.delayed = false;
    --queued_;
    if (entity.slice != tuning_.base_slice()) other_slices_.erase(other_slices_.find(entity.slice));
    waiting_.erase(e);
    if (next_ == e) next_ = kNoEntity;
    curr_.forget(e);
  }
  /// entity_lag()
  VirtualNs lag(const Entity& entity, VirtualNs average) const {
    const VirtualNs bound = entity.weight.virtual_time(std::max(2 * entity.slice, tuning_.tick()));
    return std::clamp(average - entity.v, -bound, bound);
  }
  /// place_entity()
  void place(Entity& entity, bool initial) {
    VirtualNs request = entity.weight.virtual_time(entity.slice);
    const VirtualNs average = average_.settle();
    VirtualNs lag = 0;
    const Weight others = average_.weights();
    if (others > 0 && tuning_.has(EevdfFeature::kPlaceLag)) {
      lag = static_cast<VirtualNs>(static_cast<__int128>(entity.lag) *
                                   (others + entity.weight.value()) / others);
    }
    entity.v = average - lag;
    if (entity.relative_deadline) {
      entity.deadline = entity.v + *std::exchange(entity.relative_deadline, std::nullopt);
      return;
    }
    if (initial && tuning_.has(EevdfFeature::kPlaceDeadlineInitial)) request /= 2;
    entity.deadline = entity.v + request;
  }
  /// True if it sleeps on the queue from now on, because it is not eligible.
  bool block(EntityId e) {
    Entity& entity = entities_[e];
    if (!tuning_.has(EevdfFeature::kDelayDequeue) || entity.v <= average_.settle()) return false;
    entity.delayed = true;
    return true;
  }
  /// A delayed one has been picked: its time to go has come, and its debt is paid.
  void finish_delayed(EntityId e) {
    leave(e);
    Entity& entity = entities_[e];
    if (tuning_.has(EevdfFeature::kDelayZero)) entity.lag = std::min<VirtualNs>(entity.lag, 0);
  }
  /// A delayed one wakes up: where it is, or, if it is owed something by now, as if it were owed nothing.
  void requeue_delayed(EntityId e) {
    Entity& entity = entities_[e];
    entity.delayed = false;
    if (!tuning_.has(EevdfFeature::kDelayZero) || entity.v >= average_.settle()) return;
    average_.remove(entity.v, entity.weight.value());
    entity.lag = 0;
    place(entity, false);
    average_.add(entity.v, entity.weight.value());
    if (!curr_.is(e)) wait(e);
  }

  // --- Slices ---

  Duration shortest_slice() const {
    const bool all_others = other_slices_.size() == queued_;
    const Duration base = all_others ? kForever : tuning_.base_slice();
    return other_slices_.empty() ? base : std::min(base, *other_slices_.begin());
  }
  const LinuxEevdf* below(EntityId e) const {
    return dynamic_cast<const LinuxEevdf*>(host_.below(e));
  }
  /// A group asks for the shortest slice that is asked for below it.
  void follow_group(EntityId e) {
    const LinuxEevdf* child = below(e);
    if (child == nullptr || child->queued_ == 0) return;
    Entity& entity = entities_[e];
    const bool counted = entity.on_rq;
    const auto is_other = [&] { return entity.slice != tuning_.base_slice(); };
    if (counted && is_other()) other_slices_.erase(other_slices_.find(entity.slice));
    entity.slice = child->shortest_slice();
    if (counted && is_other()) other_slices_.insert(entity.slice);
  }

  // --- The pick ---

  /// pick_eevdf(): who runs next, among the one on the CPU and those that wait; changes nothing.
  EntityId pick(bool protect) {
    if (queued_ == 0) return kNoEntity;
    const VirtualNs average = average_.settle();
    if (queued_ == 1 && curr_.exists()) return curr_.id();
    const auto eligible = [&](const Entity& entity) { return entity.v <= average; };
    const bool buddy = next_ != kNoEntity && tuning_.has(EevdfFeature::kPickBuddy);
    if (buddy && !entities_[next_].delayed && eligible(entities_[next_])) return next_;
    const Entity* const curr = curr_.exists() ? &entities_[curr_.id()] : nullptr;
    const bool takes_part = curr != nullptr && eligible(*curr);
    if (takes_part && protect && is_protected(*curr)) return curr_.id();
    const EntityId best = waiting_.first(average);
    if (!takes_part) return best;
    const bool sooner = best == kNoEntity || curr->deadline < entities_[best].deadline;
    return sooner ? curr_.id() : best;
  }

  const EevdfTuning tuning_;
  const Weight nice_0_;
  const QueueHost& host_;
  std::vector<Entity> entities_;
  CurrentEntity curr_;
  AverageVruntime average_;               ///< V
  DeadlineQueue waiting_;                 ///< those on_rq but curr_
  std::uint32_t queued_ = 0;              ///< those on_rq
  std::multiset<Duration> other_slices_;  ///< of those on_rq, where they are not the base slice
  EntityId next_ = kNoEntity;             ///< the next buddy
  bool resched_ = false;                  ///< the CPU has to pick as soon as possible
  bool keep_ = false;                     ///< the run ended in the middle of things: it goes on
  bool slept_ = false;  ///< the last run ended because a task went to sleep and left
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
      .hints = {{.name = "slice",
                 .type = ParameterType::kDuration,
                 .default_value = "700us",
                 .minimum = "100us",
                 .maximum = "100ms",
                 .choices = {},
                 .summary = "its own slice, sched_setattr(2)'s sched_runtime (default: the "
                            "base slice)"},
                {.name = "batch",
                 .type = ParameterType::kFlag,
                 .default_value = "false",
                 .minimum = "",
                 .maximum = "",
                 .choices = {},
                 .summary = "SCHED_BATCH: it does not preempt when it wakes up"}},
      .explanation = std::string(kExplanation)};
}

const Registration<LinuxEevdf> kRegistration{info()};

}  // namespace
}  // namespace sharesim
