// The credit scheduler of Xen.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schedulers/common/fifo.hpp"
#include "schedulers/common/parameters.hpp"
#include "schedulers/common/priority_lines.hpp"
#include "schedulers/common/runs.hpp"
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
Cost: O(1) per decision, O(CPUs) to steal and when a run ends; O(n) each 30 ms; 80 bytes per
  entity.
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
/// kInterrupted is only a place in the queue: of one whose run shall go on.
enum Priority : std::uint8_t { kInterrupted, kBoost, kUnder, kOver, kPriorities };

/// The accounting period.
constexpr std::int64_t kTicksPerAccounting = 3;

Accounting read_accounting(std::string_view text) {
  if (text == "exact_burn") return Accounting::kExactBurn;
  return text == "tick_sampled" ? Accounting::kTickSampled : Accounting::kExactBurnActiveOnRun;
}

/// a * b / c, rounded down.
Duration part(Duration a, std::int64_t b, std::int64_t c) {
  const __int128 product = __int128{to_ns(a)} * b;
  const auto low = static_cast<std::int64_t>(product);  // mostly it is all, and divides faster
  return ns(low == product ? low / c : static_cast<std::int64_t>(product / c));
}

class XenCredit final : public Scheduler {
 public:
  explicit XenCredit(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        tick_(context.parameters.duration("tick")),
        ratelimit_(context.parameters.duration("ratelimit")),
        accounting_(read_accounting(context.parameters.choice("accounting"))),
        boosts_(context.parameters.flag("boost")),
        halves_(context.parameters.choice("leaving") == "half"),
        host_(context.host),
        queues_(context.cpus),
        strays_(context.cpus),
        runs_(context.cpus) {}

  void add(EntityId e, Weight weight, Time now) override {
    if (next_tick_ < now || now == kStart)  // the first one: nobody looked at the timer so far
      next_tick_ = Time((now.time_since_epoch() / tick_ + 1) * tick_);
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.weight = weight};
  }
  void remove(EntityId e, Time) override { deactivate(e); }
  void set_weight(EntityId e, Weight weight, Time) override {
    Client& client = clients_[e];
    if (client.active) active_weight_ += weight - client.weight;
    client.weight = weight;
  }
  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    Client& client = clients_[e];
    client.waits_parked = client.parked;
    if (client.parked) return;
    if (boosts_ && why == EnqueueReason::kWakeup && client.priority == kUnder)
      client.priority = kBoost;
    if (client.cpu == kNoCpu || why == EnqueueReason::kMoreWork || !allowed(e, client.cpu))
      client.cpu = least_loaded_cpu(e);
    preempt_interrupted(e);
    queues_.push_back(e, client.cpu, client.priority);
    if (now < runs_.on(client.cpu).began + ratelimit_) call_cpu(e, now);  // else see preempts()
  }
  void dequeue(EntityId e, Time) override {
    clients_[e].waits_parked = false;
    clients_[e].rest = {};
    queues_.erase(e);
  }

  EntityId pick_next(CpuId cpu, Time now) override {
    const CpuId id = runs_.cpus() > 1 ? cpu : 0;
    EntityId e = queues_.first(id, kInterrupted, kOver, host_, id);
    if (e == kNoEntity) e = steal(id, kBoost, kOver);
    if (e == kNoEntity) e = queues_.first(id, kOver, kPriorities, host_, id);
    if (e == kNoEntity) e = steal(id, kInterrupted, kPriorities);
    if (e != kNoEntity) begin_run(e, id, now);
    return e;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    const CpuId id = runs_.find(e, now, ran);
    const Run run = runs_.on(id);
    runs_.end(id);
    if (accounting_ != Accounting::kTickSampled) client.credit -= ran - run.burned;
    --client.runs;
    if (queued(e) || !still_runnable(why)) return;  // a group may be queued while it runs
    if (client.parked) {
      client.waits_parked = true;
      return;
    }
    client.cpu = allowed(e, id) ? id : least_loaded_cpu(e);
    if (run.goes_on) client.rest = run.slice_end - now;
    queues_.push_back(e, client.cpu, run.goes_on ? kInterrupted : client.priority);
  }

  Duration slice(EntityId e, Time) override { return clients_[e].granted; }

  bool preempts(EntityId woken, EntityId running, Time now) override {
    const Client& client = clients_[woken];
    const Run& run = runs_.on(client.cpu);
    return !client.parked && run.entity == running && now >= run.began + ratelimit_ &&
           client.priority < clients_[running].priority;
  }

  Time next_timer() const override { return std::min(next_tick_, next_call_); }
  bool on_timer(Time now) override {
    if (now >= next_tick_) {
      next_tick_ += tick_;
      tick_all(now);
      if (now.time_since_epoch() / tick_ % kTicksPerAccounting == 0) account(now);
    }
    return answer_calls(now);
  }

  void describe(EntityId e, StateSink& sink) const override {
    sink.value("credit", to_ns(clients_[e].credit));
    sink.value("priority", clients_[e].priority);
    sink.value("active", clients_[e].active ? 1 : 0);
    sink.value("parked", clients_[e].parked ? 1 : 0);
  }

 private:
  struct Client {
    Weight weight = 1;
    Duration credit{};
    Duration rest{};          ///< of a slice that goes on at once; else 0
    Duration granted{};       ///< the slice of its latest pick
    CpuId cpu = kNoCpu;       ///< whose queue it is in, or was last
    std::uint32_t runs = 0;   ///< picks that have not come back
    std::uint32_t width = 1;  ///< the most of them at once since it became active
    Priority priority = kUnder;
    bool active = false;        ///< on the active list: earns
    bool parked = false;        ///< not served: used up its cap
    bool waits_parked = false;  ///< and would be queued
  };
  struct Run {
    EntityId entity = kNoEntity;
    Time began{};
    Time slice_end{};
    Duration burned{};     ///< so far
    Time call = kNever;    ///< when its CPU shall look at the queue again
    bool goes_on = false;  ///< it is interrupted for the sake of another CPU's only
  };

  // --- Where to wait and who runs ---

  bool queued(EntityId e) const { return clients_[e].waits_parked || queues_.contains(e); }
  bool allowed(EntityId e, CpuId cpu) const {
    return !host_.has_affinity() || host_.allowed(e, cpu);
  }

  CpuId least_loaded_cpu(EntityId e) const {
    CpuId best = kNoCpu;
    for (CpuId id = 0; id < runs_.cpus(); ++id) {
      if (allowed(e, id) && (best == kNoCpu || load(id) < load(best))) best = id;
    }
    return best == kNoCpu ? 0 : best;
  }
  std::size_t load(CpuId id) const { return queues_.size(id) + (runs_.idle(id) ? 0U : 1U); }

  /// The first that waits at another CPU with one of these priorities, from the next CPU on.
  EntityId steal(CpuId thief, std::size_t begin, std::size_t end) const {
    for (CpuId i = 1; i < runs_.cpus(); ++i) {
      const EntityId e = queues_.first((thief + i) % runs_.cpus(), begin, end, host_, thief);
      if (e != kNoEntity) return e;
    }
    return kNoEntity;
  }

  void begin_run(EntityId e, CpuId id, Time now) {
    Client& client = clients_[e];
    queues_.erase(e);
    if (accounting_ == Accounting::kExactBurnActiveOnRun) activate(e);
    client.cpu = id;
    client.width = std::max(client.width, ++client.runs);
    client.granted = client.rest > Duration::zero() ? client.rest : slice_;
    client.rest = {};
    runs_.begin(id, {.entity = e, .began = now, .slice_end = add_saturating(now, client.granted)});
  }

  // --- Preemption between wakeups ---

  /// `e`, queued, has its CPU look for it: at once, or when the ratelimit lets it.
  void call_cpu(EntityId e, Time now) {
    const CpuId id = clients_[e].cpu;
    Run& run = runs_.on(id);
    if (runs_.idle(id) || clients_[e].priority >= clients_[run.entity].priority) return;
    run.call = std::max(now, run.began + ratelimit_);
    next_call_ = std::min(next_call_, run.call);
  }

  /// At the instant of an interruption: `e` comes before the interrupted one if it would have
  /// preempted it.
  void preempt_interrupted(EntityId e) {
    const CpuId id = clients_[e].cpu;
    const EntityId other = queues_.first(id, kInterrupted, kBoost, host_, id);
    if (other == kNoEntity || clients_[other].priority <= clients_[e].priority) return;
    queues_.erase(other);
    queues_.push_back(other, id, clients_[other].priority);
  }

  /// Whether a run has to end now. The engine then ends all of them: the others are to go on.
  bool answer_calls(Time now) {
    bool any = false;
    next_call_ = kNever;
    for (CpuId id = 0; id < runs_.cpus(); ++id) {
      if (runs_.idle(id)) continue;
      Run& run = runs_.on(id);
      const Client& runner = clients_[run.entity];
      const bool called = run.call <= now;
      if (called) run.call = kNever;
      const bool ends = runner.parked || (called && queues_.first(id, kBoost, runner.priority,
                                                                  host_, id) != kNoEntity);
      any |= ends;
      run.goes_on = !ends && run.slice_end > now;
      next_call_ = std::min(next_call_, run.call);
    }
    for (CpuId id = 0; id < runs_.cpus(); ++id) runs_.on(id).goes_on &= any;
    return any;
  }

  // --- Credit ---

  Duration period() const { return tick_ * kTicksPerAccounting; }

  void activate(EntityId e) {
    Client& client = clients_[e];
    if (client.active) return;
    client.active = true;
    client.width = std::max(client.runs, 1U);
    active_.push_front(e);
    active_weight_ += client.weight;
  }
  void deactivate(EntityId e) {
    if (!clients_[e].active) return;
    clients_[e].active = false;
    active_.erase(e);
    active_weight_ -= clients_[e].weight;
  }

  void tick_all(Time now) {
    for (CpuId id = 0; id < runs_.cpus(); ++id) {
      if (runs_.idle(id)) continue;
      Run& run = runs_.on(id);
      Client& client = clients_[run.entity];
      if (client.priority == kBoost) lower(run.entity);
      if (accounting_ == Accounting::kTickSampled) {
        client.credit -= tick_;
      } else {
        const Duration elapsed = now - run.began;
        client.credit -= elapsed - std::exchange(run.burned, elapsed);
      }
      activate(run.entity);
    }
  }
  void lower(EntityId e) {
    clients_[e].priority = kUnder;
    if (!queues_.contains(e)) return;  // a group may be queued while it runs
    queues_.erase(e);
    queues_.push_back(e, clients_[e].cpu, kUnder);
  }

  void account(Time now) {
    const Duration owed = std::max(-balance_, Duration::zero());
    const Weight total_weight = active_weight_;
    Duration left = part(period(), capacity(), kOneCpu) + owed;
    Weight weight_left = total_weight;
    bool others_may_take_more = false;
    balance_ = {};
    for (EntityId e = active_.front(), next = kNoEntity; e != kNoEntity; e = next) {
      next = active_.after(e);
      Client& client = clients_[e];
      const Duration peak = most_grant(e, owed, total_weight);
      Duration fair = part(left, client.weight, weight_left);
      weight_left -= client.weight;
      if (fair < peak) {
        others_may_take_more = true;
      } else {
        fair = peak;
        if (others_may_take_more) {  // next time it comes before them, who can use what it cannot
          active_.erase(e);
          active_.push_front(e);
        }
      }
      left -= fair;
      client.credit += fair;
      judge(e, now);
      balance_ += client.credit;
    }
    sort_queues();
  }

  Duration most_grant(EntityId e, Duration owed, Weight total_weight) const {
    Duration most = period() * clients_[e].width;
    if (owed > Duration::zero()) most += part(owed, clients_[e].weight, total_weight);
    return host_.cap(e) == nullptr ? most : std::min(most, cap_grant(e));
  }
  /// What its cap lets it use in an accounting period.
  Duration cap_grant(EntityId e) const {
    const Bandwidth& cap = *host_.cap(e);
    return std::max(part(period(), to_ns(cap.quota), to_ns(cap.period)), ns(1));
  }

  /// Gives it the priority of its credit.
  void judge(EntityId e, Time now) {
    Client& client = clients_[e];
    const Duration most = period() * client.width;
    const Priority priority = client.credit < Duration::zero() ? kOver : kUnder;
    if (std::exchange(client.priority, priority) != priority && queues_.contains(e))
      strays_[client.cpu].push_back(e);
    if (priority == kOver) {
      if (host_.cap(e) != nullptr && client.credit < -cap_grant(e)) park(e);
      client.credit = std::max(client.credit, -most);
      return;
    }
    if (client.parked) unpark(e, now);
    if (client.credit > most) {
      deactivate(e);
      client.credit = halves_ ? client.credit / 2 : Duration::zero();
    }
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
    if (!allowed(e, client.cpu)) client.cpu = least_loaded_cpu(e);
    queues_.push_back(e, client.cpu, client.priority);
    call_cpu(e, now);
  }

  /// Into the lines of the new priorities; those that may not run where they wait move.
  void sort_queues() {
    for (CpuId id = 0; id < runs_.cpus(); ++id) {
      std::vector<EntityId>& strays = strays_[id];
      std::erase_if(strays, [&](EntityId e) { return !queues_.contains(e); });  // parked
      for (const EntityId e : queues_.all(id, kInterrupted, kBoost)) strays.push_back(e);
      queues_.sort(strays, [&](EntityId e) { return clients_[e].priority; });
      strays.clear();
      if (!host_.has_affinity()) continue;
      for (const EntityId e : queues_.all(id, kInterrupted, kPriorities)) {
        if (host_.allowed(e, id)) continue;
        queues_.erase(e);
        clients_[e].cpu = least_loaded_cpu(e);
        queues_.push_back(e, clients_[e].cpu, clients_[e].priority);
      }
    }
  }

  const Duration slice_;
  const Duration tick_;
  const Duration ratelimit_;
  const Accounting accounting_;
  const bool boosts_;
  const bool halves_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  PriorityLines<kPriorities> queues_;
  std::vector<std::vector<EntityId>> strays_;  ///< by CPU: queued, but not by their priority
  Runs<Run> runs_;
  Fifo active_;               ///< the active list
  Weight active_weight_ = 0;  ///< of those
  Duration balance_{};        ///< sum of their credits after the latest accounting
  Time next_tick_ = kStart;
  Time next_call_ = kNever;  ///< the earliest `call`
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
