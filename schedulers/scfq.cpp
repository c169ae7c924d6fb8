// Self-clocked fair queuing.

#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/requests.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Self-clocked fair queuing (Golestani: "A self-clocked fair queueing scheme for broadband
applications", INFOCOM 1994).

  arrival:   S_i = max(F_i, v)       v = F of the one in service; idle: of the last one
  F_i = S_i + l / w_i;  the next request of one that stays runnable:  S_i = F_i
  pick:      the smallest F_i (ties: lower id)

Good at: fairness without a fluid system, whatever the CPU's speed: services of two that are
  runnable stay within l_f / w_f + l_m / w_m of each other.
Not good at: latency: one that wakes up begins behind the request in service, so a light one waits
  for everybody's slice and its own l / w_i. A heavy flow among light ones gets its slices in one
  go, as with wfq.
Cost: O(log n) per decision; 64 bytes per entity.
Differs: l is declared, one slice or the whole burst (request=burst; a burst of unknown length
  counts as a slice); what ends early is charged what it used, F_i = S_i + used / w_i, while v keeps
  the declared F. A change of weight restamps the request that waits. On several CPUs with one
  global queue v is the F of the latest pick, and weights larger than a CPU's worth are not
  readjusted.
)";

class Scfq final : public Scheduler {
 public:
  explicit Scfq(const SchedulerContext& context) : requests_(context), host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= flows_.size()) flows_.resize(e + 1);
    flows_[e] = {.tag = {}, .weight = weight};
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override {
    Flow& flow = flows_[e];
    flow.tag.reweigh(flow.weight, weight);
    flow.weight = weight;
    if (ready_.contains(e)) stamp(e);
  }

  void enqueue(EntityId e, Time, EnqueueReason) override {
    Flow& flow = flows_[e];
    if (flow.runs == 0) flow.tag.raise_to(v_);
    stamp(e);
  }
  void dequeue(EntityId e, Time) override { ready_.clear(e); }

  EntityId pick_next(CpuId cpu, Time) override {
    const EntityId e = ready_.take_first(host_, cpu);
    if (e != kNoEntity) {
      ++flows_[e].runs;
      v_ = flows_[e].finish;
    }
    return e;
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    Flow& flow = flows_[e];
    --flow.runs;
    flow.tag.charge(ran, flow.weight);
    if (still_runnable(why) || ready_.contains(e)) stamp(e);  // a group may be queued while it runs
  }

  Duration slice(EntityId e, Time) override { return requests_.longest_run(e); }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value(ready_.contains(e) ? "start_tag" : "finish_tag", flows_[e].tag.tag);
    if (ready_.contains(e)) sink.value("finish_tag", flows_[e].finish);
    sink.value("v", v_);
  }

 private:
  struct Flow {
    VirtualTime tag;  ///< F of the last request while it is away, else S of the present one
    Tag finish = 0;   ///< F of the latest request, as declared
    Weight weight = 1;
    std::uint32_t runs = 0;  ///< picks that have not come back
  };

  /// Queues `e` by F = S + l / w.
  void stamp(EntityId e) {
    Flow& flow = flows_[e];
    VirtualTime finish = flow.tag;
    finish.charge(requests_.length(e), flow.weight);
    flow.finish = finish.tag;
    ready_.set(e, flow.finish);
  }

  const Requests requests_;
  const QueueHost& host_;
  std::vector<Flow> flows_;
  ReadyTree ready_;  ///< of those queued, by F
  Tag v_ = 0;
};

SchedulerInfo info() {
  return {.name = "scfq",
          .summary =
              "self-clocked fair queuing: serve the smallest finish tag, read the virtual "
              "time off the one in service",
          .paper = "Golestani, INFOCOM 1994",
          .cost = "O(log n)",
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter(), request_parameter()},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t siblings) { return siblings; }};
}

const Registration<Scfq> kRegistration{info()};

}  // namespace
}  // namespace sharesim
