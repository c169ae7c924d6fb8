// Does every bound that `starve` prints hold, whatever attackers do, and is it near enough to mean
// something? For each scheduler hundreds of random machines with random rivals, and a search for the
// worst attack on some of them; and the closest that any of them came to the bound is stated, so that
// one that is too loose is noticed as well as one that is broken.

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/core/units.hpp"
#include "sim/search/attack_space.hpp"
#include "sim/search/evolution.hpp"
#include "tests/support/attacked.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using test::Dice;
using test::ScenarioBuilder;

/// How a scheduler is set up at random, and how near its bounds are to what was seen.
struct Case {
  std::string name;
  double wait_reached = 0;               ///< longest wait / bound, of the worst attack; 0: no bound
  double theft_reached = 0;              ///< the same of what is stolen
  std::string (*more)(Dice&) = nullptr;  ///< parameters besides the slice
  void (*hint)(Dice&, Scenario&) = nullptr;  ///< hints of the tasks
  std::string label = name;
  std::int64_t longest_slice_us = 3000;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }

std::string round_slice(Dice& dice) { return ",round_slice=" + to_text(dice.us(1000, 8000)); }
std::string init(Dice& dice) { return ",init=" + dice.one_of({"stride", "zero"}); }
std::string period(Dice& dice) { return ",period=" + to_text(dice.us(1000, 20'000)); }
std::string credits(Dice& dice) {
  return fmt::format(",min_slice={},ratelimit={},credit={},carryover={}", to_text(dice.us(1, 2000)),
                     to_text(dice.us(0, 2000)), to_text(dice.us(500, 10'000)),
                     to_text(dice.us(0, 2000)));
}

/// Requests from a third of a slice to three.
void requests(Dice& dice, Scenario& scenario) {
  for (TaskSpec& task : scenario.tasks) {
    if (dice.between(0, 1) == 0) continue;
    task.hints.push_back({"request", 1000 * dice.between(20, 5000), ""});
  }
}
/// Budgets that fit together, for all of the tasks.
void budgets(Dice& dice, Scenario& scenario) {
  for (TaskSpec& task : scenario.tasks) {
    const std::int64_t period = 1000 * dice.between(1000, 10'000);
    task.hints.push_back({"period", period, ""});
    task.hints.push_back({"budget", period / (scenario.task_count() + dice.between(0, 3)), ""});
    task.hints.push_back({"extra", dice.between(0, 1), ""});
  }
}

class SchedulerBounds : public ::testing::TestWithParam<Case> {
 protected:
  static constexpr std::uint64_t kMachines = 3000;
  static constexpr std::uint64_t kSearches = 40;
  static constexpr Duration kRun = 100ms;

  /// A machine of the victim, attackers that do one thing, and perhaps hogs.
  struct Machine {
    SchedulerChoice scheduler;
    ScenarioBuilder builder;
    AttackSpace space;
    std::size_t attacker = 0;  ///< index in Scenario::tasks
    Sides sides;

    void attack_with(const Attack& attack) {
      TaskSpec& task = builder.scenario().tasks[attacker];
      task.start = attack.phase;
      task.behaviour = behaviour_of(attack, kRun);
    }
    /// "victim 3, attacker 1 x 2": for messages.
    std::string weights() const {
      std::string text;
      for (const TaskSpec& task : builder.build().tasks) {
        text += fmt::format("{}{} {} x {}", text.empty() ? "" : ", ", task.name,
                            task.weight / kWeightUnit, task.count);
      }
      return text;
    }
    std::int64_t harm(Objective objective) const {
      return *harm_of(objective, test::simulate(builder.build(), scheduler), sides);
    }
    std::optional<Bound> bound(Objective objective) const {
      return bound_of(objective, builder.build(), scheduler, sides).bound;
    }
  };

  Machine random_machine(Dice& dice, std::uint32_t most_attackers) const {
    const Duration slice = dice.us(50, GetParam().longest_slice_us);
    const std::string text = GetParam().name + ":slice=" + to_text(slice) +
                             (GetParam().more != nullptr ? GetParam().more(dice) : "");
    Machine machine{Registry::global().parse(text), {}, {}, 0, {}};
    machine.builder.duration(kRun);
    const std::int64_t heaviest = dice.between(0, 2) == 0 ? 30 : 3;
    const bool attacker_first = dice.between(0, 1) == 0;
    const auto attackers = static_cast<std::uint32_t>(dice.between(1, most_attackers));
    const auto add_attacker = [&] {
      machine.attacker = machine.builder.scenario().tasks.size();
      machine.builder.task("attacker", dice.between(1, heaviest), RunForever{}, kRoot, attackers);
    };
    if (attacker_first) add_attacker();
    machine.builder.task("victim", dice.between(1, heaviest));
    const std::int64_t hogs = dice.between(0, 1) == 0 ? 0 : dice.between(1, 4);
    for (std::int64_t i = 0; i < hogs; ++i) {
      machine.builder.task("hog" + std::to_string(i), dice.between(1, heaviest));
    }
    if (!attacker_first) add_attacker();
    if (GetParam().hint != nullptr) GetParam().hint(dice, machine.builder.scenario());
    const Scenario& scenario = machine.builder.build();
    machine.sides.victims = {EntityRef::task(attacker_first ? attackers : 0)};
    const TaskSpec& attacker = scenario.tasks[machine.attacker];
    for (TaskId id = attacker.first; id < attacker.first + attackers; ++id) {
      machine.sides.attackers.push_back(EntityRef::task(id));
    }
    machine.sides.entitled = entitled(scenario, attacker);
    machine.space = attack_space(scenario, attacker, machine.scheduler);
    machine.space.shortest_round = std::max<Duration>(machine.space.shortest_round, 50us);
    if (dice.between(0, 2) == 0) enliven(dice, machine);
    return machine;
  }

  /// Lets the victim and the hogs run and sleep, too.
  static void enliven(Dice& dice, Machine& machine) {
    AttackSource source(machine.space, dice.stream());
    for (std::size_t i = 0; i < machine.builder.scenario().tasks.size(); ++i) {
      if (i == machine.attacker || dice.between(0, 2) == 0) continue;
      machine.builder.scenario().tasks[i].behaviour = behaviour_of(source.draw(), kRun);
    }
  }

  static Duration entitled(const Scenario& scenario, const TaskSpec& attacker) {
    Weight total = 0;
    for (const TaskSpec& task : scenario.tasks) total += task.weight * task.count;
    return ns(to_ns(kRun) * attacker.weight * attacker.count / total);
  }

  /// Random attacks on random machines, then searched ones. Returns the closest that one came.
  double closest(Objective objective) const {
    double closest = 0;
    std::uint64_t bounded = 0;
    const auto compare = [&](const Machine& machine, std::int64_t harm, const Attack& attack) {
      const auto bound = machine.bound(objective);
      if (!bound) return;
      ++bounded;
      EXPECT_LE(harm, to_ns(bound->value))
          << machine.scheduler.to_string() << ": " << machine.weights() << "; " << in_words(attack);
      if (bound->value > 0ns)
        closest =
            std::max(closest, static_cast<double>(harm) / static_cast<double>(to_ns(bound->value)));
    };
    for (std::uint64_t seed = 1; seed <= kMachines; ++seed) {
      SCOPED_TRACE(seed);
      Dice dice(seed);
      Machine machine = random_machine(dice, seed % 4 == 0 ? 3 : 1);
      AttackSource source(machine.space, dice.stream());
      const Attack attack = source.draw();
      machine.attack_with(attack);
      compare(machine, machine.harm(objective), attack);
    }
    for (std::uint64_t seed = 1; seed <= kSearches; ++seed) {
      SCOPED_TRACE(seed);
      Dice dice(seed + 1'000'000);
      Machine machine = random_machine(dice, 1);
      const Found found = *find_worst(machine.space, {}, {.budget = 200, .seed = seed},
                                      [&](const std::vector<Attack>& attacks) {
                                        std::vector<std::optional<std::int64_t>> harms;
                                        for (const Attack& attack : attacks) {
                                          machine.attack_with(attack);
                                          harms.push_back(machine.harm(objective));
                                          compare(machine, *harms.back(), attack);
                                        }
                                        return harms;
                                      });
      machine.attack_with(found.attack);
      EXPECT_EQ(machine.harm(objective), found.harm);
    }
    EXPECT_GT(bounded, kMachines);  // searched attacks count, too
    return closest;
  }
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases{
      {"sfq", 0.95, 0.9},
      {"sfs", 0.95, 0.9},
      {"bvt", 0.95, 0.9},
      {"sedf", 0.95, 0.9},
      {"sedf", 0.8, 0, nullptr, budgets, "sedf_budgets"},
      {"scfq", 0.95, 0.8},
      {"wf2q", 0.8, 0.6},
      {"wf2q_plus", 0.95, 0.6},
      {"stride", 0, 0.8, init},
      {"eevdf", 0.8, 0},
      {"eevdf", 0.5, 0, nullptr, requests, "eevdf_requests"},
      {"rr", 0.95, 0.95},
      {"drr", 0.95, 0.5},
      {"dwrr", 0.95, 0.8, round_slice},
      {"hardcap", 0.95, 0.95, period},
      {"xen_credit2", 0.9, 0.9, credits, nullptr, "xen_credit2", 15'000}};
  return kCases;
}

std::vector<Case> cases_with(double Case::*reached) {
  std::vector<Case> some;
  for (const Case& each : cases()) {
    if (each.*reached > 0) some.push_back(each);
  }
  return some;
}

class WaitBounds : public SchedulerBounds {};
class TheftBounds : public SchedulerBounds {};

TEST_P(WaitBounds, HoldAndAreReached) {
  const double reached = closest(Objective::kGap);
  RecordProperty("reached", fmt::format("{:.3f}", reached));
  EXPECT_GE(reached, GetParam().wait_reached);
}

TEST_P(TheftBounds, HoldAndAreReached) {
  const double reached = closest(Objective::kTheft);
  RecordProperty("reached", fmt::format("{:.3f}", reached));
  EXPECT_GE(reached, GetParam().theft_reached);
}

constexpr auto kLabel = [](const auto& each) { return each.param.label; };

INSTANTIATE_TEST_SUITE_P(All, WaitBounds, ::testing::ValuesIn(cases_with(&Case::wait_reached)),
                         kLabel);
INSTANTIATE_TEST_SUITE_P(All, TheftBounds, ::testing::ValuesIn(cases_with(&Case::theft_reached)),
                         kLabel);

// Is there nothing that nobody has thought about? Every scheduler is in the table, once.
TEST(BoundsOfAll, EverySchedulerHasAVerdict) {
  std::vector<std::string> known = schedulers_with_verdict();
  std::sort(known.begin(), known.end());
  EXPECT_EQ(known, Registry::global().names());
}

// Beside a hog of the same weight: either a bound or a reason, and never both.
TEST(BoundsOfAll, ABoundOrAReason) {
  ScenarioBuilder builder;
  builder.task("victim", 1);
  builder.task("attacker", 1);
  Sides sides;
  sides.victims = {EntityRef::task(0)};
  sides.attackers = {EntityRef::task(1)};
  std::vector<std::string> without;
  for (const std::string& name : Registry::global().names()) {
    for (const Objective objective : {Objective::kGap, Objective::kTheft}) {
      const Verdict verdict =
          bound_of(objective, builder.build(), Registry::global().choose(name), sides);
      EXPECT_EQ(verdict.bound.has_value(), verdict.reason.empty()) << name;
      if (!verdict.bound && objective == Objective::kGap) without.push_back(name);
    }
  }
  EXPECT_EQ(without,
            (std::vector<std::string>{"cfs", "fifo", "gr3", "linux_eevdf", "lottery", "stride",
                                      "stride_tree", "vtrr", "wfq", "xen_credit"}));
}

// Equals go round under priority: a slice of each. Nothing holds beside a heavier one; a lighter one
// never delays anybody.
TEST(BoundsOfAll, PriorityIsForEqualsAndLighterOnes) {
  const auto wait_beside = [](Weight weight) {
    ScenarioBuilder builder;
    builder.task("victim", 5);
    builder.task("equal", 5);
    builder.task("other", weight);
    Sides sides;
    sides.victims = {EntityRef::task(0)};
    sides.attackers = {EntityRef::task(1), EntityRef::task(2)};
    const SchedulerChoice priority = Registry::global().parse("priority:slice=3ms");
    const auto bound = bound_of(Objective::kGap, builder.build(), priority, sides).bound;
    const std::int64_t gap =
        *harm_of(Objective::kGap, test::simulate(builder.build(), priority), sides);
    EXPECT_EQ(gap, to_ns(bound ? bound->value : 1s));
    return bound ? bound->value : kForever;
  };
  EXPECT_EQ(wait_beside(4), 3ms);
  EXPECT_EQ(wait_beside(5), 6ms);
  EXPECT_EQ(wait_beside(6), kForever);
}

// Who may warp goes ahead by as much as it likes: then bvt has no bound.
TEST(BoundsOfAll, AWarpHasNone) {
  ScenarioBuilder builder;
  builder.task("victim", 1);
  builder.task("attacker", 1).hints.push_back({"warp", 50'000'000, "50ms"});
  Sides sides;
  sides.victims = {EntityRef::task(0)};
  sides.attackers = {EntityRef::task(1)};
  const SchedulerChoice bvt = Registry::global().choose("bvt");
  for (const Objective objective : {Objective::kGap, Objective::kTheft}) {
    EXPECT_FALSE(bound_of(objective, builder.build(), bvt, sides).bound);
  }
}

// Question: of whom is a theft bound said? Two tasks of one weight for 100 ms: the attacker is entitled to 50 ms if it is
// there from the start, as all of the attacks above are, and to 22.5 ms if it comes at 55 ms; then the victim has had
// more than its part, and the attacker may take back what a bound from the start does not know of (hardcap with periods
// of 20 ms: 2.3 ms beyond a bound of 1 ns).
TEST(BoundsOfAll, TheftIsBoundForThoseWhoAreThereFromTheStart) {
  ScenarioBuilder builder;
  builder.duration(100ms);
  builder.task("victim", 1);
  builder.task("attacker", 1);
  Sides sides;
  sides.victims = {EntityRef::task(0)};
  sides.attackers = {EntityRef::task(1)};
  for (const char* name : {"hardcap:period=20ms", "xen_credit2", "sfq", "rr"}) {
    const SchedulerChoice scheduler = Registry::global().parse(name);
    sides.entitled = 50ms;
    EXPECT_TRUE(bound_of(Objective::kTheft, builder.build(), scheduler, sides).bound) << name;
    sides.entitled = 22'500us;
    EXPECT_FALSE(bound_of(Objective::kTheft, builder.build(), scheduler, sides).bound) << name;
  }
}

// Question: is bvt's wait bounded where its tags are rounded? A hog of weight 9973 beside a victim of weight 9967 made it
// wait 1 ns longer than the formula says; weights that divide a tag's 10080 units leave nothing to round.
TEST(BoundsOfAll, RoundedTagsHaveNoWait) {
  const SchedulerChoice bvt = Registry::global().choose("bvt");
  const auto has_bound = [&](Weight victim, Weight attacker) {
    ScenarioBuilder builder;
    builder.task("victim", victim);
    builder.task("attacker", attacker);
    Sides sides;
    sides.victims = {EntityRef::task(0)};
    sides.attackers = {EntityRef::task(1)};
    return bound_of(Objective::kGap, builder.build(), bvt, sides).bound.has_value();
  };
  EXPECT_TRUE(has_bound(3, 7));
  EXPECT_FALSE(has_bound(9967, 9973));
}

}  // namespace
}  // namespace sharesim
