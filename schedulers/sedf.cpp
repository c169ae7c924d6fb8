// Simple earliest deadline first, as it was in Xen.

#include <string>
#include <string_view>
#include <vector>

#include "schedulers/common/parameters.hpp"
#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/reservation.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kExplanation =
    R"(SEDF, simple earliest deadline first, of Xen 2 to 4.5 (after Leslie et al.: "The design and
implementation of an operating system to support distributed multimedia applications", IEEE JSAC
1996; compared in Cherkasova, Gupta, Vahdat, SIGMETRICS PER 2007).

  (period p, budget s) of i:  s of CPU time in each [d - p, d), d = its deadline
  pick:      the earliest d among those with budget left in a period that has begun
             (ties: lower id); if there is none, extra time
  budget used up:            d += p; it waits for the next period to begin
  wakeup in the period that it went to sleep in: the rest of it is lost, d += p
  wakeup later:              a new period begins now, d = now + p
  extra time:  those with the flag, and all that have no budget: E_i += l / w_i, the smallest E
               first (wakeup: E_i = max(E_i, E of the latest), ties: lower id), a quantum at a time
  who has budget preempts a later deadline and all extra time

Good at: a guarantee of s in every p, to the ns, if the sum of s / p is at most 1: no other load can
  take it away.
Not good at: more than that: then deadlines are missed and nobody is told. Those without a budget
  live on the rest. Those that sleep in mid-period lose their budget. It knows one CPU only.
Cost: O(log n) per decision and per period of one that has used up its budget; 100 bytes per entity.
Differs: in Xen one given a weight but no budget got a budget by weight, in periods of 100 ms; here
  its share is of the extra time. Xen put those that had lost budget by sleeping first in line for
  extra time, and let one lose a second period that woke up just when it began: neither here. A
  group's budget holds on each CPU. The claims are about entities without hints: those with a budget
  get it whatever their weight.
)";

class Sedf final : public Scheduler {
 public:
  explicit Sedf(const SchedulerContext& context)
      : quantum_(context.parameters.duration("slice")), host_(context.host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    Client& client = clients_[e];
    client = {.extra_time = {}, .weight = weight};
    client.reserved = Reservation(ns(host_.hint(e, "period").value_or(to_ns(kDefaultPeriod))),
                                  ns(host_.hint(e, "budget").value_or(0)));
    client.takes_extra = !client.reserved.exists() || host_.hint(e, "extra").value_or(0);
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override {
    Client& client = clients_[e];
    client.extra_time.reweigh(client.weight, weight);
    client.weight = weight;
  }

  void enqueue(EntityId e, Time now, EnqueueReason) override {
    clients_[e].reserved.come_back(now);
    place(e, now);
  }
  void dequeue(EntityId e, Time now) override {
    reserved_.clear(e);
    extra_.clear(e);
    leave(e, now);
  }

  EntityId pick_next(CpuId, Time now) override {
    release(now);
    running_ = reserved_.take_first();
    on_budget_ = running_ != kNoEntity;
    if (on_budget_) return running_;
    running_ = extra_.take_first();
    if (running_ != kNoEntity) latest_extra_ = clients_[running_].extra_time.tag;
    return running_;
  }

  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    Client& client = clients_[e];
    if (on_budget_) {
      client.reserved.use(ran);
    } else {
      client.extra_time.charge(ran, client.weight);
    }
    running_ = kNoEntity;
    if (still_runnable(why)) {
      place(e, now);
    } else {
      leave(e, now);
    }
  }

  Duration slice(EntityId e, Time) override {
    return on_budget_ ? clients_[e].reserved.left() : quantum_;
  }

  bool preempts(EntityId woken, EntityId, Time) override {
    return reserved_.contains(woken) && first_beats_running();
  }

  Time next_timer() const override { return next_begin_; }
  bool on_timer(Time now) override {
    release(now);
    return running_ != kNoEntity && first_beats_running();
  }

