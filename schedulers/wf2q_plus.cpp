// Worst-case fair weighted fair queuing with a clock of its own.

#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/eligible_queue.hpp"
#include "schedulers/common/requests.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(WF2Q+ (Bennett, Zhang: "Hierarchical packet fair queueing algorithms", SIGCOMM 1996).

  arrival:   S_i = max(F_i, V);  F_i = S_i + l / w_i
  the next request of one that stays runnable:  S_i = F_i
  pick:      V = max(V, smallest S_i of those queued), then the smallest F_i (ties: lower id) among
             those with S_i <= V
  service W: V = V + W / sum of w_j over all j, runnable or not

Good at: nearly the bounds of wf2q without its fluid system: i gets its guaranteed part r_i = w_i /
  sum of all w_j of any time in which it is runnable, less one slice. V counts service and not time,
  so a slow CPU does no harm, and every group of a hierarchy is just another flow.
Not good at: sharing what the blocked ones leave as evenly as wf2q: V is slow then (it goes by all
  weights), and is pushed on by the smallest S_i. Frequent switches.
Cost: O(log n) per decision, amortised; 96 bytes per entity.
Differs: l is declared, one slice or the whole burst (request=burst; a burst of unknown length
  counts as a slice); what ends early is charged what it used, F_i = S_i + used / w_i. A change of
  weight restamps the request that waits. V moves when a run ends, so one that arrives during a run
  sees the V at its beginning. On several CPUs with one global queue W is the service of all of
  them, and no bound is proven; a CPU where nobody eligible may run serves the smallest S_i of those
  that may.
)";

class Wf2qPlus final : public Scheduler {
 public:
  explicit Wf2qPlus(const SchedulerContext& context) : requests_(context), host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= flows_.size()) flows_.resize(e + 1);
    flows_[e] = {.tag = {}, .weight = weight};
    set_total(total_ + weight);
  }
  void remove(EntityId e, Time) override { set_total(total_ - flows_[e].weight); }
  void set_weight(EntityId e, Weight weight, Time) override {
    Flow& flow = flows_[e];
    set_total(total_ + weight - flow.weight);
    flow.tag.reweigh(flow.weight, weight);
    flow.weight = weight;
    if (ready_.contains(e)) stamp(e);
  }

  void enqueue(EntityId e, Time, EnqueueReason) override {
    Flow& flow = flows_[e];
    if (flow.runs == 0) flow.tag.raise_to(v_.tag);
    stamp(e);
  }
  void dequeue(EntityId e, Time) override { ready_.clear(e); }

  EntityId pick_next(CpuId cpu, Time) override {
    v_.raise_to(ready_.admit(v_.tag));
    const EntityId e = ready_.take_first(host_, cpu);
    if (e != kNoEntity) ++flows_[e].runs;
    return e;
  }

  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    Flow& flow = flows_[e];
    --flow.runs;
    flow.tag.charge(ran, flow.weight);
    v_.charge(ran, total_);
    if (still_runnable(why) || ready_.contains(e)) stamp(e);  // a group may be queued while it runs
  }

  Duration slice(EntityId e, Time) override { return requests_.longest_run(e); }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value(ready_.contains(e) ? "start_tag" : "finish_tag", flows_[e].tag.tag);
    if (ready_.contains(e)) sink.value("finish_tag", ready_.finish(e));
    sink.value("v", v_.tag);
  }

 private:
  struct Flow {
    VirtualTime tag;  ///< F of the last request while it is away, else S of the present one
    Weight weight = 1;
    std::uint32_t runs = 0;  ///< picks that have not come back
  };

  void set_total(Weight total) {
    if (total_ > 0) v_.reweigh(total_, total);
    total_ = total;
  }

  void stamp(EntityId e) {
    const Flow& flow = flows_[e];
    VirtualTime finish = flow.tag;
    finish.charge(requests_.length(e), flow.weight);
    ready_.set(e, flow.tag.tag, finish.tag);
  }

  const Requests requests_;
  const QueueHost& host_;
  std::vector<Flow> flows_;
  EligibleQueue<Tag> ready_;
  VirtualTime v_;
  Weight total_ = 0;  ///< of all, runnable or not
};

SchedulerInfo info() {
  return {.name = "wf2q_plus",
          .summary = "WF2Q+: wf2q with a virtual time that needs no fluid system",
          .paper = "Bennett, Zhang, SIGCOMM 1996",
          .cost = "O(log n)",
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter(), request_parameter()},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t) -> std::int64_t { return 1; }};
}

const Registration<Wf2qPlus> kRegistration{info()};

}  // namespace
}  // namespace sharesim
