// Earliest eligible virtual deadline first, by its paper's example and theorems, and against an
// exact twin.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <gtest/gtest.h>

#include "schedulers/common/virtual_time.hpp"
#include "sim/scenario/distribution.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/side_by_side.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using Fraction = boost::multiprecision::cpp_rational;

std::int64_t lag(const ScriptedQueue& queue, EntityId e) { return queue.state(e, "lag"); }
Tag tag(Duration per_weight) { return to_ns(per_weight) * kTagsPerNs; }

// The paper's example: weights 2 and 2, quanta of 1 ms (here 4); client 1 asks for 2 quanta at a
// time from 0 on, client 2 for one from 1 on. V(1) = 1/2, then its slope is 1/4. At 1 client 1 has
// (ve, vd) = (0, 1), in the middle of its request, and client 2 (1/2, 1): a tie. If it goes to
// client 2, they alternate: at 2 it has ve = 1 > V = 3/4, so only client 1 is eligible, ...; the lags
// after the steps are (1/2, -1/2) of a quantum and (0, 0), in turns.
TEST(Eevdf, PaperExampleWithTheTieToTheNewcomer) {
  ScriptedQueue queue("eevdf:slice=4ms");
  queue.set_hint(1, "request", to_ns(8ms));
  const EntityId second = queue.add_hog(2, Time(4ms));
  const EntityId first = queue.add_hog(2);
  queue.run_until(Time(4ms));
  EXPECT_EQ(queue.state(second, "eligible"), tag(2ms / 2 + 1ms));  // V = 1/2 of 4 ms
  EXPECT_EQ(queue.state(second, "deadline"), queue.state(first, "deadline"));
  queue.run_until(Time(40ms));
  EXPECT_EQ(queue.order(), "BABABABABA");
  queue.run_until(Time(48ms));  // after client 2
  EXPECT_EQ(ns(lag(queue, first)), 2ms);
  EXPECT_EQ(ns(lag(queue, second)), -2ms);
  queue.run_until(Time(52ms));  // after client 1
  EXPECT_EQ(ns(lag(queue, first)), 0ms);
  EXPECT_EQ(ns(lag(queue, second)), 0ms);
}

// If the tie goes to client 1, each keeps the CPU for two quanta: 1122112211.
TEST(Eevdf, PaperExampleWithTheTieToTheFirst) {
  ScriptedQueue queue("eevdf:slice=4ms");
  queue.set_hint(0, "request", to_ns(8ms));
  queue.add_hog(2);
  queue.add_hog(2, Time(4ms));
  queue.run_until(Time(40ms));
  EXPECT_EQ(queue.order(), "AABBAABBAA");
}

// Three equal tasks, slices of 30 ms: whoever runs pays for all three. After A the lags are -20, 10,
// 10; after B -10, -10, 20; after C 0, 0, 0.
TEST(Eevdf, LagsOfThreeEquals) {
  ScriptedQueue queue("eevdf:slice=30ms");
  for (int i = 0; i < 3; ++i) queue.add_hog(1);
  const std::vector<std::vector<Duration>> lags{
      {-20ms, 10ms, 10ms}, {-10ms, -10ms, 20ms}, {0ms, 0ms, 0ms}};
  for (std::size_t step = 0; step < 9; ++step) {
    queue.run_until(Time(static_cast<int>(step + 1) * 30ms));
    for (EntityId e = 0; e < 3; ++e)
      EXPECT_EQ(ns(lag(queue, e)), lags[step % 3][e]) << "step " << step << ", task " << e;
  }
}

// Weights 3 : 2 : 1, requests of one quantum (6 ms, so that sixths are whole): by the rules 1 2 1 2 1 3,
// with lags, in quanta, (-1/2, 1/3, 1/6) (0, -1/3, 1/3) (-1/2, 0, 1/2) (0, -2/3, 2/3)
// (-1/2, -1/3, 5/6) (0, 0, 0).
TEST(Eevdf, LagsOfThreeToTwoToOne) {
  ScriptedQueue queue("eevdf:slice=6ms");
  for (const Weight weight : {3, 2, 1}) queue.add_hog(weight);
  const std::vector<std::vector<Duration>> lags{{-3ms, 2ms, 1ms},  {0ms, -2ms, 2ms},
                                                {-3ms, 0ms, 3ms},  {0ms, -4ms, 4ms},
                                                {-3ms, -2ms, 5ms}, {0ms, 0ms, 0ms}};
  for (std::size_t step = 0; step < 12; ++step) {
    queue.run_until(Time(static_cast<int>(step + 1) * 6ms));
    for (EntityId e = 0; e < 3; ++e)
      EXPECT_EQ(ns(lag(queue, e)), lags[step % 6][e]) << "step " << step << ", task " << e;
  }
  EXPECT_EQ(queue.order(), "ABABACABABAC");
}

