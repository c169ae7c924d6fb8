// report.html as it is written: does it hold what was measured, and nothing that a browser would run?

#include "sim/output/report_page.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/engine/engine.hpp"
#include "sim/output/report_run.hpp"
#include "sim/output/report_text.hpp"
#include "sim/record/fanout.hpp"
#include "tests/support/run_command.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using nlohmann::json;
using test::read_file;
using test::run_sharesim;
using test::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// Two CPUs, a group with a cap, sleepers: something for every chart. 2 s in ticks of 100 us are 20,000 ticks, more
// than there is room for bins.
constexpr const char* kBusy = R"(# Is all of it in the report?
name: busy
duration: 2s
record: {tick: 100us}
machine: {cpus: 2}
groups:
  - name: web
    cap: {quota: 30ms, period: 100ms}
    tasks: [{name: worker, count: 3, do: [{run: {exponential: 2ms}}, {sleep: {exponential: 4ms}}]}]
tasks:
  - {name: hog, weight: 300}
  - {name: beat, periodic: {every: 10ms, run: 1ms}}
)";

/// 85 tasks and groups, more than a report has room for.
std::string many() {
  return read_file(std::string(SHARESIM_SOURCE_DIR) + "/tests/support/report/many.yaml");
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

/// The data of all runs of a page, in their order.
std::vector<json> runs_of(const std::string& page) {
  std::vector<json> runs;
  const std::string open = "<script type=\"application/json\" class=\"run\"";
  for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at + 1)) {
    const std::size_t begin = page.find('>', at) + 1;
    runs.push_back(json::parse(page.substr(begin, page.find("</script>", begin) - begin)));
  }
  return runs;
}

std::int64_t sum_of(const json& numbers) {
  std::int64_t sum = 0;
  for (const json& number : numbers) sum += number.get<std::int64_t>();
  return sum;
}

class ReportPageTest : public ::testing::Test {
 protected:
  /// Runs sharesim in the scratch folder and returns out/report.html.
  std::string report_of(std::vector<std::string> words) {
    words.insert(words.end(), {"-o", "out", "--quiet"});
    const auto result = run_sharesim(
        words, {.in = {}, .out_file = {}, .folder = scratch_.path(), .environment = {}});
    EXPECT_EQ(result.status, 0) << result.err;
    return read_file(scratch_.path() / "out" / "report.html");
  }
  json summary(const std::string& folder = "out") {
    return json::parse(read_file(scratch_.path() / folder / "summary.json"));
  }

  const ScratchFolder scratch_;
};

