// The sharesim binary, as its users see it: what it prints where, and its exit status.

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
using ::testing::Not;
using ::testing::StartsWith;

// Two tasks for ever, weights 300 and 100, on one CPU for 100 ms: 75 ms and 25 ms.
constexpr const char* kTwo = R"(# Is the CPU shared three to one? Yes.
name: two
duration: 100ms
record: {tick: 50ms}
tasks:
  - {name: a, weight: 300}
  - {name: b, weight: 100}
)";
// The same, and an expectation in line 9 that cannot hold: 75% is less than 90%.
const std::string kTwoFailing =
    std::string(kTwo) + "expect:\n  - {share: {of: /a, at_least: 90%}}\n";
// Much longer than any test: seven days.
const std::string kEndless = std::string(kTwo).replace(std::string(kTwo).find("100ms"), 5, "168h");

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

class CliCommand : public ::testing::Test {
 protected:
  CommandResult run(std::vector<std::string> words) {
    return run_sharesim(words,
                        {.in = {}, .out_file = {}, .folder = scratch_.path(), .environment = {}});
  }
  fs::path path(const std::string& name) const { return scratch_.path() / name; }

  const ScratchFolder scratch_;
  const std::string two_ = scratch_.write("two.yaml", kTwo);
  const std::string failing_ = scratch_.write("failing.yaml", kTwoFailing);
};

TEST_F(CliCommand, RunPrintsATable) {
  const CommandResult result = run({"run", "two.yaml"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("Is the CPU shared three to one?"),
                                HasSubstr("scheduler  sfq\n"), HasSubstr("75.0%")));
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_F(CliCommand, RunReadsStandardInput) {
  const CommandResult result =
      run_sharesim({"run", "-"}, {.in = kTwo, .out_file = {}, .folder = {}, .environment = {}});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("75.0%"));
}

// A failed expectation: status 1, and one line with scheduler, workload, line, metric, wanted, got.
TEST_F(CliCommand, AFailedExpectationIsStatusOne) {
  const CommandResult result = run({"run", "failing.yaml", "-s", "sfq"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err,
            "failing.yaml:9: two: expectation failed under sfq: share of /a: wanted at least 90%, "
            "got 75%\n");
  EXPECT_THAT(result.out, HasSubstr("FAILED"));
}

TEST_F(CliCommand, WrongInputIsStatusTwoWithALineEach) {
  scratch_.write("bad.yaml", "name: x\nduration: 10\ntasks:\n  - {name: a, wieght: 3}\n");
  const CommandResult result = run({"run", "bad.yaml", "-s", "srq", "--format", "tabel"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, AllOf(HasSubstr("'srq'; did you mean 'sfq'?"),
                                HasSubstr("did you mean 'table'?"), HasSubstr("bad.yaml:2:"),
                                HasSubstr("bad.yaml:4:"), HasSubstr("did you mean 'weight'?")));
  EXPECT_EQ(lines_of(result.err), 4U) << result.err;
}

TEST_F(CliCommand, WrongUsageIsStatusTwo) {
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"rum"},
      {"run"},
      {"--nope"},
      {"run", "two.yaml", "failing.yaml"},
      {"run", "two.yaml", "-s", "sfq,rr"},
      {"run", "two.yaml", "--schedule"},
      {"run", "two.yaml", "--se", "3"},
      {"run", "none.yaml"},
      {"run", "two.yaml", "--plugin", "none.so"},
      {"compare", "two.yaml"},
      {"compare", "two.yaml", "failing.yaml", "-s", "rr"},  // two workloads of one name
      {"compare", "two.yaml", "-s", "rr", "-j", "0"},
      {"list", "shedulers"},
      {"list", "schedulers", "sqf"},
      {"check"},
      {"help", "rum"},
  };
  for (const auto& words : wrong) {
    const CommandResult result = run(words);
    EXPECT_EQ(result.status, 2) << ::testing::PrintToString(words);
    EXPECT_THAT(result.out, IsEmpty()) << ::testing::PrintToString(words);
    EXPECT_THAT(result.err, Not(IsEmpty())) << ::testing::PrintToString(words);
  }
}

