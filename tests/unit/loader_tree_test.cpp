#include <string>

#include <gtest/gtest.h>

#include "tests/unit/loader_cases.hpp"

namespace sharesim {
namespace {

// Question: what is said about a group? Expected: the value and what it may be; a machine of 4 CPUs
// gives at most 400 %.
TEST(LoaderGroup, RefusesWrongKeysAndValues) {
  expect_mistakes(
      "name: t\n"
      "duration: 10s\n"
      "machine: {cpus: 4}\n"
      "groups:\n"
      "  - {name: g, ",
      {{"weight: 0", "w:5:23: groups[0].weight: '0' is too small (an integer, from 1 to 10000)"},
       {"weight: -3", "w:5:23: groups[0].weight: '-3' is too small (an integer, from 1 to 10000)"},
       {"weight: 10001",
        "w:5:23: groups[0].weight: '10001' is too large (an integer, from 1 to 10000)"},
       {"weight: 1.5",
        "w:5:23: groups[0].weight: '1.5' has too many decimals (an integer, from 1 to 10000)"},
       {"weight: '5'",
        "w:5:23: groups[0].weight: '5' is text, because of the quotes (an integer, from 1 to "
        "10000)"},
       {"nice: 3",
        "w:5:15: groups[0].nice: unknown key (name, weight, idle, cap, cpus, hints, scheduler, "
        "groups, "
        "tasks)"},
       {"idle: 1", "w:5:21: groups[0].idle: '1' is neither (true or false)"},
       {"weight: 3, idle: true", "w:5:26: groups[0].idle: weight is given too (weight or idle)"},
       {"cap: 401%", "w:5:20: groups[0].cap: '401%' is more than the machine has (up to 400%)"},
       {"cap: 30", "w:5:20: groups[0].cap: '30' has no unit (a percentage such as 30%)"},
       {"cap: 0%", "w:5:20: groups[0].cap: '0%' is too small (at least 0.001%)"},
       {"cap: [1]",
        "w:5:20: groups[0].cap: is a list (a percentage such as 30%, or a map of quota, period, "
        "burst, or of credits)"},
       {"cap: {period: 10ms}",
        "w:5:20: groups[0].cap: 'quota' is missing (CPU time in each period, such as 30ms)"},
       {"cap: {quota: 0s}",
        "w:5:28: groups[0].cap.quota: '0s' is too small (a duration such as 10ms, from 1us to "
        "400ms)"},
       {"cap: {quota: 5s, period: 100ms}",
        "w:5:28: groups[0].cap.quota: '5s' is too large (a duration such as 10ms, from 1us to "
        "400ms)"},
       {"cap: {quota: 30ms, period: 100us}",
        "w:5:42: groups[0].cap.period: '100us' is too small (a duration such as 10ms, from 1ms to "
        "10s)"},
       {"cap: {quota: 30ms, burst: 40ms}",
        "w:5:41: groups[0].cap.burst: '40ms' is too large (a duration such as 10ms, from 0s to "
        "30ms)"},
       {"cap: {quota: 30ms, brust: 4ms}",
        "w:5:34: groups[0].cap.brust: unknown key; did you mean 'burst'? (quota, period, burst, "
        "credits)"},
       {"cpus: 3-7",
        "w:5:21: groups[0].cpus: CPU 4 does not exist (a list such as 0-1,3; the machine has 0-3)"},
       {"cpus: ''",
        "w:5:21: groups[0].cpus: names no CPU (a list such as 0-1,3; the machine has 0-3)"},
       {"cpus: []",
        "w:5:21: groups[0].cpus: names no CPU (a list such as 0-1,3; the machine has 0-3)"},
       {"cpus: 2-1",
        "w:5:21: groups[0].cpus: '2-1' is not a list of CPUs (a list such as 0-1,3; the machine "
        "has 0-3)"},
       {"cpus: x",
        "w:5:21: groups[0].cpus: 'x' is not a list of CPUs (a list such as 0-1,3; the machine has "
        "0-3)"},
       {"cpus: 9",
        "w:5:21: groups[0].cpus: CPU 9 does not exist (a list such as 0-1,3; the machine has 0-3)"},
       {"cpus: [0, 4]", "w:5:25: groups[0].cpus[1]: '4' is too large (an integer, from 0 to 3)"},
       {"cpus: 0-99999",
        "w:5:21: groups[0].cpus: '0-99999' is not a list of CPUs (a list such as 0-1,3; the "
        "machine has 0-3)"},
       {"cpus: {a: 1}",
        "w:5:21: groups[0].cpus: is a map (a list such as 0-1,3; the machine has 0-3)"},
       {"scheduler: sqf",
        "w:5:26: groups[0].scheduler: no scheduler is called 'sqf'; did you mean 'sfq'? (..."},
       {"scheduler: sfq:slice=0s",
        "w:5:26: groups[0].scheduler: sfq: slice='0s' is too small (a duration such as 10ms, from "
        "1ns, up to 1h)"},
       {"scheduler: [sfq]",
        "w:5:26: groups[0].scheduler: is a list (such as sfq or sfq:slice=5ms)"},
       {"scheduler: 'sfq:slcie=1ms,slice=5'",
        "w:5:26: groups[0].scheduler: sfq has no parameter 'slcie'; did you mean 'slice'? (slice, "
        "scope)\n"
        "w:5:26: groups[0].scheduler: sfq: slice='5' has no unit (a duration such as 10ms, from "
        "1ns, up to 1h)"}},
      ", tasks: [{name: a}]}\n");
}

// Question: what is said about a group in the wrong place? Expected: no task, no name, a taken
// name, CPUs beyond those of the group above.
TEST(LoaderGroup, RefusesWrongPlaces) {
  expect_mistakes(
      "",
      {{"name: t\nduration: 10s\ngroups:\n  - {name: g}\n",
        "w:4:5: groups[0]: has no task (tasks: with at least one entry)"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\ngroups:\n  - {name: g, tasks: []}\n",
        "w:5:5: groups[0]: has no task (tasks: with at least one entry)"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\ngroups:\n  - {tasks: [{name: b}]}\n",
        "w:5:5: groups[0]: 'name' is missing (such as worker)"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\ngroups:\n  - {name: a, tasks: [{name: b}]}\n",
        "w:5:12: groups[0].name: 'a' is taken (a name that no sibling has)"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\ngroups: [g]\n",
        "w:4:10: groups[0]: 'g' is a single value (a map of name, weight, idle, cap, cpus, hints, "
        "scheduler, "
        "groups, tasks)"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\ngroups:\n  - {name: g/h, tasks: [{name: "
        "b}]}\n",
        "w:5:12: groups[0].name: 'g/h' is not a name (letters, digits, '.', '_' and '-', not first "
        "'.' or '-', up to 64)"},
       {"name: t\nduration: 10s\nmachine: {cpus: 4}\ngroups:\n  - {name: g, cpus: 0-1, groups: "
        "[{name: h, cpus: 1-2, tasks: [{name: a}]}]}\n",
        "w:5:51: groups[0].groups[0].cpus: CPUs 1-2 are not all the group's (within 0-1)"}},
      "");
}

// Question: what is said about a task? Expected: the value and what it may be.
TEST(LoaderTask, RefusesWrongKeysAndValues) {
  expect_mistakes(
      "name: t\n"
      "duration: 10s\n"
      "tasks:\n"
      "  - {name: a, ",
      {{"count: 0", "w:4:22: tasks[0].count: '0' is too small (an integer, from 1 to 1000000)"},
       {"count: -1", "w:4:22: tasks[0].count: '-1' is too small (an integer, from 1 to 1000000)"},
       {"count: 1000001",
        "w:4:22: tasks[0].count: '1000001' is too large (an integer, from 1 to 1000000)"},
       {"weight: 5, nice: 3", "w:4:26: tasks[0].nice: weight is given too (weight or nice)"},
       {"nice: 20", "w:4:21: tasks[0].nice: '20' is too large (an integer, from -20 to 19)"},
       {"nice: -21", "w:4:21: tasks[0].nice: '-21' is too small (an integer, from -20 to 19)"},
       {"cpus: 1",
        "w:4:21: tasks[0].cpus: CPU 1 does not exist (a list such as 0-1,3; the machine has 0)"},
       {"start: 200h",
        "w:4:22: tasks[0].start: '200h' is too large (a duration such as 10ms, from 0s to 168h)"},
       {"stop: 0s", "w:4:21: tasks[0].stop: 0s is not after the start (later than 0s)"},
       {"start: 5s, stop: 5s", "w:4:32: tasks[0].stop: 5s is not after the start (later than 5s)"},
       {"repeat: 3", "w:4:15: tasks[0].repeat: there is nothing to repeat (beside do or replay)"},
       {"do: []", "w:4:19: tasks[0].do: is empty (a list of {run: 5ms} and {sleep: 5ms})"},
       {"do: [{sleep: 5ms}]", "w:4:19: tasks[0].do: never runs (at least one {run: ...})"},
       {"do: [{run: 0s}]", "w:4:19: tasks[0].do: takes no time (at least one step longer than 0s)"},
       {"do: [{run: 0s}, {sleep: 0s}]",
        "w:4:19: tasks[0].do: takes no time (at least one step longer than 0s)"},
       {"do: {run: 5ms}", "w:4:19: tasks[0].do: is a map (a list of {run: 5ms} and {sleep: 5ms})"},
       {"do: [run]", "w:4:20: tasks[0].do[0]: 'run' is a single value (a map of run, sleep)"},
       {"do: [{}]", "w:4:20: tasks[0].do[0]: is empty ({run: 5ms} or {sleep: 5ms})"},
       {"do: [{run: 5ms, sleep: 5ms}]",
        "w:4:20: tasks[0].do[0]: holds both run and sleep (a step of its own for each)"},
       {"do: [{ran: 5ms}]",
        "w:4:21: tasks[0].do[0].ran: unknown key; did you mean 'run'? (run, sleep)"},
       {"do: [{run: 5ms}], repeat: -1",
        "w:4:41: tasks[0].repeat: '-1' is too small (an integer, from 0 to 1000000000000)"},
       {"do: [{run: 5ms}], periodic: {every: 1s, run: 1ms}",
        "w:4:5: tasks[0]: has more than one behaviour: do, periodic (one of do, periodic, service, "
        "replay, or none to run for ever)"},
       {"periodic: {every: 10ms}",
        "w:4:25: tasks[0].periodic: 'run' is missing (CPU time of each job, such as 1ms)"},
       {"periodic: {run: 1ms}",
        "w:4:25: tasks[0].periodic: 'every' is missing (the period, such as 10ms)"},
       {"periodic: {every: 0s, run: 1ms}",
        "w:4:33: tasks[0].periodic.every: '0s' is too small (a duration such as 10ms, from 1ns to "
        "1000h)"},
       {"periodic: {every: 10ms, run: 0s}",
        "w:4:44: tasks[0].periodic.run: '0s' is too small (a duration such as 10ms, from 1ns to "
        "1000h)"},
       {"periodic: 10ms",
        "w:4:25: tasks[0].periodic: '10ms' is a single value (a map of every, run)"},
       {"service: {demand: 1ms}",
        "w:4:24: tasks[0].service: 'arrivals' is missing (such as {poisson: 200/s})"},
       {"service: {arrivals: {poisson: 200/s}}",
        "w:4:24: tasks[0].service: 'demand' is missing (CPU time of a request, such as 2ms)"},
       {"service: {arrivals: 5ms, demand: 1ms}",
        "w:4:35: tasks[0].service.arrivals: '5ms' is a single value ({poisson: 200/s}, {every: "
        "5ms} or a distribution of gaps)"},
       {"service: {arrivals: {poisson: 0/s}, demand: 1ms}",
        "w:4:45: tasks[0].service.arrivals.poisson: '0/s' cannot be read (arrivals such as 200/s, "
        "less than one per ns, at least one in 1000h)"},
       {"service: {arrivals: {poisson: 200}, demand: 1ms}",
        "w:4:45: tasks[0].service.arrivals.poisson: '200' has no unit (arrivals such as 200/s, "
        "less than one per ns, at least one in 1000h)"},
       {"service: {arrivals: {poisson: 2/s, every: 5ms}, demand: 1ms}",
        "w:4:35: tasks[0].service.arrivals: holds more than one distribution (one of poisson, "
        "every, exponential, uniform, normal, lognormal, pareto, empirical)"},
       {"service: {arrivals: {}, demand: 1ms}",
        "w:4:35: tasks[0].service.arrivals: is empty (one of poisson, every, exponential, uniform, "
        "normal, lognormal, pareto, empirical)"},
       {"service: {arrivals: {every: 0s}, demand: 0s}",
        "w:4:43: tasks[0].service.arrivals.every: '0s' is too small (a duration such as 10ms, from "
        "1ns to 1000h)\n"
        "w:4:56: tasks[0].service.demand: '0s' is too small (a duration such as 10ms, from 1ns to "
        "1000h)"},
       {"service: {arrivals: {every: 1ms}, demand: 1ms, workers: 0, queue: -1}",
        "w:4:71: tasks[0].service.workers: '0' is too small (an integer, from 1 to 1000000)\n"
        "w:4:81: tasks[0].service.queue: '-1' is too small (an integer, from 0 to 10000000)"},
       {"count: 2000, service: {arrivals: {every: 1ms}, demand: 1ms, workers: 2000}",
        "w:4:5: tasks[0]: all tasks together, with their instances, are too many (up to 1000000)"},
       {"replay: []",
        "w:4:23: tasks[0].replay: is empty (a file, or a list of durations: run, sleep)"},
       {"replay: [5ms]", "w:4:24: tasks[0].replay[0]: '5ms' is a single value ([run, sleep])"},
       {"replay: [[5ms]]", "w:4:24: tasks[0].replay[0]: has 1 entry ([run, sleep])"},
       {"replay: [[0s, 0s]]",
        "w:4:23: tasks[0].replay: takes no time (at least one step longer than 0s)"},
       {"replay: [[5ms, x]]",
        "w:4:30: tasks[0].replay[0][1]: 'x' cannot be read (a duration such as 10ms, from 0s to "
        "1000h)"},
       {"replay: nowhere.csv",
        "w:4:23: tasks[0].replay: 'nowhere.csv' cannot be read: No such file or directory"},
       {"behave: well",
        "w:4:15: tasks[0].behave: unknown key (name, count, weight, nice, idle, cap, cpus, start, "
        "stop, "
        "hints, do, repeat, periodic, service, replay)"}},
      "}\n");
}

// Question: what is said about the names and numbers of tasks? Expected: no two entities have one
// path; 600,000 + 600,000 is more than 1,000,000.
TEST(LoaderTask, RefusesWrongNamesAndNumbers) {
  expect_mistakes(
      "",
      {{"name: t\nduration: 10s\ntasks: [{name: a}, {name: a}]\n",
        "w:3:27: tasks[1].name: 'a' is taken (a name that no sibling has)"},
       {"name: t\nduration: 10s\ntasks: [{name: a.1}, {name: a, count: 2}]\n",
        "w:3:29: tasks[1].name: its instance 'a.1' has the name of a sibling (a name that no "
        "sibling has)"},
       {"name: t\nduration: 10s\ntasks: [{name: a, count: 2}, {name: a.1}]\n",
        "w:3:37: tasks[1].name: 'a.1' is the name of a sibling's instance (a name that no sibling "
        "has)"},
       {"name: t\nduration: 10s\ntasks: [a]\n",
        "w:3:9: tasks[0]: 'a' is a single value (a map of name, count, weight, nice, idle, cap, "
        "cpus, "
        "start, stop, hints, do, repeat, periodic, service, replay)"},
       {"name: t\nduration: 10s\ntasks: [{count: 2}]\n",
        "w:3:9: tasks[0]: 'name' is missing (such as worker)"},
       {"name: t\nduration: 10s\ntasks: [{name: a, count: 600000}, {name: b, count: 600000}]\n",
        "w:3:35: tasks[1]: all tasks together, with their instances, are too many (up to "
        "1000000)"}},
      "");
}

}  // namespace
}  // namespace sharesim
