#include "tests/unit/loader_cases.hpp"

#include <string_view>

#include <gtest/gtest.h>

#include "sim/core/error.hpp"

namespace sharesim {

std::string mistakes_in(const std::string& text, const std::vector<Override>& overrides) {
  try {
    parse_scenario(text, "w", overrides);
    return "accepted";
  } catch (const InputError& error) {
    return error.what();
  }
}

void expect_mistakes(const std::string& before, const std::vector<WrongCase>& cases,
                     const std::string& after) {
  for (const WrongCase& test : cases) {
    std::string said = mistakes_in(before + test.text + after);
    const std::string_view expected = test.said;
    if (expected.ends_with("...")) said = said.substr(0, expected.size() - 3) + "...";
    EXPECT_EQ(said, expected) << test.text;
  }
}

std::string small_workload(const std::string& rest) {
  return "name: t\nduration: 10s\nmachine: {cpus: 4}\n"
         "tasks: [{name: a, count: 2}]\n"
         "groups: [{name: g, cpus: 0-1, tasks: [{name: b, cpus: 1}]}]\n" +
         rest;
}

}  // namespace sharesim
