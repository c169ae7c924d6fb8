#include <string>

#include <gtest/gtest.h>

#include "tests/unit/loader_cases.hpp"

namespace sharesim {
namespace {

// Question: what is said about a length that is none? Expected: what is missing or out of range.
TEST(LoaderDistribution, RefusesWrongOnes) {
  expect_mistakes(
      "name: t\n"
      "duration: 10s\n"
      "tasks:\n"
      "  - {name: a, do: [{run: ",
      {{"5",
        "w:4:26: tasks[0].do[0].run: '5' has no unit (a duration such as 10ms, from 0s to 1000h)"},
       {"-5ms",
        "w:4:26: tasks[0].do[0].run: '-5ms' is negative (a duration such as 10ms, from 0s to "
        "1000h)"},
       {"1001h",
        "w:4:26: tasks[0].do[0].run: '1001h' is too large (a duration such as 10ms, from 0s to "
        "1000h)"},
       {"[1ms]",
        "w:4:26: tasks[0].do[0].run: is a list (a duration such as 5ms, or one of exponential, "
        "uniform, normal, lognormal, pareto, empirical)"},
       {"{}",
        "w:4:26: tasks[0].do[0].run: is empty (one of exponential, uniform, normal, lognormal, "
        "pareto, empirical)"},
       {"{expo: 5ms}",
        "w:4:27: tasks[0].do[0].run.expo: unknown key (exponential, uniform, normal, lognormal, "
        "pareto, empirical)"},
       {"{exponential: }",
        "w:4:40: tasks[0].do[0].run.exponential: has no value (a duration such as 10ms, from 1ns "
        "to 1000h)"},
       {"{exponential: 0s}",
        "w:4:40: tasks[0].do[0].run.exponential: '0s' is too small (a duration such as 10ms, from "
        "1ns to 1000h)"},
       {"{exponential: 5ms, uniform: [1ms, 2ms]}",
        "w:4:26: tasks[0].do[0].run: holds more than one distribution (one of exponential, "
        "uniform, normal, lognormal, pareto, empirical)"},
       {"{uniform: 5ms}",
        "w:4:36: tasks[0].do[0].run.uniform: '5ms' is a single value ([lowest, highest])"},
       {"{uniform: [1ms]}", "w:4:36: tasks[0].do[0].run.uniform: has 1 entry ([lowest, highest])"},
       {"{uniform: [2ms, 1ms]}",
        "w:4:36: tasks[0].do[0].run.uniform: is empty: 2ms is more than 1ms ([lowest, highest])"},
       {"{uniform: [0s, 0s]}",
        "w:4:41: tasks[0].do[0].run.uniform[1]: '0s' is too small (a duration such as 10ms, from "
        "1ns to 1000h)"},
       {"{normal: {mean: 5ms}}",
        "w:4:35: tasks[0].do[0].run.normal: 'sd' is missing (the standard deviation, such as 1ms)"},
       {"{normal: {sd: 5ms}}",
        "w:4:35: tasks[0].do[0].run.normal: 'mean' is missing (the mean, such as 5ms)"},
       {"{normal: 5ms}",
        "w:4:35: tasks[0].do[0].run.normal: '5ms' is a single value (a map of mean, sd)"},
       {"{lognormal: {mean: 0s, sd: 1ms}}",
        "w:4:45: tasks[0].do[0].run.lognormal.mean: '0s' is too small (a duration such as 10ms, "
        "from 1ns to 1000h)"},
       {"{pareto: {min: 1ms}}",
        "w:4:35: tasks[0].do[0].run.pareto: 'shape' is missing (a number above 1, such as 1.5)"},
       {"{pareto: {min: 1ms, shape: 1}}",
        "w:4:53: tasks[0].do[0].run.pareto.shape: '1' is too small (a number above 1, up to 1000)"},
       {"{pareto: {min: 1ms, shape: x}}",
        "w:4:53: tasks[0].do[0].run.pareto.shape: 'x' is not a number (a number above 1, up to "
        "1000)"},
       {"{pareto: {min: 1ms, shape: 1e3}}",
        "w:4:53: tasks[0].do[0].run.pareto.shape: '1e3' is not a number (a number above 1, up to "
        "1000)"},
       {"{pareto: {min: 1ms, shape: 1001}}",
        "w:4:53: tasks[0].do[0].run.pareto.shape: '1001' is too large (a number above 1, up to "
        "1000)"},
       {"{pareto: {min: 1ms, shape: nan}}",
        "w:4:53: tasks[0].do[0].run.pareto.shape: 'nan' is not a number (a number above 1, up to "
        "1000)"},
       {"{empirical: []}",
        "w:4:38: tasks[0].do[0].run.empirical: is empty (a file, or a list of a duration such as "
        "5ms)"},
       {"{empirical: [1ms, 2]}",
        "w:4:44: tasks[0].do[0].run.empirical[1]: '2' has no unit (a duration such as 10ms, from "
        "0s to 1000h)"},
       {"{empirical: nowhere.csv}",
        "w:4:38: tasks[0].do[0].run.empirical: 'nowhere.csv' cannot be read: No such file or "
        "directory"}},
      "}]}\n");
}

}  // namespace
}  // namespace sharesim
