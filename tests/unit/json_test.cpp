#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/output/summary.hpp"
#include "sim/output/version.hpp"
#include "tests/support/made_up_result.hpp"
#include "tests/support/run_command.hpp"

namespace sharesim {
namespace {

using nlohmann::json;
using test::made_up_result;
using test::made_up_scenario;

SchedulerInfo made_up_info() {
  SchedulerInfo info;
  info.name = "sfq";
  info.summary = "made up";
  info.parameters = {slice_parameter()};
  return info;
}

json summary_of(const Result& result) {
  static const SchedulerInfo kInfo = made_up_info();
  SchedulerChoice choice(kInfo, nullptr);
  EXPECT_FALSE(choice.set("slice", "10ms"));
  StringSink sink;
  write_summary(sink, result, choice);
  return json::parse(sink.text());
}

TEST(Json, SaysWhatRan) {
  const json summary = summary_of(made_up_result());
  EXPECT_EQ(summary["schema_version"], 1);
  EXPECT_EQ(summary["tool"], "sharesim");
  EXPECT_EQ(summary["version"], std::string(kVersion));
  EXPECT_EQ(summary["scheduler"], json::parse(R"({"name": "sfq", "spelling": "sfq:slice=10ms",
      "scope": "per_cpu", "parameters": {"slice": "10ms"}})"));
  // Only the file's name, so that results do not depend on the folder.
  EXPECT_EQ(summary["workload"]["file"], "demo.yaml");
  EXPECT_EQ(summary["complete"], true);
  EXPECT_EQ(summary["end_ns"], 10'000'000'000);
  EXPECT_EQ(summary["decisions"], 30'000);
}

// Every metric by its name: durations as integers in ns, fractions as numbers (4 s of 10 s is 0.4),
// null where there is no value.
TEST(Json, EntitiesHaveAllMetrics) {
  const json summary = summary_of(made_up_result());
  ASSERT_EQ(summary["groups"].size(), 1U);
  ASSERT_EQ(summary["tasks"].size(), 3U);
  const json& hog = summary["tasks"][2];
  EXPECT_EQ(hog["path"], "/hog");
  EXPECT_EQ(hog["kind"], "task");
  EXPECT_EQ(hog["share"], 0.4);
  EXPECT_EQ(hog["service_ns"], 4'000'000'000);
  EXPECT_TRUE(hog["service_ns"].is_number_integer());
  EXPECT_TRUE(hog["response_p99_ns"].is_null());
  EXPECT_EQ(hog["starvation"], json::parse(R"({"length_ns": 3000000, "start_ns": 2000000000,
                            "victim": "/hog", "runner": "/web/worker.0"})"));
  EXPECT_FALSE(hog.contains("jain"));
  EXPECT_EQ(summary["machine"]["path"], "/");
  EXPECT_EQ(summary["machine"]["jain"], 0.99875);
  EXPECT_EQ(summary["machine"]["idle_ns"], 10'000'000);
  EXPECT_EQ(summary["groups"][0]["path"], "/web");
  EXPECT_FALSE(summary["groups"][0].contains("idle_ns"));
}

// The scenario as the loader resolved it; weights are cpu.weight (76800 / 256 = 300).
TEST(Json, HoldsTheResolvedScenario) {
  Scenario scenario = made_up_scenario();
  scenario.groups[1].cap = Bandwidth{ns(30), ns(100), ns(10)};
  scenario.groups[1].cpus = CpuSet::first(2);
  scenario.groups[1].hints = {{"span", 1'500'000, "1.5ms"}};
  scenario.tasks[0].hints = {{"rank", -3, "-3"}, {"soft", 1, "true"}};
  scenario.tasks[1].behaviour = Service{{Distribution::Kind::kExponential, ns(50), {}, 0, nullptr},
                                        {Distribution::Kind::kPareto, ns(4), {}, 1.5, nullptr},
                                        8,
                                        100};
  scenario.events = {{at_ns(5), {EntityRef::group(1)}, 600 * kWeightUnit, std::nullopt, {}}};
  const json resolved = summary_of(made_up_result(std::move(scenario)))["scenario"];
  EXPECT_EQ(resolved["seed"], 7);
  EXPECT_EQ(resolved["machine"]["cpus"], 1);
  EXPECT_EQ(resolved["groups"][1], json::parse(R"({"path": "/web", "weight": 300.0, "cap":
      {"quota_ns": 30, "period_ns": 100, "burst_ns": 10}, "cpus": "0-1",
      "hints": {"span": "1.5ms"}, "idle": false, "scheduler": null})"));
  EXPECT_EQ(resolved["tasks"][0]["hints"], json::parse(R"({"rank": "-3", "soft": "true"})"));
  EXPECT_EQ(resolved["tasks"][1]["hints"], json::object());
  EXPECT_EQ(resolved["tasks"][0]["behaviour"], json::parse(R"({"kind": "sequence", "repeat": 0,
      "do": [{"run": {"kind": "constant", "value_ns": 5000000}},
             {"sleep": {"kind": "constant", "value_ns": 1000000}}]})"));
  EXPECT_EQ(resolved["tasks"][1]["behaviour"], json::parse(R"({"kind": "service",
      "gap": {"kind": "exponential", "mean_ns": 50},
      "demand": {"kind": "pareto", "smallest_ns": 4, "shape": 1.5}, "workers": 8,
      "queue": 100})"));
  EXPECT_EQ(resolved["events"],
            json::parse(R"([{"at_ns": 5, "entities": ["/web"], "weight": 600.0}])"));
}

// A name that is not UTF-8 cannot be in JSON: the byte is replaced, and the rest stays readable.
TEST(Json, BrokenNamesDoNotBreakTheFile) {
  Scenario scenario = made_up_scenario();
  scenario.name = "a\xFF\"b";
  EXPECT_EQ(summary_of(made_up_result(std::move(scenario)))["workload"]["name"], "a\uFFFD\"b");
}

TEST(Json, AnInterruptedRunIsMarked) {
  Result result = made_up_result();
  result.complete = false;
  EXPECT_EQ(summary_of(result)["complete"], false);
}

// An expectation holds fractions as fractions: 610000 millionths are 0.61.
TEST(Json, ExpectationsAreIncluded) {
  Scenario scenario = made_up_scenario();
  Expectation expectation;
  expectation.at_least = 610'000;
  expectation.line = 22;
  scenario.expectations = {expectation};
  Result result = made_up_result(std::move(scenario));
  result.expectations = {{0, EntityRef::group(1), 600'000, true, false}};
  EXPECT_EQ(summary_of(result)["expectations"][0], json::parse(R"({"line": 22, "metric": "share",
      "unit": "fraction", "entity": "/web", "from_ns": 0, "to_ns": null, "at_least": 0.61,
      "at_most": null, "value": 0.6, "met": false})"));
}

// The version stands in two places, because the library is also built without CMake's help.
TEST(Json, TheVersionIsTheProjects) {
  const std::string cmake = test::read_file(std::string(SHARESIM_SOURCE_DIR) + "/CMakeLists.txt");
  EXPECT_NE(cmake.find("project(sharesim VERSION " + std::string(kVersion) + " "),
            std::string::npos);
}

}  // namespace
}  // namespace sharesim
