// Linux's completely fair scheduler, until 6.5.

#include <algorithm>
#include <bit>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schedulers/common/current_entity.hpp"
#include "schedulers/common/kernel_weight.hpp"
#include "sim/core/tournament_tree.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

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
  run began.
)";

enum class Feature : unsigned {
  kGentleFairSleepers,
  kStartDebit,
  kNextBuddy,
  kLastBuddy,
  kWakeupPreemption,
  kAltPeriod,
  kBaseSlice,
  kHrtick,
};
struct FeatureInfo {
  std::string_view name;
  Feature feature;
  bool on;  ///< in 6.1
};
constexpr FeatureInfo kFeatures[] = {
    {"GENTLE_FAIR_SLEEPERS", Feature::kGentleFairSleepers, true},
    {"START_DEBIT", Feature::kStartDebit, true},
    {"NEXT_BUDDY", Feature::kNextBuddy, false},
    {"LAST_BUDDY", Feature::kLastBuddy, true},
    {"WAKEUP_PREEMPTION", Feature::kWakeupPreemption, true},
    {"ALT_PERIOD", Feature::kAltPeriod, true},
    {"BASE_SLICE", Feature::kBaseSlice, true},
    {"HRTICK", Feature::kHrtick, false},
};

/// sysctl_sched_* and sched_features.
struct Tuning {
  explicit Tuning(const SchedulerContext& context) {
    const Parameters& parameters = context.parameters;
    for (const FeatureInfo& info : kFeatures) {
      if (parameters.switched("features", info.name).value_or(info.on))
        features |= bit(info.feature);
    }
    const auto factor = std::bit_width(std::min<unsigned>(context.machine_cpus, 8));  // 1 + ilog2
    const auto scaled = [&](std::string_view name, Duration own) {
      const Duration given = parameters.duration(name);
      return given > Duration::zero() ? given : own * factor;
    };
    latency = scaled("latency", 6ms);
    least = scaled("slice", 750us);
    wakeup = scaled("wakeup_granularity", 1ms);
    ends_at_ticks = context.machine_tick > Duration::zero() && !has(Feature::kHrtick);
  }
  bool has(Feature feature) const { return (features & bit(feature)) != 0; }
  static constexpr unsigned bit(Feature feature) { return 1U << static_cast<unsigned>(feature); }

  static constexpr std::uint32_t kTasksInLatency = 8;  ///< sched_nr_latency
  static constexpr Duration kLeastOfIdle = 750us;      ///< sched_idle_min_granularity, not scaled
  unsigned features = 0;
  Duration latency{}, least{}, wakeup{};
  bool ends_at_ticks = false;
};