TEST_F(CliCommand, HelpNeedsNothingElse) {
  for (const char* command : {"run", "compare", "starve", "list", "check"}) {
    const CommandResult result = run({command, "-h"});
    EXPECT_EQ(result.status, 0) << command;
    EXPECT_THAT(result.out, HasSubstr("Examples:\n  sharesim " + std::string(command)));
    EXPECT_EQ(run({"help", command}).out, result.out);
  }
  EXPECT_EQ(run({"--help"}).status, 0);
  EXPECT_EQ(run({"--help"}).out, run({"help"}).out);
  EXPECT_EQ(run({"--version"}).out, "sharesim 0.1.0\n");
}

TEST_F(CliCommand, OptionsChangeTheWorkload) {
  const CommandResult result = run({"run", "two.yaml", "--duration", "200ms", "--seed", "5",
                                    "--set", "machine.cpus=2", "--format", "json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const json summary = json::parse(result.out)["runs"].at(0);
  EXPECT_EQ(summary["end_ns"], 200'000'000);
  EXPECT_EQ(summary["scenario"]["seed"], 5);
  EXPECT_EQ(summary["scenario"]["machine"]["cpus"], 2);
}

// 2 ticks of 50 ms and 3 entities (/, /a, /b) are 6 rows of allocations; each tick sums to 50 ms.
TEST_F(CliCommand, RunWritesItsFiles) {
  const CommandResult result = run({"run", "two.yaml", "-o", "new/out", "--schedule", "-q"});
  ASSERT_EQ(result.status, 0) << result.err;
  const std::string allocations = read_file(path("new/out/allocations.csv"));
  EXPECT_EQ(lines_of(allocations), 1U + 6U);
  EXPECT_THAT(allocations, HasSubstr("\n50000000,sfq,/,group,50000000,50000000,0,50000000,0\n"));
  EXPECT_THAT(read_file(path("new/out/schedule.csv")),
              StartsWith("begin_ns,end_ns,cpu,task,stop\n0,1000000,0,/a,"));
  EXPECT_EQ(json::parse(read_file(path("new/out/summary.json")))["complete"], true);
  EXPECT_EQ(std::distance(fs::directory_iterator(path("new/out")), fs::directory_iterator()), 4);
}

// -o with nothing (an unset variable of a script) is wrong usage, and not the present folder.
TEST_F(CliCommand, NoNameForTheFolderIsStatusTwo) {
  const std::vector<std::vector<std::string>> commands{{"run", "two.yaml"},
                                                       {"compare", "two.yaml", "-s", "sfq"},
                                                       {"starve", "two.yaml", "-s", "sfq"},
                                                       {"plan", "two.yaml", "--emit", "systemd"}};
  for (std::vector<std::string> words : commands) {
    words.insert(words.end(), {"-o", ""});
    const CommandResult result = run(words);
    EXPECT_EQ(result.status, 2) << words.front();
    EXPECT_THAT(result.err, HasSubstr("-o '' names nothing (a name; . is this folder)"))
        << words.front();
    EXPECT_EQ(result.out, "") << words.front();
  }
}

TEST_F(CliCommand, WhatCannotBeWrittenIsStatusThree) {
  const CommandResult file_in_the_way = run({"run", "two.yaml", "-o", "two.yaml"});
  EXPECT_EQ(file_in_the_way.status, 3);
  EXPECT_THAT(file_in_the_way.err, HasSubstr("two.yaml"));
  fs::create_directories(path("out/summary.json"));
  const CommandResult folder_in_the_way = run({"run", "two.yaml", "-o", "out"});
  EXPECT_EQ(folder_in_the_way.status, 3);
  EXPECT_THAT(folder_in_the_way.err, HasSubstr("out/summary.json: Is a directory"));
}

// The disk is full after 100 bytes: no file of the three may look as if it were whole.
TEST_F(CliCommand, AFullDiskLeavesNoFiles) {
  const CommandResult result = run_sharesim(
      {"run", "two.yaml", "-o", "out", "--schedule"},
      {.in = {}, .out_file = {}, .folder = scratch_.path(), .environment = {}, .file_bytes = 100});
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, HasSubstr("File too large"));
  EXPECT_TRUE(fs::is_empty(path("out")));
}

TEST_F(CliCommand, AFullStandardOutputIsStatusThree) {
  const CommandResult result = run_sharesim(
      {"run", two_}, {.in = {}, .out_file = "/dev/full", .folder = {}, .environment = {}});
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, HasSubstr("standard output: No space left on device"));
}

