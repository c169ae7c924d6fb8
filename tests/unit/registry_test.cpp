// The table of schedulers: choosing one by text, and what is said when the text is wrong.

#include "sim/registry.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/core/check.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Toy final : public Scheduler {
 public:
  explicit Toy(const SchedulerContext&) {}
  void add(EntityId, Weight, Time) override {}
  void remove(EntityId, Time) override {}
  void set_weight(EntityId, Weight, Time) override {}
  void enqueue(EntityId, Time, EnqueueReason) override {}
  void dequeue(EntityId, Time) override {}
  EntityId pick_next(CpuId, Time) override { return kNoEntity; }
  void put_prev(EntityId, Time, Duration, StopReason) override {}
  Duration slice(EntityId, Time) override { return 1ms; }
};

std::unique_ptr<Scheduler> make_toy(const SchedulerContext& context) {
  return std::make_unique<Toy>(context);
}

SchedulerInfo toy_info(std::string name) {
  SchedulerInfo info;
  info.name = std::move(name);
  info.parameters = {
      slice_parameter("4ms"),
      {"rate", ParameterType::kPercent, "12.5%", "1%", "100%", {}, "a percentage"},
      {"depth", ParameterType::kInteger, "3", "-2", "9", {}, "an integer"},
      {"boost", ParameterType::kFlag, "true", "", "", {}, "a flag"},
      {"pick", ParameterType::kChoice, "first", "", "", {"first", "second"}, "a choice"},
  };
  return info;
}

Registry with_toys() {
  Registry registry;
  registry.add(toy_info("toy"), make_toy);
  SchedulerInfo global = toy_info("all_cpus");
  global.scopes = {Scope::kGlobal};
  registry.add(global, make_toy);
  return registry;
}

/// All that is wrong with `text`, as "what (allowed)".
std::vector<std::string> mistakes(const std::string& text) {
  std::vector<std::string> found;
  try {
    with_toys().parse(text);
  } catch (const InputError& error) {
    for (const Diagnostic& mistake : error.diagnostics())
      found.push_back(mistake.what + " (" + mistake.allowed + ")");
  }
  return found;
}

