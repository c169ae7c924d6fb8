// Do the closed forms of sim/search/bounds hold, and are they reached? Hundreds of random machines
// for each, simulated, against the formula: what a saver of credit can do to its neighbour, by how
// it is picked, pays and earns; and what fair queuing and round robin admit. Lengths are whole
// microseconds, so that nothing hides behind a common multiple.

#include "sim/search/bounds.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include <boost/random/uniform_int_distribution.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/core/units.hpp"
#include "sim/engine/engine.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/search/attack_space.hpp"
#include "tests/support/attacked.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using test::against_the_first;
using test::bound_of_the_first;
using test::Dice;
using test::gap_of_the_first;
using test::ScenarioBuilder;
using test::simulate;

constexpr std::uint64_t kMachines = 1000;  // of each kind

double real(Duration d) { return static_cast<double>(to_ns(d)); }

/// A saver that sleeps and then always runs, beside a neighbour that always runs.
struct Saver {
  Duration slice, period, limit, asleep;
  std::int64_t rate = 1'000'000;
  Weight victim = 1, saver = 1;
  std::string rest;  ///< further parameters of the scheduler

  std::string text() const {
    return fmt::format("credit:slice={},grant_period={},limit={},rate={}%,{}", to_text(slice),
                       to_text(period), to_text(limit), static_cast<double>(rate) / 1e4, rest);
  }
  SchedulerChoice scheduler() const { return Registry::global().parse(text()); }
  /// What `savers` of that weight earn, with `earning` the sum of all weights that earn.
  double earns(Weight earning) const {
    return static_cast<double>(rate) / 1e6 * static_cast<double>(saver) /
           static_cast<double>(earning);
  }
  /// Credit when it wakes up: of the grants up to then, as far as the limit lets.
  double saved(double r) const {
    return std::min(real(limit), r * real(period) * static_cast<double>(asleep / period));
  }
  Scenario scenario(int savers, Duration after) const {
    ScenarioBuilder builder;
    builder.duration(asleep + after);
    builder.task("victim", victim);
    for (int i = 0; i < savers; ++i) {
      builder.task("saver" + std::to_string(i), saver,
                   test::once({test::sleep_for(asleep), test::run_for(1h)}));
    }
    return builder.build();
  }
};