std::vector<Time> starts(Duration request) {
  ScriptedQueue queue("eevdf:slice=1ms");
  for (EntityId e = 0; e < 3; ++e) queue.set_hint(e, "request", to_ns(8ms));
  queue.set_hint(3, "request", to_ns(request));
  for (int i = 0; i < 3; ++i) queue.add_hog(1);
  queue.add_hog(1, Time(20ms));
  queue.run_until(Time(60ms));
  std::vector<Time> found;
  for (const ScriptedRun& run : queue.runs())
    if (run.entity == 3 && found.size() < 5) found.push_back(run.begin);
  return found;
}

// Does a short request come to its turn sooner, with the same share? Three hogs ask for 8 ms at a
// time; a fourth, of the same weight, joins at 20. With requests of 1 ms it runs first at 20, 25, 28,
// 32, 36: at once, and then every fourth ms. With requests of 8 ms it waits, and then runs on.
TEST(Eevdf, ShortRequestsAreServedSooner) {
  EXPECT_EQ(starts(1ms),
            (std::vector<Time>{Time(20ms), Time(25ms), Time(28ms), Time(32ms), Time(36ms)}));
  EXPECT_EQ(starts(8ms),
            (std::vector<Time>{Time(24ms), Time(25ms), Time(26ms), Time(27ms), Time(28ms)}));
}

// Does lag survive a sleep, and does V move when it leaves and comes back? Equal weights, quanta of
// 12 ms: A runs 12 and sleeps. V = 12 / 2 = 6, lag_A = 6 - 12 = -6; it leaves: V += -6 / 1 = 0, and B,
// at ve 0, is where V is. B runs until 24: V = 12; A wakes up at 24: ve_A = 12 + 6 = 18, and then V -= -6 / 2:
// 15. So its lag is -3 now (half of it is borne by itself), B's 3, and B runs first, to V = 21.
TEST(Eevdf, LeavingAndJoiningKeepsTheLag) {
  ScriptedQueue queue("eevdf:slice=12ms");
  const EntityId a = queue.add(1, {{12ms, 12ms}, {}});
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(12ms));
  EXPECT_EQ(ns(lag(queue, a)), -6ms);
  EXPECT_EQ(ns(lag(queue, b)), 0ms);
  EXPECT_EQ(queue.state(a, "v"), 0);
  queue.run_until(Time(24ms));
  EXPECT_EQ(queue.state(a, "eligible"), tag(18ms));
  EXPECT_EQ(queue.state(a, "v"), tag(15ms));
  EXPECT_EQ(ns(lag(queue, a)), -3ms);
  EXPECT_EQ(ns(lag(queue, b)), 3ms);
  queue.run_until(Time(48ms));
  EXPECT_EQ(queue.order(), "ABBA");
}

// Is one that was owed something when it left owed it still? Equal weights, quanta of 4, A's request is
// 8 long: B (vd 4) runs first. At 4 V = 2, B has ve = 4, so A runs, for 1 ms, and sleeps 15 with lag
// 2.5 - 1 = 1.5. V = 2.5 goes up by 1.5 to 4, where B is. At 20 V = 19: ve_A = 19 - 1.5 = 17.5 and V -= 1.5 / 2:
// 18.25, lag_A = 3/4 and lag_B = -3/4. B's quantum ends at 21 with ve_B = 20 > V: A.
TEST(Eevdf, WhatIsOwedIsOwedAfterASleepToo) {
  ScriptedQueue queue("eevdf:slice=4ms");
  queue.set_hint(1, "request", to_ns(8ms));
  const EntityId b = queue.add_hog(1);
  const EntityId a = queue.add(1, {{1ms, 15ms}, {}});
  queue.run_until(Time(5ms));
  EXPECT_EQ(ns(lag(queue, a)), 1500us);
  EXPECT_EQ(queue.state(a, "v"), tag(4ms));
  queue.run_until(Time(20ms));
  EXPECT_EQ(queue.state(a, "eligible"), tag(17500us));
  EXPECT_EQ(queue.state(a, "v"), tag(18250us));
  EXPECT_EQ(ns(lag(queue, a)), 750us);
  EXPECT_EQ(ns(lag(queue, b)), -750us);
  queue.run_until(Time(25ms));
  EXPECT_EQ(queue.order(), "ABAAAAB");  // in letters B, the first, is A
}

