// Worst-case fair weighted fair queuing.

#include <string>
#include <string_view>

#include "schedulers/common/eligible_queue.hpp"
#include "schedulers/common/fluid_flows.hpp"
#include "schedulers/common/requests.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Worst-case fair weighted fair queuing, WF2Q (Bennett, Zhang: "WF2Q: worst-case fair weighted fair
queueing", INFOCOM 1996).

  V, S_i and F_i as in wfq: dV/dt = C / sum of w_j over the flows j backlogged in the fluid system,
             S_i = max(F_i, V(arrival)), F_i = S_i + l / w_i
  pick:      the smallest F_i (ties: lower id) among those with S_i <= V(now), which ideal sharing
             has begun to serve

Good at: staying within one slice of ideal sharing, both ways: lag <= l_max,
  lead <= (1 - r_i / C) l_i. A heavy flow among light ones gets its slices evenly spread, where wfq
  gives them in one go.
Not good at: a CPU that is slower than assumed, as wfq: V runs ahead of what is served. Frequent
  switches are the price of the even spread.
Cost: O(log n) per decision, amortised over the departures from the fluid system; 128 bytes per
  entity.
Differs: l is declared and corrected, as in wfq. A flow is backlogged in the fluid system for as
  long as it is runnable here, also when V has passed its F, for more may follow; among sleepers
  this lets leads be a little longer than proved. Where the CPU gets ahead of the fluid system
  (requests that ended early, more CPUs than flows), and nobody is eligible, V is set to the
  smallest S_i. On several CPUs with one global queue C is their number, and no bound is proven; a
  CPU where nobody eligible may run serves the smallest S_i of those that may.
)";

class Wf2q final : public Scheduler {
 public:
  explicit Wf2q(const SchedulerContext& context)
      : requests_(context), host_(context.host), flows_(context.cpus) {}

  void add(EntityId e, Weight weight, Time) override { flows_.add(e, weight); }
  void remove(EntityId e, Time now) override { flows_.remove(e, now); }
  void set_weight(EntityId e, Weight weight, Time now) override {
    flows_.set_weight(e, weight, now);
    if (ready_.contains(e)) stamp(e);
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    flows_.arrive(e, now);
    stamp(e);
  }
  void dequeue(EntityId e, Time now) override {
    ready_.clear(e);
    flows_.withdraw(e, now);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    flows_.raise_v(ready_.admit(flows_.v_at(now)));
    const EntityId e = ready_.take_first(host_, cpu);
    if (e != kNoEntity) flows_.begin(e);
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    // A group may be queued while it runs.
    const bool stays = still_runnable(why) || ready_.contains(e);
    flows_.end(e, now, ran, stays);
    if (stays) stamp(e);
  }

  Duration slice(EntityId e, Time) override { return requests_.longest_run(e); }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value(ready_.contains(e) ? "start_tag" : "finish_tag", flows_.start(e));
    if (ready_.contains(e)) sink.value("finish_tag", ready_.finish(e));
    sink.value("v", flows_.v());
  }

 private:
  void stamp(EntityId e) { ready_.set(e, flows_.start(e), flows_.finish(e, requests_.length(e))); }

  const Requests requests_;
  const QueueHost& host_;
  FluidFlows flows_;
  EligibleQueue<Tag> ready_;
};

SchedulerInfo info() {
  return {.name = "wf2q",
          .summary =
              "worst-case fair wfq: of what ideal sharing has begun, serve what it would "
              "finish first",
          .paper = "Bennett, Zhang, INFOCOM 1996",
          .cost = "O(log n)",
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter(), request_parameter()},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t) -> std::int64_t { return 1; }};
}

const Registration<Wf2q> kRegistration{info()};

}  // namespace
}  // namespace sharesim
