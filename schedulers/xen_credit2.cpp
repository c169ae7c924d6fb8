// The second credit scheduler of Xen.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/parameters.hpp"
#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/runs.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Xen's credit2 (Dunlap: "Scheduler development update", Xen Summit Asia 2009; the default of Xen
since 4.12).

  new:       credit_i = INIT = 10 ms
  run of l:  credit_i -= l * max w / w_i     max over all siblings, runnable or not
  pick:      the largest credit (ties: lower id)
  reset:     if the one picked has credit <= 0, everyone's += m INIT, the smallest m that puts it
             above 0, and is cut to INIT + CARRYOVER, 10.5 ms
  slice:     until its credit is 0, or that of the first who waits if that is above 0:
             (credit_i - credit_j) * w_i / max w, within [max(MIN, ratelimit), slice]
  wakeup:    preempts the running one with the least credit if it has more, and that one has run for
             `ratelimit`

Good at: shares by weight that are exact in the long run, whatever the pattern of sleep: credit is
  what was used, seen backwards; short waits: a sleeper keeps at most CARRYOVER of its head start.
Not good at: light ones among heavy ones: the shortest run, MIN or the ratelimit, is max w / w_i
  times as much credit, and as long they wait for the next.
Cost: O(log n) per decision, O(CPUs) for a reset, a preemption or the end of a run; 56 bytes per
  entity.
Differs: one queue for all CPUs, not one for each socket, so there is no balancing of load, and no
  resistance against taking the first in it though that one ran elsewhere. A credit is kept as what
  is granted to all minus what it spent, in ns, remainders carried: a reset is one addition, and
  whoever sleeps is cut when it wakes up, to the same. Among equal credits Xen lets the running one
  go on, then the first come. Caps are the engine's.
)";

