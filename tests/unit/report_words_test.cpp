// What a report says in words.

#include "sim/output/report_words.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/made_up_result.hpp"

namespace sharesim {
namespace {

using test::kMillisecond;
using test::kSecond;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Columns of the table: 1 is the worst lag, 10 is idle time that was wanted.
ReportRow row(const std::string& scheduler, Duration starved, Duration lag, Duration wasted = {}) {
  ReportRow row;
  row.values.scheduler = scheduler;
  row.values.ran = row.values.complete = true;
  row.values.values[1] = to_ns(lag);
  row.values.values[10] = to_ns(wasted);
  row.starved = starved;
  if (starved > Duration::zero()) {
    row.starved_from = kStart + 11 * kSecond;
    row.victim = "/victim";
    row.runner = "/hog";
  }
  return row;
}

TEST(ReportWords, TellTheLongestStarvation) {
  EXPECT_EQ(
      starvation_sentence({row("credit", 340 * kMillisecond, {})}),
      "The longest starvation was 340\u202fms: /victim, from 11.0\u202fs on, while /hog ran.");
  EXPECT_EQ(
      starvation_sentence({row("rr", kMillisecond, {}), row("credit", 340 * kMillisecond, {}),
                           row("wfq", kMillisecond, {})}),
      "The longest starvation was 340\u202fms: /victim under credit, from 11.0\u202fs on, while "
      "/hog ran. Under rr and wfq it was never more than 1.00\u202fms.");
  EXPECT_EQ(starvation_sentence({row("rr", {}, {}), row("wfq", {}, {})}),
            "Nobody starved: but for caps, no task ever waited for a CPU.");
}

// The ideal is no competitor, and a run that broke off proves nothing.
TEST(ReportWords, LeaveOutReferencesAndRunsThatBrokeOff) {
  ReportRow ideal = row("gps", {}, {});
  ideal.values.is_reference = true;
  ReportRow broken = row("sfq", kSecond, kSecond);
  broken.values.complete = false;
  EXPECT_THAT(
      findings({ideal, row("rr", kMillisecond, kMillisecond), broken}),
      ElementsAre(
          "The longest starvation was 1.00\u202fms: /victim, from 11.0\u202fs on, while /hog ran.",
          "No task was ever more than 1.00\u202fms of CPU time behind its ideal share.",
          "sfq did not come to the end of the run."));
  EXPECT_THAT(starvation_sentence({broken}), IsEmpty());
}

// Four are alike: two of them are named.
TEST(ReportWords, TellLagIdleTimeAndExpectations) {
  std::vector<ReportRow> rows;
  for (const char* name : {"rr", "wfq", "sfq", "drr"}) rows.push_back(row(name, {}, kMillisecond));
  rows.push_back(row("hardcap", {}, 5 * kSecond, 5 * kSecond));
  rows[0].values.expectations = {2, 2};
  rows[4].values.expectations = {2, 1};
  EXPECT_THAT(
      findings(rows),
      ElementsAre("Nobody starved: but for caps, no task ever waited for a CPU.",
                  "Shares stayed closest to the ideal under rr, wfq and 2 others (never more "
                  "than 1.00\u202fms of CPU time behind), and strayed furthest under hardcap "
                  "(5.00\u202fs).",
                  "Only hardcap left CPUs idle while a task waited: 5.00\u202fs in all.",
                  "Not all that the workload expects was met under hardcap."));
}

// Of a whole result: the row of the root says who starved; 6 s and 4 s of 10 are the made-up run's.
TEST(ReportWords, AreTakenFromTheResult) {
  const Result result = test::made_up_result(test::made_up_scenario(), [](EntityRef entity) {
    EntityResult row = test::made_up_row(entity);
    row.starvation = {ns(7'000'000), at_ns(2'000'000'000), 1, 2};
    return row;
  });
  const ReportRow row = report_row(result);
  EXPECT_EQ(row.starved, 7 * kMillisecond);
  EXPECT_EQ(row.victim, "/web/worker.1");
  EXPECT_EQ(row.runner, "/hog");
}

// Of the made-up run: /web/worker.0 (id 0) fell furthest behind, /hog (2) waited longest after a wakeup, and had the worst
// response; /web/worker.1 (1) starved while /hog ran; an expectation failed for /web (group 1), and one held for /hog.
TEST(ReportWords, NameTheWorst) {
  Result result = test::made_up_result(test::made_up_scenario(), [](EntityRef entity) {
    EntityResult row;
    row.starvation = {kMillisecond, kStart, 1, 2};
    row.lag_max = entity == EntityRef::task(0) ? 2 * kMillisecond : kMillisecond;
    row.wakeup.max = entity == EntityRef::task(2) ? 2 * kMillisecond : kMillisecond;
    row.response.p99 = row.wakeup.max;
    return row;
  });
  result.expectations = {{0, EntityRef::group(1), 0, true, false},
                         {0, EntityRef::task(2), 0, true, true}};
  EXPECT_THAT(worst_entities(result),
              ElementsAre(EntityRef::task(1), EntityRef::task(0), EntityRef::task(2),
                          EntityRef::task(2), EntityRef::group(1), EntityRef::task(2)));
  // Of several runs: the first ones first, each once, and none of a run that broke off or of the ideal.
  std::vector<ReportRow> rows{row("rr", {}, {}), row("sfq", {}, {}), row("gps", {}, {}),
                              row("wfq", {}, {})};
  rows[0].worst = {EntityRef::task(1), EntityRef::task(0)};
  rows[1].worst = {EntityRef::task(2), EntityRef::task(1)};
  rows[2].worst = rows[3].worst = {EntityRef::task(9)};
  rows[2].values.is_reference = true;
  rows[3].values.complete = false;
  EXPECT_THAT(named_entities(rows),
              ElementsAre(EntityRef::task(1), EntityRef::task(2), EntityRef::task(0)));
  rows[1].starved = kSecond;  // longer than under rr
  EXPECT_THAT(named_entities(rows),
              ElementsAre(EntityRef::task(2), EntityRef::task(1), EntityRef::task(0)));
}

}  // namespace
}  // namespace sharesim