// One table per workload with a row per scheduler: sfq shares 3 to 1, rr does not look at weights.
TEST_F(CliCommand, ComparePrintsARowPerScheduler) {
  const CommandResult result = run({"compare", "failing.yaml", "-s", "sfq,rr"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out,
              AllOf(StartsWith("two: Is the CPU shared three to one?\n"), HasSubstr("\nsfq "),
                    HasSubstr("\nrr "), HasSubstr("\n0 of 2 expectations met\n")));
  EXPECT_THAT(result.err, AllOf(HasSubstr("under sfq"), HasSubstr("under rr")));
}

// Do threads change a byte, of what is printed or of what is written?
TEST_F(CliCommand, CompareDoesNotDependOnThreads) {
  scratch_.write("three.yaml",
                 std::string(kTwo).replace(std::string(kTwo).find("name: two"), 9, "name: three"));
  for (const std::string format : {"table", "csv", "json"}) {
    const auto with = [&](const std::string& jobs) {
      return run({"compare", "two.yaml", "three.yaml", "-s", "rr,sfq:slice=2ms,stride", "--format",
                  format, "-j", jobs, "-o", "out" + jobs, "--baseline", "stride"});
    };
    const CommandResult one = with("1");
    const CommandResult many = with("8");
    EXPECT_EQ(one.status, 0) << one.err;
    EXPECT_EQ(one.out, many.out);
  }
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path("out1"))) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const fs::path twin = path("out8") / fs::relative(entry.path(), path("out1"));
    EXPECT_EQ(read_file(entry.path()), read_file(twin)) << twin;
  }
  EXPECT_EQ(files, 2U + 6U * 2U);  // compare.csv, report.html; 6 runs with allocations and summary
  EXPECT_TRUE(fs::exists(path("out1/three/sfq_slice=2ms/allocations.csv")));
}

TEST_F(CliCommand, CsvAndJsonAreForPrograms) {
  EXPECT_THAT(run({"run", "two.yaml", "--format", "csv"}).out,
              AllOf(StartsWith("workload,scheduler,entity,kind,metric,unit,value\n"),
                    HasSubstr("\ntwo,sfq,/a,task,share,fraction,0.75\n")));
  const json all =
      json::parse(run({"compare", "two.yaml", "-s", "sfq,rr", "--format", "json"}).out);
  ASSERT_EQ(all["runs"].size(), 2U);
  EXPECT_EQ(all["runs"][1]["scheduler"]["name"], "rr");
  EXPECT_FALSE(all.contains("ranking"));
}

