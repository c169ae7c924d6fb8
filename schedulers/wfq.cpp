// Weighted fair queuing.

#include <string>
#include <string_view>

#include "schedulers/common/fluid_flows.hpp"
#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/requests.hpp"
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

  EntityId pick_next(CpuId cpu, Time) override {
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
    if (ready_.contains(e)) sink.value("finish_tag", ready_.key(e));
    sink.value("v", flows_.v());
  }

 private:
  /// Queues `e` by F = S + l / w.
  void stamp(EntityId e) { ready_.set(e, flows_.finish(e, requests_.length(e))); }

  const Requests requests_;
  const QueueHost& host_;
  FluidFlows flows_;
  ReadyTree ready_;  ///< of those queued, by F
};

SchedulerInfo info() {
  return {.name = "wfq",
          .summary = "weighted fair queuing: serve what ideal sharing would finish first",
          .paper = "Demers, Keshav, Shenker, SIGCOMM 1989; Parekh, Gallager, ToN 1993",
          .cost = "O(log n)",
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter(), request_parameter()},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t siblings) { return siblings; }};
}

const Registration<Wfq> kRegistration{info()};

}  // namespace
}  // namespace sharesim
