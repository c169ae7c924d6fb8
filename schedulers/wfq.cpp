// Weighted fair queuing.

#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/fluid_clock.hpp"
#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Weighted fair queuing, also called PGPS (Demers, Keshav, Shenker, SIGCOMM 1989; Parekh, Gallager:
"A generalized processor sharing approach to flow control in integrated services networks",
IEEE/ACM ToN 1993).

  dV/dt = C / sum of w_j over the flows j backlogged in the fluid system (GPS); C = CPUs
  request of length l that arrives at a:  S_i = max(F_i, V(a)),  F_i = S_i + l / w_i
  the next request of one that stays runnable:  S_i = F_i
  pick:      the smallest F_i (ties: lower id)
  backlogged in the fluid system: runnable here, or done here but V has not reached F_i yet

Good at: finishing a request at most one slice later than ideal sharing would.
Not good at: a CPU that is slower than assumed (a stolen CPU, a group with a part of one): V runs
  ahead of what is served, and whoever joins then waits for all who stayed. A heavy flow among
  light ones gets its slices in one go, up to n/2 ahead of ideal sharing.
Cost: O(log n) per decision, amortised over the departures from the fluid system; 100 bytes per
  entity.
Differs: l is declared, one slice or the whole burst (request=burst; a burst of unknown length
  counts as a slice); what ends early is charged what it used, F_i = S_i + used / w_i. A change
  of weight restamps the request that waits. On several CPUs with one global queue C is their
  number, and no bound is proven. V loses less than 1 / sum of w of a tag unit at an arrival
  (rounding).
)";

class Wfq final : public Scheduler {
 public:
  explicit Wfq(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        whole_bursts_(context.parameters.choice("request") == "burst"),
        host_(context.host),
        fluid_(context.cpus) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= flows_.size()) flows_.resize(e + 1);
    flows_[e] = {.tag = {}, .weight = weight};
  }

  void remove(EntityId e, Time now) override {
    fluid_.advance(now);
    if (fluid_.stay(e)) fluid_.leave(flows_[e].weight);
  }

  void set_weight(EntityId e, Weight weight, Time now) override {
    Flow& flow = flows_[e];
    fluid_.advance(now);
    const bool leaving = fluid_.stay(e);
    if (leaving || flow.here) {
      fluid_.join(weight);
      fluid_.leave(flow.weight);
    }
    if (leaving) fluid_.leave_at(e, weight, flow.tag.tag);
    flow.tag.reweigh(flow.weight, weight);
    flow.weight = weight;
    if (ready_.contains(e)) stamp(e);
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    Flow& flow = flows_[e];
    if (!flow.here) {
      flow.here = true;
      fluid_.advance(now);
      flow.tag.raise_to(fluid_.v());
      if (!fluid_.stay(e)) fluid_.join(flow.weight);
    }
    stamp(e);
  }

  void dequeue(EntityId e, Time now) override {
    ready_.clear(e);
    if (flows_[e].runs == 0) leave(e, now);  // its request is withdrawn: F = S
  }

  EntityId pick_next(CpuId cpu, Time) override {
    const EntityId e = ready_.take_first(host_, cpu);
    if (e != kNoEntity) ++flows_[e].runs;
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    Flow& flow = flows_[e];
    --flow.runs;
    flow.tag.charge(ran, flow.weight);
    if (still_runnable(why) || ready_.contains(e)) {  // a group may be queued while it runs
      stamp(e);
    } else if (flow.runs == 0) {
      leave(e, now);
    }
  }

  Duration slice(EntityId e, Time) override {
    return declared_burst(e) == kForever ? slice_ : kForever;
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value(ready_.contains(e) ? "start_tag" : "finish_tag", flows_[e].tag.tag);
    if (ready_.contains(e)) sink.value("finish_tag", ready_.key(e));
    sink.value("v", fluid_.v());
  }

 private:
  struct Flow {
    VirtualTime tag;  ///< F of the last request while it is away, else S of the present one
    Weight weight = 1;
    std::uint32_t runs = 0;  ///< picks that have not come back
    bool here = false;       ///< queued or running
  };

  Duration declared_burst(EntityId e) const {
    return whole_bursts_ ? host_.remaining_burst(e) : kForever;
  }

  /// Queues `e` by F = S + l / w.
  void stamp(EntityId e) {
    VirtualTime finish = flows_[e].tag;
    const Duration burst = declared_burst(e);
    finish.charge(burst == kForever ? slice_ : burst, flows_[e].weight);
    ready_.set(e, finish.tag);
  }

  void leave(EntityId e, Time now) {
    Flow& flow = flows_[e];
    flow.here = false;
    fluid_.advance(now);
    if (flow.tag.tag > fluid_.v())
      fluid_.leave_at(e, flow.weight, flow.tag.tag);
    else
      fluid_.leave(flow.weight);
  }

  const Duration slice_;
  const bool whole_bursts_;
  const QueueHost& host_;
  std::vector<Flow> flows_;
  ReadyTree ready_;  ///< of those queued, by F
  FluidClock fluid_;
};

SchedulerInfo info() {
  return {
      .name = "wfq",
      .summary = "weighted fair queuing: serve what ideal sharing would finish first",
      .paper = "Demers, Keshav, Shenker, SIGCOMM 1989; Parekh, Gallager, ToN 1993",
      .cost = "O(log n)",
      .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
      .parameters = {slice_parameter(),
                     {.name = "request",
                      .type = ParameterType::kChoice,
                      .default_value = "slice",
                      .minimum = "",
                      .maximum = "",
                      .choices = {"slice", "burst"},
                      .summary = "the length of a request: one slice, or the whole burst, which "
                                 "then runs without a break"}},
      .explanation = std::string(kExplanation),
      .lag_bound_slices = [](std::int64_t siblings) { return siblings; }};
}

const Registration<Wfq> kRegistration{info()};

}  // namespace
}  // namespace sharesim
