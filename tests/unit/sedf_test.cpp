// SEDF: reservations, deadlines and extra time by hand; the guarantee on random sets; against a twin.

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/support/random_script.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/shadowed.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

/// The next entity to be added to `queue` has this reservation.
void reserve(ScriptedQueue& queue, EntityId e, Duration period, Duration budget,
             bool extra = false) {
  queue.set_hint(e, "period", to_ns(period));
  queue.set_hint(e, "budget", to_ns(budget));
  queue.set_hint(e, "extra", extra ? 1 : 0);
}

// (100, 30) and (50, 20), both always runnable and without extra time: 0.3 and 0.4 of the CPU, 0.3
// idle. B's deadline is the first: B 0-20, A 20-50, B 50-70, idle until 100.
TEST(Sedf, ReservationsWithoutExtraTimeLeaveTheRestIdle) {
  ScriptedQueue queue("sedf");
  reserve(queue, 0, 100ms, 30ms);
  reserve(queue, 1, 50ms, 20ms);
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(1s));
  EXPECT_EQ(queue.order().substr(0, 6), "BABBAB");
  EXPECT_EQ(queue.runs()[1], (ScriptedRun{a, Time(20ms), Time(50ms)}));
  EXPECT_EQ(queue.runs()[2], (ScriptedRun{b, Time(50ms), Time(70ms)}));
  EXPECT_EQ(queue.runs()[3], (ScriptedRun{b, Time(100ms), Time(120ms)}));
  EXPECT_EQ(queue.service(a, kStart, Time(1s)), 300ms);
  EXPECT_EQ(queue.service(b, kStart, Time(1s)), 400ms);
}

// Does an earlier deadline preempt? A (200, 80) runs from 20 to 50 ms, when B's next period begins,
// with its deadline at 100: B 50-70, A 70-100, B, A 120-140: A has its 80 then.
TEST(Sedf, TheEarlierDeadlinePreempts) {
  ScriptedQueue queue("sedf");
  reserve(queue, 0, 200ms, 80ms);
  reserve(queue, 1, 50ms, 20ms);
  const EntityId a = queue.add_hog(1);
  queue.add_hog(1);
  queue.run_until(Time(200ms));
  EXPECT_EQ(queue.order(), "BABABAB");
  EXPECT_EQ(queue.runs()[5], (ScriptedRun{a, Time(120ms), Time(140ms)}));
}

// And an equal one does not: (100, 60) and (50, 20). At 50 ms both are due at 100: A goes on, 20-80.
TEST(Sedf, AnEqualDeadlineWaits) {
  ScriptedQueue queue("sedf");
  reserve(queue, 0, 100ms, 60ms);
  reserve(queue, 1, 50ms, 20ms);
  queue.add_hog(1);
  queue.add_hog(1);
  queue.run_until(Time(100ms));
  EXPECT_EQ(queue.order(), "BAB");
}

// The example of Xen's HOWTO: one has 3 of every 10 ms, the rest is shared 2 : 7 : 3. In 1.2 s: 360
// ms, and of the other 840 ms 140, 490 and 210, to a quantum of 0.5 ms.
TEST(Sedf, WhatReservationsLeaveIsSharedByWeight) {
  ScriptedQueue queue("sedf");
  reserve(queue, 0, 10ms, 3ms);
  queue.add_hog(1);
  for (const Weight weight : {2, 7, 3}) queue.add_hog(weight);
  queue.run_until(Time(1200ms));
  EXPECT_EQ(queue.service(0, kStart, Time(1200ms)), 360ms);
  const std::vector<Duration> due{140ms, 490ms, 210ms};
  for (EntityId e = 1; e <= 3; ++e) {
    EXPECT_LE(queue.service(e, kStart, Time(1200ms)), due[e - 1] + 500us);
    EXPECT_GE(queue.service(e, kStart, Time(1200ms)), due[e - 1] - 500us);
  }
}

// Does the flag give extra time beside the budget? (100, 30) with it, and a hog of the same weight:
// 30 + 35 and 35 of each 100 ms; without a hog all of it.
TEST(Sedf, ExtraTimeBesideABudget) {
  ScriptedQueue queue("sedf");
  reserve(queue, 0, 100ms, 30ms, true);
  const EntityId a = queue.add_hog(1);
  queue.run_until(Time(100ms));
  EXPECT_EQ(queue.service(a, kStart, Time(100ms)), 100ms);
  queue.add_hog(1, Time(100ms));
  queue.run_until(Time(1100ms));
  EXPECT_GE(queue.service(a, Time(100ms), Time(1100ms)), 649ms);
  EXPECT_LE(queue.service(a, Time(100ms), Time(1100ms)), 651ms);
}

