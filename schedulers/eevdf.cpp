// Earliest eligible virtual deadline first, as its authors define it.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/active_clients.hpp"
#include "schedulers/common/eligible_queue.hpp"
#include "schedulers/common/parameters.hpp"
#include "schedulers/common/ready_tree.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Earliest eligible virtual deadline first (Stoica, Abdel-Wahab: "Earliest eligible virtual deadline
first: a flexible and accurate mechanism for proportional share resource allocation", TR-95-22, Old
Dominion University, 1995).

  dV/dt = 1 / sum of w_j over the active (queued or running)
  a request of length r_i begins:   ve_i = V(join) + s_i / w_i     vd_i = ve_i + r_i / w_i
  pick:      the smallest vd_i among ve_i <= V (ties: lower id), for q at most
  used u = r_i, or less and no more is wanted:   ve_i += u / w_i, and the next request begins
  lag_i    = w_i (V - V(join)) - s_i                               s_i = CPU time since it joined
  leave:     V += lag_i / sum of w_j over those that stay
  join:      ve_i = V - lag_i / w_i, then V -= lag_i / sum of w_j, i included
  w -> w':   leave, join

So V W = sum of w_j (ve_j as of all used), which is how it is kept here: exactly. Proved:
-max r_i < lag_i < max(max r_i, q); with r <= q nobody is ever a quantum away from ideal sharing,
which no algorithm with quanta can better.

Good at: accuracy; latency apart from share: a short request (hint `request`) comes to its turn
  soon, a long one keeps the CPU longer, and neither gets more than its share.
Not good at: waking up: who used more than its share before it slept pays for it afterwards, and
  who sleeps when it is owed something is owed it still, however long ago that was. A join spreads
  the lag over all, the one that joins among them, so it keeps only 1 - w_i / (sum of w) of it: who
  leaves for a moment whenever it is ahead is forgiven a part of its debt each time, and gets more
  than its share (two equal ones: 55 % for bursts of 2 ms and .46 ms with pauses of 1 us).
Cost: O(log n) per decision, amortised: where a leave or a join sets V back, requests that were
  eligible already wait anew, O(log n) each; 230 bytes per entity, 280 on several CPUs.
Differs: V is exact; a join, a leave and a change of weight round to 1/10080 ns of CPU time. An
  entity that yields ends its request. On several CPUs with one global queue V advances at the ends
  of runs, and when all that are eligible run already, the smallest vd_i is picked.
)";

class Eevdf final : public Scheduler {
 public:
  explicit Eevdf(const SchedulerContext& context)
      : quantum_(context.parameters.duration("slice")),
        one_cpu_(context.cpus == 1),
        host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= runs_.size()) runs_.resize(e + 1);
    runs_[e] = 0;
    clients_.add(e, weight, ns(host_.hint(e, "request").value_or(to_ns(quantum_))));
  }
  void remove(EntityId, Time) override {}

  void set_weight(EntityId e, Weight weight, Time now) override {
    settle(now);
    clients_.set_weight(e, weight);
    if (ready_.contains(e)) queue(e);
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    settle(now);
    if (!clients_.active(e)) clients_.join(e);
    queue(e);
  }

  void dequeue(EntityId e, Time now) override {
    unqueue(e);
    settle(now);
    if (runs_[e] == 0) clients_.leave(e);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    settle(now);
    EntityId e = ready_.take_first(host_, cpu, clients_.v(),
                                   [&](EntityId id) { return clients_.has_begun(id); });
    if (e == kNoEntity) e = by_deadline(cpu);
    if (e == kNoEntity) return e;
    unqueue(e);
    ++runs_[e];
    if (one_cpu_) {
      running_ = e;
      settled_until_ = now;
      settled_ = {};
    }
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    settle(now);
    if (ran != settled_)
      clients_.charge(e, ran - settled_);  // what was no service (a context switch) is given back
    running_ = kNoEntity;
    settled_ = {};
    --runs_[e];
    if (clients_.use(e, ran) || why == StopReason::kYielded) clients_.begin_request(e);
    if (still_runnable(why) || ready_.contains(e)) {  // a group may be queued while it runs
      queue(e);
    } else if (runs_[e] == 0) {
      clients_.leave(e);
    }
  }

  Duration slice(EntityId e, Time) override {
    return std::min(quantum_, clients_.left_of_request(e));
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("eligible", clients_.eligible(e));
    sink.value("deadline", clients_.deadline(e));
    sink.value("lag", clients_.lag(e));
    sink.value("v", clients_.v());
  }

 private:
  /// Charges the present run as far as it has come.
  void settle(Time now) {
    if (running_ == kNoEntity) return;
    clients_.charge(running_, now - settled_until_);
    settled_ += now - settled_until_;
    settled_until_ = now;
  }

  void queue(EntityId e) {
    ready_.set(e, clients_.eligible(e), clients_.deadline_key(e));
    if (!one_cpu_) all_.set(e, clients_.deadline_key(e));
  }
  void unqueue(EntityId e) {
    ready_.clear(e);
    all_.clear(e);
  }

  /// The smallest vd of all that may run on `cpu`, or kNoEntity.
  EntityId by_deadline(CpuId cpu) {
    if (!one_cpu_) return all_.take_first(host_, cpu);
    EntityId best = kNoEntity;
    for (EntityId e = 0; e < runs_.size(); ++e) {
      if (!ready_.contains(e) || (host_.has_affinity() && !host_.allowed(e, cpu))) continue;
      if (best == kNoEntity || ready_.finish(e) < ready_.finish(best)) best = e;
    }
    return best;
  }

  const Duration quantum_;
  const bool one_cpu_;
  const QueueHost& host_;
  ActiveClients clients_;
  std::vector<std::uint32_t> runs_;          ///< by id: picks that have not come back
  EligibleQueue<ActiveClients::Key> ready_;  ///< of those queued, by ve and vd
  ReadyTreeOf<ActiveClients::Key> all_;      ///< on several CPUs: of those queued, by vd
  EntityId running_ = kNoEntity;             ///< on one CPU: whose run lasts
  Time settled_until_ = kStart;              ///< how far it has been charged
  Duration settled_{};                       ///< what that came to
};

SchedulerInfo info() {
  return {.name = "eevdf",
          .summary = "earliest deadline in virtual time among those that are owed CPU time",
          .paper = "Stoica, Abdel-Wahab, ODU TR-95-22, 1995",
          .cost = "O(log n)",
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter()},
          .hints = {duration_parameter(
              "request", "1ms", "1us", "10s",
              "the length of its requests (default: the slice); shorter ones are "
              "served sooner")},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t) -> std::int64_t { return 1; }};
}

const Registration<Eevdf> kRegistration{info()};

}  // namespace
}  // namespace sharesim