class XenCredit2 final : public Scheduler {
 public:
  explicit XenCredit2(const SchedulerContext& context)
      : longest_(context.parameters.duration("slice")),
        ratelimit_(context.parameters.duration("ratelimit")),
        shortest_(std::max(context.parameters.duration("min_slice"), ratelimit_)),
        init_(context.parameters.duration("credit")),
        limit_(init_ + context.parameters.duration("carryover")),
        host_(context.host),
        runs_(context.cpus) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.spent = granted_ - init_, .weight = weight};
    heaviest_.set(e, -weight);
  }
  void remove(EntityId e, Time) override { heaviest_.clear(e); }
  void set_weight(EntityId e, Weight weight, Time) override {
    Client& client = clients_[e];
    client.remainder =
        static_cast<std::int64_t>(__int128{client.remainder} * weight / client.weight);
    client.weight = weight;
    heaviest_.set(e, -weight);
  }

  void enqueue(EntityId e, Time, EnqueueReason) override {
    cut(clients_[e], credit(e));
    ready_.set(e, to_ns(clients_[e].spent));
  }
  void dequeue(EntityId e, Time) override { ready_.clear(e); }

  EntityId pick_next(CpuId id, Time now) override {
    const EntityId e = ready_.take_first(host_, id);
    if (e == kNoEntity) return e;
    if (credit(e) <= Duration::zero()) reset(credit(e), now);
    runs_.begin(runs_.cpus() > 1 ? id : 0, {.entity = e, .began = now});
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    runs_.end(runs_.find(e, now, ran));
    Client& client = clients_[e];
    const Burn burn = burn_of(client, ran);
    client.spent += burn.whole;
    client.remainder = burn.remainder;
    // A group may be queued while it runs.
    if (still_runnable(why) || ready_.contains(e)) ready_.set(e, to_ns(client.spent));
  }

  Duration slice(EntityId e, Time) override {
    Duration lead = credit(e);
    const EntityId next = ready_.first();
    if (next != kNoEntity && credit(next) > Duration::zero()) lead -= credit(next);
    const Duration length =
        ns(static_cast<std::int64_t>(__int128{to_ns(lead)} * clients_[e].weight / max_weight()));
    return std::max(shortest_, std::min(length, longest_));
  }

  bool preempts(EntityId woken, EntityId running, Time now) override {
    const Run* poorest = nullptr;
    for (CpuId id = 0; id < runs_.cpus(); ++id) {
      const Run& run = runs_.on(id);
      if (runs_.idle(id) || now < run.began + ratelimit_) continue;
      if (host_.has_affinity() && !host_.allowed(woken, id)) continue;
      if (poorest == nullptr || credit_now(run, now) < credit_now(*poorest, now)) poorest = &run;
    }
    return poorest != nullptr && poorest->entity == running &&
           credit(woken) > credit_now(*poorest, now);
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("credit", to_ns(std::min(credit(e), limit_)));
  }

 private:
  struct Client {
    Duration spent{};            ///< credit = granted_ - spent
    std::int64_t remainder = 0;  ///< in 1/weight ns: spent is really so much more
    Weight weight = 1;
  };
  struct Run {
    EntityId entity = kNoEntity;
    Time began{};
  };
  struct Burn {
    Duration whole;
    std::int64_t remainder;
  };

  Weight max_weight() { return -heaviest_.key(heaviest_.first()); }

  /// l * max w / w_i, with what was left over last time.
  Burn burn_of(const Client& client, Duration ran) {
    const __int128 scaled = __int128{to_ns(ran)} * max_weight() + client.remainder;
    return {ns(static_cast<std::int64_t>(scaled / client.weight)),
            static_cast<std::int64_t>(scaled % client.weight)};
  }

  Duration credit(EntityId e) const { return granted_ - clients_[e].spent; }
  /// Counting the present run.
  Duration credit_now(const Run& run, Time now) {
    return credit(run.entity) - burn_of(clients_[run.entity], now - run.began).whole;
  }

  /// Takes away what is above the limit.
  void cut(Client& client, Duration credit) const {
    if (credit <= limit_) return;
    client.spent += credit - limit_;
    client.remainder = 0;
  }

  void reset(Duration credit_of_first, Time now) {
    granted_ += init_ * (-credit_of_first / init_ + 1);
    for (CpuId id = 0; id < runs_.cpus(); ++id) {
      if (!runs_.idle(id)) cut(clients_[runs_.on(id).entity], credit_now(runs_.on(id), now));
    }
    // Whoever waits has no more credit than the one picked, if they may run on the same CPU.
    for (EntityId e = ready_.first(); e != kNoEntity && credit(e) > limit_; e = ready_.first()) {
      cut(clients_[e], credit(e));
      ready_.set(e, to_ns(clients_[e].spent));
    }
  }

  const Duration longest_;
  const Duration ratelimit_;
  const Duration shortest_;
  const Duration init_;
  const Duration limit_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  Runs<Run> runs_;
  ReadyTree ready_;     ///< of those queued, by what they spent: the first has the largest credit
  ReadyTree heaviest_;  ///< of all, by -weight
  Duration granted_{};  ///< to each, by all resets
};

SchedulerInfo info() {
  return {
      .name = "xen_credit2",
      .summary = "Xen's credit2: the largest credit first, burnt by weight, reset when it is out",
      .paper = "Dunlap, Xen Summit Asia 2009",
      .cost = "O(log n), O(CPUs) for a reset",
      .scopes = {Scope::kGlobal, Scope::kPerCpu},
      .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kPreemptive,
      .parameters = {slice_parameter("10ms"),
                     duration_parameter("min_slice", "500us", "1us", "1s", "the shortest slice"),
                     duration_parameter(
                         "ratelimit", "1ms", "0s", "1s",
                         "how long a run is safe from preemption; no slice is shorter"),
                     duration_parameter("credit", "10ms", "1us", "1s",
                                        "what a reset gives to everyone"),
                     duration_parameter("carryover", "500us", "0s", "1s",
                                        "how much credit may remain from before a reset")},
      .explanation = std::string(kExplanation)};
}

const Registration<XenCredit2> kRegistration{info()};

}  // namespace
}  // namespace sharesim
