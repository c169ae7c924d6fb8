// Distributed weighted round-robin.

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schedulers/common/parameters.hpp"
#include "schedulers/common/seated_queue.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Distributed weighted round-robin (Li, Baumberger, Hahn: "Efficient and scalable multiprocessor fair
scheduling using distributed weighted round-robin", PPoPP 2009).

  round slice of i:  w_i B CPU time in each round; then it goes on in the next round
  CPU c has a queue, and a number round(c); in the queue are active those in rounds <= round(c), the
  others have expired
  pick on c:  the first active one
              else steal one that waits elsewhere, in a round <= round(c)
              else round(c) = the next round that anyone who waits is in, and again
  paper's bound with K CPUs and feasible weights, w the largest:  -3 B w < lag < 2 B w

Inside a round the CPU's own policy decides; here it is fair sharing: the smallest v_i = service /
w_i first, then first come first served. So a thread's place is v_i alone: its round is v_i / B.

Good at: many CPUs: a CPU looks at others only when its own round is over, and shares are right
  across CPUs within a few round slices.
Not good at: weights that differ much: a round lasts as long as the heaviest needs, and the CPUs
  compare only at its end. A weight beyond a CPU's worth keeps its CPU in early rounds; after it has
  become lighter, that CPU takes no part in others' work until its round has caught up.
Cost: O(log n) for the CPU's own queue, and O(CPUs) at the end of a round; 160 bytes per entity.
Differs: B is the round slice of the lightest known entity. One is stolen at a time, the one that is
  furthest behind; a thief never advances beyond work that waits. The thread keeps its round, but
  not if that is more than one behind the new CPU's. What wakes up goes to the CPU that it ran on,
  what is new to the one with the least to do, in that CPU's round; a CPU without work begins in the
  highest round of the busy ones. A group's runs on several CPUs share one round slice, and it may
  overdraw it by a slice on each: that is taken from its next rounds.
)";

