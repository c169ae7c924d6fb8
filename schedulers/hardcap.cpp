// Hard limits.

#include <string>
#include <string_view>

#include "schedulers/common/fifo.hpp"
#include "schedulers/common/parameters.hpp"
#include "schedulers/common/period_budgets.hpp"
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
        host_(context.host),
        budgets_(context.parameters.duration("period"), context.host) {}

  void add(EntityId e, Weight weight, Time now) override { budgets_.add(e, weight, now); }
  void remove(EntityId e, Time) override { budgets_.remove(e); }
  void set_weight(EntityId e, Weight weight, Time) override { budgets_.set_weight(e, weight); }
  void set_capacity(Capacity capacity, Time now) override {
    Scheduler::set_capacity(capacity, now);
    budgets_.set_capacity(capacity);
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override { place(e, now); }
  void dequeue(EntityId e, Time) override {
    eligible_.erase(e);
    spent_.erase(e);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    refill_spent(now);
    EntityId e = eligible_.first(host_, cpu);
    while (e != kNoEntity && budgets_.left(e, now) <= Duration::zero()) {
      place(e, now);  // weights or siblings changed
      e = eligible_.first(host_, cpu);
    }
    if (e != kNoEntity) {
      eligible_.erase(e);
      budgets_.book(e, slice_, now);
    }
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    budgets_.use(e, ran, slice_, now);
    // A group may be queued while it runs.
    if (still_runnable(why) || eligible_.contains(e) || spent_.contains(e)) place(e, now);
  }

  Duration slice(EntityId e, Time) override { return budgets_.granted(e); }

  Time next_timer() const override { return spent_.empty() ? kNever : refill_; }
  bool on_timer(Time now) override {
    refill_spent(now);
    return false;
  }

  Capacity capacity_of(EntityId e) const override { return budgets_.bound(e); }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("bound", budgets_.bound(e));
    sink.value("budget_used", to_ns(budgets_.used(e)));
  }

 private:
  /// Queues `e` where it belongs; one that stands in line already keeps its place there.
  void place(EntityId e, Time now) {
    const bool may_run = budgets_.left(e, now) > Duration::zero();
    (may_run ? spent_ : eligible_).erase(e);
    Fifo& line = may_run ? eligible_ : spent_;
    if (!line.contains(e)) line.push_back(e);
    if (!may_run) refill_ = budgets_.next_refill(now);
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
  const QueueHost& host_;
  PeriodBudgets budgets_;
  Fifo eligible_;         ///< queued, with budget
  Fifo spent_;            ///< queued, without
  Time refill_ = kStart;  ///< when those are refilled
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
