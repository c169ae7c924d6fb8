// sharesim explain-throttle, as its users see it.

#include <filesystem>
#include <sstream>
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
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kThreads = R"(
name: threads
machine: {cpus: 4}
duration: 2s
groups:
  - name: web
    cap: {quota: 100ms, period: 100ms}
    tasks: [{name: worker, count: 4, start: 200ms, periodic: {every: 200ms, run: 40ms}}]
  - {name: free, tasks: [{name: hog, cpus: "3", stop: 1ms}]}
  - {name: vm, cap: {credits: {baseline: 10%}}, tasks: [{name: idle, stop: 1ms}]}
  - {name: low, cap: 90%, tasks: [{name: blip, start: 150ms, periodic: {every: 1s, run: 1ms}}]}
)";

class ExplainThrottle : public ::testing::Test {
 protected:
  CommandResult explain(std::vector<std::string> words, const std::string& in = "") {
    words.insert(words.begin(), "explain-throttle");
    return run_sharesim(words,
                        {.in = in, .out_file = {}, .folder = scratch_.path(), .environment = {}});
  }

  const ScratchFolder scratch_;
  const std::string file_ = scratch_.write("threads.yaml", kThreads);
};

// Four tasks of 40 ms burn 100 ms in 25 ms and wait 75 ms, in 9 of 20 periods: 675 ms. What
// would help is worked out in throttle_remedies_test.cpp.
TEST_F(ExplainThrottle, SaysWhyAndWhatWouldHelp) {
  const CommandResult result = explain({"threads.yaml", "--group", "/web", "--rows", "2"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
  std::string flowing = result.out;
  std::replace(flowing.begin(), flowing.end(), '\n', ' ');
  EXPECT_THAT(
      flowing,
      AllOf(StartsWith("threads under sfq: why is /web throttled?"),
            HasSubstr("which is 1 CPU on average. It used 0.72 CPUs, and was throttled in "
                      "9 of 20 periods, for 675 ms in all."),
            HasSubstr("all 4 CPUs at once and burned 100 ms of quota in 25.0 ms, and then "
                      "waited 75.0 ms. Without the cap it would use 0.72 CPUs"),
            HasSubstr("7 more throttled periods are not shown"),
            HasSubstr("a quota of at least 160ms (now 100ms)"), HasSubstr("cpu.max: 160000 100000"),
            HasSubstr("cpu.max.burst: 60000"), HasSubstr("at most 2 of /web/worker (now 4)")));
}

// Do the changes that are named work, and does one step less not?
TEST_F(ExplainThrottle, ItsRemediesWork) {
  const CommandResult result = explain({"threads.yaml", "-g", "web", "--format", "json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const json report = json::parse(result.out);
  EXPECT_EQ(report["shown"].size(), 9U);
  EXPECT_EQ(report["throttled_ns"], 675'000'000);
  EXPECT_EQ(report["used_without_cap_ns"], 9 * 160'000'000);
  ASSERT_EQ(report["remedies"].size(), 3U);
  for (const json& remedy : report["remedies"]) {
    const CommandResult with =
        explain({"threads.yaml", "-g", "web", "--set", remedy["set"].get<std::string>()});
    EXPECT_THAT(with.out, HasSubstr("It is never throttled")) << remedy;
  }
  const CommandResult less = explain(
      {"threads.yaml", "-g", "web", "--set", "groups.web.cap={quota: 159.9ms, period: 100ms}"});
  EXPECT_THAT(less.out, HasSubstr("was throttled in 9 of 20 periods"));
}

TEST_F(ExplainThrottle, ShowsThePeriodsThatAreAskedFor) {
  const json one = json::parse(
      explain({"threads.yaml", "-g", "/web", "--period", "3", "--no-search", "--format", "json"})
          .out);
  ASSERT_EQ(one["shown"].size(), 1U);
  EXPECT_EQ(one["shown"][0]["used_ns"], 60'000'000);
  EXPECT_EQ(one["shown"][0]["left_ns"], 40'000'000);
  EXPECT_EQ(one["shown"][0]["throttled_from_ns"], nullptr);
  EXPECT_EQ(one["remedies"].size(), 0U);
  const json all = json::parse(
      explain({"threads.yaml", "-g", "/web", "--all", "--no-search", "--format", "json"}).out);
  EXPECT_EQ(all["shown"].size(), 20U);
  // A CSV has a row of every period.
  const CommandResult csv = explain({"threads.yaml", "-g", "/web", "--format", "csv"});
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 21);
  EXPECT_THAT(csv.out,
              HasSubstr("\nthreads,sfq,/web,2,200000000,300000000,100000000,100000000,100000000,0,"
                        "0,75000000,0,225000000,0-3,4,/web/worker.0=25000000 "));
}

// A table and JSON are made in memory, and so they have a bound: of 10,500 periods 10,000 are shown, and the last line
// says how many are not. A CSV is not kept, and has all.
TEST_F(ExplainThrottle, ShowsTenThousandPeriodsAtMost) {
  scratch_.write("long.yaml",
                 "name: long\nduration: 10500ms\n"
                 "groups: [{name: g, cap: {quota: 500us, period: 1ms}, tasks: [{name: h}]}]\n");
  const auto all = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"long.yaml", "-g", "/g", "--no-search"};
    words.insert(words.end(), more.begin(), more.end());
    return explain(words).out;
  };
  const std::string table = all({"--all"});
  EXPECT_THAT(table, EndsWith("\n500 more periods are not shown (--period N-M, --format csv)\n"));
  EXPECT_NEAR(static_cast<double>(std::count(table.begin(), table.end(), '\n')), 10'000, 20);
  const json report = json::parse(all({"--all", "--format", "json"}));
  EXPECT_EQ(report["shown"].size(), 10'000U);
  EXPECT_EQ(report["not_shown"], 500);
  const std::string csv = all({"--format", "csv"});
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 10'501);
  EXPECT_THAT(all({"--period", "0-10400"}), HasSubstr("\n401 more periods are not shown"));
}

TEST_F(ExplainThrottle, SaysWhenThereIsNothingToExplain) {
  const CommandResult result = explain({"-", "--group", "/low", "-s", "rr"}, kThreads);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("is /low throttled?"), HasSubstr("It is never throttled"),
                                Not(HasSubstr("with one of these"))));
}

// A group that always has something to do is told that its limit is too small, and not that it
// is bursty.
TEST_F(ExplainThrottle, TellsDemandFromBursts) {
  scratch_.write("hog.yaml",
                 "name: hog\nduration: 1s\ngroups:\n  - {name: g, cap: 30%, tasks: [{name: h}]}\n");
  std::string said = explain({"hog.yaml", "-g", "/g"}).out;
  std::replace(said.begin(), said.end(), '\n', ' ');
  EXPECT_THAT(said, AllOf(HasSubstr("one CPU at a time and burned 30.0 ms of quota in 30.0 ms"),
                          HasSubstr("it would use 1 CPU: it has more to do than its limit allows"),
                          HasSubstr("a quota of at least 100ms")));
}

TEST_F(ExplainThrottle, NamesACapAboveThatIsTheReason) {
  scratch_.write("nested.yaml",
                 "name: nested\nduration: 1s\ngroups:\n  - name: pod\n    cap: 20%\n    groups:\n"
                 "      - {name: app, cap: 90%, tasks: [{name: h}]}\n");
  std::string said = explain({"nested.yaml", "-g", "/pod/app"}).out;
  std::replace(said.begin(), said.end(), '\n', ' ');
  EXPECT_THAT(said, HasSubstr("/pod above it is throttled as well: --group /pod"));
}

// 30 of 100 ms until 450 ms, then 60: 70 ms of waiting in each of the first four periods, and from 430 to 450 in
// the fifth; 40 ms from 500 on in each of five (450 to 500 is filled anew, and not used up). No other cap is tried:
// which of the two would it be?
TEST_F(ExplainThrottle, TriesNoCapWhereAnEventChangesIt) {
  scratch_.write(
      "changed.yaml",
      "name: changed\nduration: 1s\n"
      "groups:\n  - {name: g, cap: {quota: 30ms, period: 100ms}, tasks: [{name: h}]}\n"
      "events:\n  - {at: 450ms, set: {entity: /g, cap: {quota: 60ms, period: 100ms}}}\n");
  std::string said = explain({"changed.yaml", "-g", "/g"}).out;
  std::replace(said.begin(), said.end(), '\n', ' ');
  EXPECT_THAT(said,
              AllOf(HasSubstr("at first (the cap changes in mid-run, so no other one was tried)"),
                    HasSubstr("throttled in 10 of 11 periods, for 500 ms in all"),
                    Not(HasSubstr("with one of these"))));
  const json report = json::parse(explain({"changed.yaml", "-g", "/g", "--format", "json"}).out);
  EXPECT_EQ(report["remedies"].size(), 0U);
  EXPECT_FALSE(report.contains("replays"));
  EXPECT_EQ(report["shown"][4]["quota_ns"], 30'000'000);
  EXPECT_EQ(report["shown"][5]["quota_ns"], 60'000'000);
}

// What is left of slices is told when a period ends: of one that the end of the run cuts off it is unknown, and said
// so in each form.
TEST_F(ExplainThrottle, SaysWhatIsUnknownOfAPeriodThatIsCutOff) {
  scratch_.write("cut.yaml",
                 "name: cut\nmachine: {bandwidth_slice: 5ms}\nduration: 150ms\n"
                 "groups:\n  - {name: g, cap: {quota: 30ms, period: 100ms}, tasks: [{name: h}]}\n");
  const std::vector<std::string> words{"cut.yaml", "-g", "/g", "-s", "rr", "--no-search"};
  const auto with_format = [&](const char* format) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"--format", format});
    return explain(all).out;
  };
  const json report = json::parse(with_format("json"));
  ASSERT_EQ(report["shown"].size(), 2U);
  EXPECT_EQ(report["shown"][0]["left_ns"], 0);
  EXPECT_EQ(report["shown"][0]["parked_ns"], 0);
  EXPECT_EQ(report["shown"][1]["left_ns"], nullptr);
  EXPECT_EQ(report["shown"][1]["parked_ns"], nullptr);
  EXPECT_THAT(with_format("csv"), HasSubstr("\ncut,rr,/g,1,100000000,150000000,30000000,30000000,"
                                            "30000000,,,20000000,"));
}

