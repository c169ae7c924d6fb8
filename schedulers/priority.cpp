// Strict priorities.

#include <compare>
#include <set>
#include <string>
#include <string_view>
#include <vector>

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
    entities_[e] = {.place = {.weight = weight, .turn = 0, .id = e}, .left = slice_};
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override {
    const bool queued = line_.erase(entities_[e].place) > 0;
    entities_[e].place.weight = weight;
    if (queued) join_tail(e);
  }

  void enqueue(EntityId e, Time, EnqueueReason) override { join_tail(e); }
  void dequeue(EntityId e, Time) override { line_.erase(entities_[e].place); }

  EntityId pick_next(CpuId cpu, Time) override {
    auto at = line_.begin();
    while (host_.has_affinity() && at != line_.end() && !host_.allowed(at->id, cpu)) ++at;
    if (at == line_.end()) return kNoEntity;
    const EntityId e = at->id;
    line_.erase(at);
    return e;
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    Entity& entity = entities_[e];
    entity.left -= ran;
    const bool queued = line_.erase(entity.place) > 0;  // a group may be queued while it runs
    if (!queued && !still_runnable(why)) return;
    if (entity.left <= Duration::zero() || why == StopReason::kYielded)
      join_tail(e);
    else
      line_.insert(entity.place);  // its turn is still the earliest
  }

  Duration slice(EntityId e, Time) override { return entities_[e].left; }

  bool preempts(EntityId woken, EntityId running, Time) override {
    return entities_[woken].place.weight > entities_[running].place.weight;
  }

 private:
  /// Where it stands, or stood last.
  struct Place {
    Weight weight = 1;
    std::uint64_t turn = 0;
    EntityId id = 0;

    friend bool operator<(const Place& a, const Place& b) {
      return a.weight != b.weight ? a.weight > b.weight : a.turn < b.turn;
    }
  };
  struct Entity {
    Place place;
    Duration left{};  ///< of its slice
  };

  /// Queues `e` behind its equals, with a new slice.
  void join_tail(EntityId e) {
    entities_[e].place.turn = ++turns_;
    entities_[e].left = slice_;
    line_.insert(entities_[e].place);
  }

  const Duration slice_;
  const QueueHost& host_;
  std::vector<Entity> entities_;
  std::set<Place> line_;     ///< of those queued
  std::uint64_t turns_ = 0;  ///< given out so far
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
