// sharesim starve, as its users see it.

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/run_command.hpp"

namespace sharesim {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::CommandResult;
using test::read_file;
using test::run_sharesim;
using test::RunningCommand;
using test::ScratchFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kDuel = R"(# Who starves whom?
name: duel
duration: 5s
tasks:
  - {name: attacker}
  - {name: victim}
)";

class CliStarve : public ::testing::Test {
 protected:
  CommandResult run(std::vector<std::string> words) {
    return run_sharesim(words,
                        {.in = {}, .out_file = {}, .folder = scratch_.path(), .environment = {}});
  }
  json starve(std::vector<std::string> words) {
    words.insert(words.begin(), {"starve", "duel.yaml", "--format", "json"});
    if (std::find(words.begin(), words.end(), "--budget") == words.end()) {
      words.insert(words.end(), {"--budget", "150"});
    }
    const CommandResult result = run(words);
    EXPECT_EQ(result.status, 0) << result.err;
    return json::parse(result.out);
  }
  fs::path path(const std::string& name) const { return scratch_.path() / name; }

  const ScratchFolder scratch_;
  const std::string duel_ = scratch_.write("duel.yaml", kDuel);
};

TEST_F(CliStarve, SaysWhatWasFound) {
  const CommandResult result =
      run({"starve", "duel.yaml", "-s", "credit,sfq,rr", "--budget", "150"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(StartsWith("duel: how long can /attacker keep /victim off the CPU?\n"),
                    HasSubstr("\ncredit"), HasSubstr("then run for ever\n"),
                    HasSubstr("bound of rr: a slice of each other task\n"),
                    HasSubstr("nothing was found that does more than a hog does under rr\n")));
  EXPECT_THAT(result.err, IsEmpty());
}

// Does the file of an attack show, to the nanosecond, what was found? The gap, when it began and
// who ran; it says so itself in its expectation, and is a workload like any other.
TEST_F(CliStarve, AnAttackIsReplayed) {
  for (const std::string scheduler : {"credit:limit=500ms", "sfq", "stride"}) {
    const json found = starve({"-s", scheduler, "-o", "attack.yaml"}).at(0);
    const CommandResult replay = run({"run", "attack.yaml", "-s", scheduler, "--format", "json"});
    ASSERT_EQ(replay.status, 0) << replay.err;
    const json replayed = json::parse(replay.out);
    int tasks = 0;
    for (const json& entity : replayed["runs"].at(0)["tasks"]) {
      ++tasks;
      if (entity["path"] == "/victim") {
        EXPECT_EQ(entity["starvation"], found["starvation"]);
      }
      if (entity["path"] == "/attacker") {
        EXPECT_EQ(entity["service_ns"], found["attackers_service_ns"]);
      }
    }
    EXPECT_EQ(tasks, 2);
    EXPECT_EQ(found["starvation"]["length_ns"], found["found_ns"]);
    EXPECT_THAT(
        read_file(path("attack.yaml")),
        AllOf(StartsWith("# How long can /attacker keep /victim off the CPU under " + scheduler),
              HasSubstr("\n# Found by: sharesim starve duel.yaml -s " + scheduler + " "),
              HasSubstr("\nexpect:\n  - {starvation: {of: /victim, is: ")));
    EXPECT_EQ(run({"check", "attack.yaml"}).status, 0);
  }
}

// And the two attacks of the literature, found through the command line: what was found is what the
// file shows, in shares too. 94 % of 5 s is 4.7 s; limit / (1 - r) of a limit of 500 ms is 1 s.
TEST_F(CliStarve, TheKnownAttacksAreReplayed) {
  const std::string xen = "xen_credit:accounting=tick_sampled";
  const std::vector<std::vector<std::string>> attacks{
      {"-s", xen, "--objective", "theft", "--budget", "1000", "-o", "attack.yaml"},
      {"-s", "credit:limit=500ms", "-o", "attack.yaml"}};
  for (const std::vector<std::string>& words : attacks) {
    const std::string& scheduler = words[1];
    const json found = starve(words).at(0);
    if (scheduler == xen) {
      EXPECT_GE(found["attackers_service_ns"], 4'700'000'000);
    } else {
      EXPECT_GE(found["found_ns"], 990'000'000);
    }
    const CommandResult replay = run({"run", "attack.yaml", "-s", scheduler, "--format", "json"});
    ASSERT_EQ(replay.status, 0) << replay.err;
    const json tasks = json::parse(replay.out)["runs"].at(0)["tasks"];
    ASSERT_EQ(tasks.size(), 2U);
    EXPECT_EQ(tasks[0]["path"], "/attacker");
    EXPECT_EQ(tasks[0]["service_ns"], found["attackers_service_ns"]);
    EXPECT_EQ(tasks[1]["starvation"], found["starvation"]);
    EXPECT_THAT(read_file(path("attack.yaml")), HasSubstr("\nexpect:\n"));
  }
}

// A bound or a reason, for every scheduler; and nothing that was found is beyond a bound.
TEST_F(CliStarve, NothingIsBeyondABound) {
  for (const std::string objective : {"gap", "theft"}) {
    for (const json& row : starve({"-s", "all", "--objective", objective})) {
      SCOPED_TRACE(row.at("scheduler"));
      ASSERT_NE(row.at("bound_ns").is_null(), row.at("no_bound_because").is_null());
      if (row["bound_ns"].is_null()) continue;
      EXPECT_LE(row["found_ns"], row["bound_ns"]);
    }
  }
}

TEST_F(CliStarve, SeveralAttacksGoToAFolder) {
  starve(
      {"-s", "sfq,credit:limit=1s", "-o", "attacks", "--colluders", "4", "--objective", "theft"});
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(path("attacks"))) {
    names.push_back(entry.path().filename());
    EXPECT_EQ(run({"run", entry.path().string(), "-q"}).status, 0);
  }
  std::sort(names.begin(), names.end());
  EXPECT_THAT(names, ::testing::ElementsAre(HasSubstr("credit"), "sfq.yaml"));
}

// The same bytes on any number of threads, and with every seed its own.
TEST_F(CliStarve, DoesNotDependOnThreads) {
  const json one = starve({"-s", "credit,stride", "-j", "1"});
  EXPECT_EQ(starve({"-s", "credit,stride", "-j", "3"}), one);
  EXPECT_EQ(starve({"-s", "stride"}).at(0), one.at(1));
  EXPECT_NE(starve({"-s", "credit,stride", "--seed", "2"}), one);
}

// Theft is counted beyond what fair sharing gives: half of the CPU here, and a hog under fair
// queuing takes no more.
TEST_F(CliStarve, TheftIsWhatIsTakenBeyondOnesShare) {
  const json found = starve({"-s", "sfq,rr", "--objective", "theft", "--colluders", "2"});
  EXPECT_LE(found.at(0)["found_ns"], 2'000'000);
  EXPECT_EQ(found.at(0)["hog_ns"], 0);
  EXPECT_LE(found.at(0)["found_ns"], found.at(0)["bound_ns"]);
  // Two of weight 50 under rr, which does not look at weights: two thirds of 5 s instead of half.
  EXPECT_NEAR(found.at(1)["found_ns"].get<double>(), 5e9 / 6, 2e6);
  EXPECT_EQ(found.at(1)["attack"]["attackers"], 2);
}

// The victim runs 1 ms of each 10. Under sfq the attacker's slice delays it by 1 ms at most (1/64
// more by the histogram's rounding), under credit it may be saved-up credit.
TEST_F(CliStarve, P99IsOfWakeups) {
  scratch_.write("duel.yaml",
                 "name: duel\nduration: 5s\ntasks:\n  - {name: attacker}\n"
                 "  - {name: victim, do: [{run: 1ms}, {sleep: 9ms}]}\n");
  const json found = starve({"-s", "sfq,credit", "--objective", "p99"});
  EXPECT_GT(found.at(0)["found_ns"], 500'000);
  EXPECT_LE(found.at(0)["found_ns"], found.at(0)["bound_ns"]);
  EXPECT_LE(found.at(0)["bound_ns"], 2'100'000);
}

TEST_F(CliStarve, WrongUsageIsStatusTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"-s", "sfq"}, "which workload"},
      {{"duel.yaml"}, "which schedulers"},
      {{"duel.yaml", "duel.yaml", "-s", "sfq"}, "one workload"},
      {{"-", "-s", "sfq"}, "standard input"},
      {{"duel.yaml", "-s", "sqf"}, "did you mean 'sfq'?"},
      {{"duel.yaml", "-s", "sfq", "--victim", "/vitcim"}, "did you mean '/victim'?"},
      {{"duel.yaml", "-s", "sfq", "--attacker", "victim", "--victim", "victim"}, "is, or holds"},
      {{"duel.yaml", "-s", "sfq", "--objective", "thef"}, "did you mean 'theft'?"},
      {{"duel.yaml", "-s", "sfq", "--objective", "p99"}, "never sleeps"},
      {{"duel.yaml", "-s", "sfq", "--budget", "5"}, "100 to"},
      {{"duel.yaml", "-s", "sfq", "--colluders", "0"}, "1 to"},
      {{"duel.yaml", "-s", "sfq", "--seed", "-1"}, "--seed"},
      {{"duel.yaml", "-s", "sfq", "--set", "tasks.attacker.cap=30%", "--colluders", "2"}, "cap"},
      {{"duel.yaml", "-s", "sfq", "--set", "duration=5"}, "has no unit"},
  };
  for (const auto& [words, said] : wrong) {
    std::vector<std::string> all = words;
    all.insert(all.begin(), "starve");
    const CommandResult result = run(all);
    EXPECT_EQ(result.status, 2) << ::testing::PrintToString(words);
    EXPECT_THAT(result.out, IsEmpty()) << ::testing::PrintToString(words);
    EXPECT_THAT(result.err, HasSubstr(said)) << ::testing::PrintToString(words);
  }
}

TEST_F(CliStarve, WhatCannotBeWrittenIsStatusThree) {
  EXPECT_EQ(run({"starve", "duel.yaml", "-s", "sfq", "-o", "none/attack.yaml"}).status, 3);
  EXPECT_EQ(run({"starve", "duel.yaml", "-s", "sfq,rr", "-o", "duel.yaml"}).status, 3);
}

// Interrupted: the best so far, marked, and the status of the signal.
TEST_F(CliStarve, AnInterruptedSearchKeepsWhatItHas) {
  RunningCommand command({"starve", "duel.yaml", "-s", "credit,sfq", "--duration", "100s",
                          "--budget", "100000000", "-o", "attacks", "--format", "json"},
                         {.in = {}, .out_file = {}, .folder = scratch_.path(), .environment = {}});
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  command.send(SIGINT);
  const CommandResult result = command.wait();
  EXPECT_EQ(result.status, 128 + SIGINT);
  const json rows = json::parse(result.out);
  ASSERT_GE(rows.size(), 1U);
  EXPECT_EQ(rows.back().value("complete", false), false);
}

}  // namespace
}  // namespace sharesim
