// Last in, first out.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace {

using namespace sharesim;

constexpr std::string_view kExplanation =
    R"(Last in, first out: a toy, and the example of a scheduler outside the tree.

  wakeup:    on top of the pile
  pick:      the top
  run of l:  one slice at most, then on top again

Good at: being short.
Not good at: fairness: whoever is on top stays there until it blocks.
Cost: O(1) per decision, O(n) to leave from below.
Differs: from no paper.
)";

class Lifo final : public Scheduler {
 public:
  explicit Lifo(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")), host_(context.host) {}

  void add(EntityId, Weight, Time) override {}
  void remove(EntityId, Time) override {}
  void set_weight(EntityId, Weight, Time) override {}

  void enqueue(EntityId e, Time, EnqueueReason) override { pile_.push_back(e); }
  void dequeue(EntityId e, Time) override { std::erase(pile_, e); }

  EntityId pick_next(CpuId cpu, Time) override {
    const auto top = std::find_if(pile_.rbegin(), pile_.rend(),
                                  [&](EntityId e) { return host_.allowed(e, cpu); });
    if (top == pile_.rend()) return kNoEntity;
    const EntityId e = *top;
    std::erase(pile_, e);
    return e;
  }

  void put_prev(EntityId e, Time, Duration, StopReason why) override {
    const bool queued = std::find(pile_.begin(), pile_.end(), e) != pile_.end();
    if (still_runnable(why) && !queued) pile_.push_back(e);
  }

  Duration slice(EntityId, Time) override { return slice_; }

 private:
  const Duration slice_;
  const QueueHost& host_;
  std::vector<EntityId> pile_;
};

SchedulerInfo info() {
  return {.name = "lifo",
          .summary = "last in, first out: a toy",
          .paper = "none",
          .cost = "O(n)",
          .claims = Claim::kWorkConserving | Claim::kWeightBlind,
          .parameters = {slice_parameter()},
          .explanation = std::string(kExplanation)};
}

const Registration<Lifo> kRegistration{info()};

}  // namespace