// What does sleeping in mid-period cost? A (100, 50) runs 10 ms and sleeps 20: the rest of the period
// is lost, it runs again at 100, and so on.
TEST(Sedf, SleepingInMidPeriodLosesTheRestOfIt) {
  ScriptedQueue queue("sedf");
  reserve(queue, 0, 100ms, 50ms);
  const EntityId a = queue.add(1, {{10ms, 20ms}}, kStart, true);
  queue.add_hog(1);
  queue.run_until(Time(1s));
  EXPECT_EQ(queue.finished(a).size(), 10U);
  EXPECT_EQ(queue.finished(a)[1], Time(110ms));
}

// And sleeping after the budget is used up? A (100, 30) runs 30 ms and wakes up again at 100, 150 or
// 250 ms: at once, and with all of the budget.
TEST(Sedf, WakingUpInALaterPeriodBeginsOne) {
  for (const Duration sleep : {70ms, 120ms, 220ms}) {
    ScriptedQueue queue("sedf");
    reserve(queue, 0, 100ms, 30ms);
    const EntityId a = queue.add(1, {{30ms, sleep}, {30ms, 1s}});
    queue.add_hog(1);
    queue.run_until(Time(300ms));
    EXPECT_EQ(queue.finished(a), (std::vector{Time(30ms), Time(60ms + sleep)}));
    EXPECT_EQ(queue.state(a, "deadline"), to_ns(30ms + sleep + 200ms)) << "used up: the next one";
  }
}

// Overload: (100, 60) twice. A 0-60; B 60-120, beyond its deadline; both are due at 200 now: A
// 120-180, B 180-240; at 300: A 240-300. B has missed that, its budget is a new one, due at 400 like
// A's: A again, and so on, 3 : 2. Nobody is told.
TEST(Sedf, AMissedDeadlineIsForgotten) {
  ScriptedQueue queue("sedf");
  reserve(queue, 0, 100ms, 60ms);
  reserve(queue, 1, 100ms, 60ms);
  queue.add_hog(1);
  queue.add_hog(1);
  queue.run_until(Time(1200ms));
  EXPECT_EQ(queue.order(), "ABABAABABAABABAABABA");
}

// Without a budget there is nothing to reserve, and nobody is left out of the extra time: 3 : 1.
TEST(Sedf, WithoutABudgetThereIsExtraTimeOnly) {
  ScriptedQueue queue("sedf");
  queue.set_hint(0, "period", to_ns(10ms));
  queue.set_hint(0, "extra", 0);
  queue.add_hog(3);
  queue.add_hog(1);
  queue.run_until(Time(1s));
  EXPECT_EQ(queue.service(0, kStart, Time(1s)), 750ms);
}

// The guarantee (Liu, Layland 1973): if the sum of budget / period is at most 1, everyone that is
// always runnable gets its budget in each of its periods, whatever the others do: hogs and sleepers
// without budget, and sleepers with one.
RC_GTEST_PROP(Sedf, EveryBudgetIsServedInEveryPeriod, ()) {
  for (int i = 0; i < 10; ++i) {
    const std::vector<Duration> periods{2ms, 5ms, 7ms, 10ms, 20ms};
    RandomScript script = random_script({1, 3, 10}, 10ms, false);
    Fraction room = 1;
    std::vector<EntityId> promised;
    for (EntityId e = 0; e < script.actors.size(); ++e) {
      RandomScript::Actor& actor = script.actors[e];
      if (*rc::gen::inRange(0, 4) == 0) continue;
      const Duration period = *rc::gen::elementOf(periods);
      const Fraction most = room * to_ns(period);
      const auto whole = static_cast<std::int64_t>(
          boost::multiprecision::cpp_int(numerator(most) / denominator(most)));
      const Duration budget = std::min(ns(whole), random_length(ns(1), period));
      if (budget == 0ns) continue;
      room -= fraction(budget) / to_ns(period);
      actor.hints = {{"period", to_ns(period)}, {"budget", to_ns(budget)}};
      if (actor.steps.front().run == kForever) promised.push_back(e);
    }
    ScriptedQueue queue("sedf");
    play(script, queue, Time(200ms));
    for (const EntityId e : promised) {
      const RandomScript::Actor& actor = script.actors[e];
      const Duration period = ns(actor.hints.at("period"));
      const Time last = queue.runs().empty() ? kStart : Time(180ms);
      for (Time begin = actor.start; begin + period <= last; begin += period)
        RC_ASSERT(queue.service(e, begin, begin + period) == ns(actor.hints.at("budget")));
    }
  }
}

/// The rules by scanning everyone, with E in fractions.
class PlainSedf final : public Scheduler {
 public:
  explicit PlainSedf(const QueueHost& host) : host_(host) {}

  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    Client client;
    client.weight = weight;
    client.period = ns(host_.hint(e, "period").value_or(to_ns(100ms)));
    client.budget = ns(host_.hint(e, "budget").value_or(0));
    client.extra = client.budget == 0ns || host_.hint(e, "extra").value_or(0) != 0;
    clients_[e] = client;
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override { clients_[e].weight = weight; }
  void enqueue(EntityId e, Time now, EnqueueReason) override {
    now_ = now;
    Client& c = clients_[e];
    if (now >= c.deadline - c.period) {
      const bool slept_here = c.slept >= c.deadline - c.period && now < c.deadline;
      c.deadline = slept_here ? c.deadline + c.period : now + c.period;
      c.left = c.budget;
    }
    join(c);
  }
  void dequeue(EntityId e, Time now) override { sleep(clients_[e], now); }