// Every sum over the bins is what summary.json says of the whole run, to the ns; so is the last count of the
// latencies; all runs together are the tasks' CPU time; the largest wait of a bin is the longest starvation.
TEST_F(ReportPageTest, HoldsWhatWasMeasured) {
  const std::vector<json> runs =
      runs_of(report_of({"run", scratch_.write("b.yaml", kBusy), "-s", "sfq"}));
  ASSERT_EQ(runs.size(), 1U);
  const json& run = runs.front();
  const json result = summary();
  EXPECT_EQ(run["end_ns"], result["end_ns"]);
  EXPECT_GT(run["ticks_per_bin"], 1);
  ASSERT_EQ(run["entities"].size(), 6U);  // two tasks of the root, the group, its three
  for (const json& entity : run["entities"]) {
    const json& all = result[entity["kind"] == "task" ? "tasks" : "groups"];
    const auto same = [&](const json& other) { return other["path"] == entity["path"]; };
    const json& measured = *std::find_if(all.begin(), all.end(), same);
    SCOPED_TRACE(entity["path"].dump());
    EXPECT_EQ(sum_of(entity["service"]), measured["service_ns"]);
    EXPECT_NEAR(static_cast<double>(sum_of(entity["ideal"])), measured["ideal_ns"], 1.0);
    EXPECT_EQ(entity["service"].size(), run["bins"]);
    EXPECT_EQ(entity["values"]["starvation"], measured["starvation"]["length_ns"]);
    EXPECT_EQ(entity["values"]["wakeup_p99"], measured["wakeup_p99_ns"]);
    if (entity.contains("throttled")) {
      EXPECT_EQ(sum_of(entity["throttled"]), measured["throttled_ns"]);
    }
    EXPECT_EQ(entity.contains("throttled"), measured["throttled_ns"] > 0);
    // Each task may have woken up at the end, and not run any more.
    const std::int64_t unserved = measured["wakeups"].get<std::int64_t>() -
                                  entity["latency_count"].back().get<std::int64_t>();
    EXPECT_GE(unserved, 0);
    EXPECT_LE(unserved, 3);
    EXPECT_EQ(entity["latency_ns"].back(), measured["wakeup_max_ns"]);
    if (entity["kind"] != "task") continue;
    std::int64_t longest = 0;
    for (const json& wait : entity["waiting"]) longest = std::max<std::int64_t>(longest, wait);
    EXPECT_EQ(longest, measured["starvation"]["length_ns"]);
    EXPECT_TRUE(entity["states"].contains("start_tag"));
  }
  std::int64_t ran = 0;
  for (const json& lane : run["blocks"]) {
    for (std::size_t i = 0; i < lane.size(); i += 3) {
      const std::int64_t code = lane[i + 2];
      if (code >= -1) {
        ran += lane[i + 1].get<std::int64_t>();
        continue;
      }
      const json& mixture = run["mixtures"][static_cast<std::size_t>(-2 - code)];
      ran += mixture[1].get<std::int64_t>();
      for (std::size_t k = 3; k < mixture.size(); k += 2) ran += mixture[k].get<std::int64_t>();
    }
  }
  EXPECT_EQ(ran, result["machine"]["service_ns"]);
}

// The sampled quota of the group never exceeds its 30 ms, and reaches 0 where it is throttled.
TEST_F(ReportPageTest, SamplesWhatTheEngineAndThePolicyKeep) {
  const json run =
      runs_of(report_of({"run", scratch_.write("b.yaml", kBusy), "-s", "credit"})).front();
  std::int64_t least = 1'000'000'000;
  std::int64_t most = 0;
  for (const json& entity : run["entities"]) {
    if (entity["path"] != "/web") continue;
    for (const json& left : entity["states"]["quota_left"]) {
      if (left.is_null()) continue;
      least = std::min<std::int64_t>(least, left);
      most = std::max<std::int64_t>(most, left);
    }
  }
  EXPECT_EQ(least, 0);
  EXPECT_LE(most, 30'000'000);
  EXPECT_GT(most, 20'000'000);
}

/// The page about one run of a scenario made by hand.
std::string page_about(const Scenario& made) {
  const auto scenario = std::make_shared<const Scenario>(made);
  const SchedulerChoice scheduler = Registry::global().choose("rr");
  const auto measures = std::make_shared<Measures>(scenario, "rr");
  ReportRun run(*scenario, scheduler, *measures, ReportSize{}, {});
  measures->set_tick_listener(scenario->record_tick, &run);
  Fanout both({measures.get(), &run.runs()});
  const EngineSummary summary = run_engine(*scenario, scheduler, both, {.watchers = {&run}});
  Result result{.scenario = scenario, .scheduler = "rr", .end = summary.end, .table = measures};
  StringSink sink;
  ReportPage page(sink);
  page.add_run(0, run.json(result));
  page.end_workload(*scenario, {report_row(result)});
  page.finish(nullptr);
  return sink.text();
}

