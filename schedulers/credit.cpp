// Generic credit scheduling.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "schedulers/common/credit_balances.hpp"
#include "schedulers/common/credit_lines.hpp"
#include "schedulers/common/parameters.hpp"
#include "schedulers/common/ready_tree.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(The generic credit scheduler: credit, in CPU time, is granted at regular times by weight and kept
up to a limit; who holds credit goes first. The plain form of what Xen's credit scheduler does
(Cherkasova, Gupta, Vahdat: "Comparison of the three CPU schedulers in Xen", SIGMETRICS PER
2007), and of burstable cloud machines.

  grant, at k T, k = 1, 2, ...:  credit_i = min(limit, credit_i + rate * C * T * w_i / sum of w)
                                 asleep or not; the sum is over all siblings that earn
  pick:      holders of credit, then those that never earn, then those that are out of credit;
             inside the first class by `pick`, inside the others round robin
  run of l:  credit_i -= l if it held credit when the run began; else it was left over, and free
  wakeup, grant:  a higher class preempts a lower one

With r_i = rate * w_i / sum of w, a burst out of credit c lasts c / (1 - r_i), at most
limit / (1 - r_i), and with earn=not_running c. So long may a neighbour without credit wait.

Good at: bursts: one that slept gets the whole CPU at once.
Not good at: those bursts' neighbours. debt=clamped is the known trap: a run begun with 1 ns of
  credit goes on for a slice and the rest is forgiven; with a slice of T one keeps the CPU for
  ever.
Cost: O(log n) per decision, nothing for a grant to a sleeper; O(n) with pick=largest; 120 bytes
  per entity.
Differs: who is lighter than `earning_weight` earns nothing and lives on what the earners leave,
  as a machine beside burstable ones does. A run is paid when it ends, before the grants made in
  the middle of it. The default limit is thirty grants: short, but plain to see in a run of
  seconds. In a grant less than 1/10080 ns per unit of weight is put off to the next one. A group
  on several CPUs at once may overdraw by a slice on each. In per-CPU scope weights may be scaled
  (several CPUs and groups), so earning_weight is for global scope.
)";

enum class Debt : std::uint8_t { kAllowed, kLimited, kClamped };
enum class Pick : std::uint8_t { kStrict, kLargest, kRoundRobin };

Debt read_debt(std::string_view text) {
  if (text == "limited") return Debt::kLimited;
  return text == "clamped" ? Debt::kClamped : Debt::kAllowed;
}
Pick read_pick(std::string_view text) {
  if (text == "largest") return Pick::kLargest;
  return text == "round_robin" ? Pick::kRoundRobin : Pick::kStrict;
}

GrantTerms read_terms(const Parameters& parameters) {
  return {.period = parameters.duration("grant_period"),
          .limit = parameters.duration("limit"),
          .rate = parameters.percent("rate"),
          .earning_weight = parameters.integer("earning_weight"),
          .while_running = parameters.choice("earn") == "always"};
}

class Credit final : public Scheduler {
 public:
  explicit Credit(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        debt_(read_debt(context.parameters.choice("debt"))),
        pick_(read_pick(context.parameters.choice("pick"))),
        balances_(read_terms(context.parameters)),
        lines_(context.cpus, context.host) {}

  void add(EntityId e, Weight weight, Time now) override {
    balances_.add(e, weight, now);
    lines_.add(e);
  }
  void remove(EntityId e, Time now) override { balances_.remove(e, now); }
  void set_weight(EntityId e, Weight weight, Time now) override {
    balances_.settle(e, now);
    balances_.set_weight(e, weight);
    if (!lines_.contains(e)) return;
    dequeue(e, now);
    place(e, false);
  }
  void set_capacity(Capacity capacity, Time now) override {
    balances_.set_capacity(capacity, now);
    Scheduler::set_capacity(capacity, now);
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    balances_.settle(e, now);
    place(e, false);
  }
  void dequeue(EntityId e, Time) override {
    if (lines_.erase(e)) due_.clear(e);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    promote(now);
    EntityId e = lines_.kept(cpu);
    if (e == kNoEntity && pick_ == Pick::kLargest) e = richest(cpu, now);
    if (e == kNoEntity) e = lines_.first(cpu);
    if (e == kNoEntity) return e;
    dequeue(e, now);
    lines_.set_cpu(e, cpu);
    balances_.settle(e, now);
    balances_.begin_run(e);
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    const bool again = lines_.contains(e);  // a group may be queued while it runs
    const bool paid = balances_.end_run(e, ran, debt_ == Debt::kClamped, now);
    if (again) dequeue(e, now);
    if (again || still_runnable(why))
      place(e, pick_ == Pick::kStrict && paid && why != StopReason::kYielded);
  }

  Duration slice(EntityId e, Time) override {
    if (debt_ != Debt::kLimited || !balances_.pays(e)) return slice_;
    return std::min(slice_, ns(balances_.credit(e) / kTagsPerNs));
  }

  bool preempts(EntityId woken, EntityId running, Time) override {
    return !balances_.pays(running) && class_of(woken) < class_without_credit(running);
  }

  Time next_timer() const override {
    const bool awaited = !lines_.empty(CreditClass::kBroke) && balances_.anyone_earns();
    return awaited ? balances_.next_grant() : kNever;
  }
  bool on_timer(Time now) override { return promote(now) && balances_.anyone_runs_free(); }

  Capacity capacity_of(EntityId e) const override { return balances_.capacity_of(e); }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("credit", balances_.credit(e) / kTagsPerNs);
  }

