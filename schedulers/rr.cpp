// Round robin.

#include <string>
#include <string_view>

#include "schedulers/common/fifo.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Round robin (the time-sharing of CTSS and Multics; Silberschatz, Galvin, Gagne: "Operating System
Concepts", chapter on CPU scheduling).

  wakeup:    to the tail
  pick:      the head
  run of l:  one slice at most, then to the tail, whether the slice ended, the run was preempted
             or the entity yielded

Good at: cost, and equal shares among equals that use their whole slices.
Not good at: weights (it ignores them); fairness to those that block early: they lose the rest of
  their slice and wait for a whole round again.
Cost: O(1) per decision; 8 bytes per entity.
Differs: on several CPUs with one global queue a CPU takes the first that may run there, so the
  cost is O(n) with affinity.
)";

class RoundRobin final : public Scheduler {
 public:
  explicit RoundRobin(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")), host_(context.host) {}

  void add(EntityId, Weight, Time) override {}
  void remove(EntityId, Time) override {}
  void set_weight(EntityId, Weight, Time) override {}

  void enqueue(EntityId e, Time, EnqueueReason) override { queue_.push_back(e); }
  void dequeue(EntityId e, Time) override { queue_.erase(e); }

  EntityId pick_next(CpuId cpu, Time) override {
    const EntityId e = queue_.first(host_, cpu);
    if (e != kNoEntity) queue_.erase(e);
    return e;
  }

  void put_prev(EntityId e, Time, Duration, StopReason why) override {
    if (still_runnable(why) && !queue_.contains(e)) queue_.push_back(e);
  }

  Duration slice(EntityId, Time) override { return slice_; }

 private:
  const Duration slice_;
  const QueueHost& host_;
  Fifo queue_;
};

SchedulerInfo info() {
  return {.name = "rr",
          .summary = "round robin: one slice each in turn, whatever the weights",
          .paper = "Corbato, Merwin-Daggett, Daley, AFIPS 1962",
          .cost = "O(1)",
          .claims = Claim::kWorkConserving | Claim::kWeightBlind,
          .parameters = {slice_parameter()},
          .explanation = std::string(kExplanation)};
}

const Registration<RoundRobin> kRegistration{info()};

}  // namespace
}  // namespace sharesim
