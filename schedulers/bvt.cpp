// Borrowed virtual time.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/bvt_thread.hpp"
#include "schedulers/common/deferred_tree.hpp"
#include "schedulers/common/parameters.hpp"
#include "schedulers/common/ready_tree.hpp"
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
    Warp warp;
    warp.length = ns(host_.hint(e, "warp").value_or(0));
    warp.limit = ns(host_.hint(e, "warp_limit").value_or(to_ns(warp.limit)));
    warp.pause = ns(host_.hint(e, "unwarp").value_or(to_ns(warp.pause)));
    threads_[e] = {.is = BvtThread(weight, warp, now)};
  }
  void remove(EntityId e, Time) override {
    std::replace(latest_.begin(), latest_.end(), e, kNoEntity);
  }
  void set_weight(EntityId e, Weight weight, Time) override {
    threads_[e].is.set_weight(weight);
    if (ready_.contains(e)) place(e);
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    Thread& thread = threads_[e];
    if (!runnable_.contains(e)) {
      count_svt(now);
      thread.is.raise_to(svt_);
      thread.is.try_to_warp(now);
      thread.yielded = false;
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
      threads_[e].is.try_to_warp(now);
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
    if (thread.is.warped()) thread.granted = std::min(thread.granted, thread.is.warp_left());
    ++thread.runs;
    thread.picked_at = now;
    if (one_cpu_) running_ = e;
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    Thread& thread = threads_[e];
    --thread.runs;
    running_ = kNoEntity;
    thread.is.charge(ran, now);
    thread.yielded = why == StopReason::kYielded;
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
    sink.value("actual_virtual_time", threads_[e].is.actual());
    sink.value("effective_virtual_time", threads_[e].is.effective());
    sink.value("warped", threads_[e].is.warped() ? 1 : 0);
    sink.value("svt", svt_);
  }

 private:
  struct Thread {
    BvtThread is;
    Time picked_at{};        ///< the latest time
    Duration granted{};      ///< to the latest pick
    std::uint32_t runs = 0;  ///< picks that have not come back
    bool yielded = false;    ///< does not ask to keep the CPU
  };

  /// How long `e` may run until it is C m_e beyond `next`, rounded down; 0 or less if it is.
  Duration allowance_left(EntityId e, EntityId next) const {
    return allowance_ + threads_[e].is.behind(threads_[next].is);
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
    const BvtThread& thread = threads_[e].is;
    ready_.set(e, thread.effective());
    runnable_.set(e, thread.actual());
    if (thread.awaits_warp())
      unwarped_.set(e, to_ns(thread.may_warp_at()));
    else
      unwarped_.clear(e);
  }
  void leave(EntityId e, Time now) {
    BvtThread& thread = threads_[e].is;
    runnable_.set(e, thread.actual());
    count_svt(now);
    runnable_.clear(e);
    if (thread.warped()) thread.end_warp(now);
  }

  void count_svt(Time now) {
    if (running_ != kNoEntity) {
      const Thread& thread = threads_[running_];
      runnable_.set(running_, thread.is.actual_after(now - thread.picked_at));
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
