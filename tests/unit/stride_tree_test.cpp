// Hierarchical stride scheduling, by its paper's error bounds, and against the paper's passes.

#include <algorithm>
#include <bit>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <gtest/gtest.h>

#include "sim/scenario/distribution.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/side_by_side.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using Fraction = boost::multiprecision::cpp_rational;

/// The largest |quanta got - quanta due| of any client, at the end of any of `quanta` quanta.
Fraction worst_error(const std::string& scheduler, const std::vector<Weight>& weights, int quanta) {
  ScriptedQueue queue(scheduler);
  Weight total = 0;
  for (const Weight weight : weights) {
    queue.add_hog(weight);
    total += weight;
  }
  queue.run_until(Time(quanta * 1ms));
  std::vector<Weight> got(weights.size());
  Weight k = 0;
  Weight worst = 0;  // times total
  for (const ScriptedRun& run : queue.runs()) {
    ++k;
    ++got[run.entity];
    for (std::size_t e = 0; e < weights.size(); ++e)
      worst = std::max(worst, std::abs(got[e] * total - k * weights[e]));
  }
  return Fraction(worst, total);
}

// The paper's case for the tree: 101 clients, tickets 100 : 1 : 1 : ... : 1, so the heavy one is due every other
// quantum. Stride gives it 100 quanta in one go: error 50. In a tree of 128 leaves it is off by 4.0 at the most,
// and by 1.5 when it stands last.
TEST(StrideTree, SpreadsTheHeavyClientsQuanta) {
  std::vector<Weight> weights(101, 1);
  weights.front() = 100;
  EXPECT_EQ(worst_error("stride", weights, 400), Fraction(50));
  EXPECT_EQ(worst_error("stride_tree", weights, 400), Fraction(4));
  std::swap(weights.front(), weights.back());
  EXPECT_EQ(worst_error("stride_tree", weights, 400), Fraction(3, 2));
}

// Who runs, with tickets 3 : 2 : 1? The tree is ((A B) (C -)), d = s_left t_right - s_right t_left at the top
// (5 : 1) and between A and B (3 : 2): (0, 0) A (1, 2) C (-4, 2) B (-3, -1) A (-2, 1) B (-1, -2) A (0, 0).
TEST(StrideTree, ThreeToTwoToOne) {
  ScriptedQueue queue("stride_tree:slice=6ms");
  for (const Weight tickets : {3, 2, 1}) queue.add_hog(tickets);
  queue.run_until(Time(72ms));
  EXPECT_EQ(queue.order(), "ACBABAACBABA");
}

// How far does plain stride get from 3 : 2 : 1? A B A A B C: after A's third quantum, the fourth of all, it
// has 3 for the 2 that are due: 1 off. When the passes begin at 0, A B C A B A, never more than 1/2: after the
// first quantum A has 1 for 1/2. And the tree's A C B A B A: after C's, the second of all, C has 1 for 1/3.
TEST(StrideTree, ErrorsOfThreeToTwoToOne) {
  EXPECT_EQ(worst_error("stride", {3, 2, 1}, 60), Fraction(1));
  EXPECT_EQ(worst_error("stride:init=zero", {3, 2, 1}, 60), Fraction(1, 2));
  EXPECT_EQ(worst_error("stride_tree", {3, 2, 1}, 60), Fraction(2, 3));
}

// The bound: with n clients nobody is ever lg n quanta (rounded up) from its share. 1500 random sets of 2 to 70
// clients with tickets up to 1000, for up to 400 quanta.
TEST(StrideTree, ErrorIsAtMostLgN) {
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    RandomStream stream = make_stream(seed, 8);
    std::vector<Weight> weights(2 + stream() % 69);
    for (Weight& weight : weights) weight = 1 + stream() % (stream() % 2 == 0 ? 4 : 1000);
    const auto lg = std::bit_width(weights.size() - 1);
    ASSERT_LE(worst_error("stride_tree", weights, 400), Fraction(lg)) << seed;
  }
}