// Has each parameter its default, and each text its value?
TEST(Registry, ReadsValuesOfEachType) {
  const Registry registry = with_toys();
  const SchedulerChoice plain = registry.parse("toy");
  EXPECT_EQ(plain.duration("slice"), 4ms);
  EXPECT_EQ(plain.percent("rate"), 125'000);
  EXPECT_EQ(plain.integer("depth"), 3);
  EXPECT_TRUE(plain.flag("boost"));
  EXPECT_EQ(plain.choice("pick"), "first");
  EXPECT_EQ(plain.scope(), Scope::kPerCpu);
  EXPECT_EQ(registry.choose("toy").to_string(), "toy");

  const SchedulerChoice other =
      registry.parse("toy:slice=1.5ms,rate=30%,depth=-2,boost=false,pick=second,scope=global");
  EXPECT_EQ(other.duration("slice"), 1500us);
  EXPECT_EQ(other.percent("rate"), 300'000);
  EXPECT_EQ(other.integer("depth"), -2);
  EXPECT_FALSE(other.flag("boost"));
  EXPECT_EQ(other.choice("pick"), "second");
  EXPECT_EQ(other.scope(), Scope::kGlobal);
  EXPECT_EQ(other.text("rate"), "30%");
  EXPECT_EQ(other.text("scope"), "global");
}

// Does to_string() say what differs from the defaults, in the order of the parameters, in one
// spelling, and is it read back?
TEST(Registry, PrintsWhatDiffersFromTheDefaults) {
  const Registry registry = with_toys();
  const auto printed = [&](const char* text) { return registry.parse(text).to_string(); };
  EXPECT_EQ(printed("toy:slice=4000us,scope=per_cpu,rate=12.50%"), "toy");
  EXPECT_EQ(printed("toy:scope=global,rate=0012.0625%,slice=1500us"),
            "toy:slice=1.5ms,rate=12.0625%,scope=global");
  EXPECT_EQ(printed(printed("toy:pick=second,boost=false,depth=9").c_str()),
            "toy:depth=9,boost=false,pick=second");
}

// Are switches read in any order, told apart from what is not said, and printed in one spelling? Is one that is
// unknown, said twice or without a sign refused?
TEST(Registry, ReadsSwitches) {
  SchedulerInfo info = toy_info("toy");
  info.parameters.push_back(
      {"features", ParameterType::kSwitches, "", "", "", {"FAST", "SAFE", "NEW"}, "switches"});
  Registry registry;
  registry.add(info, make_toy);
  const SchedulerChoice choice = registry.parse("toy:features=-NEW+FAST");
  EXPECT_EQ(choice.switched("features", "FAST"), true);
  EXPECT_EQ(choice.switched("features", "NEW"), false);
  EXPECT_EQ(choice.switched("features", "SAFE"), std::nullopt);
  EXPECT_EQ(choice.to_string(), "toy:features=+FAST-NEW");
  EXPECT_EQ(registry.parse(choice.to_string()).to_string(), choice.to_string());
  EXPECT_EQ(registry.parse("toy:features=").to_string(), "toy");
  for (const char* wrong : {"FAST", "+FAST-FAST", "+fast", "+", "+FAST NEW"}) {
    const ParameterValue value = read_parameter(info.parameters.back(), wrong);
    EXPECT_EQ(value.what, "is not a list of switches such as +FAST") << wrong;
  }
  EXPECT_EQ(allowed_values(info.parameters.back()),
            "any of these, each once, after + (on) or - (off): FAST, SAFE, NEW");
  info.parameters.back().choices.resize(32, "MORE");
  EXPECT_EQ(flaw_of(info), "has too many switches for features");
}

// Is every mistake reported, and with what would be right?
TEST(Registry, ReportsEveryMistakeAtOnce) {
  EXPECT_THAT(
      mistakes("toy:slcie=1ms,slice=5,rate=101%,depth=10,boost=yes,pick=secnd,scope=all,what,=1,"),
      ElementsAre("toy has no parameter 'slcie'; did you mean 'slice'? "
                  "(slice, rate, depth, boost, pick, scope)",
                  "toy: slice='5' has no unit (a duration such as 10ms, from 1ns, up to 1h)",
                  "toy: rate='101%' is too large (a percentage such as 30%, from 1%, up to 100%)",
                  "toy: depth='10' is too large (an integer, from -2, up to 9)",
                  "toy: boost='yes' is not a choice (true or false)",
                  "toy: pick='secnd' is not a choice; did you mean 'second'? (first, second)",
                  "toy: scope='all' is not a choice (per_cpu, global)",
                  "toy: 'what' is not a setting (parameter=value, separated by commas)",
                  "toy: '=1' is not a setting (parameter=value, separated by commas)",
                  "toy: '' is not a setting (parameter=value, separated by commas)"));
  EXPECT_THAT(mistakes("toy:slice=0ns"),
              ElementsAre("toy: slice='0ns' is too small (a duration such as 10ms, from 1ns, up to "
                          "1h)"));
  EXPECT_THAT(mistakes("toy:"),
              ElementsAre("toy: '' is not a setting (parameter=value, separated by commas)"));
  EXPECT_THAT(mistakes("toy:depth=1,depth=2"), ElementsAre("toy: 'depth' is set twice ()"));
  EXPECT_THAT(mistakes("toy:slice="), ElementsAre(HasSubstr("slice=''")));
  EXPECT_THAT(mistakes("toy:depth=9"), IsEmpty());
}

TEST(Registry, SuggestsASchedulerByName) {
  EXPECT_THAT(mistakes("tyo:slice=1ms"),
              ElementsAre("no scheduler is called 'tyo'; did you mean 'toy'? (all_cpus, toy)"));
  EXPECT_THAT(mistakes(""), ElementsAre("no scheduler is called '' (all_cpus, toy)"));
}

// May a scheduler for all CPUs only be asked for one queue per CPU?
TEST(Registry, ScopeMustBeSupported) {
  EXPECT_EQ(with_toys().parse("all_cpus:scope=global").to_string(), "all_cpus");
  EXPECT_THAT(mistakes("all_cpus:scope=per_cpu"),
              ElementsAre("all_cpus: scope='per_cpu' is not a choice (global)"));
}

TEST(Registry, NamesAreUniqueAndSorted) {
  Registry registry = with_toys();
  std::vector<std::string> names;
  for (const SchedulerInfo* info : registry.all()) names.push_back(info->name);
  EXPECT_THAT(names, ElementsAre("all_cpus", "toy"));
  EXPECT_THROW(registry.add(toy_info("toy"), make_toy), InternalError);
  EXPECT_EQ(registry.find("nobody"), nullptr);
}

// Does a policy that reads a parameter that it has not declared, or of another type, get stopped?
TEST(Registry, UndeclaredParametersCannotBeRead) {
  const Registry registry = with_toys();
  const SchedulerChoice toy = registry.choose("toy");
  EXPECT_THROW(toy.duration("period"), InternalError);
  EXPECT_THROW(toy.integer("slice"), InternalError);
}

// Is each built-in scheduler well described, are its defaults readable, and is it named once?
TEST(Registry, BuiltInSchedulersAreDescribed) {
  EXPECT_GE(Registry::global().all().size(), 6U);
  for (const SchedulerInfo* info : Registry::global().all()) {
    SCOPED_TRACE(info->name);
    EXPECT_EQ(flaw_of(*info), "");
    EXPECT_THAT(info->explanation, HasSubstr("\nDiffers: "));
    EXPECT_EQ(Registry::global().choose(info->name).to_string(), info->name);
    EXPECT_FALSE(info->summary.empty());
    EXPECT_FALSE(info->paper.empty());
    EXPECT_THAT(info->cost, HasSubstr("O("));
    EXPECT_EQ(info->claims.has(Claim::kBoundedLag), info->lag_bound_slices != nullptr);
    for (const ParameterInfo& parameter : info->parameters) EXPECT_FALSE(parameter.summary.empty());
  }
}

// Is every flaw of a description found?
TEST(Registry, FindsFlawsOfADescription) {
  EXPECT_EQ(flaw_of(toy_info("toy")), "");
  EXPECT_EQ(flaw_of(toy_info("Toy!")), "has the unusable name 'Toy!'");
  EXPECT_EQ(flaw_of(toy_info("")), "has the unusable name ''");
  SchedulerInfo info = toy_info("toy");
  info.scopes.clear();
  EXPECT_EQ(flaw_of(info), "supports no scope");
  info = toy_info("toy");
  info.parameters.push_back(slice_parameter());
  EXPECT_EQ(flaw_of(info), "has two parameters 'slice'");
  info = toy_info("toy");
  info.parameters[4].default_value = "third";
  EXPECT_EQ(flaw_of(info), "has a default for pick, 'third', that is not a choice");
  info = toy_info("toy");
  info.parameters[0].maximum = "much";
  EXPECT_EQ(flaw_of(info), "has the unreadable bound 'much' for slice");
  info = toy_info("toy");
  info.parameters[1].name = "scope";
  EXPECT_EQ(flaw_of(info), "has a parameter with the unusable name 'scope'");
}

SchedulerInfo hinted(std::string name, const ParameterInfo& hint) {
  SchedulerInfo info = toy_info(std::move(name));
  info.hints = {hint};
  return info;
}

TEST(Registry, FindsFlawsOfHints) {
  const ParameterInfo rank{"rank", ParameterType::kInteger, "0", "-20", "19", {}, "a rank"};
  EXPECT_EQ(flaw_of(hinted("toy", rank)), "");
  ParameterInfo wrong = rank;
  wrong.default_value = "20";
  EXPECT_EQ(flaw_of(hinted("toy", wrong)), "has a default for rank, '20', that is too large");
  wrong = rank;
  wrong.name = "Rank";
  EXPECT_EQ(flaw_of(hinted("toy", wrong)), "has a parameter with the unusable name 'Rank'");
  SchedulerInfo doubled = hinted("toy", rank);
  doubled.hints.push_back(rank);
  EXPECT_EQ(flaw_of(doubled), "has two hints 'rank'");
}

// May two policies know one word? Yes, if it means the same: one type, one range; what holds
// without it, and what it does, is each policy's own business.
TEST(Registry, AWordForHintsHasOneType) {
  const ParameterInfo rank{"rank", ParameterType::kInteger, "0", "-20", "19", {}, "a rank"};
  const SchedulerInfo first = hinted("first", rank);
  ParameterInfo other = rank;
  other.default_value = "3";
  other.summary = "another use";
  EXPECT_EQ(clash_of(hinted("second", other), first), "");
  EXPECT_EQ(clash_of(hinted("first", rank), first), "has a name that is taken");
  other.maximum = "20";
  EXPECT_EQ(clash_of(hinted("second", other), first),
            "declares the hint 'rank' as an integer, from -20, up to 20, but first as an integer, "
            "from -20, up to 19");
  const ParameterInfo span{"rank", ParameterType::kDuration, "1ms", "", "", {}, "a span"};
  EXPECT_EQ(clash_of(hinted("second", span), first),
            "declares the hint 'rank' as a duration such as 10ms, but first as an integer, from "
            "-20, up to 19");
  const ParameterInfo choice{"rank", ParameterType::kChoice, "a", "", "", {"a", "b"}, "a choice"};
  ParameterInfo fewer = choice;
  fewer.choices = {"a"};
  EXPECT_NE(clash_of(hinted("second", fewer), hinted("first", choice)), "");

  Registry registry;
  registry.add(first, make_toy);
  EXPECT_THROW(registry.add(hinted("second", span), make_toy), InternalError);
  registry.add(hinted("second", rank), make_toy);
}

// Does one word for hints mean one thing to all policies that there are?
TEST(Registry, SchedulersAgreeOnHints) {
  const std::vector<const SchedulerInfo*> all = Registry::global().all();
  for (const SchedulerInfo* info : all) {
    for (const SchedulerInfo* other : all) {
      if (info == other) continue;
      EXPECT_EQ(clash_of(*info, *other), "") << info->name;
    }
    for (const ParameterInfo& hint : info->hints) EXPECT_FALSE(hint.summary.empty()) << info->name;
  }
}

TEST(Registry, ClaimsAreNamedOnce) {
  for (const ClaimName& a : claim_names()) {
    for (const ClaimName& b : claim_names()) EXPECT_EQ(a.claim == b.claim, a.name == b.name);
  }
}

// What is near enough to be a slip of the finger? At most a third of the letters, at least one:
// inserted, left out, replaced, or two neighbours swapped.
TEST(DidYouMean, ForgivesAThirdOfTheLetters) {
  const std::vector<std::string> known{"credit", "hardcap", "rr", "sfq", "stride"};
  EXPECT_EQ(did_you_mean("sqf", known), "sfq");
  EXPECT_EQ(did_you_mean("SFQ", known), "sfq");
  EXPECT_EQ(did_you_mean("sfqq", known), "sfq");
  EXPECT_EQ(did_you_mean("r", known), "rr");
  EXPECT_EQ(did_you_mean("cerdti", known), "credit");
  EXPECT_EQ(did_you_mean("hard-cap", known), "hardcap");
  EXPECT_EQ(did_you_mean("xyz", known), "");
  EXPECT_EQ(did_you_mean("xrdxit", known), "") << "three of six letters are wrong";
  EXPECT_EQ(did_you_mean("", known), "");
  EXPECT_EQ(did_you_mean(std::string(100'000, 'r'), known), "");
}

}  // namespace
}  // namespace sharesim
