// The search for the worst attack: what it may try, that it keeps to its budget and its seed, and
// that it finds the attacks of the literature from a start that knows none of them.

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "sim/engine/engine.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/search/bounds.hpp"
#include "sim/search/evolution.hpp"
#include "tests/support/scenario_builder.hpp"
#include "tests/support/tick_sampled.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using test::ScenarioBuilder;

Leg run(Duration d) { return {Step::Kind::kRun, d}; }
Leg sleep(Duration d) { return {Step::Kind::kSleep, d}; }

TEST(Attack, IsSaidInWords) {
  EXPECT_EQ(in_words({}), "run for ever");
  EXPECT_EQ(in_words({.phase = {}, .legs = {sleep(9980ms)}}), "sleep 9.98s, then run for ever");
  EXPECT_EQ(in_words({.phase = 3ms, .legs = {run(9500us), sleep(500us)}, .rounds = 0}),
            "from 3ms on run 9.5ms, sleep 500us, again and again");
  EXPECT_EQ(in_words({.phase = {}, .legs = {run(1us), sleep(2us)}, .rounds = 9, .attackers = 2}),
            "2 attackers: 9 times (run 1us, sleep 2us), then run for ever");
}

// For ever is as long as the whole run; a round that is repeated is written once, one that is not
// as often as it comes.
TEST(Attack, BecomesSteps) {
  EXPECT_TRUE(steps_of({}, 1s).empty());
  EXPECT_EQ(steps_of({.phase = 1ms, .legs = {sleep(2s)}}, 9s),
            (std::vector<Leg>{sleep(2s), run(9s)}));
  EXPECT_EQ(steps_of({.phase = {}, .legs = {run(1ms), sleep(2ms)}, .rounds = 0}, 9s),
            (std::vector<Leg>{run(1ms), sleep(2ms)}));
  EXPECT_EQ(steps_of({.phase = {}, .legs = {run(1ms), sleep(2ms)}, .rounds = 2}, 9s),
            (std::vector<Leg>{run(1ms), sleep(2ms), run(1ms), sleep(2ms), run(9s)}));
}

// Slice, grant period and limit of credit, the machine's tick, a cap's quota and period; not what
// is longer than the run.
TEST(AttackSpace, KnowsTheSchedulersTimes) {
  ScenarioBuilder builder;
  builder.machine().tick = 4ms;
  builder.task("attacker", 1).cap = Bandwidth{.quota = 7ms, .period = 50ms};
  const SchedulerChoice credit = Registry::global().parse("credit:limit=2s");
  EXPECT_EQ(characteristic_times(builder.build(), credit),
            (std::vector<Duration>{1ms, 4ms, 7ms, 10ms, 50ms}));
  EXPECT_EQ(characteristic_times(builder.duration(2s).build(), credit).back(), 2s);
}

