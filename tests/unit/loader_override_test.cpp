// `--set path=value`.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/loader_cases.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

Scenario load(const std::string& text, const std::vector<Override>& overrides) {
  return parse_scenario(text, "w", overrides);
}

// Question: do overrides reach maps, lists by name and by index, and keys that are not there yet?
// Expected: the values of the options, as if written in the file.
TEST(LoaderOverride, ReplacesValues) {
  const Scenario s =
      load(small_workload(""), {{"duration", "5s"},
                                {"groups.g.weight", "300"},
                                {"groups.0.tasks.b.cap", "{quota: 1ms, period: 5ms}"},
                                {"tasks.0.count", "3"},
                                {"machine.balancer.steal", "false"},
                                {"record.tick", "7ms"}});
  EXPECT_EQ(s.duration, 5s);
  EXPECT_EQ(s.groups[1].weight, 300 * kWeightUnit);
  EXPECT_EQ(s.spec_of(3).cap, (Bandwidth{1ms, 5ms, 0ms}));
  EXPECT_EQ(s.task_count(), 4U);
  EXPECT_FALSE(s.machine.balancer.steal);
  EXPECT_EQ(s.record_tick, 7ms);
}

// Question: is a list entry found whose name has dots, and a name before an index? Expected: yes;
// the task called "1" wins over the task number 1.
TEST(LoaderOverride, PrefersNames) {
  const std::string text = "name: t\nduration: 1s\ntasks: [{name: a.b}, {name: c}, {name: 1}]\n";
  const Scenario s = load(text, {{"tasks.a.b.weight", "2"}, {"tasks.1.weight", "3"}});
  EXPECT_EQ(s.spec_of(0).weight, 2 * kWeightUnit);
  EXPECT_EQ(s.spec_of(1).weight, kDefaultWeight);
  EXPECT_EQ(s.spec_of(2).weight, 3 * kWeightUnit);
}

// Question: does a later option win? Expected: yes.
TEST(LoaderOverride, AppliesInOrder) {
  EXPECT_EQ(load(small_workload(""), {{"seed", "2"}, {"seed", "3"}}).seed, 3U);
}

// Question: what is said about a wrong option? Expected: the option in the place of the file.
TEST(LoaderOverride, SaysWhichOptionIsWrong) {
  const std::vector<std::pair<Override, std::string>> cases{
      {{"duration", "5"},
       "--set duration=5: duration: '5' has no unit (a duration such as 10ms, from 1ns to 168h)"},
      {{"groups.wbe.weight", "1"},
       "--set groups.wbe.weight=1: groups: has no entry 'wbe' (g, or 0 to 0)"},
      {{"groups.1.weight", "1"},
       "--set groups.1.weight=1: groups: has no entry '1'; did you mean 'g'? (g, or 0 to 0)"},
      {{"duration.x", "1"}, "--set duration.x=1: duration: has no entries"},
      {{"a..b", "1"},
       "--set a..b=1: 'a..b' is not a path (keys, names and indices separated by dots, such as "
       "groups.web.weight)"},
      {{"", "1"},
       "--set =1: '' is not a path (keys, names and indices separated by dots, such as "
       "groups.web.weight)"},
      {{"foo", "1"},
       "--set foo=1: foo: unknown key (name, machine, duration, record, seed, parameters, groups, "
       "tasks, "
       "events, expect)"},
      {{"tasks.a.count", "0"},
       "--set tasks.a.count=0: tasks[0].count: '0' is too small (an integer, from 1 to 1000000)"},
      {{"seed", "[1"},
       "--set seed=[1: a list or map cannot be a key (a plain word; or is a bracket left open?)"},
      {{"seed", "&x 1"},
       "--set seed=&x 1: anchors are not supported (plain YAML without anchors, aliases and tags)"},
      {{"seed", ""}, "--set seed=: seed: has no value (an integer, from 0 to 9223372036854775807)"},
      {{"seed", std::string("\0", 1)}, "--set seed= : binary data (UTF-8 text)"},
      {{"machine.cpus", "1"},
       "w:5:26: groups[0].cpus: CPU 1 does not exist (a list such as 0-1,3; the machine has 0)\n"
       "w:5:55: groups[0].tasks[0].cpus: CPU 1 does not exist (a list such as 0-1,3; the machine "
       "has 0)"}};
  for (const auto& [change, said] : cases) {
    EXPECT_EQ(mistakes_in(small_workload(""), {change}), said) << change.path;
  }
}

// Question: are the mistakes of the file and of the options said together? Expected: the file
// first.
TEST(LoaderOverride, SaysEverythingAtOnce) {
  EXPECT_EQ(
      mistakes_in("name: t\nduration: 5\ntasks: [{name: a}]\n", {{"seed", "x"}}),
      "w:2:11: duration: '5' has no unit (a duration such as 10ms, from 1ns to 168h)\n"
      "--set seed=x: seed: 'x' is not an integer (an integer, from 0 to 9223372036854775807)");
}

// Question: can a path be so deep that it breaks something? Expected: it is no path.
TEST(LoaderOverride, RefusesEndlessPaths) {
  std::string path = "a";
  for (int i = 0; i < 100'000; ++i) path += ".a";
  EXPECT_NE(mistakes_in(small_workload(""), {{path, "1"}}).find("is not a path"),
            std::string::npos);
}

}  // namespace
}  // namespace sharesim