// Does a new weight keep the lag, as leaving and joining would? Equal weights, quanta of 12: after A's
// run lag_A = -6, V = 6. A leaves: V = 0; joins with weight 2: ve_A = 0 + 6 / 2 = 3, V += 6 / 3 = 2:
// lag_A = 2 (2 - 3) = -2, lag_B = 2.
TEST(Eevdf, NewWeightIsLeavingAndJoining) {
  ScriptedQueue queue("eevdf:slice=12ms");
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(12ms));
  queue.set_weight(a, 2);
  EXPECT_EQ(queue.state(a, "eligible"), tag(3ms));
  EXPECT_EQ(queue.state(a, "v"), tag(2ms));
  EXPECT_EQ(ns(lag(queue, a)), -2ms);
  EXPECT_EQ(ns(lag(queue, b)), 2ms);
}

/// The paper's rules over fractions, in ns of CPU time per unit of weight: V by its slope and its jumps,
/// a scan for each pick. What it has in common with the policy is where that rounds.
class EevdfTwin final : public Scheduler {
 public:
  EevdfTwin(Duration quantum, const QueueHost& host) : quantum_(quantum), host_(host) {}

  void add(EntityId e, Weight weight, Time) override {
    clients_[e] = {};
    clients_[e].weight = weight;
    clients_[e].request = ns(host_.hint(e, "request").value_or(to_ns(quantum_)));
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time now) override {
    advance(now);
    Client& client = clients_[e];
    const bool active = client.active;
    if (active) leave(client);
    client.weight = weight;
    if (active) join(client);
  }
  void enqueue(EntityId e, Time now, EnqueueReason) override {
    advance(now);
    join(clients_[e]);
    clients_[e].queued = true;
  }
  void dequeue(EntityId e, Time now) override {
    advance(now);
    clients_[e].queued = false;
    leave(clients_[e]);
  }
  EntityId pick_next(CpuId, Time now) override {
    advance(now);
    EntityId best = first(true);
    // Where a change of weight began a request at an instant that included a context switch, V may
    // come to lie before all.
    if (best == kNoEntity) best = first(false);
    if (best == kNoEntity) return best;
    clients_[best].queued = false;
    running_ = best;
    begin_ = now;
    return best;
  }
  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    advance(now);
    running_ = kNoEntity;
    Client& client = clients_[e];
    const Fraction overhead(to_ns(now - begin_ - ran));
    v_ -= overhead / weights();
    client.served -= overhead / client.weight;
    client.used += ran;
    if (client.used >= client.request || why == StopReason::kYielded) begin_request(client);
    client.queued = still_runnable(why);
    if (!client.queued) leave(client);
    check_lags();
  }
  Duration slice(EntityId e, Time) override {
    return std::min(quantum_, clients_[e].request - clients_[e].used);
  }

 private:
  struct Client {
    Weight weight = 1;
    Duration request{};
    Duration used{};
    Fraction served;  ///< V when it joined, and service per weight since
    Fraction eligible;
    Fraction deadline;
    Fraction lag;
    bool active = false;
    bool queued = false;
  };

  EntityId first(bool eligible) const {
    EntityId best = kNoEntity;
    for (const auto& [e, client] : clients_) {
      if (!client.queued || (eligible && client.eligible > v_)) continue;
      if (best == kNoEntity || client.deadline < clients_.at(best).deadline) best = e;
    }
    return best;
  }
  static Fraction rounded_down(const Fraction& x) {
    const Fraction units = x * kTagsPerNs;
    boost::multiprecision::cpp_int whole = numerator(units) / denominator(units);
    if (Fraction(whole) > units) --whole;
    return Fraction(whole) / kTagsPerNs;
  }
  Weight weights() const {
    Weight sum = 0;
    for (const auto& [e, client] : clients_) sum += client.active ? client.weight : 0;
    return sum;
  }
  void advance(Time now) {
    if (running_ != kNoEntity) {
      const Fraction ran(to_ns(now - last_));
      v_ += ran / weights();
      clients_[running_].served += ran / clients_[running_].weight;
    }
    last_ = now;
  }
  void join(Client& client) {
    client.served = (rounded_down(v_ * client.weight) - client.lag) / client.weight;
    client.active = true;
    v_ -= (v_ - client.served) * client.weight / weights();
    begin_request(client);
  }
  void leave(Client& client) {
    client.lag = rounded_down(v_ * client.weight) - client.served * client.weight;
    client.active = false;
    if (weights() > 0) v_ += (v_ - client.served) * client.weight / weights();
  }
  static void begin_request(Client& client) {
    client.used = {};
    client.eligible = client.served;
    client.deadline = client.eligible + Fraction(to_ns(client.request)) / client.weight;
  }
  void check_lags() const {
    Fraction sum;
    for (const auto& [e, client] : clients_)
      if (client.active) sum += (v_ - client.served) * client.weight;
    check(sum == 0, "lags of the active ones add up to 0");
  }

  const Duration quantum_;
  const QueueHost& host_;
  std::map<EntityId, Client> clients_;
  Fraction v_;
  EntityId running_ = kNoEntity;
  Time begin_{};
  Time last_{};
};

