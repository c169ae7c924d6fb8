// Earliest eligible virtual deadline first, as its authors define it.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/eligible_queue.hpp"
#include "schedulers/common/parameters.hpp"
#include "schedulers/common/ready_tree.hpp"
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
    if (ready_.contains(e)) queue(e);
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    settle(now);
    if (!clients_[e].active) join(clients_[e]);
    queue(e);
  }

  void dequeue(EntityId e, Time now) override {
    unqueue(e);
    settle(now);
    if (clients_[e].runs == 0) leave(clients_[e]);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    settle(now);
    EntityId e =
        ready_.take_first(host_, cpu, v_.tag, [&](EntityId id) { return has_begun(clients_[id]); });
    if (e == kNoEntity) e = by_deadline(cpu);
    if (e == kNoEntity) return e;
    unqueue(e);
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
    if (ran != settled_)
      charge(client, ran - settled_);  // what was no service (a context switch) is given back
    running_ = kNoEntity;
    settled_ = {};
    --client.runs;
    client.used += ran;
    if (client.used >= client.request || why == StopReason::kYielded) begin_request(client);
    if (still_runnable(why) || ready_.contains(e)) {  // a group may be queued while it runs
      queue(e);
    } else if (client.runs == 0) {
      leave(client);
    }
  }

  Duration slice(EntityId e, Time) override {
    return std::min(quantum_, clients_[e].request - clients_[e].used);
  }

  void describe(EntityId e, StateSink& sink) const override {
    const Client& client = clients_[e];
    sink.value("eligible", client.eligible.tag);
    sink.value("deadline", client.deadline.tag);
    sink.value("lag",
               static_cast<std::int64_t>((client.active ? lag(client) : client.lag) / kTagsPerNs));
    sink.value("v", v_.tag);
  }

 private:
  using Work = __int128;  ///< virtual time times weight: CPU time, in 1/kTagsPerNs ns
  /// Virtual time with a fraction, rounded down. Weights are at most 10000 * 256 * 1024 < 2^31.5, so
  /// two times that differ do so by more than a unit, and keep their order.
  using Key = __int128;
  static constexpr unsigned kFractionBits = 63;

  struct Client {
    Weight weight = 1;
    Duration request{};    ///< r
    Duration used{};       ///< u, of the present request
    VirtualTime served;    ///< while active: V(join) + s / w
    VirtualTime eligible;  ///< ve of the present request
    VirtualTime deadline;  ///< vd
    VirtualTime stride;    ///< r / w
    Key deadline_key = 0;
    Work lag = 0;            ///< while away
    std::uint32_t runs = 0;  ///< picks that have not come back
    bool active = false;     ///< has joined: queued or running
  };

  static Work work_of(const VirtualTime& time, Weight weight) {
    return Work{time.tag} * weight + time.remainder;
  }
  static bool same(const VirtualTime& a, const VirtualTime& b) {  // for one weight
    return a.tag == b.tag && a.remainder == b.remainder;
  }
  static Key key(const VirtualTime& time, Weight weight) {
    const Key whole = Key{time.tag} << kFractionBits;
    if (time.remainder == 0) return whole;
    const auto rest = static_cast<unsigned __int128>(time.remainder) << kFractionBits;
    return whole + static_cast<Key>(rest / static_cast<std::uint64_t>(weight));
  }
  static VirtualTime per_weight(Work work, Weight weight) {
    VirtualTime time{static_cast<Tag>(work / weight), static_cast<std::int64_t>(work % weight)};
    if (time.remainder < 0) --time.tag, time.remainder += weight;
    return time;
  }
  /// The CPU time that `client` would have had by V, rounded down.
  Work ideal(const Client& client) const {
    return Work{v_.tag} * client.weight + Work{v_.remainder} * client.weight / v_weights_;
  }
  Work lag(const Client& client) const {
    return ideal(client) - work_of(client.served, client.weight);
  }

  void join(Client& client) {
    const Work work = ideal(client) - client.lag;
    const Work others = weights_ > 0 ? work_of(v_, weights_) : 0;
    client.served = per_weight(work, client.weight);
    client.stride = {};
    client.stride.charge(client.request, client.weight);
    client.active = true;
    weights_ += client.weight;
    v_weights_ = weights_;
    v_ = per_weight(others + work, weights_);
    begin_request(client);
  }
  void leave(Client& client) {
    client.lag = lag(client);
    client.active = false;
    const Work others = work_of(v_, weights_) - work_of(client.served, client.weight);
    weights_ -= client.weight;
    if (weights_ == 0) return;  // V stays where it is
    v_weights_ = weights_;
    v_ = per_weight(others, weights_);
  }

  static void begin_request(Client& client) {
    client.used = {};
    client.eligible = client.served;
    client.deadline.tag = client.served.tag + client.stride.tag;
    client.deadline.remainder = client.served.remainder + client.stride.remainder;
    if (client.deadline.remainder >= client.weight)
      ++client.deadline.tag, client.deadline.remainder -= client.weight;
    client.deadline_key = key(client.deadline, client.weight);
  }

  void charge(Client& client, Duration service) {
    if (service == client.request && same(client.served, client.eligible))  // no need to divide
      client.served = client.deadline;
    else
      charge(client.served, service, client.weight);
    charge(v_, service, weights_);
  }
  static void charge(VirtualTime& time, Duration service, Weight weight) {
    time.charge(service, weight);
    if (time.remainder < 0) --time.tag, time.remainder += weight;  // service was
  }
  /// Charges the present run as far as it has come.
  void settle(Time now) {
    if (running_ == kNoEntity) return;
    charge(clients_[running_], now - settled_until_);
    settled_ += now - settled_until_;
    settled_until_ = now;
  }

  /// ve <= V, where both round down to the same
  bool has_begun(const Client& client) const {
    return Work{client.eligible.remainder} * v_weights_ <= Work{v_.remainder} * client.weight;
  }

  void queue(EntityId e) {
    const Client& client = clients_[e];
    ready_.set(e, client.eligible.tag, client.deadline_key);
    if (!one_cpu_) all_.set(e, client.deadline_key);
  }
  void unqueue(EntityId e) {
    ready_.clear(e);
    all_.clear(e);
  }

  /// The smallest vd of all that may run on `cpu`, or kNoEntity.
  EntityId by_deadline(CpuId cpu) {
    if (!one_cpu_) return all_.take_first(host_, cpu);
    EntityId best = kNoEntity;
    for (EntityId e = 0; e < clients_.size(); ++e) {
      if (!ready_.contains(e) || (host_.has_affinity() && !host_.allowed(e, cpu))) continue;
      if (best == kNoEntity || ready_.finish(e) < ready_.finish(best)) best = e;
    }
    return best;
  }

  const Duration quantum_;
  const bool one_cpu_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  EligibleQueue<Key> ready_;      ///< of those queued, by ve and vd
  ReadyTreeOf<Key> all_;          ///< on several CPUs: of those queued, by vd
  Weight weights_ = 0;            ///< of the active ones
  VirtualTime v_;                 ///< V: sum of work over sum of weights, of the active ones
  Weight v_weights_ = 1;          ///< that sum of weights, also after the last one has left
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