// Does a sleeper keep its lead, in CPU time? A and B equal, slices of 10 ms: A runs 10 and sleeps until 40: it
// is 5 ms ahead of B, and still is when it wakes up: so B runs on until 50, and then they alternate.
TEST(StrideTree, SleeperKeepsItsLead) {
  ScriptedQueue queue("stride_tree:slice=10ms");
  const EntityId a = queue.add(1, {{10ms, 30ms}, {}});
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(10ms));
  EXPECT_EQ(ns(queue.state(a, "lead_over_neighbour")), 5ms);
  queue.run_until(Time(40ms));
  EXPECT_EQ(ns(queue.state(a, "lead_over_neighbour")), 5ms);
  EXPECT_EQ(ns(queue.state(b, "lead_over_neighbour")), -5ms);
  queue.run_until(Time(80ms));
  EXPECT_EQ(queue.order(), "ABBBBABA");
}

// Does a change of tickets keep it? A, with 1 of 2 tickets, is 5 ms ahead after its slice; with 4 of 5 it still is.
// Then a slice of B is worth 8 ms to A: -3. And A, at 4 of 5, gains 2 a slice: -1, 1, and B again.
TEST(StrideTree, NewTicketsKeepTheLead) {
  ScriptedQueue queue("stride_tree:slice=10ms");
  const EntityId a = queue.add_hog(1);
  queue.add_hog(1);
  queue.run_until(Time(10ms));
  queue.set_weight(a, 4);
  EXPECT_EQ(ns(queue.state(a, "lead_over_neighbour")), 5ms);
  queue.run_until(Time(50ms));
  EXPECT_EQ(queue.order(), "ABAAB");
}

// Is the state right when the tree grows in mid-run? A and B have 10 and 0 ms when C joins (2 leaves become 4):
// (A B) is not behind C, ties go left, and B is behind A: B; then C, which is behind; ...
TEST(StrideTree, GrowsInMidRun) {
  ScriptedQueue queue("stride_tree:slice=10ms");
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(10ms));
  const EntityId c = queue.add_hog(1, Time(10ms));
  EXPECT_EQ(ns(queue.state(a, "lead_over_neighbour")), 5ms);
  queue.run_until(Time(310ms));
  EXPECT_EQ(queue.order().substr(0, 4), "ABCA");
  EXPECT_EQ(queue.service(a, Time(10ms), Time(310ms)) + queue.service(b, Time(10ms), Time(310ms)),
            200ms);
  EXPECT_EQ(queue.service(c, kStart, Time(310ms)), 100ms);
  EXPECT_EQ(queue.service(a, kStart, Time(310ms)), queue.service(b, kStart, Time(310ms)) + 10ms);
}

// Do two CPUs, one after the other, get the two that are next? Equal tasks A, B, C, no run has ended yet: A, then
// B, then C, and then nobody.
TEST(StrideTree, PicksForSeveralCpus) {
  const SchedulerChoice choice = Registry::global().choose("stride_tree");
  const RandomVerbs host(0, {1});
  const auto tree = choice.make(
      {.parameters = choice, .host = host, .cpus = 4, .capacity = 4 * kOneCpu, .seed = 1});
  for (EntityId e = 0; e < 3; ++e) {
    tree->add(e, 1, kStart);
    tree->enqueue(e, kStart, EnqueueReason::kWakeup);
  }
  EXPECT_EQ(tree->pick_next(0, kStart), 0U);
  EXPECT_EQ(tree->pick_next(1, kStart), 1U);
  EXPECT_EQ(tree->pick_next(2, kStart), 2U);
  EXPECT_EQ(tree->pick_next(3, kStart), kNoEntity);
}

// Is a lead that new tickets round to nothing nothing to the next pick as well? A has 2 tickets and B 1; A runs for
// 1 ns: d = 1, and B would be next. With 1 ticket d = 1 * 2 / 3, rounded down: 0, a tie, and A is next.
TEST(StrideTree, LeadThatRoundsToNothing) {
  const RandomVerbs host(0, {1});
  const auto tree = make_scheduler(Registry::global().choose("stride_tree"), host);
  for (EntityId e = 0; e < 2; ++e) {
    tree->add(e, 2 - e, kStart);
    tree->enqueue(e, kStart, EnqueueReason::kWakeup);
  }
  EXPECT_EQ(tree->pick_next(0, kStart), 0U);
  tree->put_prev(0, Time(1ns), 1ns, StopReason::kPreempted);
  tree->set_weight(0, 1, Time(1ns));
  EXPECT_EQ(tree->pick_next(0, Time(1ns)), 0U);
}

