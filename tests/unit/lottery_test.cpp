// Lottery scheduling, by the laws of its random numbers.

#include <chrono>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "schedulers/common/partial_sums.hpp"
#include "schedulers/common/random_bits.hpp"
#include "sim/scenario/distribution.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/side_by_side.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

/// Lotteries among hogs with these tickets; tells who won.
class Lotteries {
 public:
  Lotteries(const std::vector<Weight>& tickets, std::uint64_t seed)
      : verbs_(0, {1}),
        scheduler_(make_scheduler(Registry::global().choose("lottery"), verbs_, seed)) {
    for (EntityId e = 0; e < tickets.size(); ++e) {
      scheduler_->add(e, tickets[e], kStart);
      scheduler_->enqueue(e, kStart, EnqueueReason::kWakeup);
    }
  }
  EntityId hold() {
    const EntityId winner = scheduler_->pick_next(0, now_);
    now_ += 1ms;
    scheduler_->put_prev(winner, now_, 1ms, StopReason::kSliceEnd);
    return winner;
  }
  Scheduler& scheduler() { return *scheduler_; }

 private:
  RandomVerbs verbs_;  ///< a host that says nothing
  std::unique_ptr<Scheduler> scheduler_;
  Time now_ = kStart;
};

struct Sample {
  double mean = 0;
  double variance = 0;
};
Sample sample(const std::vector<int>& values) {
  Sample s;
  for (const int value : values) s.mean += value;
  s.mean /= static_cast<double>(values.size());
  for (const int value : values) s.variance += (value - s.mean) * (value - s.mean);
  s.variance /= static_cast<double>(values.size() - 1);
  return s;
}

// How many of n = 1000 lotteries does p = 1/4 win? Binomial: n p = 250 in the mean, variance n p (1 - p) =
// 187.5 (sd 13.693). Over 2000 repetitions with different seeds: the mean within 5 sd / sqrt(2000) = 1.53,
// the variance within 5 sqrt(2 / 2000) of itself = 29.6, and no single one further than 5 sd = 69 away (odds of
// 1 in 1000 for any of the 2000).
TEST(Lottery, WinsAreBinomial) {
  std::vector<int> wins(2000);
  for (std::uint64_t seed = 0; seed < wins.size(); ++seed) {
    Lotteries lotteries({1, 3}, seed);
    for (int i = 0; i < 1000; ++i) wins[seed] += lotteries.hold() == 0 ? 1 : 0;
    EXPECT_NEAR(wins[seed], 250, 69) << seed;
  }
  const Sample s = sample(wins);
  EXPECT_NEAR(s.mean, 250, 1.53);
  EXPECT_NEAR(s.variance, 187.5, 29.6);
}

// How long does p = 1/4 wait for its first win? Geometric: 4 lotteries in the mean, variance (1 - p) / p^2 =
// 12, and in more than 20 with probability .75^20 = .0031712. Over 20000 seeds: mean within 5 sqrt(12 / 20000) =
// .123; variance within 5 sd of it, where the fourth moment of a geometric variable gives sd about 12 sqrt(8 / 20000)
// = .25: 1.25; 63.4 of 20000 wait longer than 20, sd 7.95: 40.
TEST(Lottery, WaitForTheFirstWinIsGeometric) {
  std::vector<int> waits(20000);
  int longer_than_20 = 0;
  for (std::uint64_t seed = 0; seed < waits.size(); ++seed) {
    Lotteries lotteries({1, 3}, seed + 1'000'000);
    do ++waits[seed];
    while (lotteries.hold() != 0);
    longer_than_20 += waits[seed] > 20 ? 1 : 0;
  }
  const Sample s = sample(waits);
  EXPECT_NEAR(s.mean, 4, .123);
  EXPECT_NEAR(s.variance, 12, 1.25);
  EXPECT_NEAR(longer_than_20, 63.4, 40);
}