  EntityId pick_next(CpuId, Time now) override {
    now_ = now;
    for (Client& c : clients_) {
      if (c.queued) renew(c);
    }
    running_ = first_reserved();
    on_budget_ = running_ != kNoEntity;
    if (!on_budget_) {
      for (EntityId e = 0; e < clients_.size(); ++e) {
        if (!clients_[e].queued || !clients_[e].extra) continue;
        if (running_ == kNoEntity || clients_[e].taken < clients_[running_].taken) running_ = e;
      }
      if (running_ != kNoEntity) latest_ = clients_[running_].taken;
    }
    if (running_ != kNoEntity) clients_[running_].queued = false;
    return running_;
  }
  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    now_ = now;
    Client& c = clients_[e];
    running_ = kNoEntity;
    if (!on_budget_) {
      c.taken += fraction(ran) / c.weight;
    } else if (c.left -= ran; c.left == 0ns) {
      c.left = c.budget;
      c.deadline += c.period;
    }
    if (still_runnable(why)) {
      join(c);
    } else {
      sleep(c, now);
    }
  }
  Duration slice(EntityId e, Time) override { return on_budget_ ? clients_[e].left : 500us; }
  bool preempts(EntityId woken, EntityId, Time) override {
    return may_use_budget(clients_[woken]) && beaten();
  }
  Time next_timer() const override {
    Time next = kNever;
    for (EntityId e = 0; e < clients_.size(); ++e) {
      const Client& c = clients_[e];
      const Time begin = c.deadline - c.period;
      if (c.budget > 0ns && (c.queued || e == running_) && begin > now_)
        next = std::min(next, begin);
    }
    return next;
  }
  bool on_timer(Time now) override {
    now_ = now;
    return running_ != kNoEntity && beaten();
  }

 private:
  struct Client {
    Fraction taken;
    Weight weight = 1;
    Duration period{};
    Duration budget{};
    Duration left{};
    Time deadline = kStart;
    Time slept = kStart;
    bool extra = true;
    bool queued = false;
  };

  bool may_use_budget(const Client& c) const {
    return c.budget > 0ns && now_ >= c.deadline - c.period;
  }
  void renew(Client& c) const {
    while (c.budget > 0ns && now_ >= c.deadline) {
      c.deadline += c.period;
      c.left = c.budget;
    }
  }
  void join(Client& c) {
    renew(c);
    c.queued = true;
    if (c.extra && !may_use_budget(c)) c.taken = std::max(c.taken, latest_);
  }
  static void sleep(Client& c, Time now) {
    c.queued = false;
    c.slept = now;
  }
  EntityId first_reserved() const {
    EntityId best = kNoEntity;
    for (EntityId e = 0; e < clients_.size(); ++e) {
      if (!clients_[e].queued || !may_use_budget(clients_[e])) continue;
      if (best == kNoEntity || clients_[e].deadline < clients_[best].deadline) best = e;
    }
    return best;
  }
  bool beaten() const {
    if (!on_budget_ && may_use_budget(clients_[running_])) return true;
    const EntityId first = first_reserved();
    if (first == kNoEntity) return false;
    return !on_budget_ || clients_[first].deadline < clients_[running_].deadline;
  }

  const QueueHost& host_;
  std::vector<Client> clients_;
  EntityId running_ = kNoEntity;
  bool on_budget_ = false;
  Fraction latest_;
  Time now_{};
};

std::unique_ptr<Scheduler> make_plain(const SchedulerContext& context, const SchedulerChoice&) {
  return std::make_unique<PlainSedf>(context.host);
}

// Does it run the same as its twin, overload included?
RC_GTEST_PROP(Sedf, RunsAsItsTwin, ()) {
  for (int i = 0; i < kScripts; ++i) {
    RandomScript script = random_script(kExactWeights, 10ms, true);
    for (RandomScript::Actor& actor : script.actors) {
      if (*rc::gen::inRange(0, 3) == 0) continue;
      const Duration period = *rc::gen::element<Duration>(2ms, 5ms, 10ms, 17ms);
      actor.hints = {{"period", to_ns(period)},
                     {"budget", to_ns(random_length(ns(1), period / 2))},
                     {"extra", *rc::gen::inRange(0, 2)}};
    }
    ScriptedQueue queue("sedf");
    ScriptedQueue twin("sedf", make_plain);
    play(script, queue, Time(200ms));
    play(script, twin, Time(200ms));
    RC_ASSERT(queue.runs() == twin.runs());
  }
}

}  // namespace
}  // namespace sharesim