// Two workloads of two hogs, 3 to 1: rr shares 1 to 1, so that sfq is fairer in both; the switches
// are the same. Over one workload, or one scheduler, there is nothing to count.
TEST_F(CliCommand, CompareEndsWithARanking) {
  scratch_.write("three.yaml",
                 std::string(kTwo).replace(std::string(kTwo).find("name: two"), 9, "name: three"));
  const auto compare = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "compare");
    return run(words).out;
  };
  const std::string table = compare({"two.yaml", "three.yaml", "-s", "rr,sfq"});
  EXPECT_THAT(table, HasSubstr("\nranking: how often each was marked '*' in the tables of the 2 "
                               "workloads\n"));
  EXPECT_THAT(table, HasSubstr("\n    1  sfq "));
  EXPECT_THAT(table, HasSubstr("\n    2  rr "));
  EXPECT_THAT(compare({"two.yaml", "-s", "rr,sfq"}), Not(HasSubstr("ranking")));
  EXPECT_THAT(compare({"two.yaml", "three.yaml", "-s", "rr"}), Not(HasSubstr("ranking")));
  EXPECT_THAT(compare({"two.yaml", "three.yaml", "-s", "rr,sfq", "--format", "csv", "-o", "out"}),
              HasSubstr("\n,sfq,,ranking,wins_jain,count,2\n"));
  EXPECT_THAT(read_file(path("out/compare.csv")), HasSubstr("\n,sfq,,ranking,wins_jain,count,2\n"));
  const json all =
      json::parse(compare({"two.yaml", "three.yaml", "-s", "rr,sfq", "--format", "json"}));
  EXPECT_EQ(all["runs"].size(), 4U);
  EXPECT_EQ(all["ranking"]["schedulers"][0]["scheduler"], "sfq");
}

// Can one measure be had for all workloads in one table? Several workloads end with the starvation
// of each; --metric prints one such table and nothing else.
TEST_F(CliCommand, CompareShowsOneMeasureOfAll) {
  scratch_.write("three.yaml",
                 std::string(kTwo).replace(std::string(kTwo).find("name: two"), 9, "name: three"));
  const std::string heading = "longest starved, workload by workload\n";
  const std::string all = run({"compare", "two.yaml", "three.yaml", "-s", "rr,sfq"}).out;
  EXPECT_THAT(all, HasSubstr("\n" + heading));
  EXPECT_THAT(run({"compare", "two.yaml", "-s", "rr,sfq"}).out, Not(HasSubstr(heading)));
  const std::string one =
      run({"compare", "two.yaml", "-s", "rr,sfq", "--metric", "starvation"}).out;
  EXPECT_THAT(one, StartsWith(heading));
  EXPECT_THAT(run({"compare", "two.yaml", "three.yaml", "-s", "rr,sfq", "--metric", "jain"}).out,
              AllOf(StartsWith("Jain index, workload by workload\n"), Not(HasSubstr("ranking")),
                    Not(HasSubstr(heading))));
  EXPECT_THAT(run({"compare", "two.yaml", "-s", "rr", "--metric", "jian"}).err,
              HasSubstr("did you mean 'jain'?"));
  EXPECT_EQ(run({"compare", "two.yaml", "-s", "rr", "--metric", "jain", "--format", "csv"}).status,
            2);
}

// Beside sfq (75 ms) rr gives /a 25 ms less. A baseline that -s does not name is run as well; it
// stands first, once, however it is spelled.
TEST_F(CliCommand, CompareShowsDifferencesFromABaseline) {
  const CommandResult added = run({"compare", "two.yaml", "-s", "rr", "--baseline", "sfq"});
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr("\nsfq (baseline) "));
  EXPECT_LT(added.out.find("\nsfq (baseline)"), added.out.find("\nrr "));
  EXPECT_EQ(run({"compare", "two.yaml", "-s", "rr,sfq:slice=1ms", "--baseline", "sfq"}).out,
            added.out);
  EXPECT_THAT(run({"compare", "two.yaml", "-s", "rr", "--baseline", "sfq", "--format", "csv"}).out,
              AllOf(HasSubstr("\ntwo,rr,/a,task,service,ns,50000000,75000000,-25000000\n"),
                    HasSubstr("\ntwo,sfq,/a,task,service,ns,75000000,75000000,0\n")));
  const json all = json::parse(
      run({"compare", "two.yaml", "-s", "rr", "--baseline", "sfq", "--format", "json"}).out);
  EXPECT_EQ(all["runs"][1]["baseline"], "sfq");
  EXPECT_EQ(all["runs"][1]["tasks"][0]["difference"]["service_ns"], -25'000'000);
  const json alone = json::parse(run({"compare", "two.yaml", "-s", "rr", "--format", "json"}).out);
  EXPECT_FALSE(alone["runs"][0]["tasks"][0].contains("difference"));
}

