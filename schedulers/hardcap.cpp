// Hard limits.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/fifo.hpp"
#include "schedulers/common/parameters.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Hard limits: every entity has an upper bound, and what it leaves stays idle (a reservation
without reclaiming: Mercer, Savage, Tokuda: "Processor capacity reserves", ICMCS 1994; budgets
that are refilled in full: the deferrable server, Strosnider, Lehoczky, Sha, IEEE ToC 1995).

  bound_i   = quota_i / period_i where the entity has a cap, else
              C * w_i / sum of w over all siblings, runnable or not; C = the queue's capacity
  budget_i  = bound_i * period, refilled to that at k * period, k = 0, 1, ...; never saved up
  eligible:  queued, with budget left
  pick:      the first in line among the eligible (round robin)
  run of l:  min(slice, budget left) at most; budget_i -= l

Good at: isolation: nobody gets more because a neighbour sleeps, so nobody misses it afterwards.
Not good at: using the machine: an idle share is lost. Latency: who spends its budget early in
  the period waits for up to period - budget.
Cost: O(1) per decision, O(1) per refill of one that was out of budget; 80 bytes per entity.
Differs: budgets are whole ns: floor((k + 1) x) - floor(k x), so that sums over many periods are
  exact. A new weight or sibling changes the present period's budgets at once, but takes nothing
  back that has been used before, and who is out of budget waits for the refill; a new cap counts
  from the next refill. A cap's burst is not used here. What a run under way at such a change, or
  a late slice end (a timer tick), overruns is paid from the following periods. A group on several
  CPUs at once books each run's slice beforehand, so that it stays within its bound.
)";

