#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/output/compare_table.hpp"
#include "sim/output/grid.hpp"
#include "sim/output/run_table.hpp"
#include "sim/output/text.hpp"
#include "tests/support/made_up_result.hpp"

namespace sharesim {
namespace {

using test::made_up_result;
using test::made_up_row;
using test::made_up_scenario;
using ::testing::HasSubstr;
using ::testing::Not;

const TableStyle kPlain{};

// Numbers right, names left; a column without values goes; a wide character counts two columns.
TEST(Table, ColumnsAreAlignedAndEmptyOnesLeftOut) {
  Grid grid({{"name", false}, {"first\nvalue"}, {"nothing"}, {"last"}});
  grid.add_row({{"a"}, {"1"}, {}, {"10"}});
  grid.add_row({{"調度"}, {"1000000"}, {}, {}});
  EXPECT_EQ(grid.render(kPlain),
            "        first\n"
            "name    value  last\n"
            "a           1    10\n"
            "調度  1000000     -\n");
}

// The mark stands in the gap, so that the digits of a column stay under each other.
TEST(Table, MarksDoNotMoveTheDigits) {
  Grid grid({{"name", false}, {"x"}, {"y"}});
  grid.add_row({{"a"}, {"10", Ink::kGood, true}, {"5"}});
  grid.add_row({{"b"}, {"12"}, {"4", Ink::kGood, true}});
  EXPECT_EQ(grid.render(kPlain),
            "name   x  y\n"
            "a     10* 5\n"
            "b     12  4*\n");
}

// A cell of several lines: the others of its row stand at the top, and no column moves.
TEST(Table, CellsMayHaveSeveralLines) {
  Grid grid({{"name", false}, {"claims", false}, {"x"}});
  grid.add_row({{"a"}, {"one,\ntwo"}, {"7", Ink::kGood, true}});
  grid.add_row({{"b"}, {}, {"10"}});
  EXPECT_EQ(grid.render(kPlain),
            "name  claims   x\n"
            "a     one,     7*\n"
            "      two\n"
            "b     -       10\n");
}

// Which column goes when there is room for 16 only? All take 4+2+5+2+5+2+5 = 25; without the
// expendable 2 it is 18, without the expendable 1 as well 11. What has gone is said.
TEST(Table, ExpendableColumnsGoFirst) {
  Grid grid({{"name", false}, {"keeps"}, {"later", true, 1}, {"first", true, 2}});
  grid.add_row({{"a"}, {"1"}, {"2"}, {"3"}});
  EXPECT_THAT(grid.render({false, 25}), HasSubstr("first"));
  EXPECT_THAT(grid.render({false, 25}), Not(HasSubstr("no room")));
  EXPECT_EQ(grid.render({false, 24}),
            "name  keeps  later\na         1      2\nno room for: first (--width 25 shows all)\n");
  const std::string least =
      "name  keeps\na         1\nno room for: later, first (--width 25 shows all)\n";
  EXPECT_EQ(grid.render({false, 17}), least);
  EXPECT_EQ(grid.render({false, 5}), least);
}

// A column that has no values is not missed; a heading of two lines is named in one.
TEST(Table, OnlyWhatHasValuesIsMissed) {
  Grid grid({{"name", false}, {"empty", true, 3}, {"in\nall", true, 2}, {"x"}});
  grid.add_row({{"a"}, {}, {"1"}, {"2"}});
  EXPECT_EQ(grid.render({false, 7}),
            "name  x\na     2\nno room for: in all (--width 12 shows all)\n");
}

TEST(Table, ColoursAreEscapeSequences) {
  Grid grid({{"n", false}, {"x"}});
  grid.add_row({{"a"}, {"1", Ink::kBad}});
  EXPECT_EQ(grid.render({true, 120}), "\x1b[1mn\x1b[0m  \x1b[1mx\x1b[0m\na  \x1b[1;31m1\x1b[0m\n");
}

Expectation at_least(Metric metric, std::int64_t value, int line) {
  Expectation expectation;
  expectation.metric = metric;
  expectation.of = "/web";
  expectation.entities = {EntityRef::group(1)};
  expectation.at_least = value;
  expectation.line = line;
  return expectation;
}

// The whole output of `run`, for the made-up result: shares are service / 10 s.
TEST(RunTable, IsAsDocumented) {
  Scenario scenario = made_up_scenario();
  scenario.expectations = {at_least(Metric::kShare, 600'000, 21),
                           at_least(Metric::kShare, 610'000, 22)};
  Result result = made_up_result(std::move(scenario));
  result.expectations = {{0, EntityRef::group(1), 600'000, true, true},
                         {1, EntityRef::group(1), 600'000, true, false}};
  EXPECT_EQ(run_table(result, kPlain),
            R"(workload   demo
           Does the group get its share?
scheduler  sfq:slice=10ms
machine    1 CPU, 10s, seed 7

                                lag   wakeup   wakeup  response  longest
entity        share  ideal      max      p50      p99       p99  starved      at  meanwhile ran  switches
/              100%   100%  1.23 ms   500 us  2.00 ms   12.3 ms  5.00 ms  1.00 s  /hog              30000
  hog         40.0%  40.0%  1.00 ms  1.00 us  1.00 us         -  3.00 ms  2.00 s  /web/worker.0      1000
  web         60.0%  60.0%  1.23 ms   500 us  2.00 ms   12.3 ms  5.00 ms  1.00 s  /hog               1000
    worker.0  30.0%  30.0%  1.23 ms   500 us  2.00 ms   12.3 ms  5.00 ms  1.00 s  /hog               1000
    worker.1  30.0%  30.0%  1.23 ms   500 us  2.00 ms   12.3 ms  5.00 ms  1.00 s  /hog               1000

totals     idle 10.0 ms (0.10%), wasted idle 0, overhead 2.00 us (<0.01%), Jain index 0.9988, 30000 decisions
expected   1 of 2 met
  ok      share of /web at least 60%: 60%
  FAILED  share of /web at least 61%: 60%
)");
}

// 100 hogs, the root, /web and two workers are 104 rows: 40 are shown, 64 are not.
TEST(RunTable, ManyTasksAreCutShort) {
  Scenario scenario = made_up_scenario();
  scenario.tasks[1].count = 100;
  const std::string text =
      run_table(made_up_result(std::move(scenario),
                               [](EntityRef entity) {
                                 return made_up_row(entity.is_task() ? EntityRef::task(2) : entity);
                               }),
                kPlain);
  EXPECT_THAT(text, HasSubstr("  hog.38 "));
  EXPECT_THAT(text, Not(HasSubstr("  hog.39 ")));
  EXPECT_THAT(text, HasSubstr("\n... and 64 more (see -o DIR or --format csv)\n"));
}

TEST(RunTable, AnInterruptedRunSaysSo) {
  Result result = made_up_result();
  result.complete = false;
  result.end = at_ns(2'500'000'000);
  EXPECT_THAT(run_table(result, kPlain), HasSubstr("INCOMPLETE, ended at 2.5s"));
}

CompareRow row_of(const std::string& scheduler, Duration lag, double jain) {
  Result result = made_up_result(made_up_scenario(), [=](EntityRef entity) {
    EntityResult row = made_up_row(entity);
    row.lag_max = lag;
    if (entity == EntityRef::group(kRoot)) row.jain = jain;
    return row;
  });
  result.scheduler = scheduler;
  return compare_row(result);
}

// Which values are the best? The larger Jain index, the smaller lag; 2.001 ms and 2.004 ms look
// alike, so both are marked. Columns in which all are alike have no mark.
TEST(CompareTable, MarksTheBest) {
  const std::vector<CompareRow> rows{row_of("rr", ns(2'001'000), 0.5),
                                     row_of("sfq", ns(2'004'000), 0.99),
                                     row_of("wfq", ns(3'000'000), 0.7)};
  EXPECT_EQ(compare_table(made_up_scenario(), rows, kPlain),
            R"(demo: Does the group get its share?
             Jain   worst  longest  wakeup  wakeup  response  relative                    wasted
scheduler   index     lag  starved     p99     max       p99  fairness  switches    idle    idle
rr         0.5000  2.00ms*  5.00ms  2.00ms  4.00ms    12.3ms    7.00ms     30000  10.0ms       0
sfq        0.9900* 2.00ms*  5.00ms  2.00ms  4.00ms    12.3ms    7.00ms     30000  10.0ms       0
wfq        0.7000  3.00ms   5.00ms  2.00ms  4.00ms    12.3ms    7.00ms     30000  10.0ms       0
)");
}

// fifo serves one task at once, and another one never: 10 s of waiting are in no wakeup latency. Its 1 ms is no best value,
// and stands with a sign; with a wait that is shorter than the latencies themselves (4 ms) nothing is hidden.
TEST(CompareTable, LatenciesThatLeaveOutALongWaitAreNotTheBest) {
  const auto with = [](Duration never_served) {
    Result result = made_up_result(made_up_scenario(), [=](EntityRef entity) {
      EntityResult row = made_up_row(entity);
      row.wakeup = {1, ns(1'000'000), {}, ns(1'000'000), {}, ns(4'000'000)};
      if (entity != EntityRef::task(2)) return row;
      row.wakeup = {};
      row.wakeups = 1;
      row.starvation.length = never_served;
      return row;
    });
    result.scheduler = "fifo";
    return compare_row(result);
  };
  const CompareRow rr = row_of("rr", ns(2'001'000), 0.5);  // 2 ms and 4 ms
  const std::string hidden =
      compare_table(made_up_scenario(), {with(ns(10'000'000'000)), rr}, kPlain);
  EXPECT_THAT(hidden, HasSubstr(" ≥1.00ms  ≥4.00ms "));
  EXPECT_THAT(hidden, HasSubstr(" 2.00ms*  4.00ms* "));
  const std::string all = compare_table(made_up_scenario(), {with(ns(3'000'000)), rr}, kPlain);
  EXPECT_THAT(all, HasSubstr(" 1.00ms* 4.00ms "));
}

// A run that failed has a row without values; one that was interrupted is never the best.
TEST(CompareTable, RunsThatDidNotEndWell) {
  CompareRow interrupted = row_of("rr", ns(1), 1.0);
  interrupted.complete = false;
  CompareRow failed;
  failed.scheduler = "sfq";
  const std::string text = compare_table(
      made_up_scenario(), {interrupted, failed, row_of("wfq", ns(2'000'000), 0.7)}, kPlain);
  EXPECT_THAT(text, HasSubstr("1.0000 "));
  EXPECT_THAT(text, HasSubstr("0.7000*"));
  EXPECT_THAT(text, HasSubstr("incomplete\n"));
  EXPECT_THAT(text, HasSubstr("did not run\n"));
}

// All columns, with the widest values and marks, and a long spelling: still 120 columns.
TEST(CompareTable, FitsTheTerminal) {
  std::vector<CompareRow> rows;
  for (const std::int64_t value : {111'000'000, 222'000'000}) {
    CompareRow row;
    row.scheduler = "credit:slice=10ms,period=30ms";
    row.ran = row.complete = row.fairness_is_bound = true;
    row.values.fill(value);
    row.expectations = {.asked = 10, .met = 9};
    rows.push_back(row);
  }
  std::string text = compare_table(made_up_scenario(), rows, kPlain);
  EXPECT_THAT(text, HasSubstr("9/10 FAILED"));
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    EXPECT_LE(display_width(text.substr(0, end)), 120U) << text.substr(0, end);
    text.erase(0, end + 1);
  }
}

// The rows beside a baseline: Jain 0.5 is 0.49 less than 0.99; lag 3 ms is 999 us more than 2.001 ms;
// 60000 switches are twice 30000. The marks are those of the values.
TEST(CompareTable, ShowsDifferencesFromTheFirst) {
  CompareRow twice = row_of("rr", ns(3'000'000), 0.5);
  twice.values[7] = 60'000;    // switches
  twice.values[10] = 500'000;  // wasted idle, 0 in the baseline
  CompareRow same = row_of("wfq", ns(2'001'000), 0.99);
  same.values[6] = std::nullopt;  // no relative fairness
  const std::string text =
      compare_table(made_up_scenario(), {row_of("sfq", ns(2'001'000), 0.99), twice, same}, kPlain,
                    Shown::kDifferences);
  EXPECT_EQ(text, R"(demo: Does the group get its share?
                   Jain   worst  longest  wakeup  wakeup  response  relative                    wasted
scheduler         index     lag  starved     p99     max       p99  fairness  switches    idle    idle
sfq (baseline)   0.9900* 2.00ms*  5.00ms  2.00ms  4.00ms    12.3ms    7.00ms*    30000* 10.0ms       0*
rr              -0.4900  +999us        =       =       =         =         =*    x2.00       =  +500us
wfq                   =*      =*       =       =       =         =         -         =*      =       =*
)");
}

// What is a difference when only bounds of the relative fairness are known?
TEST(CompareTable, DifferencesOfBoundsSaySo) {
  const auto shown = [](bool base_is_bound, bool row_is_bound) {
    CompareRow base = row_of("sfq", ns(1), 1.0);
    CompareRow row = row_of("rr", ns(1), 1.0);
    base.fairness_is_bound = base_is_bound;
    row.fairness_is_bound = row_is_bound;
    row.values[6] = 8'000'000;  // 1 ms more than the baseline
    return compare_table(made_up_scenario(), {base, row}, kPlain, Shown::kDifferences);
  };
  EXPECT_THAT(shown(false, false), HasSubstr(" +1.00ms "));
  EXPECT_THAT(shown(false, true), HasSubstr(" ≤+1.00ms "));
  EXPECT_THAT(shown(true, false), HasSubstr(" ≥+1.00ms "));
  EXPECT_THAT(shown(true, true), HasSubstr(" ~+1.00ms "));
}

// Beside a baseline that did not end well the values stand as they are, without a sign.
TEST(CompareTable, WithoutABaselineValuesAreShown) {
  CompareRow interrupted = row_of("sfq", ns(1'000'000), 1.0);
  interrupted.complete = false;
  const std::string text =
      compare_table(made_up_scenario(), {interrupted, row_of("rr", ns(3'000'000), 0.5)}, kPlain,
                    Shown::kDifferences);
  EXPECT_THAT(text, HasSubstr("3.00ms"));
  EXPECT_THAT(text, Not(HasSubstr("+2.00ms")));
}

// An ideal would be the best everywhere: it is no competitor, and the best of the others is marked.
TEST(CompareTable, ReferencesAreNotMarked) {
  CompareRow ideal = row_of("gps", ns(0), 1.0);
  ideal.is_reference = true;
  const std::vector<CompareRow> rows{ideal, row_of("rr", ns(2), 0.5), row_of("sfq", ns(1), 0.9)};
  EXPECT_EQ(best_rows(rows, 0), (std::vector<bool>{false, false, true}));
  EXPECT_EQ(doubled_ranks(rows, 0), (std::vector<std::size_t>{0, 4, 2}));
  SchedulerInfo info;
  EXPECT_FALSE(is_reference(info));
  info.claims = Claim::kFluid;
  EXPECT_TRUE(is_reference(info));
}

TEST(CompareTable, TheFooterCountsExpectations) {
  EXPECT_EQ(compare_footer({.asked = 5, .met = 4}, kPlain), "4 of 5 expectations met\n");
  EXPECT_EQ(compare_footer({}, kPlain), "no expectations were asked\n");
}

}  // namespace
}  // namespace sharesim