class Cfs final : public Scheduler {
 public:
  explicit Cfs(const SchedulerContext& context)
      : tuning_(context), nice_0_(context.default_weight), host_(context.host), curr_(host_) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= entities_.size()) entities_.resize(e + 1);
    entities_[e] = {};
    entities_[e].weight = KernelWeight::of(weight, nice_0_);
    entities_[e].batch = host_.hint(e, "batch").value_or(0) != 0;
    entities_[e].idle = host_.idle(e);
  }
  void remove(EntityId e, Time) override { forget(e); }
  void set_weight(EntityId e, Weight weight, Time now) override {
    update_curr(now);
    Entity& entity = entities_[e];
    const KernelWeight next = KernelWeight::of(weight, nice_0_);
    if (entity.on_rq) weights_ += next.value() - entity.weight.value();
    entity.weight = next;
  }
  Luggage pack(EntityId e) const override {
    return {.lag = entities_[e].v - least_v_, .deadline = {}};
  }
  void unpack(EntityId e, const Luggage& luggage) override {
    entities_[e].v = least_v_ + luggage.lag;
    entities_[e].fresh = false;
  }

  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    put_back(now);
    update_curr(now);
    Entity& entity = entities_[e];
    place(e, why);
    entity.on_rq = true;
    ++queued_;
    if (entity.idle) ++idle_;
    weights_ += entity.weight.value();
    waiting_.set(e, entity.v);
    if (why == EnqueueReason::kWakeup && tuning_.has(Feature::kNextBuddy) && is_crowded())
      next_ = e;
  }

  void dequeue(EntityId e, Time now) override {
    put_back(now);
    update_curr(now);
    leave(e);
  }

  EntityId pick_next(CpuId, Time now) override {
    put_back(now);
    resched_ = false;
    const EntityId e = keep_ && curr_.exists() ? curr_.id() : pick();
    if (e == kNoEntity) return e;
    if (!curr_.is(e)) {
      if (curr_.exists()) waiting_.set(curr_.id(), entities_[curr_.id()].v);
      waiting_.clear(e);
      forget(e);
    }
    // set_next_entity() is not called for the one that goes on; without ticks its slice begins anew.
    if (!curr_.is(e) || !tuning_.ends_at_ticks) ran_ = {};
    curr_.begin(e, now);
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    account(curr_.account_until(ran));
    curr_.end(now);
    resched_ = false;
    if (curr_.found_empty(now, why)) {
      leave(e);
      if (curr_.resume_before() != kNoEntity) waiting_.clear(curr_.id());
      return;
    }
    const Cfs* child = dynamic_cast<const Cfs*>(host_.below(e));
    const bool runnable = still_runnable(why);
    keep_ = runnable && (child != nullptr ? child->keep_ : why == StopReason::kYielded);
    slept_ = child != nullptr && runnable ? child->slept_ : why == StopReason::kBlocked;
    if (!runnable) return leave(e);
    if (slept_) next_ = e;  // who stays behind in its group is to follow
  }

  Duration slice(EntityId e, Time) override {
    return tuning_.ends_at_ticks ? kForever : std::max(own_slice(e), ns(1));
  }

  /// check_preempt_wakeup()
  bool preempts(EntityId woken, EntityId running, Time now) override {
    if (resched_) return true;
    const Entity& curr = entities_[running];
    const Entity& other = entities_[woken];
    const bool is_task = host_.below(woken) == nullptr;
    bool yes = curr.idle && !other.idle;
    if (!yes) {
      if (!tuning_.has(Feature::kWakeupPreemption) || curr.idle != other.idle) return false;
      if (other.batch || (other.idle && is_task)) return false;
      update_curr(now);
      yes = is_ahead_of(running, woken);
      if (yes) next_ = woken;
    }
    if (yes && tuning_.has(Feature::kLastBuddy) && is_crowded() && host_.below(running) == nullptr)
      last_ = running;
    return yes;
  }

  /// check_preempt_tick()
  bool tick(EntityId running, Time now) override {
    update_curr(now);
    if (queued_ < 2) return true;
    const Duration slice = own_slice(running);
    if (ran_ > slice) {
      resched_ = true;
      forget(running);
    } else if (ran_ >= tuning_.least) {
      const EntityId first = waiting_.first();
      resched_ = first != kNoEntity && entities_[running].v - entities_[first].v > to_ns(slice);
    }
    return !resched_;
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("vruntime", entities_[e].v);
    sink.value("min_vruntime", least_v_);
  }

 private:
  struct Entity {
    KernelWeight weight;
    VirtualNs v = 0;
    bool on_rq = false;
    bool idle = false;
    bool batch = false;
    bool fresh = true;  ///< has never been queued
  };

  void update_curr(Time now) { account(curr_.account(now)); }
  void account(Duration ran) {
    if (ran == Duration::zero()) return;
    ran_ += ran;
    Entity& curr = entities_[curr_.id()];
    curr.v += curr.weight.virtual_time(ran);
    update_least();
  }
  /// update_min_vruntime()
  void update_least() {
    const EntityId first = waiting_.first();
    const bool has_curr = curr_.exists() && entities_[curr_.id()].on_rq;
    if (first == kNoEntity && !has_curr) return;
    VirtualNs least = first != kNoEntity ? entities_[first].v : entities_[curr_.id()].v;
    if (has_curr) least = std::min(least, entities_[curr_.id()].v);
    least_v_ = std::max(least_v_, least);
  }

  /// place_entity()
  void place(EntityId e, EnqueueReason why) {
    Entity& entity = entities_[e];
    const bool is_task = host_.below(e) == nullptr;
    const bool fresh = std::exchange(entity.fresh, false);
    if (fresh && !is_task) groups_.push_back(e);
    if (fresh && is_task) {
      const bool debit = tuning_.has(Feature::kStartDebit);
      entity.v = least_v_ + (debit ? entity.weight.virtual_time(own_slice(e)) : 0);
      return;
    }
    if (why == EnqueueReason::kMigrated && is_task) return;
    Duration credit = entity.idle ? tuning_.least : tuning_.latency;
    if (tuning_.has(Feature::kGentleFairSleepers)) credit /= 2;
    entity.v = std::max(entity.v, least_v_ - to_ns(credit));
  }
  void leave(EntityId e) {
    Entity& entity = entities_[e];
    forget(e);
    waiting_.clear(e);
    curr_.forget(e);
    entity.on_rq = false;
    --queued_;
    if (entity.idle) --idle_;
    weights_ -= entity.weight.value();
    update_least();
  }
  /// clear_buddies()
  void forget(EntityId e) {
    if (next_ == e) next_ = kNoEntity;
    if (last_ == e) last_ = kNoEntity;
  }
  void put_back(Time now) {
    const EntityId e = curr_.take_abandoned(now);
    if (e == kNoEntity) return;
    waiting_.set(e, entities_[e].v);
    keep_ = false;
  }

  bool is_crowded() const { return queued_ >= Tuning::kTasksInLatency; }
  /// wakeup_preempt_entity(a, b) == 1: `a` is further ahead of `b` than b's granularity.
  bool is_ahead_of(EntityId a, EntityId b) const {
    return entities_[a].v - entities_[b].v > entities_[b].weight.virtual_time(tuning_.wakeup);
  }

  EntityId pick() {
    EntityId left = waiting_.first();
    const bool curr_is_left =
        curr_.exists() && (left == kNoEntity || entities_[curr_.id()].v < entities_[left].v);
    if (curr_is_left) left = curr_.id();
    for (const EntityId buddy : {next_, last_}) {
      if (buddy != kNoEntity && !is_ahead_of(buddy, left)) return buddy;
    }
    return left;
  }

  /// sched_slice()
  Duration own_slice(EntityId e) const {
    const Cfs* root = this;
    while (const Cfs* above = dynamic_cast<const Cfs*>(root->host_.above())) root = above;
    std::uint32_t tasks = tuning_.has(Feature::kAltPeriod) ? root->tasks_below() : queued_;
    if (!entities_[e].on_rq) ++tasks;
    Duration slice = tasks > Tuning::kTasksInLatency ? tuning_.least * tasks : tuning_.latency;
    slice = part_of(slice, e);
    const EntityId self = host_.self_above();
    const Cfs* above = dynamic_cast<const Cfs*>(host_.above());
    if (above != nullptr) slice = above->part_above(slice, self);
    if (!tuning_.has(Feature::kBaseSlice)) return slice;
    const bool beside_others = entities_[e].idle && idle_ < queued_;
    return std::max(slice, beside_others ? Tuning::kLeastOfIdle : tuning_.least);
  }
  Duration part_above(Duration slice, EntityId e) const {
    slice = part_of(slice, e);
    const Cfs* above = dynamic_cast<const Cfs*>(host_.above());
    return above != nullptr ? above->part_above(slice, host_.self_above()) : slice;
  }
  Duration part_of(Duration slice, EntityId e) const {
    const Weight weight = entities_[e].weight.value();
    const Weight all = weights_ + (entities_[e].on_rq ? 0 : weight);
    return ns(static_cast<std::int64_t>(static_cast<__int128>(to_ns(slice)) * weight / all));
  }
  /// h_nr_running
  std::uint32_t tasks_below() const {
    std::uint32_t tasks = queued_;
    for (const EntityId e : groups_) {
      if (!entities_[e].on_rq) continue;
      const auto* child = dynamic_cast<const Cfs*>(host_.below(e));
      if (child != nullptr) tasks += child->tasks_below() - 1;
    }
    return tasks;
  }
  const Tuning tuning_;
  const Weight nice_0_;
  const QueueHost& host_;
  std::vector<Entity> entities_;
  TournamentTree waiting_;  ///< those on_rq but the current one, by v
  CurrentEntity curr_;
  std::vector<EntityId> groups_;  ///< of the entities, those that have been queued
  std::uint32_t queued_ = 0;      ///< those on_rq: they wait or run
  std::uint32_t idle_ = 0;        ///< of these, the idle ones
  Weight weights_ = 0;            ///< of these
  VirtualNs least_v_ = 0;         ///< min_vruntime
  EntityId next_ = kNoEntity;
  EntityId last_ = kNoEntity;
  Duration ran_{};        ///< of the current one since it was picked in the place of another
  bool resched_ = false;  ///< the CPU has to pick as soon as possible
  bool keep_ = false;     ///< the run ended in the middle of things: it goes on
  bool slept_ = false;    ///< the last run ended because a task went to sleep
};

