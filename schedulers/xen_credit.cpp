// The credit scheduler of Xen.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "schedulers/common/parameters.hpp"
#include "schedulers/common/xen_accounts.hpp"
#include "schedulers/common/xen_cpus.hpp"
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
      : tick_(context.parameters.duration("tick")),
        accounting_(read_accounting(context.parameters.choice("accounting"))),
        boosts_(context.parameters.flag("boost")),
        accounts_(tick_ * kTicksPerAccounting, context.parameters.choice("leaving") == "half",
                  context.host),
        cpus_(context.cpus, context.parameters.duration("slice"),
              context.parameters.duration("ratelimit"), context.host) {}

  void add(EntityId e, Weight weight, Time now) override {
    if (next_tick_ < now || now == kStart)  // the first one: nobody looked at the timer so far
      next_tick_ = Time((now.time_since_epoch() / tick_ + 1) * tick_);
    accounts_.add(e, weight);
    cpus_.add(e);
  }
  void remove(EntityId e, Time) override { accounts_.deactivate(e); }
  void set_weight(EntityId e, Weight weight, Time) override { accounts_.set_weight(e, weight); }

  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    const bool wakes_up = why == EnqueueReason::kWakeup && !cpus_.parked(e);
    if (boosts_ && wakes_up && cpus_.priority(e) == kUnder) cpus_.set_priority(e, kBoost);
    cpus_.come(e, why == EnqueueReason::kMoreWork, now);
  }
  void dequeue(EntityId e, Time) override { cpus_.go(e); }

  EntityId pick_next(CpuId cpu, Time now) override {
    const EntityId e = cpus_.take_next(cpu, now);
    if (e == kNoEntity) return e;
    if (accounting_ == Accounting::kExactBurnActiveOnRun) accounts_.activate(e);
    accounts_.begin_run(e);
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    const Duration burned = cpus_.end_run(e, now, ran, still_runnable(why));
    accounts_.end_run(e);
    if (accounting_ != Accounting::kTickSampled) accounts_.burn(e, ran - burned);
  }

  Duration slice(EntityId e, Time) override { return cpus_.granted(e); }

  bool preempts(EntityId woken, EntityId running, Time now) override {
    return cpus_.preempts(woken, running, now);
  }

  Time next_timer() const override { return std::min(next_tick_, cpus_.next_call()); }
  bool on_timer(Time now) override {
    if (now >= next_tick_) {
      next_tick_ += tick_;
      tick_all(now);
      if (now.time_since_epoch() / tick_ % kTicksPerAccounting == 0) account(now);
    }
    return cpus_.answer_calls(now);
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("credit", to_ns(accounts_.credit(e)));
    sink.value("priority", cpus_.priority(e));
    sink.value("active", accounts_.active(e) ? 1 : 0);
    sink.value("parked", cpus_.parked(e) ? 1 : 0);
  }

 private:
  void tick_all(Time now) {
    cpus_.for_each_run([&](CpuId cpu, EntityId e) {
      if (cpus_.priority(e) == kBoost) cpus_.set_priority(e, kUnder);
      accounts_.burn(e, accounting_ == Accounting::kTickSampled ? tick_ : cpus_.burn(cpu, now));
      accounts_.activate(e);
    });
  }

  void account(Time now) {
    const auto total = static_cast<std::int64_t>(__int128{to_ns(tick_)} * kTicksPerAccounting *
                                                 capacity() / kOneCpu);
    accounts_.account(ns(total), [&](EntityId e, XenStanding standing) {
      cpus_.judge(e, standing == XenStanding::kUnder ? kUnder : kOver);
      if (standing == XenStanding::kBeyondCap) cpus_.park(e);
      if (standing == XenStanding::kUnder && cpus_.parked(e)) cpus_.unpark(e, now);
    });
    cpus_.sort();
  }

  const Duration tick_;
  const Accounting accounting_;
  const bool boosts_;
  XenAccounts accounts_;
  XenCpus cpus_;
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
