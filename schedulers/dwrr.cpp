// Distributed weighted round-robin.

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "schedulers/common/parameters.hpp"
#include "schedulers/common/round_queues.hpp"
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
        queues_(context.cpus, context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    queues_.add(e, weight);
    weights_.insert(weight);
    resize_rounds();
  }
  void remove(EntityId e, Time) override {
    weights_.erase(weights_.find(queues_.weight(e)));
    resize_rounds();
  }
  void set_weight(EntityId e, Weight weight, Time) override {
    const bool queued = queues_.contains(e);
    if (queued) queues_.take(e);
    weights_.erase(weights_.find(queues_.weight(e)));
    weights_.insert(weight);
    resize_rounds();
    queues_.set_weight(e, weight);
    if (queued) queues_.queue(e);
  }

  void enqueue(EntityId e, Time, EnqueueReason why) override {
    if (why != EnqueueReason::kMoreWork) queues_.join(e);
    queues_.queue(e);
  }
  void dequeue(EntityId e, Time) override { queues_.take(e); }

  EntityId pick_next(CpuId cpu, Time now) override {
    queues_.stop(cpu);
    queues_.begin_again(cpu);
    EntityId e = queues_.first(cpu);
    if (e == kNoEntity || !queues_.is_active(e, cpu)) {  // the round is over
      const EntityId other = queues_.first_elsewhere(cpu, now, e == kNoEntity);
      const bool steals = other != kNoEntity && (e == kNoEntity || queues_.is_active(other, cpu) ||
                                                 queues_.round_of(other) < queues_.round_of(e));
      if (steals) e = other;
    }
    if (e != kNoEntity) queues_.start_run(e, cpu);
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    const bool queued = queues_.contains(e);  // a group may be queued while it runs
    if (queued) queues_.take(e);
    queues_.end_run(e, ran, now);
    if (queued || still_runnable(why)) queues_.queue(e);
  }

  /// What is left of its round slice, a slice at the most.
  Duration slice(EntityId e, Time) override {
    const __int128 work = queues_.left_of_round(e);
    if (work >= __int128{to_ns(slice_)} * kTagsPerNs) return slice_;
    return ns((static_cast<std::int64_t>(work) + kTagsPerNs - 1) / kTagsPerNs);
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("service_by_weight", queues_.v(e).tag);
    sink.value("round", queues_.round_of(e));
    if (queues_.cpu(e) == kNoCpu) return;  // it has never been runnable
    sink.value("cpu", queues_.cpu(e));
    sink.value("cpu_round", queues_.round_at(queues_.cpu(e)));
  }

 private:
  /// B is what the lightest gets.
  void resize_rounds() {
    if (weights_.empty()) return;
    const Tag all = to_ns(round_slice_) * kTagsPerNs;
    queues_.set_round(std::max<Tag>(all / *weights_.begin(), 1));
  }

  const Duration slice_;
  const Duration round_slice_;
  RoundQueues queues_;
  std::multiset<Weight> weights_;  ///< of all that are known
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
