// Generic credit scheduling.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/fifo.hpp"
#include "schedulers/common/parameters.hpp"
#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/virtual_time.hpp"
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

class Credit final : public Scheduler {
 public:
  explicit Credit(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        grant_period_(context.parameters.duration("grant_period")),
        limit_(to_ns(context.parameters.duration("limit")) * kTagsPerNs),
        rate_(context.parameters.percent("rate")),
        earning_weight_(context.parameters.integer("earning_weight")),
        earns_while_running_(context.parameters.choice("earn") == "always"),
        debt_(read_debt(context.parameters.choice("debt"))),
        pick_(read_pick(context.parameters.choice("pick"))),
        host_(context.host),
        kept_(context.cpus, kNoEntity),
        next_grant_(grant_period_) {}

  void add(EntityId e, Weight weight, Time now) override {
    grant(now);
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.weight = weight, .settled = granted_.tag};
    if (earns(e)) change_total(weight);
  }
  void remove(EntityId e, Time now) override {
    grant(now);
    if (earns(e)) change_total(-clients_[e].weight);
  }
  void set_weight(EntityId e, Weight weight, Time now) override {
    settle(e, now);
    if (earns(e)) change_total(-clients_[e].weight);
    clients_[e].weight = weight;
    if (earns(e)) change_total(weight);
    if (queued(e)) {
      dequeue(e, now);
      place(e, false);
    }
  }
  void set_capacity(Capacity capacity, Time now) override {
    grant(now);
    Scheduler::set_capacity(capacity, now);
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    settle(e, now);
    place(e, false);
  }
  void dequeue(EntityId e, Time) override {
    Client& client = clients_[e];
    if (client.queued_as == kKept) {
      kept_[client.turn] = kNoEntity;
    } else if (client.queued_as != kNotQueued) {
      lines_[client.queued_as].erase(e);
      due_.clear(e);
    }
    client.queued_as = kNotQueued;
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    promote(now);
    const EntityId e = next_in_line(cpu, now);
    if (e == kNoEntity) return e;
    dequeue(e, now);
    settle(e, now);
    clients_[e].turn = kept_.size() > 1 ? cpu : 0;
    ++clients_[e].runs;
    if (!holds_credit(e)) {
      ++clients_[e].free_runs;
      ++free_runs_;
    }
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    const bool paid = pays(e);
    const bool again = queued(e);  // a group may be queued while it runs
    if (paid) {
      client.credit -= to_ns(ran) * kTagsPerNs;
      if (debt_ == Debt::kClamped) client.credit = std::max<Tag>(client.credit, 0);
    } else {
      --client.free_runs;
      --free_runs_;
    }
    settle(e, now);
    --client.runs;
    if (again) dequeue(e, now);
    if (again || still_runnable(why))
      place(e, pick_ == Pick::kStrict && paid && why != StopReason::kYielded);
  }

  Duration slice(EntityId e, Time) override {
    const Client& client = clients_[e];
    if (debt_ != Debt::kLimited || !pays(e)) return slice_;
    return std::min(slice_, ns(client.credit / kTagsPerNs));
  }

  bool preempts(EntityId woken, EntityId running, Time) override {
    return !pays(running) && class_of(woken) < class_without_credit(running);
  }

  Time next_timer() const override {
    return lines_[kBroke].empty() || total_weight_ == 0 ? kNever : next_grant_;
  }
  bool on_timer(Time now) override { return promote(now) && free_runs_ > 0; }

  /// What a group earns is what its own queue can count on.
  Capacity capacity_of(EntityId e) const override {
    if (!earns(e)) return capacity();
    constexpr __int128 kWholeRate = 1'000'000;
    return std::max<Capacity>(
        1, static_cast<Capacity>(__int128{capacity()} * rate_ * clients_[e].weight /
                                 (kWholeRate * total_weight_)));
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("credit", clients_[e].credit / kTagsPerNs);
  }

 private:
  /// In the order in which they are served; then the other places where one may be.
  enum Class : std::uint8_t { kHolder, kNeverEarns, kBroke, kClasses, kKept, kNotQueued };

  struct Client {
    Weight weight = 1;
    Tag credit = 0;               ///< in 1/kTagsPerNs ns of CPU time
    Tag settled = 0;              ///< what had been granted per unit of weight when it got its part
    std::uint32_t runs = 0;       ///< picks that have not come back
    std::uint32_t free_runs = 0;  ///< those of them that began without credit
    CpuId turn = 0;               ///< the place in kept_ of the CPU that it ran on
    Class queued_as = kNotQueued;
  };

  bool earns(EntityId e) const { return clients_[e].weight >= earning_weight_; }
  bool holds_credit(EntityId e) const { return clients_[e].credit >= kTagsPerNs; }
  bool pays(EntityId running) const { return clients_[running].free_runs == 0; }
  Class class_without_credit(EntityId e) const { return earns(e) ? kBroke : kNeverEarns; }
  Class class_of(EntityId e) const { return holds_credit(e) ? kHolder : class_without_credit(e); }
  bool queued(EntityId e) const { return clients_[e].queued_as != kNotQueued; }