// Does it pick what the paper's rules pick, whatever happens, with weights that divide nothing? The twin
// keeps V by its slope and the sums of lags, the policy as an average; the tree against a scan.
TEST(Eevdf, PicksAsItsTwin) {
  const SchedulerChoice choice = Registry::global().choose("eevdf");
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    RandomVerbs verbs(seed, seed % 2 == 0 ? std::vector<Weight>{1, 2, 3, 4, 5}
                                          : std::vector<Weight>{1, 11, 13, 100, 333, 1009, 9973});
    if (seed % 3 != 0) verbs.hint_ms("request", 1, 8);
    SideBySide both(make_scheduler(choice, verbs),
                    std::make_unique<EevdfTwin>(choice.duration("slice"), verbs));
    ASSERT_NO_THROW(verbs.drive(both, 300));
  }
}

// The paper's theorem: for clients that stay, -r_max < lag < max(r_max, q), r_max being the client's own
// longest request; with r <= q the lag is within a quantum. 2000 random sets of hogs, of weights up to
// 1000 and requests up to 8 quanta, looked at at the end of every run. (What joining rounds is below a ns.)
TEST(Eevdf, LagStaysWithinTheTheoremsBounds) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    RandomStream stream = make_stream(seed, 5);
    ScriptedQueue queue("eevdf:slice=1ms");
    const EntityId count = 2 + stream() % 9;
    std::vector<Duration> longest(count);
    for (EntityId e = 0; e < count; ++e) {
      Duration request = 1ms;
      if (seed % 2 == 0) request = std::chrono::microseconds(100 + stream() % 8000);
      longest[e] = request;
      queue.set_hint(e, "request", to_ns(request));
      queue.add_hog(1 + stream() % (stream() % 2 == 0 ? 5 : 1000), Time(ns(stream() % 3'000'000)));
    }
    std::size_t seen = 0;
    for (Time now = kStart; now < Time(60ms);) {
      now += 50us;
      queue.run_until(now);
      if (queue.runs().size() == seen) continue;
      seen = queue.runs().size();
      for (EntityId e = 0; e < count; ++e) {
        ASSERT_GE(lag(queue, e), -to_ns(longest[e])) << "seed " << seed << ", client " << e;
        ASSERT_LE(lag(queue, e), to_ns(std::max<Duration>(longest[e], 1ms)))
            << "seed " << seed << ", client " << e;
      }
    }
  }
}

}  // namespace
}  // namespace sharesim
