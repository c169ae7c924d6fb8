// The credit scheduler of Xen.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schedulers/common/parameters.hpp"
#include "schedulers/common/xen_accounts.hpp"
#include "schedulers/common/xen_queues.hpp"
#include "schedulers/common/xen_runs.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(Xen's credit scheduler (Ackaouy, 2006; Cherkasova, Gupta, Vahdat: "Comparison of the three CPU
schedulers in Xen", SIGMETRICS PER 2007), and how to cheat it (Zhou, Goel, Desnoyers, Sundaram:
"Scheduler vulnerabilities and attacks in cloud computing", arXiv 1103.0759, 2011).

  1 credit = tick / 100 of CPU time; kept in ns, so nothing is rounded but the grants (below)
  tick, each 10 ms, on each CPU, for the one that runs there:
    BOOST -> UNDER;  it joins the active list
    tick_sampled: credit -= 100      exact_burn: credit -= what it ran, also at the end of a run
  accounting, each third tick, T = 300 per CPU, - balance if balance < 0; for each active i:
    credit_i += min(T w_i / sum of active w, 300, cap); what is cut off goes to those after it
    credit_i < 0:    OVER; parked if it has a cap and is behind by more than a grant; at least -300
    credit_i >= 0:   UNDER, unparked; above 300 it leaves the active list, with 0 or half of it
    balance = sum of the credits
  wakeup:  UNDER -> BOOST, and preempts whoever has a lower priority, not before `ratelimit`
  pick:    BOOST, UNDER, OVER, first come first served in each; a CPU that has nothing better than
           OVER takes BOOST or UNDER from the next CPU that has one waiting; an idle one takes all

Good at: short sleepers, which run at once; several CPUs: shares hold over all of them.
Not good at: those who know the tick. One that sleeps over each tick is never debited
  (tick_sampled), or never joins the active list, so that nobody looks at its credit (exact_burn):
  it gets whatever it runs, in front of everyone, whatever its weight. exact_burn_active_on_run
  repairs it. Heavy ones among many: who waits n - 1 slices of 30 ms for its turn cannot save up
  more than 30 ms of credit meanwhile, and weights fade (4 among seven of weight 1 gets 19 % and not
  36 %; with slice=10ms it does); so it does not claim to be proportional, though with a few on each
  CPU it is.
Cost: O(1) per decision, O(CPUs) to steal and when a run ends; 80 bytes per entity. O(n) for an
  accounting, each 30 ms, as in Xen, where csched_acct() goes through all active virtual CPUs. A
  slice is as long, so with hogs only that is O(n) per decision: 2 us with 1,000 of them, 80 to 90
  times what sfq takes.
Differs: accounting=tick_sampled, ratelimit=0s, leaving=zero are the Xen of the papers (2006-2009);
  exact_burn, 1ms, half is the Xen of today. Grants are whole ns, their sum is exact. A group counts
  as one domain of as many active virtual CPUs as it has had at once, and weighs w, not w for each
  of them. All CPUs tick at once. The queues are sorted at the accounting, not a tick later. Only an
  accounting moves those that wait; there is no other balancing. Caps are parked as in Xen, on top
  of what the engine enforces: the engine holds the quota in each period, this the same rate in 30
  ms, so a burst is lost, and those parked wait although the CPU may be idle. With caps it does not
  conserve work, hence no such claim; without, it does. When one has to go at an accounting, or when
  the ratelimit is over, all runs end, and the others go on with the rest of their slices. Per CPU,
  each has an object of its own, and the engine's balancer moves the tasks. In a group that gets
  less than all of the machine, credit is granted as if it got it all: nobody is OVER for long, and
  weights fade.
)";

enum class Accounting { kTickSampled, kExactBurn, kExactBurnActiveOnRun };

/// The accounting period.
constexpr std::int64_t kTicksPerAccounting = 3;

Accounting read_accounting(std::string_view text) {
  if (text == "exact_burn") return Accounting::kExactBurn;
  return text == "tick_sampled" ? Accounting::kTickSampled : Accounting::kExactBurnActiveOnRun;
}