TEST_F(ExplainThrottle, WrongUsageIsStatusTwo) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"threads.yaml"}, "which group?"},
      {{"-g", "/web"}, "which workload?"},
      {{"threads.yaml", "threads.yaml", "-g", "/web"}, "takes one workload"},
      {{"threads.yaml", "-g", "/wbe"}, "did you mean '/web'?"},
      {{"threads.yaml", "-g", "/web/worker.1"}, "is a task, and not a group"},
      {{"threads.yaml", "-g", "/free"},
       "has no cap, and is not throttled by one (groups with one: /web, /low)"},
      {{"threads.yaml", "-g", "/"}, "has no cap"},
      {{"threads.yaml", "-g", "/vm"}, "has a cap of credits"},
      {{"threads.yaml", "-g", "/web", "-s", "gps"}, "shares without periods"},
      {{"threads.yaml", "-g", "/web", "-s", "sfq,rr"}, "one scheduler, and not 2"},
      {{"threads.yaml", "-g", "/web", "-s", "sqf"}, "did you mean 'sfq'?"},
      {{"threads.yaml", "-g", "/web", "--period", "9-3"}, "names no periods"},
      {{"threads.yaml", "-g", "/web", "--period", "3", "--all"}, "do not go with it"},
      {{"threads.yaml", "-g", "/web", "--rows", "-1"}, "is no number of rows"},
      {{"threads.yaml", "-g", "/web", "--set", "groups.web.cap=1"}, "has no unit"},
      {{"none.yaml", "-g", "/web"}, "none.yaml"},
  };
  for (const auto& [words, said] : wrong) {
    const CommandResult result = explain(words);
    EXPECT_EQ(result.status, 2) << ::testing::PrintToString(words);
    EXPECT_THAT(result.out, IsEmpty()) << ::testing::PrintToString(words);
    EXPECT_THAT(result.err, HasSubstr(said)) << ::testing::PrintToString(words);
  }
}

// Question: does README show what the program says? Every block that begins with "$
// build/sharesim explain-throttle".
TEST(ExplainThrottleReadme, ShowsTheOutputOfItsCommand) {
  const std::string page = read_file(std::filesystem::path(SHARESIM_SOURCE_DIR) / "README.md");
  const std::string prompt = "\n$ build/sharesim ";
  const std::size_t begin = page.find(prompt + "explain-throttle ");
  ASSERT_NE(begin, std::string::npos);
  const std::size_t line_end = page.find('\n', begin + 1);
  const std::size_t end = page.find("\n```", line_end);
  std::istringstream line(page.substr(begin + prompt.size(), line_end - begin - prompt.size()));
  std::vector<std::string> words{std::istream_iterator<std::string>(line), {}};
  const CommandResult result = run_sharesim(
      words, {.in = {}, .out_file = {}, .folder = SHARESIM_SOURCE_DIR, .environment = {}});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(page.substr(line_end + 1, end - line_end), result.out);
}

}  // namespace
}  // namespace sharesim