/// Forwards each call; keeps the paper's state (tickets, pass and global pass at every node) in fractions, and
/// throws InternalError when a pick goes to a child whose pass is not the smaller one.
class PassChecked final : public Scheduler {
 public:
  explicit PassChecked(std::unique_ptr<Scheduler> subject) : subject_(std::move(subject)) {}

  void add(EntityId e, Weight weight, Time now) override {
    subject_->add(e, weight, now);
    weights_[e] = weight;
    remains(kLeaves + e) = remains((kLeaves + e) ^ 1U) = 0;
  }
  void remove(EntityId e, Time now) override { subject_->remove(e, now); }
  void set_weight(EntityId e, Weight weight, Time now) override {
    subject_->set_weight(e, weight, now);
    settle(now);
    if (nodes_[kLeaves + e].tickets > 0) change(e, weight - weights_[e]);
    weights_[e] = weight;
  }
  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    subject_->enqueue(e, now, why);
    settle(now);
    change(e, weights_[e]);
  }
  void dequeue(EntityId e, Time now) override {
    subject_->dequeue(e, now);
    settle(now);
    change(e, -weights_[e]);
  }
  EntityId pick_next(CpuId cpu, Time now) override {
    const EntityId e = subject_->pick_next(cpu, now);
    if (e == kNoEntity) return e;
    running_ = e;
    last_ = now;
    charged_ = {};
    for (std::size_t at = kLeaves + e; at > 1; at /= 2) {
      const Node& mine = nodes_[at];
      const Node& other = nodes_[at ^ 1U];
      if (other.tickets == 0) continue;
      // A lead may be a ns off for each time that tickets have changed.
      const Fraction rounding =
          Fraction(changes_, mine.tickets) + Fraction(changes_, other.tickets);
      check(mine.remain <= other.remain + rounding, "the smaller pass is picked");
    }
    return e;
  }
  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    subject_->put_prev(e, now, ran, why);
    charge(ran - charged_);
    running_ = kNoEntity;
    if (!still_runnable(why)) change(e, -weights_[e]);
  }
  Duration slice(EntityId e, Time now) override { return subject_->slice(e, now); }

 private:
  static constexpr std::size_t kLeaves = 16;
  struct Node {
    Weight tickets = 0;
    Weight latest = 0;  ///< positive tickets
    Fraction remain;    ///< pass - global pass of the parent
  };
  void charge(Duration ran) {
    for (std::size_t at = kLeaves + running_; at > 1; at /= 2) {
      const Fraction l(to_ns(ran));
      const Weight both = nodes_[at].tickets + nodes_[at ^ 1U].tickets;
      nodes_[at].remain += l / nodes_[at].tickets - l / both;
      if (nodes_[at ^ 1U].tickets > 0) nodes_[at ^ 1U].remain -= l / both;
    }
  }
  void settle(Time now) {
    if (running_ == kNoEntity) return;
    charge(now - last_);
    charged_ += now - last_;
    last_ = now;
  }
  Fraction& remains(std::size_t at) { return nodes_[at].remain; }
  void change(EntityId e, Weight by) {
    ++changes_;
    for (std::size_t at = kLeaves + e; at >= 1; at /= 2) {
      Node& node = nodes_[at];
      node.tickets += by;
      if (node.tickets == 0) continue;
      if (node.latest > 0) node.remain *= Fraction(node.latest, node.tickets);
      node.latest = node.tickets;
    }
  }

  std::unique_ptr<Scheduler> subject_;
  std::vector<Node> nodes_{2 * kLeaves};
  std::map<EntityId, Weight> weights_;
  std::int64_t changes_ = 0;
  EntityId running_ = kNoEntity;
  Time last_{};
  Duration charged_{};
};

// Does it pick as the paper's passes say, at every node, whatever happens?
TEST(StrideTree, PicksTheSmallerPassAtEveryNode) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    RandomVerbs verbs(seed, {1, 2, 3, 11, 100, 333, 1009});
    PassChecked checked(make_scheduler(Registry::global().choose("stride_tree"), verbs));
    ASSERT_NO_THROW(verbs.drive(checked, 300));
  }
}

}  // namespace
}  // namespace sharesim