TEST(AttackSpace, RoundsToDigits) {
  EXPECT_EQ(rounded(ns(123'456), 3), ns(123'000));
  EXPECT_EQ(rounded(ns(999'500), 3), ns(1'000'000));
  EXPECT_EQ(rounded(ns(12), 3), ns(12));
  EXPECT_EQ(rounded(ns(0), 1), ns(0));
}

bool is_within(const Attack& attack, const AttackSpace& space) {
  const std::vector<Leg>& legs = attack.legs;
  const bool in_turn = std::adjacent_find(legs.begin(), legs.end(), [](const Leg& a, const Leg& b) {
                         return a.kind == b.kind;
                       }) == legs.end();
  const bool affordable =
      attack.rounds == 0 ? legs.size() >= 2 && round_length(attack) >= space.shortest_round
                         : attack.rounds * static_cast<std::int64_t>(legs.size()) <= kMostSteps;
  return in_turn && affordable && legs.size() <= kMostLegs &&
         (attack.rounds == 1 || legs.size() % 2 == 0) && attack.phase >= 0ns &&
         attack.phase <= space.latest_phase &&
         std::find(space.attackers.begin(), space.attackers.end(), attack.attackers) !=
             space.attackers.end();
}

// Does every attack that is drawn or changed at random stay one that a file can hold and a run can
// afford? Spaces with and without times, down to a run of a microsecond.
TEST(AttackSpace, IsNotLeft) {
  const std::vector<AttackSpace> spaces{
      {.longest = 10s, .shortest_round = 200us, .latest_phase = 9s, .times = {1ms, 10ms, 3s}},
      {.longest = 1us, .shortest_round = 2us, .latest_phase = 0ns, .times = {}},
      {.longest = 1s,
       .shortest_round = 20us,
       .latest_phase = 5ms,
       .times = {1us},
       .attackers = {1, 2, 5}},
  };
  for (const AttackSpace& space : spaces) {
    AttackSource source(space, make_stream(3, 0));
    Attack attack;
    for (int i = 0; i < 20'000; ++i) {
      attack = source.below(10) == 0 ? source.draw() : source.mutate(std::move(attack));
      ASSERT_TRUE(is_within(attack, space)) << i << ": " << in_words(attack);
      for (const Leg& leg : attack.legs) {
        // The last leg may be longer, where a round would be too short without.
        ASSERT_TRUE(leg.length >= kShortestLeg &&
                    leg.length <= space.longest + space.shortest_round);
      }
    }
  }
}

const AttackSpace kSpace{
    .longest = 10s, .shortest_round = 200us, .latest_phase = 9s, .times = {1ms, 10ms}};

/// Done best by a sleep of 1.234 s and a run of 9.5 ms, again and again.
std::int64_t made_up_harm(const Attack& attack) {
  std::int64_t harm = attack.rounds == 0 && attack.legs.size() == 2 ? 10'000'000'000 : 0;
  for (const Leg& leg : attack.legs) {
    const Duration best = leg.kind == Step::Kind::kRun ? 9500us : 1234ms;
    harm -= std::abs(to_ns(leg.length - best));
  }
  return harm;
}

struct Tried {
  std::vector<Attack> attacks;
  std::optional<Found> found;
};

Tried search_made_up(const SearchOptions& options, std::size_t stop_after = 1'000'000) {
  Tried tried;
  tried.found = find_worst(kSpace, {}, options, [&](const std::vector<Attack>& attacks) {
    std::vector<std::optional<std::int64_t>> harms;
    for (const Attack& attack : attacks) {
      tried.attacks.push_back(attack);
      harms.emplace_back();
      if (tried.attacks.size() <= stop_after) harms.back() = made_up_harm(attack);
    }
    return harms;
  });
  return tried;
}

TEST(AttackSearch, ClimbsToTheWorst) {
  const Tried tried = search_made_up({.budget = 3000, .seed = 1});
  ASSERT_EQ(tried.found->attack.legs.size(), 2U);
  EXPECT_EQ(tried.found->hog, 0);
  EXPECT_GT(tried.found->harm, 9'990'000'000);
  EXPECT_TRUE(tried.found->complete);
  EXPECT_EQ(tried.found->harm, made_up_harm(tried.found->attack));
}

// It tries as many as it says, and no more than it may; the first is the hog.
TEST(AttackSearch, KeepsToItsBudget) {
  for (const std::int64_t budget : {1, 17, 100, 1000}) {
    const Tried tried = search_made_up({.budget = budget, .seed = 1});
    EXPECT_EQ(tried.found->trials, static_cast<std::int64_t>(tried.attacks.size()));
    EXPECT_LE(tried.found->trials, budget);
    EXPECT_EQ(tried.attacks.front(), Attack{});
  }
}

TEST(AttackSearch, IsTheSameForTheSameSeed) {
  const Tried one = search_made_up({.budget = 500, .seed = 7});
  EXPECT_EQ(search_made_up({.budget = 500, .seed = 7}).attacks, one.attacks);
  EXPECT_NE(search_made_up({.budget = 500, .seed = 8}).attacks, one.attacks);
}

// Trials without a value end the search: what was found until then counts, and is marked.
TEST(AttackSearch, EndsWhenItIsTold) {
  const Tried tried = search_made_up({.budget = 1000, .seed = 1}, 100);
  EXPECT_EQ(tried.found->trials, 100);
  EXPECT_FALSE(tried.found->complete);
  EXPECT_LT(tried.attacks.size(), 130U);
  EXPECT_FALSE(search_made_up({.budget = 1000, .seed = 1}, 0).found);
}

/// The task 0 against the others, which always run; all of one weight.
class Duel {
 public:
  Duel(SchedulerChoice scheduler, Duration duration, std::uint32_t victims)
      : scheduler_(std::move(scheduler)) {
    ScenarioBuilder builder;
    builder.duration(duration);
    builder.task("attacker", 1);
    builder.task("victim", 1, RunForever{}, kRoot, victims);
    scenario_ = builder.build();
    sides_.attackers = {EntityRef::task(0)};
    for (TaskId id = 1; id <= victims; ++id) sides_.victims.push_back(EntityRef::task(id));
    sides_.entitled = duration / (victims + 1);
  }

  Found search(Objective objective, std::int64_t budget, std::uint64_t seed = 1) const {
    const AttackSpace space = attack_space(scenario_, scenario_.tasks[0], scheduler_);
    return *find_worst(space, {}, {.budget = budget, .seed = seed},
                       [&](const std::vector<Attack>& attacks) {
                         std::vector<std::optional<std::int64_t>> harms;
                         for (const Attack& attack : attacks) {
                           harms.push_back(harm_of(objective, simulate(attack), sides_));
                         }
                         return harms;
                       });
  }
  Result simulate(const Attack& attack) const {
    auto scenario = std::make_shared<Scenario>(scenario_);
    scenario->tasks[0].start = attack.phase;
    scenario->tasks[0].behaviour = behaviour_of(attack, scenario_.duration);
    const auto measures = std::make_shared<Measures>(scenario, scheduler_.info().name);
    const EngineSummary summary = run_engine(*scenario, scheduler_, *measures);
    return {.scenario = scenario,
            .scheduler = scheduler_.to_string(),
            .end = summary.end,
            .complete = summary.complete,
            .decisions = summary.decisions,
            .table = measures,
            .expectations = {}};
  }
  Bound bound(Objective objective) const {
    return *bound_of(objective, scenario_, scheduler_, sides_).bound;
  }

 private:
  SchedulerChoice scheduler_;
  Scenario scenario_;
  Sides sides_;
};

double real(Duration d) { return static_cast<double>(to_ns(d)); }

// Saving up credit and then bursting: limit / (1 - r) = 300 / 0.5 = 600 ms, and 2 / 0.5 = 4 s with
// a limit of 2 s. To a hundredth, within the bound, and from nothing but a hog and random attacks.
TEST(AttackSearch, RediscoversTheBurstAfterIdling) {
  for (const auto& [text, worst] :
       std::vector<std::pair<std::string, Duration>>{{"credit", 600ms}, {"credit:limit=2s", 4s}}) {
    SCOPED_TRACE(text);
    const Duel duel(Registry::global().parse(text), 20s, 1);
    const Found found = duel.search(Objective::kGap, 300);
    EXPECT_GE(static_cast<double>(found.harm), 0.99 * real(worst));
    EXPECT_LE(found.harm, to_ns(duel.bound(Objective::kGap).value));
    EXPECT_LT(found.hog, to_ns(20ms));
  }
}

// Sleeping through the ticks (Zhou et al.): up to all of the CPU, against any number of victims, and
// not by luck: with every one of these seeds. A hog gets its share and a tick or so more.
TEST(AttackSearch, RediscoversTheEvasionOfTicks) {
  for (const std::uint32_t victims : {1U, 3U, 7U}) {
    const Duel duel(test::tick_sampled(), 5s, victims);
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      SCOPED_TRACE(::testing::Message() << victims << " victims, seed " << seed);
      const Found found = duel.search(Objective::kTheft, 1000, seed);
      const Result result = duel.simulate(found.attack);
      EXPECT_GE(real(result.table->row(EntityRef::task(0)).service), 0.94 * real(5s))
          << in_words(found.attack);
      EXPECT_LT(found.hog, to_ns(100ms));
    }
  }
}

// The same under the scheduler that it was found in, with its slices, boosts and accountings.
TEST(AttackSearch, RediscoversTheEvasionOfTicksInXen) {
  for (const std::uint32_t victims : {1U, 7U}) {
    const Duel duel(Registry::global().parse("xen_credit:accounting=tick_sampled"), 5s, victims);
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      SCOPED_TRACE(::testing::Message() << victims << " victims, seed " << seed);
      const Found found = duel.search(Objective::kTheft, 1000, seed);
      const Result result = duel.simulate(found.attack);
      EXPECT_GE(real(result.table->row(EntityRef::task(0)).service), 0.94 * real(5s))
          << in_words(found.attack);
    }
  }
}

// And where there is nothing to find? sfq lets nobody wait for more than two slices (of two equals),
// and nobody take more than its fairness theorem admits; rr not even two.
TEST(AttackSearch, FindsNothingBeyondAProof) {
  for (const std::string text : {"sfq", "sfq:slice=3ms", "rr", "bvt", "wf2q_plus"}) {
    SCOPED_TRACE(text);
    const Duel duel(Registry::global().parse(text), 2s, 1);
    const Found found = duel.search(Objective::kGap, 300);
    EXPECT_LE(found.harm, to_ns(duel.bound(Objective::kGap).value));
    EXPECT_GE(found.harm, to_ns(duel.bound(Objective::kGap).value) * 9 / 10);
  }
  const Duel duel(Registry::global().choose("sfq"), 2s, 3);
  EXPECT_LE(duel.search(Objective::kTheft, 300).harm, to_ns(duel.bound(Objective::kTheft).value));
}

}  // namespace
}  // namespace sharesim