// Are lotteries independent of each other? With p = 1/2 a win follows a win half of the time: of 100000
// lotteries about 25000 pairs of wins, sd sqrt(5/64 ... n) < 150: within 5 of them.
TEST(Lottery, WinsAreIndependent) {
  Lotteries lotteries({1, 1}, 7);
  int pairs = 0;
  bool won = false;
  for (int i = 0; i < 100'000; ++i) {
    const bool wins = lotteries.hold() == 0;
    pairs += won && wins ? 1 : 0;
    won = wins;
  }
  EXPECT_NEAR(pairs, 25'000, 750);
}

// Tickets 5 : 3 : 2: B wins .3 of the lotteries; when A is gone, .6 of them. Of 100000: sd 145 and 155.
TEST(Lottery, TicketsOfThoseWhoAreThereCount) {
  Lotteries lotteries({5, 3, 2}, 3);
  int wins = 0;
  for (int i = 0; i < 100'000; ++i) wins += lotteries.hold() == 1 ? 1 : 0;
  EXPECT_NEAR(wins, 30'000, 725);
  lotteries.scheduler().dequeue(0, Time(100s));
  wins = 0;
  for (int i = 0; i < 100'000; ++i) wins += lotteries.hold() == 1 ? 1 : 0;
  EXPECT_NEAR(wins, 60'000, 775);
  lotteries.scheduler().set_weight(2, 27, Time(100s));
  wins = 0;
  for (int i = 0; i < 100'000; ++i) wins += lotteries.hold() == 1 ? 1 : 0;
  EXPECT_NEAR(wins, 10'000, 475);
}

// The paper's example of compensation tickets: A and B have 400 tickets each, A uses 20 of 100 ms. It then
// holds 400 / (1/5) = 2000 tickets until it wins again, wins five times as often, and gets the same CPU time.
// Without compensation it gets a fifth of B's. In 1000 s A wins about 25000 times: sd .6 % of a share.
TEST(Lottery, CompensationForAnUnusedPart) {
  for (const bool compensation : {true, false}) {
    ScriptedQueue queue(std::string("lottery:slice=100ms,compensation=") +
                        (compensation ? "true" : "false"));
    const EntityId a = queue.add(400, {{20ms, 0ms}}, kStart, true);
    queue.add_hog(400);
    queue.run_until(Time(1000s));
    const double share =
        std::chrono::duration<double>(queue.service(a, kStart, Time(1000s))).count() / 1000;
    EXPECT_NEAR(share, compensation ? .5 : 1. / 6, .02);
  }
}

TEST(Lottery, CompensationTicketsLastUntilTheNextWin) {
  ScriptedQueue queue("lottery:slice=100ms");
  const EntityId a = queue.add(400, {{20ms, 30ms}, {}});
  EXPECT_EQ(queue.state(a, "tickets"), 400);
  queue.run_until(Time(20ms));
  EXPECT_EQ(queue.state(a, "tickets"), 2000);
  queue.run_until(Time(50ms));
  EXPECT_EQ(queue.state(a, "tickets"), 2000);
  queue.run_until(Time(60ms));  // it has won again, and runs
  EXPECT_EQ(queue.state(a, "tickets"), 400);
  queue.run_until(Time(150ms));
  EXPECT_EQ(queue.state(a, "tickets"), 400);
}

// Do two queues with different seeds draw differently, and with the same seed the same?
TEST(Lottery, SeedDecides) {
  const auto winners = [](std::uint64_t seed) {
    Lotteries lotteries({1, 1}, seed);
    std::vector<EntityId> all(64);
    for (EntityId& winner : all) winner = lotteries.hold();
    return all;
  };
  EXPECT_EQ(winners(5), winners(5));
  EXPECT_NE(winners(5), winners(6));
}

// Is somebody picked whenever somebody is there, through joins, leaves and changes of tickets?
TEST(Lottery, SurvivesEveryOrderOfVerbs) {
  const SchedulerChoice choice = Registry::global().choose("lottery");
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    RandomVerbs verbs(seed, {1, 3, 100, 1'000'000});
    const auto scheduler = make_scheduler(choice, verbs, seed);
    ASSERT_NO_THROW(verbs.drive(*scheduler, 300)) << seed;
  }
}

// Is it the published generator? Its authors' reference code gives these from seed 1234567.
TEST(RandomBits, IsSplitMix64) {
  RandomBits random(1'234'567);
  EXPECT_EQ(random.next(), 6'457'827'717'110'365'317U);
  EXPECT_EQ(random.next(), 3'203'168'211'198'807'973U);
  EXPECT_EQ(random.next(), 9'817'491'932'198'370'423U);
}

// Are all numbers below a count that is no power of two equally likely, and is a count of more than 64 bits
// used to the full? 60000 draws of 6: 10000 each, sd 91. Of 3 * 2^64 the upper part is 0, 1 or 2: 20000 each, sd 115.
TEST(RandomBits, BelowIsUniform) {
  RandomBits random(1);
  std::vector<int> seen(6);
  std::vector<int> upper(3);
  for (int i = 0; i < 60'000; ++i) {
    ++seen[static_cast<std::size_t>(random.below(6))];
    ++upper[static_cast<std::size_t>(random.below(RandomBits::Wide{3} << 64U) >> 64U)];
  }
  for (const int count : seen) EXPECT_NEAR(count, 10'000, 460);
  for (const int count : upper) EXPECT_NEAR(count, 20'000, 580);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(static_cast<int>(random.below(1)), 0);
}

// Who holds unit n? The first whose sum with all before it is more than n: against that loop, while amounts
// change, ids are added, and somebody is taken and maybe put back with what it had.
TEST(PartialSums, FindWhatALoopFinds) {
  RandomStream stream = make_stream(2, 2);
  PartialSums sums;
  std::vector<std::uint32_t> amounts;
  for (int step = 0; step < 3000; ++step) {
    const EntityId e = stream() % static_cast<std::uint32_t>(1 + step / 20);
    if (e >= amounts.size()) amounts.resize(e + 1);
    amounts[e] = stream() % 3 == 0 ? 0 : stream() % 50;
    sums.set(e, amounts[e]);
    if (stream() % 3 == 0) {
      const EntityId taken = stream() % static_cast<std::uint32_t>(amounts.size());
      const std::uint32_t held = std::exchange(amounts[taken], 0);
      sums.take(taken);
      ASSERT_EQ(static_cast<std::uint32_t>(sums.of(taken)), 0U);
      if (stream() % 2 == 0) sums.set(taken, amounts[taken] = held);
    }
    std::uint32_t total = 0;
    for (const std::uint32_t amount : amounts) total += amount;
    ASSERT_EQ(static_cast<std::uint32_t>(sums.total()), total);
    if (total == 0) continue;
    std::uint32_t n = stream() % total;
    const EntityId found = sums.holder_of(n);
    EntityId expected = 0;
    while (n >= amounts[expected]) n -= amounts[expected++];
    ASSERT_EQ(found, expected);
  }
}

}  // namespace
}  // namespace sharesim
