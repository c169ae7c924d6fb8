// Borrowed virtual time.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/deferred_tree.hpp"
#include "schedulers/common/parameters.hpp"
#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Borrowed virtual time (Duda, Cheriton: "Borrowed-virtual-time (BVT) scheduling: supporting
latency-sensitive threads in a general-purpose scheduler", SOSP 1999).

  run of l:  A_i += m_i l                         actual virtual time; m_i = 1 / w_i
  wakeup:    A_i = max(A_i, SVT)                  SVT = min A_j over the runnable
  E_i      = A_i - (warped ? W_i : 0)             effective virtual time
  pick:      the smallest E_i (ties: lower id); the running one keeps the CPU until E_cur >=
             E_next + C m_cur, also when E_next has just woken up       C = the slice
  warped:    from a wakeup on, until it sleeps or has run for L_i; then not again before U_i has
             passed, but then also without a wakeup

  hints: warp (W_i = warp / w_i), warp_limit (L_i), unwarp (U_i)

Nobody gets further than C m_cur beyond the smallest E. Warping lends: A_i goes on counting, so
the long-run shares are those of the weights.

Good at: latency for those that are given a warp, without a larger share; few context switches.
Not good at: deciding who deserves a warp; one warped hog is a high-priority task until its A_i has
  caught up with W_i. Without a warp a light task waits for all the heavy ones.
Cost: O(log n) per decision; 180 bytes per entity.
Differs: the warp is CPU time of its owner, not virtual time, so that it means the same whatever the
  unit of weights. Runs are cut at every C, and go on if the rule lets them. A_i is raised to SVT
  after a throttled or migrated time, too. On several CPUs with one global queue SVT does not know
  how far the running ones have come.
)";

class Bvt final : public Scheduler {
 public:
  explicit Bvt(const SchedulerContext& context)
      : allowance_(context.parameters.duration("slice")),
        one_cpu_(context.cpus == 1),
        host_(context.host),
        latest_(context.cpus, kNoEntity) {}

  void add(EntityId e, Weight weight, Time now) override {
    if (e >= threads_.size()) threads_.resize(e + 1);
    threads_[e] = {.weight = weight,
                   .warp = ns(host_.hint(e, "warp").value_or(0)),
                   .warp_limit = ns(host_.hint(e, "warp_limit").value_or(to_ns(kWarpLimit))),
                   .unwarp = ns(host_.hint(e, "unwarp").value_or(to_ns(kUnwarp))),
                   .may_warp_at = now};
  }
  void remove(EntityId e, Time) override {
    std::replace(latest_.begin(), latest_.end(), e, kNoEntity);
  }
  void set_weight(EntityId e, Weight weight, Time) override {
    Thread& thread = threads_[e];
    thread.actual.reweigh(thread.weight, weight);
    thread.weight = weight;
    if (ready_.contains(e)) place(e);
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    Thread& thread = threads_[e];
    if (!runnable_.contains(e)) {
      count_svt(now);
      thread.actual.raise_to(svt_);
      thread.yielded = false;
      try_to_warp(thread, now);
    }
    place(e);
  }
  void dequeue(EntityId e, Time now) override {
    ready_.clear(e);
    unwarped_.clear(e);
    if (threads_[e].runs == 0) leave(e, now);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    for (EntityId e = unwarped_.first(); e != kNoEntity && unwarped_.key(e) <= to_ns(now);
         e = unwarped_.first()) {
      try_to_warp(threads_[e], now);
      place(e);
    }
    const EntityId first = first_for(cpu);
    if (first == kNoEntity) return first;
    EntityId& latest = latest_[latest_.size() > 1 ? cpu : 0];
    const EntityId e = keeps(latest, first, cpu) ? latest : first;
    latest = e;
    ready_.clear(e);
    unwarped_.clear(e);
    Thread& thread = threads_[e];
    // From the smallest E it is C m_e and more to any other.
    thread.granted = e == first ? allowance_ : std::min(allowance_, allowance_left(e, first));
    if (thread.warped) thread.granted = std::min(thread.granted, thread.warp_left);
    ++thread.runs;
    thread.picked_at = now;
    if (one_cpu_) running_ = e;
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    Thread& thread = threads_[e];
    --thread.runs;
    running_ = kNoEntity;
    thread.actual.charge(ran, thread.weight);
    thread.yielded = why == StopReason::kYielded;
    if (thread.warped) {
      thread.warp_left -= ran;
      if (thread.warp_left <= Duration::zero()) end_warp(thread, now);
    }
    if (still_runnable(why) || ready_.contains(e)) {  // a group may be queued while it runs
      place(e);
    } else if (thread.runs == 0) {
      leave(e, now);
    }
  }

  Duration slice(EntityId e, Time) override { return threads_[e].granted; }

  bool preempts(EntityId woken, EntityId running, Time now) override {
    const Thread& thread = threads_[running];
    return allowance_left(running, woken) <= now - thread.picked_at;
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("actual_virtual_time", threads_[e].actual.tag);
    sink.value("effective_virtual_time", effective(e));
    sink.value("warped", threads_[e].warped ? 1 : 0);
    sink.value("svt", svt_);
  }