class Dwrr final : public Scheduler {
 public:
  explicit Dwrr(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        round_slice_(context.parameters.duration("round_slice")),
        host_(context.host),
        cpus_(context.cpus) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= threads_.size()) threads_.resize(e + 1);
    threads_[e] = {.weight = weight};
    weights_.insert(weight);
    resize_rounds();
  }
  void remove(EntityId e, Time) override {
    weights_.erase(weights_.find(threads_[e].weight));
    resize_rounds();
  }
  void set_weight(EntityId e, Weight weight, Time) override {
    Thread& thread = threads_[e];
    const bool queued = thread.queued();
    if (queued) take(e);
    weights_.erase(weights_.find(thread.weight));
    weights_.insert(weight);
    resize_rounds();
    thread.v.reweigh(thread.weight, weight);
    thread.weight = weight;
    if (queued) queue(e);
  }

  void enqueue(EntityId e, Time, EnqueueReason why) override {
    if (why != EnqueueReason::kMoreWork) join(e, home(e));
    queue(e);
  }
  void dequeue(EntityId e, Time) override { take(e); }

  EntityId pick_next(CpuId cpu, Time now) override {
    Cpu& here = cpus_[cpu];
    here.running = here.ended = kNoEntity;
    if (!here.works()) begin_again(cpu);
    EntityId e = first(cpu, cpu);
    if (e == kNoEntity || !is_active(e, here)) {  // the round is over
      const EntityId other = first_elsewhere(cpu, now, e == kNoEntity);
      const bool steals = other != kNoEntity && (e == kNoEntity || is_active(other, here) ||
                                                 round_of(other) < round_of(e));
      if (steals) e = other;
    }
    if (e == kNoEntity) return e;
    Thread& thread = threads_[e];
    take(e);
    if (!is_active(e, here)) reach(here, start(round_of(e)));
    if (thread.cpu != cpu) thread.v.raise_to(start(round(cpu) - 1));
    thread.cpu = cpu;
    here.running = e;
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    Thread& thread = threads_[e];
    Cpu& freed = cpu_running(e);
    freed.running = kNoEntity;
    freed.ended = e;
    freed.ended_at = now;
    const bool queued = thread.queued();  // a group may be queued while it runs
    if (queued) take(e);
    thread.v.charge(ran, thread.weight);
    if (queued || still_runnable(why)) queue(e);
  }

  /// What is left of its round slice, a slice at the most.
  Duration slice(EntityId e, Time) override {
    const Thread& thread = threads_[e];
    const __int128 left = __int128{round_ - thread.v.tag % round_} * thread.weight;
    const __int128 work = left - thread.v.remainder;
    if (work >= __int128{to_ns(slice_)} * kTagsPerNs) return slice_;
    return ns((static_cast<std::int64_t>(work) + kTagsPerNs - 1) / kTagsPerNs);
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("service_by_weight", threads_[e].v.tag);
    sink.value("round", round_of(e));
    if (threads_[e].cpu == kNoCpu) return;  // it has never been runnable
    sink.value("cpu", threads_[e].cpu);
    sink.value("cpu_round", round(threads_[e].cpu));
  }

 private:
  struct Thread {
    VirtualTime v;
    Weight weight = 1;
    CpuId cpu = kNoCpu;                             ///< where it is queued, runs, or ran last
    std::int64_t order = 0;                         ///< of its coming to the queue
    SeatedQueue::Seat seat = SeatedQueue::kNoSeat;  ///< while it is queued

    bool queued() const { return seat != SeatedQueue::kNoSeat; }
    /// The smallest v first, then first come first served.
    SeatedQueue::Rank rank() const { return (SeatedQueue::Rank{v.tag} << 62U) + order; }
  };
  struct Cpu {
    SeatedQueue queue;
    Tag reached = 0;     ///< v at the start of its round
    Tag next_round = 1;  ///< v at the start of the next one
    EntityId running = kNoEntity;
    EntityId ended = kNoEntity;  ///< whose run has ended there since the last pick
    Time ended_at{};

    bool works() const { return running != kNoEntity || !queue.empty(); }
  };

  std::int64_t round_of(EntityId e) const { return threads_[e].v.tag / round_; }
  std::int64_t round(CpuId cpu) const { return cpus_[cpu].reached / round_; }
  Tag start(std::int64_t round) const { return round * round_; }

  bool is_active(EntityId e, const Cpu& on) const { return threads_[e].v.tag < on.next_round; }
  void reach(Cpu& cpu, Tag v) {
    cpu.reached = v;
    cpu.next_round = start(v / round_ + 1);
  }

  void resize_rounds() {
    if (weights_.empty()) return;
    round_ = std::max<Tag>(to_ns(round_slice_) * kTagsPerNs / *weights_.begin(), 1);
    for (Cpu& cpu : cpus_) reach(cpu, cpu.reached);
  }

  void queue(EntityId e) {
    Thread& thread = threads_[e];
    thread.order = ++arrivals_;
    thread.seat = cpus_[thread.cpu].queue.insert(e, thread.rank());
  }
  void take(EntityId e) {
    Thread& thread = threads_[e];
    cpus_[thread.cpu].queue.erase(std::exchange(thread.seat, SeatedQueue::kNoSeat));
  }

  /// A CPU that runs `e`: of a group on several CPUs it may be any of them.
  Cpu& cpu_running(EntityId e) {
    Cpu& last = cpus_[threads_[e].cpu];
    if (last.running == e) return last;
    const auto any =
        std::find_if(cpus_.begin(), cpus_.end(), [&](const Cpu& cpu) { return cpu.running == e; });
    return any == cpus_.end() ? last : *any;
  }

  bool may_run(EntityId e, CpuId cpu) const {
    return !host_.has_affinity() || host_.allowed(e, cpu);
  }

  /// Where `e` waits when it comes from outside.
  CpuId home(EntityId e) const {
    const CpuId last = threads_[e].cpu;
    if (last != kNoCpu && may_run(e, last)) return last;
    const auto load = [&](CpuId cpu) {
      return cpus_[cpu].queue.size() + (cpus_[cpu].running != kNoEntity ? 1U : 0U);
    };
    CpuId best = kNoCpu;
    for (CpuId cpu = 0; cpu < cpus_.size(); ++cpu) {
      if (may_run(e, cpu) && (best == kNoCpu || load(cpu) < load(best))) best = cpu;
    }
    return best == kNoCpu ? 0 : best;
  }

  /// `e` takes part in the rounds of `cpu`: active or expired there.
  void join(EntityId e, CpuId cpu) {
    if (!cpus_[cpu].works()) begin_again(cpu);
    Thread& thread = threads_[e];
    thread.cpu = cpu;
    thread.v.raise_to(start(round(cpu)));
    const std::int64_t ahead = round_of(e) - (round(cpu) + 1);
    if (ahead > 0) thread.v.tag -= start(ahead);
  }

  /// `cpu`, which has had nothing to do, goes on with those that have: in their highest round.
  void begin_again(CpuId cpu) {
    Tag highest = -1;
    for (const Cpu& other : cpus_) {
      if (other.works()) highest = std::max(highest, other.reached);
    }
    if (highest >= 0) reach(cpus_[cpu], highest);
  }

  /// The first in the queue of `owner` that may run on `cpu` and is not `spared`, or kNoEntity.
  EntityId first(CpuId owner, CpuId cpu, EntityId spared = kNoEntity) {
    SeatedQueue& queue = cpus_[owner].queue;
    if (const EntityId e = queue.first(); e == kNoEntity || (e != spared && may_run(e, cpu)))
      return e;
    return queue.first_if([&](EntityId e) { return e != spared && may_run(e, cpu); });
  }
  /// The one furthest behind of those that wait elsewhere. Whose run has ended at this very instant
  /// does not wait until its CPU has picked, unless `any` will do.
  EntityId first_elsewhere(CpuId cpu, Time now, bool any) {
    EntityId best = kNoEntity;
    EntityId best_of_all = kNoEntity;
    const auto lower = [&](EntityId a, EntityId b) {
      if (a == kNoEntity || b == kNoEntity) return a == kNoEntity ? b : a;
      return threads_[a].rank() < threads_[b].rank() ? a : b;
    };
    for (CpuId other = 0; other < cpus_.size(); ++other) {
      if (other == cpu) continue;
      const bool picks_now = cpus_[other].ended_at == now;
      best = lower(first(other, cpu, picks_now ? cpus_[other].ended : kNoEntity), best);
      best_of_all = lower(first(other, cpu), best_of_all);
    }
    return best == kNoEntity && any ? best_of_all : best;
  }

  const Duration slice_;
  const Duration round_slice_;
  const QueueHost& host_;
  std::vector<Thread> threads_;
  std::vector<Cpu> cpus_;
  std::multiset<Weight> weights_;  ///< of all that are known
  Tag round_ = 1;                  ///< how far v goes in a round: B / the least weight
  std::int64_t arrivals_ = 0;
};

SchedulerInfo info() {
  return {
      .name = "dwrr",
      .summary =
          "distributed weighted round-robin: a queue on each CPU, and rounds that keep them level",
      .paper = "Li, Baumberger, Hahn, PPoPP 2009",
      .cost = "O(log n), O(CPUs) at the end of a round",
      .scopes = {Scope::kGlobal},
      .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
      .parameters = {slice_parameter(),
                     duration_parameter("round_slice", "10ms", "1us", "1h",
                                        "CPU time of the lightest in each round (B)")},
      .explanation = std::string(kExplanation),
      .lag_bound_slices = [](std::int64_t siblings) { return siblings; }};
}

const Registration<Dwrr> kRegistration{info()};

}  // namespace
}  // namespace sharesim
