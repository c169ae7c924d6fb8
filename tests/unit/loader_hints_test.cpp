// `hints:` of tasks and groups: words that single schedulers know.

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/registry.hpp"
#include "tests/unit/loader_cases.hpp"

namespace sharesim {
namespace {

using testing::HasSubstr;

/// A policy that knows a word of each type. It is registered in this program only, and never runs.
SchedulerInfo hint_test_info() {
  SchedulerInfo info;
  info.name = "hint_test";
  info.summary = "knows a word of each type";
  info.paper = "none";
  info.cost = "O(1)";
  info.explanation = "Nothing.\n\nDiffers: from all.\n";
  info.hints = {
      {"test_span", ParameterType::kDuration, "0s", "0s", "1s", {}, "a duration"},
      {"test_rank", ParameterType::kInteger, "0", "-20", "19", {}, "an integer"},
      {"test_part", ParameterType::kPercent, "10%", "1%", "100%", {}, "a percentage"},
      {"test_soft", ParameterType::kFlag, "false", "", "", {}, "a flag"},
      {"test_kind", ParameterType::kChoice, "video", "", "", {"video", "batch"}, "a choice"},
  };
  return info;
}

class LoaderHints : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (Registry::global().find("hint_test") != nullptr) return;
    Registry::global().add(hint_test_info(),
                           [](const SchedulerContext&) { return std::unique_ptr<Scheduler>(); });
  }
};

std::string with_hints(const std::string& of_task, const std::string& of_group = "{}") {
  return "name: t\nduration: 10s\n"
         "tasks: [{name: a, hints: " +
         of_task +
         "}]\n"
         "groups: [{name: g, hints: " +
         of_group + ", tasks: [{name: b}]}]\n";
}

/// The hints as "word=number (text)", in the order in which they were read.
std::string told(const Hints& hints) {
  std::string text;
  for (const Hint& hint : hints) {
    text += hint.name + "=" + std::to_string(hint.value) + " (" + hint.text + ") ";
  }
  return text;
}

// Question: what does a policy get to see? Expected: ns, the integer, millionths, 0 or 1, the number
// of the choice from 0; on tasks and on groups; nothing where nothing is said.
TEST_F(LoaderHints, AreReadByTheTypeOfTheirWord) {
  const Scenario scenario =
      parse_scenario(with_hints("{test_rank: -20, test_span: 1.5ms, test_part: 12.5%, "
                                "test_soft: true, test_kind: batch}",
                                "{test_span: 1s}"),
                     "w");
  EXPECT_EQ(told(scenario.tasks.at(0).hints),
            "test_span=1500000 (1.5ms) test_rank=-20 (-20) test_part=125000 (12.5%) "
            "test_soft=1 (true) test_kind=1 (batch) ");
  EXPECT_EQ(told(scenario.groups.at(1).hints), "test_span=1000000000 (1s) ");
  EXPECT_EQ(told(scenario.tasks.at(1).hints), "");
  EXPECT_EQ(told(scenario.groups.at(0).hints), "");
}

TEST_F(LoaderHints, CanBeOverridden) {
  const Scenario scenario =
      parse_scenario(with_hints("{test_rank: 1}"), "w",
                     {{"tasks.a.hints.test_rank", "7"}, {"groups.g.hints.test_part", "50%"}});
  EXPECT_EQ(told(scenario.tasks.at(0).hints), "test_rank=7 (7) ");
  EXPECT_EQ(told(scenario.groups.at(1).hints), "test_part=500000 (50%) ");
}

// Question: what is said about a wrong hint? Expected: the place, what is wrong, what is allowed.
TEST_F(LoaderHints, RefusesWrongValues) {
  expect_mistakes(
      "name: t\nduration: 10s\ntasks:\n  - {name: a, hints: ",
      {{"{test_rank: 20}",
        "w:4:34: tasks[0].hints.test_rank: '20' is too large (an integer, from -20, up to 19)"},
       {"{test_rank: -21}",
        "w:4:34: tasks[0].hints.test_rank: '-21' is too small (an integer, from -20, up to 19)"},
       {"{test_rank: 5ms}",
        "w:4:34: tasks[0].hints.test_rank: '5ms' cannot be read (an integer, from -20, up to 19)"},
       {"{test_rank: [1]}",
        "w:4:34: tasks[0].hints.test_rank: is a list (an integer, from -20, up to 19)"},
       {"{test_rank: }",
        "w:4:34: tasks[0].hints.test_rank: has no value (an integer, from -20, up to 19)"},
       {"{test_span: 5}",
        "w:4:34: tasks[0].hints.test_span: '5' has no unit (a duration such as 10ms, from 0s, up "
        "to 1s)"},
       {"{test_span: 1001ms}",
        "w:4:34: tasks[0].hints.test_span: '1001ms' is too large (a duration such as 10ms, from "
        "0s, up to 1s)"},
       {"{test_part: 0.5%}",
        "w:4:34: tasks[0].hints.test_part: '0.5%' is too small (a percentage such as 30%, from "
        "1%, up to 100%)"},
       {"{test_soft: yes}",
        "w:4:34: tasks[0].hints.test_soft: 'yes' is not a choice (true or false)"},
       {"{test_kind: vidoe}",
        "w:4:34: tasks[0].hints.test_kind: 'vidoe' is not a choice; did you mean 'video'? (video, "
        "batch)"},
       {"{test_rank: 1, test_rank: 2}",
        "w:4:37: tasks[0].hints.test_rank: is given twice, first in line 4"},
       {"{test_rank: x, test_span: y}",
        "w:4:34: tasks[0].hints.test_rank: 'x' cannot be read (an integer, from -20, up to 19)\n"
        "w:4:48: tasks[0].hints.test_span: 'y' cannot be read (a duration such as 10ms, from 0s, "
        "up to 1s)"}},
      "}\n");
}

// Question: is a word that nobody knows refused, and not passed over? Expected: with the known word
// that is near, then all of them; on groups as well as on tasks.
TEST_F(LoaderHints, RefusesUnknownWords) {
  EXPECT_THAT(
      mistakes_in(with_hints("{test_spam: 5ms}")),
      HasSubstr("w:3:27: tasks[0].hints.test_spam: unknown key; did you mean 'test_span'? ("));
  EXPECT_THAT(mistakes_in(with_hints("{}", "{zzz: 1}")),
              HasSubstr("w:4:28: groups[0].hints.zzz: unknown key ("));
  EXPECT_THAT(mistakes_in(with_hints("{zzz: 1}")), HasSubstr("test_rank"));
}

TEST_F(LoaderHints, RefusesWhatIsNoMap) {
  EXPECT_THAT(mistakes_in(with_hints("[test_soft]")),
              HasSubstr("tasks[0].hints: is a list (a map of "));
  EXPECT_THAT(mistakes_in(with_hints("{}", "5ms")),
              HasSubstr("groups[0].hints: '5ms' is a single value (a map of "));
}

}  // namespace
}  // namespace sharesim
