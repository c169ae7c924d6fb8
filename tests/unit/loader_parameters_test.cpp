// `parameters:` of a workload: how it sets schedulers up.

#include <string>

#include <gtest/gtest.h>

#include "sim/registry.hpp"
#include "tests/unit/loader_cases.hpp"

namespace sharesim {
namespace {

SchedulerChoice choice(const std::string& text) { return Registry::global().parse(text); }

// What does a scheduler get that is named without parameters, with one of its own (even if that is
// the default, 10ms), or that the workload does not speak of? The workload's values; its own first;
// the defaults.
TEST(LoaderParameters, FillInWhatTheCommandLineLeavesOpen) {
  const Scenario scenario = parse_scenario(
      "name: t\nduration: 10s\ntasks: [{name: a}]\n"
      "parameters: {credit: {limit: 5s, grant_period: 1s, earn: not_running}, sfq: {scope: "
      "global}}\n",
      "w");
  EXPECT_EQ(scenario.set_up(choice("credit")).to_string(),
            "credit:grant_period=1s,limit=5s,earn=not_running");
  EXPECT_EQ(scenario.set_up(choice("credit:grant_period=10ms,rate=50%")).to_string(),
            "credit:limit=5s,rate=50%,earn=not_running");
  EXPECT_EQ(scenario.set_up(choice("sfq")).to_string(), "sfq:scope=global");
  EXPECT_EQ(scenario.set_up(choice("sfq:scope=per_cpu")).to_string(), "sfq");
  EXPECT_EQ(scenario.set_up(choice("stride")).to_string(), "stride");
}

// And the policy of a group? The same.
TEST(LoaderParameters, FillInThoseOfGroups) {
  const Scenario scenario = parse_scenario(
      "name: t\nduration: 10s\nparameters: {credit: {limit: 5s, rate: 50%}}\n"
      "groups: [{name: g, scheduler: 'credit:rate=20%', tasks: [{name: a}]}]\n",
      "w");
  EXPECT_EQ(scenario.groups.at(1).scheduler->to_string(), "credit:limit=5s,rate=20%");
}

TEST(LoaderParameters, CanBeOverridden) {
  const Scenario scenario = parse_scenario(
      "name: t\nduration: 10s\ntasks: [{name: a}]\nparameters: {credit: {limit: 5s}}\n", "w",
      {{"parameters.credit.limit", "2s"}});
  EXPECT_EQ(scenario.set_up(choice("credit")).to_string(), "credit:limit=2s");
}

// What is said about wrong ones? The place of the value, what is wrong, what is allowed.
TEST(LoaderParameters, RefusesWrongOnes) {
  expect_mistakes(
      "name: t\nduration: 10s\ntasks: [{name: a}]\nparameters: ",
      {{"{credit: {limit: 5}}",
        "w:4:30: parameters.credit.limit: credit: limit='5' has no unit..."},
       {"{credit: {limt: 5s}}",
        "w:4:23: parameters.credit.limt: unknown key; did you mean 'limit'? (sco..."},
       {"{credits: {}}", "w:4:14: parameters.credits: unknown key; did you mean 'credit'? (bvt..."},
       {"{credit: fast}", "w:4:22: parameters.credit: ..."}},
      "\n");
}

}  // namespace
}  // namespace sharesim