class XenCredit final : public Scheduler {
 public:
  explicit XenCredit(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        tick_(context.parameters.duration("tick")),
        accounting_(read_accounting(context.parameters.choice("accounting"))),
        boosts_(context.parameters.flag("boost")),
        accounts_(tick_ * kTicksPerAccounting, context.parameters.choice("leaving") == "half",
                  context.host),
        queues_(context.cpus, context.host),
        runs_(context.cpus, context.parameters.duration("ratelimit")) {}

  void add(EntityId e, Weight weight, Time now) override {
    if (next_tick_ < now || now == kStart)  // the first one: nobody looked at the timer so far
      next_tick_ = Time((now.time_since_epoch() / tick_ + 1) * tick_);
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {};
    accounts_.add(e, weight);
    queues_.add(e);
  }
  void remove(EntityId e, Time) override { accounts_.deactivate(e); }
  void set_weight(EntityId e, Weight weight, Time) override { accounts_.set_weight(e, weight); }

  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    Client& client = clients_[e];
    client.waits_parked = client.parked;
    if (client.parked) return;
    if (boosts_ && why == EnqueueReason::kWakeup && queues_.priority(e) == kUnder)
      queues_.requeue(e, kBoost);
    const CpuId last = queues_.cpu(e);
    if (last == kNoCpu || why == EnqueueReason::kMoreWork || !queues_.allowed(e, last))
      queues_.set_cpu(e, least_loaded_cpu(e));
    preempt_interrupted(e);
    queues_.push_back(e);
    if (!runs_.is_preemptible(queues_.cpu(e), now)) call_cpu(e, now);  // else see preempts()
  }
  void dequeue(EntityId e, Time) override {
    clients_[e].waits_parked = false;
    clients_[e].rest = {};
    queues_.erase(e);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    const CpuId id = runs_.cpus() > 1 ? cpu : 0;
    const EntityId e = queues_.next(id);
    if (e == kNoEntity) return e;
    Client& client = clients_[e];
    queues_.erase(e);
    queues_.set_cpu(e, id);
    if (accounting_ == Accounting::kExactBurnActiveOnRun) accounts_.activate(e);
    accounts_.begin_run(e);
    client.granted = client.rest > Duration::zero() ? client.rest : slice_;
    client.rest = {};
    runs_.begin(id, {.entity = e, .began = now, .slice_end = add_saturating(now, client.granted)});
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    const CpuId id = runs_.find(e, now, ran);
    const XenRun run = runs_.on(id);
    runs_.end(id);
    accounts_.end_run(e);
    if (accounting_ != Accounting::kTickSampled) accounts_.burn(e, ran - run.burned);
    if (queued(e) || !still_runnable(why)) return;  // a group may be queued while it runs
    if (client.parked) {
      client.waits_parked = true;
      return;
    }
    queues_.set_cpu(e, queues_.allowed(e, id) ? id : least_loaded_cpu(e));
    if (run.goes_on) {
      client.rest = run.slice_end - now;
      queues_.push_interrupted(e);
    } else {
      queues_.push_back(e);
    }
  }

  Duration slice(EntityId e, Time) override { return clients_[e].granted; }

  bool preempts(EntityId woken, EntityId running, Time now) override {
    const CpuId id = queues_.cpu(woken);
    return !clients_[woken].parked && runs_.on(id).entity == running &&
           runs_.is_preemptible(id, now) && queues_.priority(woken) < queues_.priority(running);
  }

  Time next_timer() const override { return std::min(next_tick_, runs_.next_call()); }
  bool on_timer(Time now) override {
    if (now >= next_tick_) {
      next_tick_ += tick_;
      tick_all(now);
      if (now.time_since_epoch() / tick_ % kTicksPerAccounting == 0) account(now);
    }
    return answer_calls(now);
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("credit", to_ns(accounts_.credit(e)));
    sink.value("priority", queues_.priority(e));
    sink.value("active", accounts_.active(e) ? 1 : 0);
    sink.value("parked", clients_[e].parked ? 1 : 0);
  }

 private:
  struct Client {
    Duration rest{};            ///< of a slice that goes on at once; else 0
    Duration granted{};         ///< the slice of its latest pick
    bool parked = false;        ///< not served: used up its cap
    bool waits_parked = false;  ///< and would be queued
  };
  bool queued(EntityId e) const { return clients_[e].waits_parked || queues_.contains(e); }
  auto busy() const {
    return [this](CpuId id) { return !runs_.idle(id); };
  }
  CpuId least_loaded_cpu(EntityId e) const { return queues_.least_loaded_cpu(e, busy()); }