Saver random_saver(Dice& dice) {
  Saver saver;
  saver.period = dice.us(100, 3000);
  saver.slice = dice.us(50, 4000);
  saver.asleep = dice.us(30'000, 90'000);
  saver.limit = dice.us(1000, 40'000);
  saver.rate = 100 * dice.between(2000, 9500);
  saver.victim = dice.between(1, 5);
  saver.saver = dice.between(1, 5);
  return saver;
}

// pick=strict: who holds credit goes first until it has none. It has c when it wakes up (or up to
// the neighbour's turn later, and then more), earns r, spends 1: c / (1 - r), less a grant that
// comes late and one that the limit cuts off, plus the slice that it ends in and a grant that comes
// early. earn=not_running: c, plus that slice.
TEST(Bounds, ASaverWithStrictPickGetsItsCreditOverOneMinusItsRate) {
  for (std::uint64_t seed = 1; seed <= kMachines; ++seed) {
    Dice dice(seed);
    Saver saver = random_saver(dice);
    const bool earning = dice.between(0, 1) == 1;
    saver.rest = std::string("earn=") + (earning ? "always" : "not_running") +
                 ",debt=" + dice.one_of({"allowed", "limited"});
    SCOPED_TRACE(fmt::format("{} {}: {}", seed, saver.text(), saver.saver));
    const double r = saver.earns(saver.victim + saver.saver);
    const double c = saver.saved(r);
    const double least = earning ? (c - 2 * r * real(saver.period)) / (1 - r) : c;
    const auto after = ns(static_cast<std::int64_t>(3 * real(saver.limit) / (1 - r))) + 60ms;
    const Scenario scenario = saver.scenario(1, after);
    const Duration gap = gap_of_the_first(scenario, saver.scheduler());
    EXPECT_GE(real(gap), least - 2);
    EXPECT_LE(gap, bound_of_the_first(scenario, saver.scheduler()));
  }
}

// The limit is what makes the bound: who has slept for long enough gets limit / (1 - r), and the
// bound is less than a grant / (1 - r) and a slice or two above what the plain attack does.
TEST(Bounds, TheStrictBoundIsReached) {
  for (std::uint64_t seed = 1; seed <= kMachines; ++seed) {
    Dice dice(seed);
    Saver saver = random_saver(dice);
    saver.rest = "debt=" + dice.one_of({"allowed", "limited"});
    const double r = saver.earns(saver.victim + saver.saver);
    saver.asleep =
        saver.period * (2 + static_cast<std::int64_t>(real(saver.limit) / r / real(saver.period)));
    SCOPED_TRACE(fmt::format("{} {}", seed, saver.text()));
    const auto after = ns(static_cast<std::int64_t>(3 * real(saver.limit) / (1 - r))) + 60ms;
    const Scenario scenario = saver.scenario(1, after);
    const Duration gap = gap_of_the_first(scenario, saver.scheduler());
    const Duration bound = bound_of_the_first(scenario, saver.scheduler());
    EXPECT_LE(gap, bound);
    EXPECT_GE(real(gap), real(bound) - 3 * r * real(saver.period) / (1 - r) -
                             2 * real(saver.slice) - r * real(saver.slice) / (1 - r));
  }
}

// n savers beside a neighbour that never earns: sum of c / (1 - sum of r). Without a limit in the
// way (those that wait go on earning): less a grant each that comes late, plus a slice and what the
// others of them may owe.
TEST(Bounds, SaversAddUp) {
  for (std::uint64_t seed = 1; seed <= kMachines; ++seed) {
    Dice dice(seed);
    Saver saver = random_saver(dice);
    const auto savers = static_cast<int>(dice.between(1, 4));
    saver.victim = 1;
    saver.saver = dice.between(2, 5);
    saver.limit = 10s;
    saver.rest = "earning_weight=2,debt=" + dice.one_of({"allowed", "limited"}) +
                 ",pick=" + dice.one_of({"strict", "round_robin", "largest"});
    SCOPED_TRACE(fmt::format("{} {} x {}", seed, savers, saver.text()));
    // The unit of weights is their greatest common divisor, which is 1 because of the victim's.
    const double sum = static_cast<double>(saver.rate) / 1e6;
    const double c = savers * saver.saved(sum / savers);
    const double grant = sum * real(saver.period);
    const double n = savers;
    const Scenario scenario =
        saver.scenario(savers, ns(static_cast<std::int64_t>(2 * c / (1 - sum))) + 100ms);
    const double gap = real(gap_of_the_first(scenario, saver.scheduler()));
    const double owed = (n - 1) * real(saver.slice);
    EXPECT_GE(gap, (c - grant - n) / (1 - sum) - 2 * n);
    EXPECT_LE(gap, (c + grant + owed) / (1 - sum) + real(saver.slice) + 2 * n);
    EXPECT_LE(gap, real(bound_of_the_first(scenario, saver.scheduler())));
  }
}

// pick=largest: the saver goes first as long as it holds more than its neighbour, which earns while
// it waits: (c_a - c_v) / (1 - r_a + r_v). The neighbour has spent what it had: it holds at most a
// grant and owes at most a slice.
TEST(Bounds, TheRichestFirstUntilTheOtherHasCaughtUp) {
  for (std::uint64_t seed = 1; seed <= kMachines; ++seed) {
    Dice dice(seed);
    Saver saver = random_saver(dice);
    saver.rest = "pick=largest,debt=" + dice.one_of({"allowed", "limited"});
    SCOPED_TRACE(fmt::format("{} {}", seed, saver.text()));
    const double r = saver.earns(saver.victim + saver.saver);
    const double rv = r * static_cast<double>(saver.victim) / static_cast<double>(saver.saver);
    const double grants = (2 * r + 3 * rv) * real(saver.period);
    const Scenario scenario = saver.scenario(1, 200ms);
    const Duration gap = gap_of_the_first(scenario, saver.scheduler());
    EXPECT_GE(real(gap), (saver.saved(r) - grants - real(saver.slice)) / (1 - r + rv) - 2);
    EXPECT_LE(gap, bound_of_the_first(scenario, saver.scheduler()));
  }
}

// pick=round_robin: as long as both hold credit nobody waits longer than a slice. Both sleep, and
// both wake up with so much credit that it lasts to the end of the run.
TEST(Bounds, HoldersOfCreditByTurnsWaitForASlice) {
  for (std::uint64_t seed = 1; seed <= kMachines; ++seed) {
    Dice dice(seed);
    Saver saver = random_saver(dice);
    saver.limit = 10s;
    saver.victim = saver.saver;
    saver.rest = "pick=round_robin";
    SCOPED_TRACE(fmt::format("{} {}", seed, saver.text()));
    const double c = saver.saved(saver.earns(2 * saver.saver));
    Scenario scenario = saver.scenario(1, ns(static_cast<std::int64_t>(c)));
    scenario.tasks[0].behaviour = scenario.tasks[1].behaviour;
    if (c < 3 * real(saver.slice)) continue;
    EXPECT_EQ(gap_of_the_first(scenario, saver.scheduler()), saver.slice);
  }
}

// Again and again: L / r asleep, L / (1 - r) at work. That is a share of r, and no burst is longer
// than the first: who spends everything saves up no more than the limit. Grants come in pieces, so a
// burst may begin or end one of them early or late.
TEST(Bounds, BurstsThatAreRepeatedAddUpToTheRate) {
  for (std::uint64_t seed = 1; seed <= kMachines; ++seed) {
    Dice dice(seed);
    Saver saver = random_saver(dice);
    saver.victim = 1;
    saver.saver = 2;
    saver.rest = "earning_weight=2,debt=" + dice.one_of({"allowed", "limited"});
    SCOPED_TRACE(fmt::format("{} {}", seed, saver.text()));
    const double r = static_cast<double>(saver.rate) / 1e6;
    const double grant = r * real(saver.period);
    const double on = real(saver.limit) / (1 - r);
    const double off = real(saver.limit) / r;
    constexpr int kCycles = 8;
    Scenario scenario = saver.scenario(1, 0ns);
    scenario.duration = ns(static_cast<std::int64_t>(kCycles * (on + off)));
    scenario.tasks[1].behaviour = Sequence{{test::sleep_for(ns(static_cast<std::int64_t>(off))),
                                            test::run_for(ns(static_cast<std::int64_t>(on)))},
                                           0};
    const Result result = simulate(scenario, saver.scheduler());
    const double slack = (2 * grant + real(saver.slice)) / (1 - r);
    const double gap = real(result.table->row(EntityRef::task(0)).starvation.length);
    EXPECT_LE(gap, on + slack);
    EXPECT_GE(gap, on - slack);
    const double share =
        real(result.table->row(EntityRef::task(1)).service) / real(scenario.duration);
    EXPECT_NEAR(share, r, kCycles * slack / real(scenario.duration) + r / kCycles);
  }
}

// In the long run an earner gets its rate, whatever it does: of all that is granted it gets r, and it
// begins with nothing. Beside a hog that earns the rest: r D, the limit that the hog may have lost
// while it waited, and what may be owed or come early: a slice and a grant each.
TEST(Bounds, NobodyGetsMoreThanItsRateInTheLongRun) {
  double closest = 0;
  for (std::uint64_t seed = 1; seed <= kMachines; ++seed) {
    Dice dice(seed);
    Saver saver = random_saver(dice);
    saver.rate = 1'000'000;
    saver.rest = "debt=" + dice.one_of({"allowed", "limited"});
    const Duration run = 20 * saver.limit;
    const AttackSpace space{.longest = run,
                            .shortest_round = 100us,
                            .latest_phase = 0ns,
                            .times = {saver.slice, saver.period, saver.limit},
                            .attackers = {1}};
    Scenario scenario = saver.scenario(1, 0ns);
    scenario.duration = run;
    AttackSource source(space, dice.stream());
    const Attack attack = source.draw();
    scenario.tasks[1].behaviour = behaviour_of(attack, run);
    SCOPED_TRACE(fmt::format("{} {}: {}", seed, saver.text(), in_words(attack)));
    const double r = saver.earns(saver.victim + saver.saver);
    const double got =
        real(simulate(scenario, saver.scheduler()).table->row(EntityRef::task(1)).service);
    const double most = r * real(run) + real(saver.limit) + 2 * real(saver.slice + saver.period);
    EXPECT_LE(got, most);
    closest = std::max(closest, got / most);
  }
  EXPECT_GE(closest, 0.8);
}

/// Attacks of all kinds, weights and parameters: the victim (a hog, or one that sleeps) and one to
/// three others.
Scenario random_rivals(Dice& dice, const AttackSpace& space) {
  AttackSource source(space, dice.stream());
  ScenarioBuilder builder;
  builder.duration(space.longest);
  const auto behaviour = [&] {
    const Attack attack = dice.between(0, 2) == 0 ? Attack{} : source.draw();
    return behaviour_of(attack, space.longest);
  };
  builder.task("victim", dice.between(1, 4), behaviour());
  const Duration start = dice.between(0, 3) == 0 ? dice.us(0, 50'000) : 0ns;
  for (std::int64_t i = dice.between(1, 3); i > 0; --i) {
    builder.task("other" + std::to_string(i), dice.between(1, 4), behaviour()).start = start;
  }
  return builder.build();
}

struct Kept {
  std::uint64_t runs = 0;
  double closest = 0;  ///< gap / bound
};

void expect_kept(const Scenario& scenario, const std::string& text, Kept& kept) {
  SCOPED_TRACE(text);
  const SchedulerChoice scheduler = Registry::global().parse(text);
  const Duration bound = bound_of_the_first(scenario, scheduler);
  if (bound == kForever) return;
  const Duration gap = gap_of_the_first(scenario, scheduler);
  EXPECT_LE(gap, bound);
  ++kept.runs;
  kept.closest = std::max(kept.closest, real(gap) / real(bound));
}

// Is every bound kept, whatever anybody does? And is it near enough to mean something: does one of
// the random attacks come to four fifths of it?
TEST(Bounds, HoldForRandomRivals) {
  Kept credit, sfq, rr;
  for (std::uint64_t seed = 1; seed <= 3 * kMachines; ++seed) {
    Dice dice(seed);
    const Duration slice = dice.us(10, 3000);
    const Duration period = dice.us(10, 3000);
    const AttackSpace space{.longest = 100ms,
                            .shortest_round = 100us,
                            .latest_phase = 0ns,
                            .times = {slice, period},
                            .attackers = {1}};
    const Scenario scenario = random_rivals(dice, space);
    SCOPED_TRACE(seed);
    expect_kept(scenario, "rr:slice=" + to_text(slice), rr);
    expect_kept(scenario, "sfq:slice=" + to_text(slice), sfq);
    expect_kept(
        scenario,
        fmt::format("credit:slice={},grant_period={},limit={},rate={}%,pick={},debt={},earn={},"
                    "earning_weight={}",
                    to_text(slice), to_text(period), to_text(dice.us(1, 20'000)),
                    dice.between(1, 10) * 10, dice.one_of({"strict", "largest", "round_robin"}),
                    dice.one_of({"allowed", "limited"}), dice.one_of({"always", "not_running"}),
                    dice.between(1, 3)),
        credit);
  }
  EXPECT_EQ(rr.runs, 3 * kMachines);
  EXPECT_EQ(sfq.runs, 3 * kMachines);
  EXPECT_GT(credit.runs, kMachines);
  EXPECT_GE(rr.closest, 0.8);
  EXPECT_GE(sfq.closest, 0.8);
  EXPECT_GE(credit.closest, 0.8);
}

// What attackers can steal under sfq from tasks that always run: kept by one to three attackers of
// all kinds beside one to three hogs.
TEST(Bounds, SfqBoundsTheft) {
  for (std::uint64_t seed = 1; seed <= kMachines; ++seed) {
    Dice dice(seed);
    const Duration slice = dice.us(10, 3000);
    const AttackSpace space{.longest = 100ms,
                            .shortest_round = 100us,
                            .latest_phase = 0ns,
                            .times = {slice},
                            .attackers = {1}};
    AttackSource source(space, dice.stream());
    const Attack attack = source.draw();
    ScenarioBuilder builder;
    builder.duration(space.longest);
    Sides sides;
    Weight attacking = 0;
    Weight total = 0;
    for (std::int64_t i = dice.between(1, 3); i > 0; --i) {
      const TaskSpec& task = builder.task("hog" + std::to_string(i), dice.between(1, 4));
      sides.victims.push_back(EntityRef::task(task.first));
      total += task.weight;
    }
    const auto attackers = static_cast<std::uint32_t>(dice.between(1, 3));
    const TaskSpec& task = builder.task("attacker", dice.between(1, 4),
                                        behaviour_of(attack, space.longest), kRoot, attackers);
    for (TaskId id = task.first; id < task.first + attackers; ++id) {
      sides.attackers.push_back(EntityRef::task(id));
      attacking += task.weight;
    }
    total += attacking;
    sides.entitled = ns(to_ns(space.longest) * attacking / total);
    SCOPED_TRACE(fmt::format("{}: {}", seed, in_words(attack)));
    const SchedulerChoice scheduler = Registry::global().parse("sfq:slice=" + to_text(slice));
    const auto bound = bound_of(Objective::kTheft, builder.build(), scheduler, sides).bound;
    ASSERT_TRUE(bound);
    EXPECT_LE(*harm_of(Objective::kTheft, simulate(builder.build(), scheduler), sides),
              to_ns(bound->value) + 1);
  }
}

// Two that never block, equal weights: by turns, one slice each, under rr. Under sfq one that comes
// when the other has just begun a slice starts level with it and is picked first or second: two
// slices at most, and two it is for one that comes at a slice's end (ties go to the lower id).
TEST(Bounds, AreExactForTwoOfAKind) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Dice dice(seed);
    const Duration slice = dice.us(10, 3000);
    ScenarioBuilder builder;
    builder.task("attacker", 1,
                 test::once({test::sleep_for(dice.between(1, 9) * slice), test::run_for(1h)}));
    builder.task("victim", 1);
    Scenario scenario = builder.build();
    Sides sides;
    sides.attackers = {EntityRef::task(0)};
    sides.victims = {EntityRef::task(1)};
    for (const std::string name : {"rr", "sfq"}) {
      SCOPED_TRACE(name);
      const SchedulerChoice scheduler = Registry::global().parse(name + ":slice=" + to_text(slice));
      const Duration gap =
          simulate(scenario, scheduler).table->row(EntityRef::task(1)).starvation.length;
      EXPECT_EQ(gap, name == "rr" ? slice : 2 * slice);
      EXPECT_EQ(gap, bound_of(Objective::kGap, scenario, scheduler, sides).bound->value);
    }
  }
}

// Where nothing is proved, nothing is said: several CPUs, a group, a cap, an event, a cost, several
// victims, a balance that forgets its debts, a scheduler without a theorem.
TEST(Bounds, AreSilentWhereNothingIsProved) {
  ScenarioBuilder plain;
  plain.task("victim", 1);
  plain.task("attacker", 1);
  const auto silent = [](const Scenario& scenario, const std::string& scheduler) {
    return bound_of_the_first(scenario, Registry::global().parse(scheduler)) == kForever;
  };
  EXPECT_FALSE(silent(plain.build(), "sfq"));
  EXPECT_TRUE(silent(plain.build(), "stride"));
  EXPECT_TRUE(silent(plain.build(), "credit:debt=clamped"));
  const std::vector<void (*)(ScenarioBuilder&)> changes{
      [](ScenarioBuilder& b) { b.cpus(2); },
      [](ScenarioBuilder& b) { b.group("web", 1); },
      [](ScenarioBuilder& b) {
        b.scenario().tasks[1].cap = Bandwidth{.quota = 1ms, .period = 2ms};
      },
      [](ScenarioBuilder& b) { b.event(test::ms(1), EntityRef::task(0)).weight = 3; },
      [](ScenarioBuilder& b) { b.machine().wakeup = 1us; },
  };
  for (const auto change : changes) {
    ScenarioBuilder builder = plain;
    change(builder);
    EXPECT_TRUE(silent(builder.build(), "sfq"));
  }
  Sides both = against_the_first(plain.build());
  both.victims.push_back(both.attackers.front());
  EXPECT_FALSE(
      bound_of(Objective::kGap, plain.build(), Registry::global().choose("sfq"), both).bound);
}

}  // namespace
}  // namespace sharesim
