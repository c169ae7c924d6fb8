// What a user gets to see of credits and of starvation: tables and files.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/run_command.hpp"

namespace sharesim {
namespace {

using nlohmann::json;
using test::CommandResult;
using test::read_file;
using test::run_sharesim;
using test::ScratchFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A B1s with 1 of its 30 initial credits left: 60 s of CPU time and 0.1 a second are gone after 66.6 s.
constexpr const char* kMachine = R"(# How long does one credit last?
name: one-credit
duration: 2m
record: {tick: 30s}
groups:
  - {name: vm, cap: {credits: {size: B1s, balance: 1}}, tasks: [{name: busy}]}
expect:
  - {credits: {of: /vm, at: 30s, is: 0.55}}
  - {spent_credits: {of: /vm, is: 1}}
)";

class CliCredits : public ::testing::Test {
 protected:
  CommandResult run(std::vector<std::string> words) {
    return run_sharesim(words,
                        {.in = {}, .out_file = {}, .folder = scratch_.path(), .environment = {}});
  }
  std::string file(const std::string& name) const {
    return read_file((scratch_.path() / name).string());
  }

  const ScratchFolder scratch_;
  const std::string machine_ = scratch_.write("one.yaml", kMachine);
};

// After 30 s 0.5 credits are spent and 0.05 earned; at the end 1 + 0.2 less what the last second has brought.
TEST_F(CliCredits, AreInTheTableAndInTheFiles) {
  const CommandResult result = run({"run", "one.yaml", "-o", "out"});
  EXPECT_EQ(result.status, 1);  // the second line of expect: is wrong
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("\ncredits    /vm: 0.001667 left, 0.2 earned, 1.198333 spent; none left "
                      "first at 1m7s, "
                      "held to the baseline for 54s\n"),
            HasSubstr("ok      credits of /vm at 30s at least 0.55 and at most 0.55: 0.55\n")));
  EXPECT_THAT(result.err,
              HasSubstr("spent_credits of /vm: wanted at least 1 and at most 1, got 1.198333"));
  EXPECT_THAT(file("out/credits.csv"),
              StartsWith("time_ns,scheduler,entity,balance,surplus,earned,spent,lost,charged\n"
                         "30000000000,sfq,/vm,0.55,0,0.05,0.5,0,0\n"
                         "60000000000,sfq,/vm,0.1,0,0.1,1,0,0\n"
                         "90000000000,sfq,/vm,0.001667,0,0.15,1.148333,0,0\n"));
  const json summary = json::parse(file("out/summary.json"));
  const json& vm = summary["groups"][0];
  EXPECT_EQ(vm["credits"], 0.001667);
  EXPECT_EQ(vm["earned_credits"], 0.2);
  EXPECT_EQ(vm["surplus_credits"], 0.0);
  EXPECT_EQ(vm["depleted_at_ns"], 66'600'000'000);
  EXPECT_EQ(vm["at_baseline_ns"], 54'000'000'000);
  EXPECT_FALSE(summary["tasks"][0].contains("credits"));
  EXPECT_EQ(summary["scenario"]["groups"][1]["cap"]["credits"],
            json::parse(
                R"({"mode": "standard", "vcpus": 1, "balance_ns": 60000000000, "launch_ns": 0})"));
  EXPECT_THAT(run({"run", "one.yaml", "--format", "csv"}).out,
              HasSubstr("\none-credit,sfq,/vm,group,credits,credits,0.001667\n"));
  EXPECT_EQ(run({"run", "one.yaml", "-s", "gps"}).status, 0) << "gps is not asked about credits";
}

// A saver that slept 10 s under the credit scheduler keeps its neighbour off the CPU; --explain shows why.
TEST_F(CliCredits, StarvationIsExplained) {
  scratch_.write(
      "two.yaml",
      "name: two\nduration: 15s\ntasks:\n"
      "  - {name: saver, do: [{run: 10ms}, {sleep: 9990ms}, {run: 10s}]}\n  - {name: victim}\n");
  const CommandResult result =
      run({"run", "two.yaml", "-s", "credit:limit=2s", "--explain", "-o", "out"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("\nstarved    /victim waited "),
                                HasSubstr(" while /saver ran; at the beginning, "),
                                HasSubstr("  /victim: queued, credit "),
                                HasSubstr("  /saver: running, credit ")));
  const json victim = json::parse(file("out/summary.json"))["tasks"][1]["starvation"];
  EXPECT_EQ(victim["victim_at_start"][0]["path"], "/victim");
  EXPECT_EQ(victim["runner_at_start"][0]["state"], "running");
  EXPECT_GE(victim["runner_at_start"][0]["scheduler"]["credit"], 1'900'000'000);
  EXPECT_EQ(run({"run", "two.yaml"}).out.find("at the beginning"), std::string::npos);
}

}  // namespace
}  // namespace sharesim