 private:
  CreditClass class_without_credit(EntityId e) const {
    return balances_.earns(e) ? CreditClass::kBroke : CreditClass::kNeverEarns;
  }
  CreditClass class_of(EntityId e) const {
    return balances_.holds_credit(e) ? CreditClass::kHolder : class_without_credit(e);
  }

  /// Queues `e`, which is settled, where it belongs.
  void place(EntityId e, bool keeps_its_turn) {
    const CreditClass its = class_of(e);
    const bool keeps = its == CreditClass::kHolder && keeps_its_turn && lines_.keep_turn(e);
    if (!keeps) lines_.push_back(e, its);
    if (its == CreditClass::kBroke) due_.set(e, balances_.due(e));
  }

  /// Lets in those whom the grants up to `now` have made holders of credit. Whether there were any.
  bool promote(Time now) {
    const Tag granted = balances_.grant(now);
    bool any = false;
    for (EntityId e = due_.first(); e != kNoEntity && due_.key(e) <= granted; e = due_.first()) {
      dequeue(e, now);
      balances_.settle(e, now);
      place(e, false);
      any |= balances_.holds_credit(e);
    }
    return any;
  }

  EntityId richest(CpuId cpu, Time now) {
    EntityId best = kNoEntity;
    lines_.for_each(CreditClass::kHolder, cpu, [&](EntityId e) {
      balances_.settle(e, now);
      if (best == kNoEntity || balances_.credit(e) > balances_.credit(best)) best = e;
    });
    return best;
  }

  const Duration slice_;
  const Debt debt_;
  const Pick pick_;
  CreditBalances balances_;
  CreditLines lines_;
  ReadyTree due_;  ///< of those queued that are broke, by what has to be granted before
};

SchedulerInfo info() {
  return {
      .name = "credit",
      .summary = "credit by weight at regular times, saved up to a limit; holders of it go first",
      .paper = "after Xen's credit scheduler and burstable cloud machines",
      .cost = "O(log n)",
      .scopes = {Scope::kGlobal, Scope::kPerCpu},
      .claims = Claim::kProportional | Claim::kWorkConserving | Claim::kPreemptive |
                Claim::kUsesTimers | Claim::kDividesCapacity,
      .parameters =
          {slice_parameter(),
           duration_parameter("grant_period", "10ms", "1us", "1h", "how often credit is granted"),
           duration_parameter("limit", "300ms", "1us", "24h",
                              "the most credit that one may hold, in CPU time"),
           percent_parameter("rate", "100%", "0.1%", "100%",
                             "how much of the capacity is granted as credit"),
           integer_parameter("earning_weight", "1", "1", "1000000",
                             "who is lighter than this earns nothing"),
           choice_parameter("earn", {"always", "not_running"},
                            "whether one that runs at the time of a grant gets its part"),
           choice_parameter(
               "debt", {"allowed", "limited", "clamped"},
               "a run may end below zero; is cut to the credit; or counts as ending at zero"),
           choice_parameter(
               "pick", {"strict", "largest", "round_robin"},
               "who of the holders of credit: the first until its credit is gone; the richest; "
               "each for a slice")},
      .explanation = std::string(kExplanation)};
}

const Registration<Credit> kRegistration{info()};

}  // namespace
}  // namespace sharesim