  // --- Preemption between wakeups ---

  /// `e`, queued, has its CPU look for it: at once, or when the ratelimit lets it.
  void call_cpu(EntityId e, Time now) {
    const CpuId id = queues_.cpu(e);
    if (runs_.idle(id) || queues_.priority(e) >= queues_.priority(runs_.on(id).entity)) return;
    runs_.call(id, now);
  }

  /// At the instant of an interruption: `e` comes before the interrupted one if it would have
  /// preempted it.
  void preempt_interrupted(EntityId e) {
    const EntityId other = queues_.first(queues_.cpu(e), kInterrupted, kBoost);
    if (other != kNoEntity && queues_.priority(other) > queues_.priority(e))
      queues_.requeue(other, queues_.priority(other));
  }

  /// Whether a run has to end now.
  bool answer_calls(Time now) {
    return runs_.answer_calls(now, [&](CpuId id, bool called) {
      const EntityId e = runs_.on(id).entity;
      return clients_[e].parked ||
             (called && queues_.first(id, kBoost, queues_.priority(e)) != kNoEntity);
    });
  }

  // --- Credit ---

  void tick_all(Time now) {
    for (CpuId id = 0; id < runs_.cpus(); ++id) {
      if (runs_.idle(id)) continue;
      const EntityId e = runs_.on(id).entity;
      if (queues_.priority(e) == kBoost) queues_.requeue(e, kUnder);
      accounts_.burn(e, accounting_ == Accounting::kTickSampled ? tick_ : runs_.burn(id, now));
      accounts_.activate(e);
    }
  }

  void account(Time now) {
    const auto total = static_cast<std::int64_t>(__int128{to_ns(tick_)} * kTicksPerAccounting *
                                                 capacity() / kOneCpu);
    accounts_.account(ns(total), [&](EntityId e, XenStanding standing) {
      queues_.judge(e, standing == XenStanding::kUnder ? kUnder : kOver);
      if (standing == XenStanding::kBeyondCap) park(e);
      if (standing == XenStanding::kUnder && clients_[e].parked) unpark(e, now);
    });
    queues_.sort(busy());
  }

  void park(EntityId e) {
    Client& client = clients_[e];
    if (client.parked) return;
    client.waits_parked = queued(e);
    client.parked = true;
    queues_.erase(e);
  }
  void unpark(EntityId e, Time now) {
    Client& client = clients_[e];
    client.parked = false;
    if (!std::exchange(client.waits_parked, false)) return;
    if (!queues_.allowed(e, queues_.cpu(e))) queues_.set_cpu(e, least_loaded_cpu(e));
    queues_.push_back(e);
    call_cpu(e, now);
  }

  const Duration slice_;
  const Duration tick_;
  const Accounting accounting_;
  const bool boosts_;
  std::vector<Client> clients_;
  XenAccounts accounts_;
  XenQueues queues_;
  XenRuns runs_;
  Time next_tick_ = kStart;
};

SchedulerInfo info() {
  return {
      .name = "xen_credit",
      .summary = "Xen's credit scheduler: BOOST, UNDER, OVER by a credit that is granted by weight",
      .paper = "Cherkasova, Gupta, Vahdat, SIGMETRICS PER 2007",
      .cost = "O(1), O(CPUs) to steal; O(n) each accounting",
      .scopes = {Scope::kGlobal, Scope::kPerCpu},
      .claims = Claim::kPreemptive | Claim::kUsesTimers,
      .parameters =
          {slice_parameter("30ms"),
           duration_parameter("tick", "10ms", "1us", "1s",
                              "how often the running ones are looked at"),
           duration_parameter("ratelimit", "0s", "0s", "1s",
                              "how long a run is safe from preemption"),
           choice_parameter(
               "accounting", {"tick_sampled", "exact_burn", "exact_burn_active_on_run"},
               "who pays: whoever runs at the tick, all of it; everyone what it used; and one "
               "becomes active by running, not only at a tick"),
           flag_parameter("boost", true,
                          "whether one that wakes up with credit goes before all others"),
           choice_parameter("leaving", {"zero", "half"},
                            "what remains of the credit of one that leaves the active list")},
      .explanation = std::string(kExplanation)};
}

const Registration<XenCredit> kRegistration{info()};

}  // namespace
}  // namespace sharesim
