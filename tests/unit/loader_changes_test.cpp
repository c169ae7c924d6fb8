#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/loader_cases.hpp"

namespace sharesim {
namespace {

// Question: what is said about a change in mid-run? Expected: the value; affinity is checked
// against the sets at that time: /g/b may only run on CPU 1.
TEST(LoaderEvent, RefusesWrongOnes) {
  expect_mistakes(
      small_workload("events:\n  - "),
      {{"{at: 5s}", "w:7:5: events[0]: 'set' is missing ({entity: /web, weight: 200})"},
       {"{set: {entity: /g, weight: 5}}",
        "w:7:5: events[0]: 'at' is missing (an instant such as 5s)"},
       {"{at: 11s, set: {entity: /g, weight: 5}}",
        "w:7:10: events[0].at: '11s' is too large (a duration such as 10ms, from 0s to 10s)"},
       {"{at: 5s, set: {weight: 5}}",
        "w:7:19: events[0].set: 'entity' is missing (a path such as /web or /web/worker)"},
       {"{at: 5s, set: {entity: /g}}",
        "w:7:19: events[0].set: changes nothing (at least one of weight, nice, cap, cpus)"},
       {"{at: 5s, set: {entity: /h, weight: 5}}",
        "w:7:28: events[0].set.entity: there is no '/h'; did you mean '/a'? (/a, /g, /g/b)"},
       {"{at: 5s, set: {entity: /a.2, weight: 5}}",
        "w:7:28: events[0].set.entity: there is no '/a.2' (/a, /g, /g/b)"},
       {"{at: 5s, set: {entity: /g/b.0, weight: 5}}",
        "w:7:28: events[0].set.entity: there is no '/g/b.0'; did you mean '/g/b'? (/a, /g, /g/b)"},
       {"{at: 5s, set: {entity: /, weight: 5}}",
        "w:7:28: events[0].set.entity: the root cannot be changed (a group or a task)"},
       {"{at: 5s, set: {entity: g, weight: 5}}",
        "w:7:28: events[0].set.entity: there is no 'g'; did you mean '/g'? (/a, /g, /g/b)"},
       {"{at: 5s, set: {entity: /g, nice: 5}}",
        "w:7:32: events[0].set.nice: a group has no nice value (weight)"},
       {"{at: 5s, set: {entity: /a, nice: 5, weight: 3}}",
        "w:7:32: events[0].set.nice: weight is given too (weight or nice)"},
       {"{at: 5s, set: {entity: /g, weight: 0}}",
        "w:7:40: events[0].set.weight: '0' is too small (an integer, from 1 to 10000)"},
       {"{at: 5s, set: {entity: /g, cap: nothing}}",
        "w:7:37: events[0].set.cap: 'nothing' cannot be read (a percentage such as 30%)"},
       {"{at: 5s, set: {entity: /g/b, cpus: 2}}",
        "w:7:40: events[0].set.cpus: CPUs 2 are not all the group's then (within 0-1)"},
       {"{at: 5s, set: {entity: /g, cpus: 2-3}}",
        "w:7:38: events[0].set.cpus: leaves /g/b without a CPU (a CPU of its own set)"},
       {"{at: 5s, set: {entity: /g, cpus: 5}}",
        "w:7:38: events[0].set.cpus: CPU 5 does not exist (a list such as 0-1,3; the machine has "
        "0-3)"},
       {"{at: 5s, sets: {entity: /g}}",
        "w:7:5: events[0]: 'set' is missing ({entity: /web, weight: 200})\n"
        "w:7:14: events[0].sets: unknown key; did you mean 'set'? (at, set)"},
       {"x", "w:7:5: events[0]: 'x' is a single value (a map of at, set)"},
       {"{at: 5s, set: {entity: /g/b, cpus: 3}}\n  - {at: 4s, set: {entity: /g, cpus: 1-2}}",
        "w:7:40: events[0].set.cpus: CPUs 3 are not all the group's then (within 1-2)"}},
      "\n");
}

// Question: what is said about an expectation? Expected: what the measure cannot be asked for.
TEST(LoaderExpectation, RefusesWrongOnes) {
  expect_mistakes(
      small_workload("expect:\n  - "),
      {{"{shar: {at_least: 1%}}", "w:7:6: expect[0].shar: unknown key; did you mean 'share'? (..."},
       {"{share: {of: /g}}",
        "w:7:13: expect[0].share: expects nothing (at_least and at_most, or is, or between)"},
       {"{share: 30%}",
        "w:7:13: expect[0].share: '30%' is a single value (a map of of, at_least, at_most, is, "
        "between, from, to, at, schedulers, except)"},
       {"{share: {of: /h, is: 1%}}",
        "w:7:18: expect[0].share.of: there is no '/h'; did you mean '/a'? (/a, /g, /g/b)"},
       {"{share: {at_least: 30}}",
        "w:7:24: expect[0].share.at_least: '30' has no unit (a percentage such as 30%)"},
       {"{share: {at_least: 30ms}}",
        "w:7:24: expect[0].share.at_least: '30ms' has an unknown unit (a percentage such as 30%)"},
       {"{lag: {at_least: 3}}",
        "w:7:22: expect[0].lag.at_least: '3' has no unit (a duration such as 10ms, from -10752h to "
        "10752h)"},
       {"{service: {at_least: -3ms}}",
        "w:7:26: expect[0].service.at_least: '-3ms' is negative (a duration such as 10ms, from 0s "
        "to 10752h)"},
       {"{switches: {is: 3ms}}",
        "w:7:21: expect[0].switches.is: '3ms' is not an integer (an integer, from 0 to "
        "1000000000000000000)"},
       {"{switches: {is: -1}}",
        "w:7:21: expect[0].switches.is: '-1' is too small (an integer, from 0 to "
        "1000000000000000000)"},
       {"{share: {is: 1%, at_least: 1%}}",
        "w:7:13: expect[0].share: has bounds of more than one kind (at_least and at_most, or is, "
        "or between)"},
       {"{share: {at_least: 3%, at_most: 2%}}",
        "w:7:13: expect[0].share: can never hold: the lowest is above the highest"},
       {"{share: {between: [1%]}}",
        "w:7:23: expect[0].share.between: has 1 entry ([lowest, highest])"},
       {"{share: {between: [3%, 1%]}}",
        "w:7:13: expect[0].share: can never hold: the lowest is above the highest"},
       {"{lag: {is: 3ms, from: 1s}}",
        "w:7:21: expect[0].lag.from: lag is only known for the whole run (share, service, ideal, "
        "earned_credits, spent_credits, lost_credits, charged_credits)"},
       {"{share: {is: 1%, at: 5s}}",
        "w:7:22: expect[0].share.at: share is not known at an instant (from and to)"},
       {"{credits: {of: /g, is: 5}}",
        "w:7:20: expect[0].credits.of: credits is not known without credits (what has cap: "
        "{credits: "
        "...})"},
       {"{share: {is: 1%, from: 5s, to: 5s}}",
        "w:7:28: expect[0].share.from: the window is empty: from 5s to 5s"},
       {"{share: {is: 1%, from: 11s}}",
        "w:7:28: expect[0].share.from: '11s' is too large (a duration such as 10ms, from 0s to "
        "10s)"},
       {"{share: {is: 1%, to: 0s}}",
        "w:7:26: expect[0].share.to: the window is empty: from 0s to 0s"},
       {"{share: {is: 1%, schedulers: [sqf]}}",
        "w:7:35: expect[0].share.schedulers[0]: no scheduler is called 'sqf'; did you mean 'sfq'? "
        "(..."},
       {"{share: {is: 1%, schedulers: []}}",
        "w:7:34: expect[0].share.schedulers: is empty (a list of names such as [sfq, wfq])"},
       {"{share: {is: 1%, schedulers: sfq}}",
        "w:7:34: expect[0].share.schedulers: 'sfq' is a single value (a list of names such as "
        "[sfq, wfq])"},
       {"{share: {is: 1%, except: [fifi]}}",
        "w:7:31: expect[0].share.except[0]: no scheduler is called 'fifi'; did you mean 'fifo'? "
        "(..."},
       {"{share: {is: 1%, except: [fifo], schedulers: [sfq]}}",
        "w:7:22: expect[0].share.except: schedulers is given too (schedulers or except)"},
       {"{jain: {of: /g/b, is: 1%}}",
        "w:7:17: expect[0].jain.of: jain is not known for a task (a group)"},
       {"{idle: {of: /g, is: 1s}}",
        "w:7:17: expect[0].idle.of: idle is only known for the machine (/)"},
       {"{}", "w:7:5: expect[0]: expects nothing (..."},
       {"share", "w:7:5: expect[0]: 'share' is a single value (a map of ..."}},
      "\n");
}

// Question: who is asked where some are excepted? Expected: all others that are known.
TEST(LoaderExpectation, ExceptsSchedulers) {
  const Scenario scenario =
      parse_scenario(small_workload("expect:\n  - {share: {is: 1%, except: [fifo, rr]}}"), "w");
  const std::vector<std::string>& asked = scenario.expectations.at(0).schedulers;
  const auto all = Registry::global().all();
  ASSERT_EQ(asked.size(), all.size() - 2);
  for (const SchedulerInfo* info : all) {
    const bool excepted = info->name == "fifo" || info->name == "rr";
    EXPECT_EQ(std::count(asked.begin(), asked.end(), info->name), excepted ? 0 : 1) << info->name;
  }
}

// Question: what is said about lists that are none? Expected: what an entry looks like.
TEST(LoaderEvent, WantsAList) {
  expect_mistakes(
      "name: t\n"
      "duration: 10s\n"
      "tasks: [{name: a}]\n",
      {{"events: []\n",
        "w:4:9: events: is empty (a list of {at: 5s, set: {entity: /web, weight: 200}})"},
       {"events: 5s\n",
        "w:4:9: events: '5s' is a single value (a list of {at: 5s, set: {entity: /web, weight: "
        "200}})"},
       {"expect: []\n", "w:4:9: expect: is empty (a list of {share: {of: /web, at_least: 29%}})"}},
      "");
}

}  // namespace
}  // namespace sharesim