class HardCap final : public Scheduler {
 public:
  explicit HardCap(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        period_(context.parameters.duration("period")),
        host_(context.host) {}

  void add(EntityId e, Weight weight, Time now) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.weight = weight, .period = period_of(now)};
    change_total(weight);
  }
  void remove(EntityId e, Time) override { change_total(-clients_[e].weight); }
  void set_weight(EntityId e, Weight weight, Time) override {
    change_total(weight - clients_[e].weight);
    clients_[e].weight = weight;
  }
  void set_capacity(Capacity capacity, Time now) override {
    Scheduler::set_capacity(capacity, now);
    ++epoch_;
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override { place(e, now); }
  void dequeue(EntityId e, Time) override {
    eligible_.erase(e);
    spent_.erase(e);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    refill_spent(now);
    EntityId e = eligible_.first(host_, cpu);
    while (e != kNoEntity && left(e, now) <= Duration::zero()) {  // weights or siblings changed
      place(e, now);
      e = eligible_.first(host_, cpu);
    }
    if (e != kNoEntity) {
      eligible_.erase(e);
      Client& client = clients_[e];
      client.granted = std::min(slice_, left(e, now));
      client.booked += client.granted;
      ++client.runs;
    }
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    --client.runs;
    // Which of its runs came back is not known, but each of the others has booked a slice at most.
    client.booked = std::min(std::max(client.booked - ran, Duration::zero()), client.runs * slice_);
    const Duration fresh = std::min(ran, now.time_since_epoch() % period_);  // ran in this period
    client.used += ran - fresh;
    catch_up(e, now);
    client.used += fresh;
    if (still_runnable(why) || queued(e)) place(e, now);
  }

  Duration slice(EntityId e, Time) override { return clients_[e].granted; }

  Time next_timer() const override { return spent_.empty() ? kNever : refill_; }
  bool on_timer(Time now) override {
    refill_spent(now);
    return false;
  }

  Capacity capacity_of(EntityId e) const override {
    const Rate bound = rate(e);
    return std::min(capacity(), static_cast<Capacity>(bound.numerator / bound.denominator));
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("bound", capacity_of(e));
    sink.value("budget_used", to_ns(clients_[e].used));
  }

 private:
  using Wide = __int128;

  struct Client {
    Weight weight = 1;
    std::int64_t period = 0;  ///< the period that the budget is about
    std::int64_t epoch = 0;   ///< the epoch that it was computed in; 0: never
    Duration budget{};        ///< of this period
    Duration used{};          ///< of that
    Duration booked{};        ///< by runs that have not come back
    Duration granted{};       ///< to the latest pick
    std::int64_t runs = 0;    ///< picks that have not come back
  };
  /// An entity's bound, as a Capacity.
  struct Rate {
    Wide numerator;
    Wide denominator;
  };

  Rate rate(EntityId e) const {
    if (const Bandwidth* cap = host_.cap(e))
      return {Wide{to_ns(cap->quota)} * kOneCpu, Wide{to_ns(cap->period)}};
    return {Wide{capacity()} * clients_[e].weight, Wide{total_weight_}};
  }

  /// What `e` may use from the start of period `from` to the start of period `to`.
  Duration budget(EntityId e, std::int64_t from, std::int64_t to) const {
    const Rate bound = rate(e);
    const Wide denominator = bound.denominator * kOneCpu;
    const Wide whole = bound.numerator * to_ns(period_) / denominator;
    const Wide rest = bound.numerator * to_ns(period_) % denominator;
    return ns(static_cast<std::int64_t>(whole * (to - from) + rest * to / denominator -
                                        rest * from / denominator));
  }

  /// Brings the budget of `e` up to date.
  void catch_up(EntityId e, Time now) {
    Client& client = clients_[e];
    const std::int64_t period = period_of(now);
    if (period == client.period && epoch_ == client.epoch) return;
    Duration kept{};  // of a budget that changes within its period: what is used already
    if (period == client.period) {
      kept = std::min(client.used + client.booked, client.budget);
    } else {
      const Duration overrun = std::max(client.used - client.budget, Duration::zero());
      client.used =
          overrun == Duration::zero()
              ? overrun
              : std::max(overrun - budget(e, client.period + 1, period), Duration::zero());
    }
    client.budget = std::max(kept, budget(e, period, period + 1));
    client.period = period;
    client.epoch = epoch_;
  }

  Duration left(EntityId e, Time now) {
    catch_up(e, now);
    const Client& client = clients_[e];
    return client.budget - client.used - client.booked;
  }

  std::int64_t period_of(Time now) const { return now.time_since_epoch() / period_; }
  void change_total(Weight change) {
    total_weight_ += change;
    ++epoch_;
  }
  bool queued(EntityId e) const { return eligible_.contains(e) || spent_.contains(e); }

  /// Queues `e` where it belongs; one that stands in line already keeps its place there.
  void place(EntityId e, Time now) {
    const bool may_run = left(e, now) > Duration::zero();
    (may_run ? spent_ : eligible_).erase(e);
    Fifo& line = may_run ? eligible_ : spent_;
    if (!line.contains(e)) line.push_back(e);
    if (!may_run) refill_ = Time((period_of(now) + 1) * period_);
  }

  /// At the start of a period all that waited for it are eligible again, in the order in which they
  /// ran out.
  void refill_spent(Time now) {
    if (spent_.empty() || now < refill_) return;
    for (EntityId e = spent_.front(); e != kNoEntity; e = spent_.front()) {
      spent_.erase(e);
      eligible_.push_back(e);
    }
  }

  const Duration slice_;
  const Duration period_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  Fifo eligible_;            ///< queued, with budget
  Fifo spent_;               ///< queued, without
  Time refill_ = kStart;     ///< when those are refilled
  Weight total_weight_ = 0;  ///< of all that have been added
  std::int64_t epoch_ = 1;   ///< counts the changes of weights, siblings and capacity
};

SchedulerInfo info() {
  return {
      .name = "hardcap",
      .summary = "hard limits: a cap, or the weight's share of all siblings; the rest stays idle",
      .paper = "Mercer, Savage, Tokuda, ICMCS 1994",
      .cost = "O(1)",
      .scopes = {Scope::kGlobal, Scope::kPerCpu},
      .claims = Claim::kCapped | Claim::kUsesTimers | Claim::kDividesCapacity,
      .parameters = {slice_parameter(), duration_parameter("period", "100ms", "1ms", "10s",
                                                           "how often every budget is refilled")},
      .explanation = std::string(kExplanation)};
}

const Registration<HardCap> kRegistration{info()};

}  // namespace
}  // namespace sharesim