// Hostile names and comments stand in the page as text: in the table escaped, in the data as \u003c. (The loader takes no
// such names; whoever else makes scenarios may.) Of the elements that end a script there are as many as the page itself
// has: one for the data, one for uPlot, one of its own.
TEST(ReportPage, NamesAreInert) {
  test::ScenarioBuilder b;
  b.scenario().name = "<b onmouseover=alert(3)>x";
  b.scenario().question = "<img src=x onerror=alert(1)>";
  b.task("</script><script>alert(1)</script>", 100);
  b.task("<!-- ' \" & -->", 100);
  const std::string page = page_about(b.build());
  EXPECT_EQ(count_of(page, "</script>"), 3U);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("<b onmouse")));
  EXPECT_THAT(page, HasSubstr("&lt;b onmouseover=alert(3)&gt;x"));
  const json run = runs_of(page).front();
  EXPECT_EQ(run["entities"][0]["path"], "/</script><script>alert(1)</script>");
  EXPECT_EQ(run["entities"][1]["path"], "/<!-- ' \" & -->");
}

TEST(ReportText, EscapesForItsPlace) {
  EXPECT_EQ(html_text("a<b>&\"'\x07"), "a&lt;b&gt;&amp;&quot;&#39;?");
  EXPECT_EQ(script_text(Json("</script><!--\xff")),
            "\"\\u003c/script\\u003e\\u003c!--\xEF\xBF\xBD\"");
  EXPECT_EQ(in_words(ns(1'500)), "1.50\u202fµs");
}

// One page for all runs, in the order of the table; the values there are those of compare.csv. Another run of the
// same gives the same bytes.
TEST_F(ReportPageTest, OfACompareHoldsAllRuns) {
  const std::string file = scratch_.write("b.yaml", kBusy);
  const std::string other = scratch_.write(
      "o.yaml", std::string(kBusy).replace(std::string(kBusy).find("busy"), 4, "calm"));
  const std::string page = report_of({"compare", file, other, "-s", "rr,sfq,gps"});
  const std::vector<json> runs = runs_of(page);
  ASSERT_EQ(runs.size(), 6U);
  EXPECT_EQ(runs[0]["scheduler"], "rr");
  EXPECT_EQ(runs[2]["scheduler"], "gps");
  EXPECT_EQ(runs[2]["fluid"], true);
  EXPECT_EQ(runs[3]["workload"], "calm");
  EXPECT_THAT(page, HasSubstr("id=\"ranking\""));
  for (const char* scheduler : {"rr", "sfq"}) {
    const json machine = summary(std::string("out/busy/") + scheduler)["machine"];
    const std::int64_t starved = machine["starvation"]["length_ns"];
    EXPECT_THAT(page, HasSubstr("data-value=\"" + std::to_string(starved) + "\""));
  }
  EXPECT_EQ(report_of({"compare", file, other, "-s", "rr,sfq,gps", "-j", "1"}), page);
}

// The ideal is shown above the others, without charts of its own; a scheduler that cannot serve the workload has a
// row as well.
TEST_F(ReportPageTest, RowsWithoutChartsAreThere) {
  const std::string page = report_of({"compare", scratch_.write("b.yaml", kBusy), "-s", "rr"});
  EXPECT_EQ(runs_of(page).size(), 1U);
  EXPECT_THAT(page, HasSubstr("<tr data-row=\"0\" class=\"reference\">"));
  EXPECT_THAT(page, HasSubstr("<tr data-row=\"1\" data-charts=\"\">"));
}

TEST_F(ReportPageTest, IsLeftOutOnDemand) {
  EXPECT_EQ(report_of({"run", scratch_.write("b.yaml", kBusy), "--no-report"}), "");
  const auto alone = run_sharesim({"run", scratch_.write("b.yaml", kBusy), "--no-report"}, {});
  EXPECT_EQ(alone.status, 2);
  EXPECT_THAT(alone.err, HasSubstr("(-o DIR)"));
}

// Room for 3 of: the group g with 2 tasks in it, and a task beside it. First comes what is highest in the tree, in
// the order of the tree: the task of the root, the group, and the first task in it.
TEST(ReportEntities, AreTheHighestOnes) {
  test::ScenarioBuilder b;
  const GroupId g = b.group("g", 100);
  b.task("inner", 100, RunForever{}, g, 2);
  b.task("outer", 100);
  const Scenario scenario = b.build();
  const auto paths = [&](std::size_t most, const std::vector<EntityRef>& named) {
    std::vector<std::string> found;
    for (const EntityRef entity : report_entities(scenario, most, named)) {
      found.push_back(scenario.path_of(entity));
    }
    return found;
  };
  EXPECT_THAT(paths(3, {}), ElementsAre("/outer", "/g", "/g/inner.0"));
  EXPECT_EQ(paths(64, {}).size(), 4U);
  // Who is named takes the place of the lowest; all who are named are there, also of more than there is room for.
  EXPECT_THAT(paths(3, {EntityRef::task(1)}), ElementsAre("/outer", "/g", "/g/inner.1"));
  EXPECT_THAT(paths(1, {EntityRef::task(1), EntityRef::task(0)}),
              ElementsAre("/g/inner.0", "/g/inner.1"));
}

// Of 85 tasks and groups there is room for 64. Those that starve longest, one of /pair under rr and /low/last under sfq (why,
// is in the workload), are shown under both schedulers, with all their waiting, though only the runs themselves tell that it
// is those two.
TEST_F(ReportPageTest, ShowsWhomItNamesAmongMany) {
  const std::string page = report_of({"compare", scratch_.write("m.yaml", many()), "-s", "rr,sfq"});
  const std::vector<json> runs = runs_of(page);
  ASSERT_EQ(runs.size(), 2U);
  // Both are run once more to show the two, by as many threads as -j says, and nothing depends on that.
  for (const char* jobs : {"1", "3"}) {
    EXPECT_EQ(report_of({"compare", scratch_.write("m.yaml", many()), "-s", "rr,sfq", "-j", jobs}),
              page);
  }
  std::vector<std::string> named;
  for (const char* scheduler : {"rr", "sfq"}) {
    const json machine = summary(std::string("out/many/") + scheduler)["machine"];
    named.push_back(machine["starvation"]["victim"]);
    EXPECT_THAT(page, HasSubstr("&quot;" + named.back() + "&quot;"));
  }
  EXPECT_THAT(named, ElementsAre(HasSubstr("/pair/"), "/low/last"));
  for (const json& run : runs) {
    EXPECT_EQ(run["entities"].size(), 64U);
    EXPECT_EQ(run["tasks"], 83);
    const json measured = summary("out/many/" + run["scheduler"].get<std::string>())["tasks"];
    for (const std::string& path : named) {
      const auto same = [&](const json& other) { return other["path"] == path; };
      const auto shown = std::find_if(run["entities"].begin(), run["entities"].end(), same);
      ASSERT_NE(shown, run["entities"].end()) << path;
      const json& waiting = (*shown)["waiting"];
      EXPECT_EQ(*std::max_element(waiting.begin(), waiting.end()),
                (*std::find_if(measured.begin(), measured.end(), same))["starvation"]["length_ns"]);
    }
  }
}

// A run alone looks at itself a second time as well, and says the same each time.
TEST_F(ReportPageTest, ShowsWhomARunNamesAmongMany) {
  const std::vector<std::string> words{"run", scratch_.write("m.yaml", many()), "-s", "sfq"};
  const std::string page = report_of(words);
  EXPECT_EQ(runs_of(page).front()["entities"].back()["path"], "/low/last");
  EXPECT_EQ(report_of(words), page);
}

// What an earlier run left in the folder would pass for this one's: the second run writes less, and only that is there.
TEST_F(ReportPageTest, FilesOfAnEarlierRunGo) {
  const auto files = [this](const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.path() / folder)) {
      if (entry.is_regular_file()) names.push_back(entry.path().filename());
    }
    return names;
  };
  const std::string credits = scratch_.write("c.yaml",
                                             "name: same\nduration: 1s\nmachine: {cpus: 2}\n"
                                             "tasks: [{name: one, cap: {credits: t3.nano}}]\n");
  const std::string plain =
      scratch_.write("p.yaml", "name: same\nduration: 1s\ntasks: [{name: one}]\n");
  report_of({"run", credits, "-s", "rr", "--schedule"});
  EXPECT_THAT(files("out"), UnorderedElementsAre("allocations.csv", "summary.json", "schedule.csv",
                                                 "credits.csv", "report.html"));
  report_of({"run", plain, "-s", "rr", "--no-report"});
  EXPECT_THAT(files("out"), UnorderedElementsAre("allocations.csv", "summary.json"));
  report_of({"compare", credits, "-s", "rr", "--schedule"});
  EXPECT_THAT(files("out/same/rr"), UnorderedElementsAre("allocations.csv", "summary.json",
                                                         "schedule.csv", "credits.csv"));
  report_of({"compare", plain, "-s", "rr", "--no-report"});
  EXPECT_THAT(files("out/same/rr"), UnorderedElementsAre("allocations.csv", "summary.json"));
  EXPECT_THAT(files("out"), UnorderedElementsAre("allocations.csv", "summary.json", "compare.csv"));
}

// A comparison of fewer schedulers into the same folder: what it is not about is named and stays, with a folder of the user's;
// the next one of all of them says nothing.
TEST_F(ReportPageTest, RunsOfAnEarlierComparisonAreNamed) {
  const std::string file =
      scratch_.write("p.yaml", "name: same\nduration: 10ms\ntasks: [{name: one}]\n");
  const auto compare = [&](const std::string& schedulers) {
    return run_sharesim({"compare", file, "-s", schedulers, "-o", "out", "--quiet"},
                        {.in = {}, .out_file = {}, .folder = scratch_.path(), .environment = {}})
        .err;
  };
  EXPECT_EQ(compare("rr,sfq,credit"), "");
  std::filesystem::create_directories(scratch_.path() / "out" / "same" / "mine");
  EXPECT_THAT(
      compare("rr"),
      HasSubstr(
          "warning: out also holds runs of an earlier comparison, which compare.csv and the "
          "report are not about: same/credit, same/sfq (remove them, or choose another -o)\n"));
  EXPECT_TRUE(std::filesystem::exists(scratch_.path() / "out/same/sfq/summary.json"));
  EXPECT_EQ(compare("rr,sfq,credit"), "");
}

// The workload sets credit up; asked for was "credit". It is called so wherever a run has a name, and what is in force
// stands in the summary's parameters and the report's "in_force".
TEST_F(ReportPageTest, ARunHasOneName) {
  const std::string file =
      scratch_.write("s.yaml",
                     "name: set-up\nduration: 1s\nparameters: {credit: {limit: "
                     "500ms}}\ntasks: [{name: one}, {name: other}]\n");
  const json run = runs_of(report_of({"compare", file, "-s", "credit"})).front();
  EXPECT_EQ(run["scheduler"], "credit");
  EXPECT_EQ(run["in_force"], "credit:limit=500ms");
  const json scheduler = summary("out/set-up/credit")["scheduler"];
  EXPECT_EQ(scheduler["spelling"], "credit");
  EXPECT_EQ(scheduler["parameters"]["limit"], "500ms");
  const std::string values = read_file(scratch_.path() / "out" / "compare.csv");
  EXPECT_THAT(values, HasSubstr("\nset-up,credit,/,"));
  const std::string ticks =
      read_file(scratch_.path() / "out" / "set-up" / "credit" / "allocations.csv");
  EXPECT_THAT(ticks, HasSubstr("\n0,credit,/one,"));
  const auto table = run_sharesim({"run", file, "-s", "credit"}, {});
  EXPECT_THAT(table.out, HasSubstr("credit, set up here as credit:limit=500ms\n"));
}

}  // namespace
}  // namespace sharesim
