// Xen's credit2: by hand, its long-run shares, and against an exact twin.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/core/check.hpp"
#include "tests/support/random_script.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/shadowed.hpp"

namespace sharesim::test {
namespace {

// Who runs when, with weights 2 (A) and 1 (B), so that B burns 2 ms of credit per ms? Both have 10.
// Ties go to A, and no run is shorter than the ratelimit of 1 ms: A 9, B 8 | A 8, A (tie) 7, B 6 | A
// 6, 5, B 4 | A 4, 3, B 2 | A 2, 1, B 0 | A 0. A has the most, 0: both get 10, and it begins again.
TEST(XenCredit2, SlotsOfTwoHogs) {
  ScriptedQueue queue("xen_credit2");
  const EntityId a = queue.add_hog(2);
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(3ms));
  EXPECT_EQ(queue.state(a, "credit"), to_ns(8ms));
  EXPECT_EQ(queue.state(b, "credit"), to_ns(8ms));
  queue.run_until(Time(15ms));
  EXPECT_EQ(queue.order(), "ABAABAABAABAABA");
  EXPECT_EQ(queue.state(a, "credit"), to_ns(0ms));
  queue.run_until(Time(30ms));
  EXPECT_EQ(queue.order(), "ABAABAABAABAABAABAABAABAABAABA");
}

// How long is a slice? A (weight 1) has 10 ms of credit, B (weight 2) sleeps: A burns 2 per ms, so 5
// ms are left until its credit is 0. With min_slice and slice as bounds: 6 or 3 ms.
TEST(XenCredit2, SliceEndsWithTheCredit) {
  for (const auto& [parameters, length] : std::vector<std::pair<std::string, Duration>>{
           {"", 5ms}, {":min_slice=6ms", 6ms}, {":slice=3ms", 3ms}}) {
    ScriptedQueue queue("xen_credit2" + parameters);
    queue.add_hog(1);
    queue.add_hog(2, Time(1s));
    queue.run_until(Time(7ms));
    ASSERT_FALSE(queue.runs().empty());
    EXPECT_EQ(queue.runs()[0].length(), length) << parameters;
  }
}

// And if another waits: until the two are level. A has 10, B comes at 4 ms with 10 as well, does
// not preempt (A has run for more than the ratelimit, but B's credit, cut to 10, is above A's 6: it
// does). B runs 4 ms until it is level with A, 6.
TEST(XenCredit2, SliceEndsWhenLevelWithTheNext) {
  ScriptedQueue queue("xen_credit2");
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(1, Time(4ms));
  queue.run_until(Time(9ms));
  ASSERT_GE(queue.runs().size(), 2U);
  EXPECT_EQ(queue.runs()[0], (ScriptedRun{a, Time(0ms), Time(4ms)}));
  EXPECT_EQ(queue.runs()[1], (ScriptedRun{b, Time(4ms), Time(8ms)}));
}

// What may a sleeper keep? The hog A lives through ten resets, B sleeps: it has 10.5 ms, no more, and
// preempts at 105 ms. Having used 0.5, it is cut again at the next reset.
TEST(XenCredit2, CarryOverIsLimited) {
  ScriptedQueue queue("xen_credit2");
  queue.add_hog(1);
  const EntityId b = queue.add(1, {{500us, 20ms}}, Time(105ms), true);
  queue.run_until(Time(104ms));
  EXPECT_EQ(queue.state(b, "credit"), to_ns(10'500us));
  queue.run_until(Time(105600us));
  EXPECT_EQ(queue.finished(b), std::vector{Time(105500us)});
  EXPECT_EQ(queue.state(b, "credit"), to_ns(10ms));
  queue.run_until(Time(120ms));
  EXPECT_EQ(queue.state(b, "credit"), to_ns(10'500us));
}

// Is a run safe from preemption for the ratelimit? A's slices begin at multiples of 10 ms. B wakes
// up at 20.5 ms: A has run for 0.5 only, and goes on to the end of its slice. With no ratelimit B
// goes first at once.
TEST(XenCredit2, RatelimitKeepsAYoungRun) {
  for (const auto& [ratelimit, finished] : std::vector<std::pair<std::string, Duration>>{
           {"1ms", 31ms}, {"500us", 21500us}, {"0s", 21500us}}) {
    ScriptedQueue queue("xen_credit2:ratelimit=" + ratelimit);
    queue.add_hog(1);
    const EntityId b = queue.add(1, {{1ms, 1s}}, Time(20500us));
    queue.run_until(Time(40ms));
    EXPECT_EQ(queue.finished(b), std::vector{Time(finished)}) << ratelimit;
  }
}

// How often is credit granted if once is not enough? A of weight 1 beside a sleeper of weight 25: 1
// ms, the shortest run, burns 25. 10 - 25 = -15: two grants, 5. 5 - 25 = -20: three, 10.
TEST(XenCredit2, ResetLiftsTheFirstAboveZero) {
  ScriptedQueue queue("xen_credit2");
  const EntityId a = queue.add_hog(1);
  queue.add_hog(25, Time(1s));
  std::vector<std::int64_t> credits;
  for (const Duration at : {500us, 1500us, 2500us}) {
    queue.run_until(Time(at));
    credits.push_back(queue.state(a, "credit"));
  }
  EXPECT_EQ(credits, (std::vector<std::int64_t>{10'000'000, 5'000'000, 10'000'000}));
}

// Is a remainder carried? B (3, beside 7) burns 7/3 ns of credit in 1 ns: after three runs 7, not 6.
TEST(XenCredit2, NothingIsLostInRounding) {
  ScriptedQueue queue("xen_credit2");
  queue.add_hog(7, Time(1s));
  const EntityId b = queue.add(3, {{1ns, 1ns}}, kStart, true);
  queue.run_until(Time(6ns));
  EXPECT_EQ(queue.state(b, "credit"), to_ns(10ms) - 7);
}

struct Shares {
  CpuId cpus;
  std::vector<Weight> weights;
  std::vector<double> percent;  ///< of a CPU
};

class XenCredit2Shares : public testing::TestWithParam<Shares> {};

// Long-run shares of hogs, in 100 s: by weight. Credits differ by 20 ms at the most, and a grant is
// 10 ms, so that 0.02 % is out of question.
TEST_P(XenCredit2Shares, AreExactInTheLongRun) {
  ScenarioBuilder b;
  b.cpus(GetParam().cpus).duration(100s);
  for (std::size_t i = 0; i < GetParam().weights.size(); ++i)
    b.task("t" + std::to_string(i), GetParam().weights[i]);
  const RunLog log = run_scenario(b.build(), "xen_credit2");
  for (TaskId id = 0; id < GetParam().weights.size(); ++id)
    EXPECT_NEAR(static_cast<double>(to_ns(log.service(id))) / 1e9, GetParam().percent[id], 0.02);
}

INSTANTIATE_TEST_SUITE_P(XenCredit2, XenCredit2Shares,
                         testing::Values(Shares{1, {512, 256}, {66.67, 33.33}},
                                         Shares{1, {256, 512, 1024}, {14.29, 28.57, 57.14}},
                                         Shares{2, {1, 1, 1, 1}, {50, 50, 50, 50}},
                                         Shares{2, {1, 2, 3, 2}, {25, 50, 75, 50}}));

/// The rules as Xen has them: everyone's credit, all of them raised at a reset; in fractions, without
/// any queue.
class PlainCredit2 final : public Scheduler {
 public:
  void add(EntityId e, Weight weight, Time) override {
    if (e >= clients_.size()) clients_.resize(e + 1);
    clients_[e] = {.credit = fraction(10ms), .weight = weight, .queued = false};
  }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override { clients_[e].weight = weight; }
  void enqueue(EntityId e, Time, EnqueueReason) override { clients_[e].queued = true; }
  void dequeue(EntityId e, Time) override { clients_[e].queued = false; }

  EntityId pick_next(CpuId, Time now) override {
    const EntityId e = richest();
    if (e == kNoEntity) return e;
    while (clients_[e].credit <= 0) {
      for (Client& client : clients_)
        client.credit = std::min(Fraction(client.credit + fraction(10ms)), fraction(10'500us));
    }
    clients_[e].queued = false;
    began_ = now;
    return e;
  }
  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    clients_[e].credit -= burn(e, ran);
    clients_[e].queued = still_runnable(why);
  }
  Duration slice(EntityId e, Time) override {
    const EntityId next = richest();
    Fraction lead = clients_[e].credit;
    if (next != kNoEntity && clients_[next].credit > 0) lead -= clients_[next].credit;
    const Fraction length = lead * clients_[e].weight / heaviest();
    const boost::multiprecision::cpp_int whole = numerator(length) / denominator(length);
    return std::clamp<Duration>(ns(static_cast<std::int64_t>(whole)), 1ms, 10ms);
  }
  bool preempts(EntityId woken, EntityId running, Time now) override {
    const Fraction left = clients_[running].credit - burn(running, now - began_);
    return now - began_ >= 1ms && clients_[woken].credit > left;
  }

 private:
  struct Client {
    Fraction credit;
    Weight weight = 1;
    bool queued = false;
  };

  EntityId richest() const {
    EntityId best = kNoEntity;
    for (EntityId e = 0; e < clients_.size(); ++e) {
      if (clients_[e].queued && (best == kNoEntity || clients_[e].credit > clients_[best].credit))
        best = e;
    }
    return best;
  }
  Weight heaviest() const {
    Weight most = 0;
    for (const Client& client : clients_) most = std::max(most, client.weight);
    return most;
  }
  Fraction burn(EntityId e, Duration ran) const {
    return fraction(ran) * heaviest() / clients_[e].weight;
  }

  std::vector<Client> clients_;
  Time began_{};
};

std::unique_ptr<Scheduler> make_plain(const SchedulerContext&, const SchedulerChoice&) {
  return std::make_unique<PlainCredit2>();
}

// Does it run the same as its twin? With weights that divide each other every burn is a whole number
// of ns.
RC_GTEST_PROP(XenCredit2, RunsAsItsTwin, ()) {
  for (int i = 0; i < kScripts; ++i) {
    const RandomScript script =
        random_script({1, 2, 4, 8, 64}, *rc::gen::element<Duration>(3ms, 30ms), true);
    ScriptedQueue queue("xen_credit2");
    ScriptedQueue twin("xen_credit2", make_plain);
    play(script, queue, Time(250ms));
    play(script, twin, Time(250ms));
    RC_ASSERT(queue.runs() == twin.runs());
  }
}

}  // namespace
}  // namespace sharesim::test
