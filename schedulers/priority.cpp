// Strict priorities.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/ready_tree.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Strict priorities (Silberschatz, Galvin, Gagne: "Operating System Concepts", chapter on CPU
scheduling; POSIX calls it SCHED_RR, with the weight as the priority).

  pick:      the largest weight; among equals the first in line
  wakeup:    to the tail of its equals; takes the CPU from a lighter one at once
  run:       a slice in all, then to the tail; one that is preempted stays at the head, with
             the rest of its slice

A baseline: weights as ranks, not as shares.

Good at: latency of the heaviest: it never waits.
Not good at: sharing: while one of the heaviest runs, the lighter ones starve.
Cost: O(log n) per decision; 100 bytes per entity.
Differs: on several CPUs with one global queue a CPU takes the first that may run there, so the
  cost is O(n) with affinity; and a woken one takes the CPU of the first lighter one, not of the
  lightest.
)";

class Priority final : public Scheduler {
 public:
  explicit Priority(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")), host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= entities_.size()) entities_.resize(e + 1);
    entities_[e] = {.weight = weight, .left = slice_};
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override {
    entities_[e].weight = weight;
    if (line_.contains(e)) join_tail(e);
  }

  void enqueue(EntityId e, Time, EnqueueReason) override { join_tail(e); }
  void dequeue(EntityId e, Time) override { line_.clear(e); }

  EntityId pick_next(CpuId cpu, Time) override { return line_.take_first(host_, cpu); }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    Entity& entity = entities_[e];
    entity.left -= ran;
    // A group may be queued while it runs.
    if (!still_runnable(why) && !line_.contains(e)) return;
    if (entity.left <= Duration::zero() || why == StopReason::kYielded)
      join_tail(e);
    else
      line_.set(e, place(entity));  // its turn is still the earliest
  }

  Duration slice(EntityId e, Time) override { return entities_[e].left; }

  bool preempts(EntityId woken, EntityId running, Time) override {
    return entities_[woken].weight > entities_[running].weight;
  }

 private:
  using Place = __int128;

  struct Entity {
    Weight weight = 1;
    std::int64_t turn = 0;  ///< the latest
    Duration left{};        ///< of its slice
  };

  /// The largest weight first, then the earliest turn.
  static Place place(const Entity& entity) { return -(Place{entity.weight} << 64U) + entity.turn; }

  /// Queues `e` behind its equals, with a new slice.
  void join_tail(EntityId e) {
    Entity& entity = entities_[e];
    entity.turn = ++turns_;
    entity.left = slice_;
    line_.set(e, place(entity));
  }

  const Duration slice_;
  const QueueHost& host_;
  std::vector<Entity> entities_;
  ReadyTreeOf<Place> line_;  ///< of those queued
  std::int64_t turns_ = 0;   ///< given out so far
};

SchedulerInfo info() {
  return {.name = "priority",
          .summary = "strict priorities: the heaviest first, round robin among equals",
          .paper = "folklore; POSIX SCHED_RR",
          .cost = "O(log n)",
          .claims = Claim::kWorkConserving | Claim::kPreemptive,
          .parameters = {slice_parameter()},
          .explanation = std::string(kExplanation)};
}

const Registration<Priority> kRegistration{info()};

}  // namespace
}  // namespace sharesim