TEST_F(CliCommand, AWrongBaselineIsAMistake) {
  const CommandResult unknown = run({"compare", "two.yaml", "-s", "rr", "--baseline", "sqf"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, StartsWith("sharesim: --baseline: no scheduler is called 'sqf'; did you "
                                      "mean 'sfq'? ("));
  const CommandResult wrong = run({"compare", "two.yaml", "-s", "rr", "--baseline", "sfq:slice=5"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--baseline: sfq: slice='5' has no unit"));
  EXPECT_EQ(run({"run", "two.yaml", "--baseline", "sfq"}).status, 2);
}

// Is the ideal there to look at, and nothing but that?
TEST_F(CliCommand, CompareShowsTheIdealAboveTheOthers) {
  const std::string table = run({"compare", "two.yaml", "-s", "rr,sfq", "-o", "out"}).out;
  EXPECT_LT(table.find("\ngps "), table.find("\nrr "));
  EXPECT_FALSE(std::filesystem::exists(path("out/two/gps")));
  EXPECT_THAT(read_file(path("out/compare.csv")), Not(HasSubstr("gps")));
  // Where it is named it is one like the others, once; differences are shown between competitors.
  const std::string named = run({"compare", "two.yaml", "-s", "rr,gps"}).out;
  EXPECT_EQ(named.find("\ngps"), named.rfind("\ngps"));
  EXPECT_THAT(run({"compare", "two.yaml", "-s", "rr", "--baseline", "sfq"}).out,
              Not(HasSubstr("gps")));
  // What is expected of schedulers is not expected of it.
  EXPECT_THAT(run({"compare", "failing.yaml", "-s", "sfq"}).out,
              HasSubstr("\n0 of 1 expectations met\n"));
}

// 60 columns have no room for all that a table of compare has.
TEST_F(CliCommand, TablesSayWhatTheyLeaveOut) {
  const std::string narrow = run({"compare", "two.yaml", "-s", "sfq,rr", "--width", "60"}).out;
  EXPECT_THAT(narrow, HasSubstr("\nno room for: "));
  EXPECT_THAT(run({"compare", "two.yaml", "-s", "sfq,rr", "--width", "200"}).out,
              Not(HasSubstr("no room for")));
  EXPECT_EQ(run({"compare", "two.yaml", "-s", "sfq,rr", "--width", "wide"}).status, 2);
}

/// Waits until the run has made its first file, so that a signal meets it in the middle.
void wait_for_files(RunningCommand& command, const fs::path& folder) {
  while (command.running() && (!fs::exists(folder) || fs::is_empty(folder))) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// Interrupted: 128 plus the signal's number, and whole files that say that the run is not.
TEST_F(CliCommand, AnInterruptedRunKeepsItsPartialResults) {
  scratch_.write("endless.yaml", kEndless);
  for (const int signal : {SIGINT, SIGTERM}) {
    const std::string folder = "out" + std::to_string(signal);
    RunningCommand command(
        {"run", "endless.yaml", "-o", folder},
        {.in = {}, .out_file = {}, .folder = scratch_.path(), .environment = {}});
    wait_for_files(command, path(folder));
    command.send(signal);
    const CommandResult result = command.wait();
    EXPECT_EQ(result.status, 128 + signal);
    EXPECT_THAT(result.out, HasSubstr("INCOMPLETE"));
    EXPECT_EQ(json::parse(read_file(path(folder) / "summary.json"))["complete"], false);
    EXPECT_TRUE(fs::exists(path(folder) / "allocations.csv"));
  }
}

TEST_F(CliCommand, AnInterruptedComparisonSaysWhatIsMissing) {
  scratch_.write("endless.yaml", kEndless);
  RunningCommand command({"compare", "endless.yaml", "-s", "sfq,rr", "-j", "1", "-o", "out"},
                         {.in = {}, .out_file = {}, .folder = scratch_.path(), .environment = {}});
  wait_for_files(command, path("out/two/sfq"));
  command.send(SIGINT);
  const CommandResult result = command.wait();
  EXPECT_EQ(result.status, 128 + SIGINT);
  EXPECT_THAT(result.out, AllOf(HasSubstr("incomplete\n"), HasSubstr("did not run\n")));
}

TEST_F(CliCommand, CheckSaysALinePerFile) {
  EXPECT_EQ(run({"check", "two.yaml"}).out,
            "two.yaml: ok: 2 tasks, 0 groups, 1 CPU, 100ms, 0 events, 0 expectations\n");
  scratch_.write("bad.yaml", "duration: 1s\n");
  const CommandResult result = run({"check", "bad.yaml", "two.yaml"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.out, StartsWith("two.yaml: ok: "));
  EXPECT_THAT(result.err, StartsWith("bad.yaml"));
}

TEST_F(CliCommand, ListShowsWhatThereIs) {
  EXPECT_THAT(run({"list", "schedulers"}).out, AllOf(HasSubstr("\nsfq "), HasSubstr("O(log n)")));
  EXPECT_THAT(run({"list", "schedulers", "sfq"}).out,
              AllOf(HasSubstr("Goyal"), HasSubstr("\nslice "), HasSubstr("1ms"),
                    HasSubstr("\n  scopes  per_cpu, global\n"), HasSubstr("\nGood at: ")));
  EXPECT_THAT(run({"list", "metrics"}).out, HasSubstr("\nlag_max "));
  EXPECT_THAT(run({"list", "workloads", "."}).out,
              HasSubstr("two.yaml      Is the CPU shared three to one?\n"));
  EXPECT_EQ(run({"list"}).status, 0);
  fs::create_directories(path("workloads/deep"));
  scratch_.write("workloads/deep/two.yaml", kTwo);
  EXPECT_THAT(run({"list", "workloads"}).out, HasSubstr("\nworkloads/deep/two.yaml  Is the"));
  EXPECT_THAT(run({"list", "workloads", "workloads"}).out, Not(HasSubstr("two.yaml")));
}

TEST_F(CliCommand, ListHasFormsForPrograms) {
  EXPECT_THAT(
      run({"list", "schedulers", "--format", "markdown", "--columns", "scheduler,cost"}).out,
      AllOf(StartsWith("| scheduler | cost |\n|---|---|\n"),
            HasSubstr("\n| `sfq` | O(log n) |\n")));
  EXPECT_THAT(run({"list", "schedulers", "rr", "--format", "csv", "--columns", "cost"}).out,
              "cost\nO(1)\n");
  const json sfq = json::parse(run({"list", "schedulers", "sfq", "--format", "json"}).out);
  EXPECT_EQ(sfq[0]["parameters"][0]["name"], "slice");
  EXPECT_EQ(json::parse(run({"list", "metrics", "--format", "json"}).out)[0]["metric"], "share");
  EXPECT_EQ(run({"list", "hints"}).status, 0);
  for (const std::vector<std::string>& words : {std::vector<std::string>{"list", "--format", "csv"},
                                                {"list", "schedulers", "--columns", "nmae"},
                                                {"list", "schedulers", "--format", "yaml"}}) {
    EXPECT_EQ(run(words).status, 2) << ::testing::PrintToString(words);
  }
}

TEST_F(CliCommand, ColoursOnlyOnRequest) {
  EXPECT_THAT(run({"compare", "two.yaml", "-s", "sfq,rr"}).out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(run({"compare", "two.yaml", "-s", "sfq,rr", "--color", "always"}).out,
              HasSubstr("\x1b[1;32m"));
}

}  // namespace
}  // namespace sharesim