ParameterInfo tunable(std::string name, std::string summary) {
  return {.name = std::move(name),
          .type = ParameterType::kDuration,
          .default_value = "0s",
          .minimum = "0s",
          .maximum = "1s",
          .choices = {},
          .summary = std::move(summary)};
}

SchedulerInfo info() {
  std::vector<std::string> features;
  for (const FeatureInfo& feature : kFeatures) features.emplace_back(feature.name);
  return {
      .name = "cfs",
      .summary = "Linux until 6.5: the smallest vruntime; sleepers come back a little ahead",
      .paper = "kernel/sched/fair.c, Linux 6.1",
      .cost = "O(log n), O(groups) at a tick",
      .scopes = {Scope::kPerCpu},
      .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kPreemptive |
                Claim::kWantsTicks | Claim::kKernelWeights,
      .parameters = {tunable("slice", "min_granularity; 0s: the kernel's own, 0.75 ms * f"),
                     tunable("latency", "0s: the kernel's own, 6 ms * f"),
                     tunable("wakeup_granularity", "0s: the kernel's own, 1 ms * f"),
                     {.name = "features",
                      .type = ParameterType::kSwitches,
                      .default_value = "",
                      .minimum = "",
                      .maximum = "",
                      .choices = features,
                      .summary = "as in debugfs, sched/features; what is not named is as in 6.1"}},
      .hints = {{.name = "batch",
                 .type = ParameterType::kFlag,
                 .default_value = "false",
                 .minimum = "",
                 .maximum = "",
                 .choices = {},
                 .summary = "SCHED_BATCH: it does not preempt when it wakes up"}},
      .explanation = std::string(kExplanation)};
}

const Registration<Cfs> kRegistration{info()};

}  // namespace
}  // namespace sharesim
