// First come, first served.

#include "schedulers/common/fifo.hpp"

#include <string>
#include <string_view>

#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(First come, first served (Silberschatz, Galvin, Gagne: "Operating System Concepts", chapter on CPU
scheduling; POSIX calls it SCHED_FIFO, at one priority).

  wakeup, yield:   to the tail
  pick:            the head
  run:             until it blocks; what takes the CPU away before that (a cap, an outer queue's
                   slice) leaves it at the head

A baseline: what sharing looks like when nobody shares.

Good at: cost; few context switches; short bursts of about the same length.
Not good at: everything else: behind a long burst all short ones wait (the convoy effect), behind a
  task that never blocks for ever.
Cost: O(1) per decision; 8 bytes per entity.
Differs: on several CPUs with one global queue a CPU takes the first that may run there, so the
  cost is O(n) with affinity. One that was throttled comes back to the tail.
)";

class FirstComeFirstServed final : public Scheduler {
 public:
  explicit FirstComeFirstServed(const SchedulerContext& context) : host_(context.host) {}

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
    if (!still_runnable(why) || queue_.contains(e)) return;  // a group may be queued while it runs
    if (why == StopReason::kYielded)
      queue_.push_back(e);
    else
      queue_.push_front(e);
  }

  Duration slice(EntityId, Time) override { return kForever; }

 private:
  const QueueHost& host_;
  Fifo queue_;
};

SchedulerInfo info() {
  return {.name = "fifo",
          .summary = "first come, first served: each runs until it blocks",
          .paper = "folklore; POSIX SCHED_FIFO",
          .cost = "O(1)",
          .claims = Claim::kWorkConserving,
          .explanation = std::string(kExplanation)};
}

const Registration<FirstComeFirstServed> kRegistration{info()};

}  // namespace
}  // namespace sharesim