  /// Those of Xen's implementation, its 2 s and 1 s.
  static constexpr Duration kWarpLimit = std::chrono::seconds(2);
  static constexpr Duration kUnwarp = std::chrono::seconds(1);

 private:
  struct Thread {
    VirtualTime actual;  ///< A
    Weight weight = 1;
    Duration warp{};         ///< W * w
    Duration warp_limit{};   ///< L
    Duration unwarp{};       ///< U
    Duration warp_left{};    ///< of L, while it is warped
    Time may_warp_at{};      ///< while it is not
    Time picked_at{};        ///< the latest time
    Duration granted{};      ///< to the latest pick
    std::uint32_t runs = 0;  ///< picks that have not come back
    bool warped = false;
    bool yielded = false;  ///< does not ask to keep the CPU
  };

  Tag effective(EntityId e) const {
    VirtualTime warp;
    if (threads_[e].warped) warp.charge(threads_[e].warp, threads_[e].weight);
    return threads_[e].actual.tag - warp.tag;
  }

  /// How long `e` may run until it is C m_e beyond `next`, rounded down; 0 or less if it is.
  Duration allowance_left(EntityId e, EntityId next) const {
    constexpr __int128 kFar = std::int64_t{1} << 62U;  // five days
    const auto behind = static_cast<std::int64_t>(
        std::clamp(__int128{effective(next) - effective(e)} * threads_[e].weight, -kFar, kFar));
    const std::int64_t whole = behind / kTagsPerNs - (behind % kTagsPerNs < 0 ? 1 : 0);
    return allowance_ + ns(whole);
  }

  bool may_run(EntityId e, CpuId cpu) const {
    return !host_.has_affinity() || host_.allowed(e, cpu);
  }
  EntityId first_for(CpuId cpu) {
    if (!host_.has_affinity()) return ready_.first();
    return ready_.first_if([&](EntityId e) { return host_.allowed(e, cpu); });
  }

  /// Whether `latest`, who had the CPU, goes on in front of the first in line.
  bool keeps(EntityId latest, EntityId first, CpuId cpu) const {
    return latest != kNoEntity && latest != first && ready_.contains(latest) &&
           may_run(latest, cpu) && !threads_[latest].yielded &&
           allowance_left(latest, first) > Duration::zero();
  }

  /// Queues `e` by what it has by now.
  void place(EntityId e) {
    const Thread& thread = threads_[e];
    ready_.set(e, effective(e));
    runnable_.set(e, thread.actual.tag);
    if (thread.warp > Duration::zero() && !thread.warped)
      unwarped_.set(e, to_ns(thread.may_warp_at));
    else
      unwarped_.clear(e);
  }
  void leave(EntityId e, Time now) {
    runnable_.set(e, threads_[e].actual.tag);
    count_svt(now);
    runnable_.clear(e);
    if (threads_[e].warped) end_warp(threads_[e], now);
  }

  static void try_to_warp(Thread& thread, Time now) {
    if (thread.warped || thread.warp == Duration::zero() || now < thread.may_warp_at) return;
    thread.warped = true;
    thread.warp_left = thread.warp_limit;
  }
  static void end_warp(Thread& thread, Time now) {
    thread.warped = false;
    thread.may_warp_at = now + thread.unwarp;
  }

  void count_svt(Time now) {
    if (running_ != kNoEntity) {
      VirtualTime actual = threads_[running_].actual;
      actual.charge(now - threads_[running_].picked_at, threads_[running_].weight);
      runnable_.set(running_, actual.tag);
    }
    const EntityId e = runnable_.first();
    if (e != kNoEntity) svt_ = runnable_.key(e);
  }

  const Duration allowance_;  ///< C
  const bool one_cpu_;
  const QueueHost& host_;
  std::vector<Thread> threads_;
  ReadyTree ready_;        ///< of those queued, by E
  DeferredTree runnable_;  ///< of those queued or running, by A
  ReadyTree unwarped_;     ///< of those queued that wait for it, by when they may be warped again
  std::vector<EntityId> latest_;  ///< by CPU: who had it
  EntityId running_ = kNoEntity;  ///< on one CPU: who runs
  Tag svt_ = 0;  ///< as of the latest wakeup or leave; while idle: the A of the last to leave
};

SchedulerInfo info() {
  return {.name = "bvt",
          .summary = "borrowed virtual time: who has had least, unless a warp lends it a lead",
          .paper = "Duda, Cheriton, SOSP 1999",
          .cost = "O(log n)",
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag |
                    Claim::kPreemptive,
          .parameters = {slice_parameter()},
          .hints = {duration_parameter("warp", "0s", "0s", "1h",
                                       "how far it may go ahead of its share after a wakeup"),
                    duration_parameter("warp_limit", "2s", "0s", "1h",
                                       "how long it may run ahead at a time"),
                    duration_parameter("unwarp", "1s", "0s", "1h",
                                       "how long it then waits before the next time")},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t siblings) { return siblings; }};
}

const Registration<Bvt> kRegistration{info()};

}  // namespace
}  // namespace sharesim
