// Earliest eligible virtual deadline first, as its authors define it.

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/eligible_tree.hpp"
#include "schedulers/common/virtual_time.hpp"
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
  who sleeps when it is owed something is owed it still, however long ago that was.
Cost: O(log n) per decision, expected (a treap); 200 bytes per entity.
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
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.weight = weight,
                   .request = ns(host_.hint(e, "request").value_or(to_ns(quantum_)))};
  }
  void remove(EntityId, Time) override {}

  void set_weight(EntityId e, Weight weight, Time now) override {
    Client& client = clients_[e];
    settle(now);
    const bool active = client.active;
    if (active) leave(client);
    client.weight = weight;
    if (active) join(client);
    if (ready_.contains(e)) ready_.set(e, client.eligible, client.deadline);
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    Client& client = clients_[e];
    settle(now);
    if (!client.active) join(client);
    ready_.set(e, client.eligible, client.deadline);
  }

  void dequeue(EntityId e, Time now) override {
    ready_.clear(e);
    settle(now);
    if (clients_[e].runs == 0) leave(clients_[e]);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    settle(now);
    const auto may_run = [&](EntityId e) { return !host_.has_affinity() || host_.allowed(e, cpu); };
    EntityId e = ready_.first(v(), may_run);
    if (e == kNoEntity) e = ready_.first(kEndOfTime, may_run);
    if (e == kNoEntity) return e;
    ready_.clear(e);
    ++clients_[e].runs;
    if (one_cpu_) {
      running_ = e;
      settled_until_ = now;
      settled_ = {};
    }
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    settle(now);
    charge(client, ran - settled_);  // what was no service (a context switch) is given back
    running_ = kNoEntity;
    settled_ = {};
    --client.runs;
    client.used += ran;
    if (client.used >= client.request || why == StopReason::kYielded) begin_request(client);
    if (still_runnable(why) || ready_.contains(e)) {  // a group may be queued while it runs
      ready_.set(e, client.eligible, client.deadline);
    } else if (client.runs == 0) {
      leave(client);
    }
  }

  Duration slice(EntityId e, Time) override {
    return std::min(quantum_, clients_[e].request - clients_[e].used);
  }

  void describe(EntityId e, StateSink& sink) const override {
    const Client& client = clients_[e];
    sink.value("eligible", client.eligible.whole);
    sink.value("deadline", client.deadline.whole);
    sink.value("lag",
               static_cast<std::int64_t>((client.active ? lag(client) : client.lag) / kTagsPerNs));
    sink.value("v", v().whole);
  }

 private:
  using Work = __int128;  ///< virtual time times weight: CPU time, in 1/kTagsPerNs ns
  static constexpr ExactTag kEndOfTime{std::numeric_limits<Tag>::max(), 0, 1};

  struct Client {
    Weight weight = 1;
    Duration request{};      ///< r
    Duration used{};         ///< u, of the present request
    ExactTag eligible;       ///< ve of the present request
    ExactTag deadline;       ///< vd
    Work work = 0;           ///< while active: w * (V(join) + s / w)
    Work lag = 0;            ///< while away
    std::uint32_t runs = 0;  ///< picks that have not come back
    bool active = false;     ///< has joined: queued or running
  };

  ExactTag v() const { return weights_ > 0 ? ExactTag::of(work_, weights_) : idle_v_; }
  Work lag(const Client& client) const { return v().work_of(client.weight) - client.work; }

  void join(Client& client) {
    client.work = v().work_of(client.weight) - client.lag;
    work_ += client.work;
    weights_ += client.weight;
    client.active = true;
    begin_request(client);
  }
  void leave(Client& client) {
    client.lag = lag(client);
    idle_v_ = v();
    work_ -= client.work;
    weights_ -= client.weight;
    client.active = false;
  }

  static void begin_request(Client& client) {
    client.used = {};
    client.eligible = ExactTag::of(client.work, client.weight);
    client.deadline =
        ExactTag::of(client.work + Work{to_ns(client.request)} * kTagsPerNs, client.weight);
  }

  void charge(Client& client, Duration service) {
    const Work work = Work{to_ns(service)} * kTagsPerNs;
    client.work += work;
    work_ += work;
  }
  /// Charges the present run as far as it has come.
  void settle(Time now) {
    if (running_ == kNoEntity) return;
    charge(clients_[running_], now - settled_until_);
    settled_ += now - settled_until_;
    settled_until_ = now;
  }

  const Duration quantum_;
  const bool one_cpu_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  EligibleTree ready_;            ///< of those queued, by ve and vd
  Work work_ = 0;                 ///< of the active ones: V times weights_
  Weight weights_ = 0;            ///< of the active ones
  ExactTag idle_v_;               ///< V when the last of them left
  EntityId running_ = kNoEntity;  ///< on one CPU: whose run lasts
  Time settled_until_ = kStart;   ///< how far it has been charged
  Duration settled_{};            ///< what that came to
};

SchedulerInfo info() {
  return {.name = "eevdf",
          .summary = "earliest deadline in virtual time among those that are owed CPU time",
          .paper = "Stoica, Abdel-Wahab, ODU TR-95-22, 1995",
          .cost = "O(log n)",
          .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kBoundedLag,
          .parameters = {slice_parameter()},
          .hints = {{.name = "request",
                     .type = ParameterType::kDuration,
                     .default_value = "1ms",
                     .minimum = "1us",
                     .maximum = "10s",
                     .choices = {},
                     .summary = "the length of its requests (default: the slice); shorter ones are "
                                "served sooner"}},
          .explanation = std::string(kExplanation),
          .lag_bound_slices = [](std::int64_t) -> std::int64_t { return 1; }};
}

const Registration<Eevdf> kRegistration{info()};

}  // namespace
}  // namespace sharesim
