#include <string>

#include <gtest/gtest.h>

#include "tests/unit/loader_cases.hpp"

namespace sharesim {
namespace {

// Question: what is said about text that is no YAML, or more than plain YAML? Expected: the place
// and the reason; where the rest can be read, its mistakes too.
TEST(LoaderYaml, RefusesWhatIsNoPlainYaml) {
  expect_mistakes(
      "",
      {{"", "w:1:1: is empty (a workload: name, duration, tasks)"},
       {"# only a comment\n", "w:1:1: is empty (a workload: name, duration, tasks)"},
       {"a: [\n", "w:2:1: is not valid YAML: end of sequence flow not found"},
       {"a: b: c\n", "w:1:5: is not valid YAML: illegal map value"},
       {"- a\n",
        "w:1:1: is a list (a map of name, machine, duration, record, seed, parameters, groups, "
        "tasks, events, "
        "expect)"},
       {"hello\n",
        "w:1:1: 'hello' is a single value (a map of name, machine, duration, record, seed, "
        "parameters, groups, "
        "tasks, events, expect)"},
       {"[a, b]\n",
        "w:1:1: is a list (a map of name, machine, duration, record, seed, parameters, groups, "
        "tasks, events, "
        "expect)"},
       {"a: &x 1\n",
        "w:1:1: a: unknown key (name, machine, duration, record, seed, parameters, groups, tasks, "
        "events, "
        "expect)\n"
        "w:1:1: 'name' is missing (such as sleeper-and-hog)\n"
        "w:1:1: 'duration' is missing (how long the run lasts, such as 10s)\n"
        "w:1:1: has no task (tasks: with at least one entry)\n"
        "w:1:4: anchors are not supported (plain YAML without anchors, aliases and tags)"},
       {"a: *x\n", "w:1:4: is not valid YAML: the referenced anchor is not defined"},
       {"a: &x [1]\nb: *x\n",
        "w:1:1: a: unknown key (name, machine, duration, record, seed, parameters, groups, tasks, "
        "events, "
        "expect)\n"
        "w:1:1: 'name' is missing (such as sleeper-and-hog)\n"
        "w:1:1: 'duration' is missing (how long the run lasts, such as 10s)\n"
        "w:1:1: has no task (tasks: with at least one entry)\n"
        "w:1:4: anchors are not supported (plain YAML without anchors, aliases and tags)\n"
        "w:2:1: b: unknown key (name, machine, duration, record, seed, parameters, groups, tasks, "
        "events, "
        "expect)\n"
        "w:2:4: aliases are not supported (plain YAML without anchors, aliases and tags)"},
       {"a: !!int 1\n",
        "w:1:1: a: unknown key (name, machine, duration, record, seed, parameters, groups, tasks, "
        "events, "
        "expect)\n"
        "w:1:1: 'name' is missing (such as sleeper-and-hog)\n"
        "w:1:1: 'duration' is missing (how long the run lasts, such as 10s)\n"
        "w:1:1: has no task (tasks: with at least one entry)\n"
        "w:1:4: tags are not supported (plain YAML without anchors, aliases and tags)"},
       {"? [a]\n: b\n",
        "w:1:3: a list or map cannot be a key (a plain word; or is a bracket left open?)"},
       {"{: 1}\n", "w:1:2: a key is missing (a plain word before the ':')"},
       {"---\na: 1\n---\nb: 1\n", "w:3:1: a second document begins (one workload in a file)"},
       {"<<: 1\nname: t\nduration: 10s\ntasks: [{name: a}]\n",
        "w:1:1: <<: merge keys are not supported (name, machine, duration, record, seed, "
        "parameters, groups, "
        "tasks, events, expect)"},
       {"name: t\nname: u\nduration: 10s\ntasks: [{name: a}]\n",
        "w:2:1: name: is given twice, first in line 1"},
       {"\tname: t\n", "w:1:6: is not valid YAML: illegal map value"},
       {"name: \"x\n",
        "w:1:1: 'duration' is missing (how long the run lasts, such as 10s)\n"
        "w:1:1: has no task (tasks: with at least one entry)\n"
        "w:1:7: name: 'x ' is not a name (letters, digits, '.', '_' and '-', not first '.' or '-', "
        "up to 64)"}},
      "");
}

// Question: what is said about the keys of the whole? Expected: unknown, missing, doubled, out of
// range.
TEST(LoaderTop, RefusesWrongKeysAndValues) {
  expect_mistakes(
      "",
      {{"name: t\n",
        "w:1:1: 'duration' is missing (how long the run lasts, such as 10s)\n"
        "w:1:1: has no task (tasks: with at least one entry)"},
       {"name: t\nduration: 10s\ntasks: []\n",
        "w:1:1: has no task (tasks: with at least one entry)"},
       {"name: t\nduration: 10s\ntasks:\n",
        "w:4:1: tasks: has no value (a list, each entry beginning with '- name: ')"},
       {"name: t\nduration: 10s\ntasks: {name: a}\n",
        "w:3:8: tasks: is a map (a list, each entry beginning with '- name: ')"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\nnmae: x\n",
        "w:4:1: nmae: unknown key; did you mean 'name'? (name, machine, duration, record, seed, "
        "parameters, groups, tasks, events, expect)"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\nseed: -1\n",
        "w:4:7: seed: '-1' is too small (an integer, from 0 to 9223372036854775807)"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\nseed: 9223372036854775808\n",
        "w:4:7: seed: '9223372036854775808' is too large (an integer, from 0 to "
        "9223372036854775807)"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\nseed: '1'\n",
        "w:4:7: seed: '1' is text, because of the quotes (an integer, from 0 to "
        "9223372036854775807)"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\nrecord: 10ms\n",
        "w:4:9: record: '10ms' is a single value (a map of tick)"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\nrecord: {tick: 0s}\n",
        "w:4:16: record.tick: '0s' is too small (a duration such as 10ms, from 1ns to 10s)"},
       {"name: t\nduration: 10s\ntasks: [{name: a}]\nrecord: {tick: 11s}\n",
        "w:4:16: record.tick: '11s' is too large (a duration such as 10ms, from 1ns to 10s)"},
       {"name: a b\nduration: 10s\ntasks: [{name: a}]\n",
        "w:1:7: name: 'a b' is not a name (letters, digits, '.', '_' and '-', not first '.' or "
        "'-', up to 64)"},
       {"name: -a\nduration: 10s\ntasks: [{name: a}]\n",
        "w:1:7: name: '-a' is not a name (letters, digits, '.', '_' and '-', not first '.' or '-', "
        "up to 64)"},
       {"name: \nduration: 10s\ntasks: [{name: a}]\n",
        "w:2:1: name: has no value (letters, digits, '.', '_' and '-', not first '.' or '-', up to "
        "64)"},
       {"name: [t]\nduration: 10s\ntasks: [{name: a}]\n",
        "w:1:7: name: is a list (letters, digits, '.', '_' and '-', not first '.' or '-', up to "
        "64)"},
       {"name: t\nduration: 0s\ntasks: [{name: a}]\n",
        "w:2:11: duration: '0s' is too small (a duration such as 10ms, from 1ns to 168h)"},
       {"name: t\nduration: 10\ntasks: [{name: a}]\n",
        "w:2:11: duration: '10' has no unit (a duration such as 10ms, from 1ns to 168h)"},
       {"name: t\nduration: -1s\ntasks: [{name: a}]\n",
        "w:2:11: duration: '-1s' is negative (a duration such as 10ms, from 1ns to 168h)"},
       {"name: t\nduration: 169h\ntasks: [{name: a}]\n",
        "w:2:11: duration: '169h' is too large (a duration such as 10ms, from 1ns to 168h)"},
       {"name: t\nduration: 168h\nmachine: {cpus: 65}\ntasks: [{name: a}]\n",
        "w:2:11: duration: is too long for 65 CPUs (up to 10752h of CPU time, 165h24m55.384615384s "
        "here)"},
       {"name: t\nduration: 99999999999h\ntasks: [{name: a}]\n",
        "w:2:11: duration: '99999999999h' is too large (a duration such as 10ms, from 1ns to "
        "168h)"}},
      "");
}

// Question: what is said about the machine? Expected: the value, and the range.
TEST(LoaderMachine, RefusesWrongKeysAndValues) {
  expect_mistakes(
      "name: t\n"
      "duration: 10s\n"
      "machine: {",
      {{"cpus: 0", "w:3:17: machine.cpus: '0' is too small (an integer, from 1 to 1024)"},
       {"cpus: 1025", "w:3:17: machine.cpus: '1025' is too large (an integer, from 1 to 1024)"},
       {"cpus: 1.5",
        "w:3:17: machine.cpus: '1.5' has too many decimals (an integer, from 1 to 1024)"},
       {"cpus: two", "w:3:17: machine.cpus: 'two' is not an integer (an integer, from 1 to 1024)"},
       {"cpu: 2",
        "w:3:11: machine.cpu: unknown key; did you mean 'cpus'? (cpus, tick, tick_phase, "
        "context_switch, "
        "wakeup, migration, bandwidth_slice, group_shares, balancer)"},
       {"tick: 4",
        "w:3:17: machine.tick: '4' has no unit (a duration such as 10ms, from 0s to 10s)"},
       {"tick: 11s",
        "w:3:17: machine.tick: '11s' is too large (a duration such as 10ms, from 0s to 10s)"},
       {"tick: 4ms, tick_phase: 4ms",
        "w:3:34: machine.tick_phase: 4ms is not less than the tick (less than 4ms)"},
       {"tick_phase: 1ms",
        "w:3:23: machine.tick_phase: 1ms is not less than the tick (with a tick only)"},
       {"context_switch: -1us",
        "w:3:27: machine.context_switch: '-1us' is negative (a duration such as 10ms, from 0s to "
        "10s)"},
       {"balancer: true",
        "w:3:21: machine.balancer: 'true' is a single value (a map of policy, "
        "wake_idle, steal, interval)"},
       {"balancer: {policy: lniux}",
        "w:3:30: machine.balancer.policy: 'lniux' is not a choice; did you mean 'linux'? (simple, "
        "linux)"},
       {"balancer: {policy: linux, steal: true}",
        "w:3:37: machine.balancer.steal: does not go with policy: linux (policy: simple)"},
       {"group_shares: load",
        "w:3:25: machine.group_shares: 'load' is not a choice (demand, linux)"},
       {"balancer: {steal: maybe}",
        "w:3:29: machine.balancer.steal: 'maybe' is neither (true or false)"},
       {"balancer: {wake_idle: 'true'}",
        "w:3:33: machine.balancer.wake_idle: 'true' is text, because of the quotes (true or "
        "false)"},
       {"balancer: {interval: 1d}",
        "w:3:32: machine.balancer.interval: '1d' has an unknown unit (a duration such as 10ms, "
        "from 0s to 10s)"}},
      "}\ntasks: [{name: a}]\n");
}

}  // namespace
}  // namespace sharesim