  void describe(EntityId e, StateSink& sink) const override {
    const Client& client = clients_[e];
    sink.value("deadline", to_ns(client.reserved.deadline()));
    sink.value("used", to_ns(client.reserved.used()));
    sink.value("extra_time", client.extra_time.tag);
  }

 private:
  static constexpr Duration kDefaultPeriod = std::chrono::milliseconds(100);

  struct Client {
    VirtualTime extra_time;  ///< E
    Weight weight = 1;
    Reservation reserved;
    bool takes_extra = true;
  };

  /// Queues `e` where it belongs.
  void place(EntityId e, Time now) {
    Client& client = clients_[e];
    if (client.reserved.exists()) {
      client.reserved.catch_up(now);
      if (now >= client.reserved.begin())
        return reserved_.set(e, to_ns(client.reserved.deadline()));
      waiting_.set(e, to_ns(client.reserved.begin()));
      watch();
    }
    if (!client.takes_extra) return;
    client.extra_time.raise_to(latest_extra_);
    extra_.set(e, client.extra_time.tag);
  }

  void leave(EntityId e, Time now) {
    clients_[e].reserved.go_away(now);
    waiting_.clear(e);
    watch();
  }

  /// Lets in those whose period has begun by `now`, and moves those that have missed a deadline.
  void release(Time now) {
    for (EntityId e = waiting_.first(); e != kNoEntity && waiting_.key(e) <= to_ns(now);
         e = waiting_.first()) {
      waiting_.clear(e);
      if (e == running_) continue;  // in extra time: see first_beats_running()
      extra_.clear(e);
      place(e, now);
    }
    watch();
    for (EntityId e = reserved_.first(); e != kNoEntity && reserved_.key(e) <= to_ns(now);
         e = reserved_.first()) {
      place(e, now);
    }
  }
  void watch() {
    const EntityId e = waiting_.first();
    next_begin_ = e == kNoEntity ? kNever : at_ns(waiting_.key(e));
  }

  bool first_beats_running() {
    const Client& client = clients_[running_];
    // Its own period has begun while it runs in extra time.
    if (!on_budget_ && client.reserved.exists() && !waiting_.contains(running_)) return true;
    const EntityId first = reserved_.first();
    if (first == kNoEntity) return false;
    return !on_budget_ || reserved_.key(first) < to_ns(client.reserved.deadline());
  }

  const Duration quantum_;
  const QueueHost& host_;
  std::vector<Client> clients_;
  ReadyTree reserved_;  ///< of those queued with budget in a period that has begun, by deadline
  ReadyTree waiting_;   ///< of the others with budget, queued or in extra time, by begin of period
  ReadyTree extra_;     ///< of those queued for extra time, by E
  Time next_begin_ = kNever;  ///< of the first in waiting_
  EntityId running_ = kNoEntity;
  bool on_budget_ = false;  ///< is it, or in extra time
  Tag latest_extra_ = 0;    ///< E of the latest that ran in extra time
};

SchedulerInfo info() {
  return {
      .name = "sedf",
      .summary = "simple EDF: a budget in each period by deadline; what is left over by weight",
      .paper = "Leslie et al., IEEE JSAC 1996; Xen",
      .cost = "O(log n)",
      .scopes = {Scope::kPerCpu},
      .claims = Claim::kProportional | Claim::kBoundedLag | Claim::kPreemptive | Claim::kUsesTimers,
      .parameters = {slice_parameter("500us")},
      .hints = {duration_parameter("period", "100ms", "10us", "10s",
                                   "how often it gets its budget"),
                duration_parameter(
                    "budget", "0s", "0s", "10s",
                    "CPU time that it is promised in each period; 0s: none, only extra time"),
                flag_parameter("extra", false,
                               "whether it takes part in the extra time beside its budget")},
      .explanation = std::string(kExplanation),
      .lag_bound_slices = [](std::int64_t siblings) { return siblings; }};
}

const Registration<Sedf> kRegistration{info()};

}  // namespace
}  // namespace sharesim