  void change_total(Weight change) {
    const Weight before = total_weight_;
    total_weight_ += change;
    if (before > 0) granted_.reweigh(before, total_weight_);
  }

  /// CPU time granted to all together by the first `grants` grants.
  std::int64_t granted_by(std::int64_t grants) const {
    constexpr __int128 kWhole = __int128{1'000'000} * kOneCpu;  // of the rate times of the capacity
    return static_cast<std::int64_t>(__int128{grants} * rate_ * capacity() * to_ns(grant_period_) /
                                     kWhole);
  }

  /// Makes the grants up to `now`, for all at once.
  void grant(Time now) {
    if (now < next_grant_) return;
    const std::int64_t grants = now.time_since_epoch() / grant_period_;
    if (total_weight_ > 0)
      granted_.charge(ns(granted_by(grants) - granted_by(grants_)), total_weight_);
    grants_ = grants;
    next_grant_ = Time((grants + 1) * grant_period_);
  }

  /// Gives `e` its part of the grants up to `now`.
  void settle(EntityId e, Time now) {
    grant(now);
    Client& client = clients_[e];
    if (earns(e) && (earns_while_running_ || client.runs == 0)) {
      const __int128 earned = __int128{client.weight} * (granted_.tag - client.settled);
      client.credit = static_cast<Tag>(std::min<__int128>(client.credit + earned, limit_));
    }
    client.settled = granted_.tag;
  }

  /// Queues `e`, which is settled, where it belongs.
  void place(EntityId e, bool keeps_its_turn) {
    Client& client = clients_[e];
    const Class c = class_of(e);
    if (c == kHolder && keeps_its_turn && kept_[client.turn] == kNoEntity) {
      kept_[client.turn] = e;
      client.queued_as = kKept;
    } else {
      lines_[c].push_back(e);
      client.queued_as = c;
    }
    if (c == kBroke) {
      const Tag missing = kTagsPerNs - client.credit;
      due_.set(e, client.settled + (missing + client.weight - 1) / client.weight);
    }
  }

  /// Lets in those whom the grants up to `now` have made holders of credit. Whether there were any.
  bool promote(Time now) {
    grant(now);
    bool any = false;
    for (EntityId e = due_.first(); e != kNoEntity && due_.key(e) <= granted_.tag;
         e = due_.first()) {
      dequeue(e, now);
      settle(e, now);
      place(e, false);
      any |= holds_credit(e);
    }
    return any;
  }

  /// Who keeps its turn on `cpu`, else the first of the highest class, else who keeps its turn
  /// elsewhere.
  EntityId next_in_line(CpuId cpu, Time now) {
    const EntityId own = kept_[kept_.size() > 1 ? cpu : 0];
    if (own != kNoEntity && (!host_.has_affinity() || host_.allowed(own, cpu))) return own;
    if (pick_ == Pick::kLargest) {
      const EntityId e = richest(cpu, now);
      if (e != kNoEntity) return e;
    }
    for (const Fifo& line : lines_) {
      const EntityId e = line.first(host_, cpu);
      if (e != kNoEntity) return e;
    }
    for (const EntityId e : kept_) {
      if (e != kNoEntity && (!host_.has_affinity() || host_.allowed(e, cpu))) return e;
    }
    return kNoEntity;
  }

  EntityId richest(CpuId cpu, Time now) {
    EntityId best = kNoEntity;
    for (EntityId e = lines_[kHolder].front(); e != kNoEntity; e = lines_[kHolder].after(e)) {
      if (host_.has_affinity() && !host_.allowed(e, cpu)) continue;
      settle(e, now);
      if (best == kNoEntity || clients_[e].credit > clients_[best].credit) best = e;
    }
    return best;
  }

  const Duration slice_;
  const Duration grant_period_;
  const Tag limit_;          ///< in 1/kTagsPerNs ns of CPU time
  const std::int64_t rate_;  ///< in millionths of the capacity
  const Weight earning_weight_;
  const bool earns_while_running_;
  const Debt debt_;
  const Pick pick_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  std::array<Fifo, kClasses> lines_;  ///< of those queued, by class
  std::vector<EntityId> kept_;        ///< by CPU: the holder that keeps its turn there, queued
  ReadyTree due_;        ///< of those in lines_[kBroke], by the `granted_` that makes them holders
  VirtualTime granted_;  ///< per unit of weight, by all grants so far
  std::int64_t grants_ = 0;  ///< how many that were
  Time next_grant_;
  Weight total_weight_ = 0;     ///< of those that earn
  std::int64_t free_runs_ = 0;  ///< of all entities
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
