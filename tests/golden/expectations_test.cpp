// Do the shipped workloads, those after published experiments and those on starvation among them, come
// out as they say, under every scheduler?

#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/cli/simulate.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::test {
namespace {

namespace fs = std::filesystem;

/// The files' paths below workloads/.
std::vector<std::string> workloads() {
  const fs::path folder = fs::path(SHARESIM_SOURCE_DIR) / "workloads";
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(fs::relative(entry.path(), folder));
  }
  std::sort(files.begin(), files.end());
  return files;
}

class Workloads : public testing::TestWithParam<std::string> {};

TEST_P(Workloads, MeetTheirExpectations) {
  const fs::path file = fs::path(SHARESIM_SOURCE_DIR) / "workloads" / GetParam();
  const auto scenario = std::make_shared<const Scenario>(load_scenario(file.string()));
  EXPECT_FALSE(scenario->expectations.empty()) << "expects nothing";
  for (const SchedulerInfo* info : Registry::global().all()) {
    // Those of hours and days are of one machine alone: to whom the policy gives the CPU is no question.
    if (scenario->duration > std::chrono::hours(1) && info->name != "sfq" && info->name != "rr")
      continue;
    const Result result =
        cli::simulate({.scenario = scenario,
                       .scheduler = scenario->set_up(Registry::global().choose(info->name)),
                       .folder = {},
                       .schedule = false},
                      {});
    for (const ExpectationResult& expectation : result.expectations) {
      EXPECT_TRUE(expectation.met)
          << GetParam() << ":" << scenario->expectations[expectation.index].line << " under "
          << info->name << ": " << scenario->path_of(expectation.entity) << " has "
          << expectation.value;
    }
  }
}

std::string name_of(const testing::TestParamInfo<std::string>& test) {
  std::string name = test.param.substr(0, test.param.rfind('.'));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Shipped, Workloads, testing::ValuesIn(workloads()), name_of);

}  // namespace
}  // namespace sharesim::test
