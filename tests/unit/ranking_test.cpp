// Who won how often over many workloads.

#include "sim/output/ranking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sharesim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t kJain = 0;  // higher is better; millionths
constexpr std::size_t kLag = 1;   // lower is better; ns

/// A row with values in two columns only.
CompareRow row_of(const std::string& scheduler, std::int64_t jain, std::int64_t lag,
                  ExpectationCount expectations = {}) {
  CompareRow row;
  row.scheduler = scheduler;
  row.ran = row.complete = true;
  row.values[kJain] = jain;
  row.values[kLag] = lag;
  row.expectations = expectations;
  return row;
}

/// "1 a, 2 b": places and names, in order.
std::string order(const Ranking& ranking) {
  std::string text;
  for (const Score& score : ranking.scores()) {
    text += (text.empty() ? "" : ", ") + std::to_string(score.place) + " " + score.scheduler;
  }
  return text;
}

// Two workloads. Jain: b wins the first (0.9), a and b the second (1.0 both). Lag: a wins the first
// (1 ms), and all are alike in the second, so nobody does. Ranks: in the first workload's Jain a 2,
// b 1, c 3; its lag a 1, b and c 2.5; in the second's Jain a and b 1.5, c 3. Sums, doubled: a 4+2+3 =
// 9, b 2+5+3 = 10, c 6+5+6 = 17; over 2 x 3 contested columns a 1.5, b 1.67, c 2.83.
TEST(Ranking, CountsTheMarksOfTheTables) {
  Ranking ranking;
  ranking.add({row_of("a", 800'000, 1'000'000), row_of("b", 900'000, 2'000'000),
               row_of("c", 100'000, 2'000'000)});
  ranking.add(
      {row_of("a", 1'000'000, 5'000), row_of("b", 1'000'000, 5'000), row_of("c", 500'000, 5'000)});
  EXPECT_EQ(ranking.workloads(), 2U);
  EXPECT_EQ(ranking.contested(kJain), 2U);
  EXPECT_EQ(ranking.contested(kLag), 1U);
  EXPECT_EQ(order(ranking), "1 a, 2 b, 3 c");
  const std::vector<Score> scores = ranking.scores();
  EXPECT_EQ(scores[0].wins[kJain], 1U);
  EXPECT_EQ(scores[0].wins[kLag], 1U);
  EXPECT_EQ(scores[0].doubled_ranks, 9U);
  EXPECT_EQ(scores[1].wins[kJain], 2U);
  EXPECT_EQ(scores[1].wins_in_all, 2U);
  EXPECT_EQ(scores[1].doubled_ranks, 10U);
  EXPECT_EQ(scores[2].wins_in_all, 0U);
  EXPECT_EQ(scores[2].doubled_ranks, 17U);
  EXPECT_EQ(ranking_table(ranking, {}),
            "ranking: how often each was marked '*' in the tables of the 2 workloads\n"
            "                     Jain  worst    wins  mean\n"
            "place  scheduler    index    lag  in all  rank\n"
            "    1  a                1      1       2  1.50\n"
            "    2  b                2      0       2  1.67\n"
            "    3  c                0      0       0  2.83\n"
            "   of  (contested)      2      1       3     -\n");
}

// Values that are printed alike win together: 2.001 ms and 2.004 ms.
TEST(Ranking, WhoLooksAlikeWinsAlike) {
  Ranking ranking;
  ranking.add({row_of("a", 1, 2'001'000), row_of("b", 1, 2'004'000), row_of("c", 1, 3'000'000)});
  EXPECT_EQ(order(ranking), "1 a, 1 b, 3 c");
}

// Expectations come before ranks: 1 of 2 met is less than 2 of 3, and than none asked.
TEST(Ranking, ExpectationsComeFirst) {
  Ranking ranking;
  ranking.add({row_of("half", 900'000, 1, {.asked = 2, .met = 1}),
               row_of("most", 800'000, 2, {.asked = 3, .met = 2}), row_of("unasked", 700'000, 3)});
  EXPECT_EQ(order(ranking), "1 unasked, 2 most, 3 half");
}

// Whoever could not end a run is behind everyone who could, whatever it won; the column of runs is
// there only then.
TEST(Ranking, RunsThatDidNotEndAreBehind) {
  Ranking whole;
  whole.add({row_of("a", 900'000, 1), row_of("b", 800'000, 2)});
  EXPECT_THAT(ranking_table(whole, {}), Not(HasSubstr("runs")));
  Ranking ranking = whole;
  CompareRow failed;
  failed.scheduler = "a";
  ranking.add({failed, row_of("b", 800'000, 2)});
  EXPECT_EQ(order(ranking), "1 b, 2 a");
  EXPECT_EQ(ranking.scores()[1].runs, 1U);
  EXPECT_THAT(ranking_table(ranking, {}), HasSubstr("runs"));
}

// A reference has no place and takes none of the others' wins.
TEST(Ranking, ReferencesAreLeftOut) {
  CompareRow ideal = row_of("gps", 1'000'000, 0);
  ideal.is_reference = true;
  Ranking ranking;
  ranking.add({row_of("a", 900'000, 1), ideal, row_of("b", 800'000, 2)});
  EXPECT_EQ(ranking.competitors(), 2U);
  EXPECT_EQ(order(ranking), "1 a, 2 b");
  EXPECT_EQ(ranking.scores()[0].wins_in_all, 2U);
}

// The rows have the columns of the other rows, two more with a baseline.
TEST(Ranking, HasFormsForPrograms) {
  Ranking ranking;
  ranking.add({row_of("a:slice=1ms,scope=global", 900'000, 1, {.asked = 2, .met = 2}),
               row_of("b", 800'000, 2)});
  StringSink csv;
  write_ranking_csv(csv, ranking, false);
  const std::string begin = ",\"a:slice=1ms,scope=global\",,ranking,";
  EXPECT_THAT(csv.text(), AllOf(StartsWith(begin + "place,rank,1\n"),
                                HasSubstr("\n" + begin + "wins,count,2\n"),
                                HasSubstr("\n" + begin + "wins_jain,count,1\n"),
                                HasSubstr("\n" + begin + "mean_rank,rank,1\n"),
                                HasSubstr("\n" + begin + "expectations_met,count,2\n")));
  StringSink wide;
  write_ranking_csv(wide, ranking, true);
  EXPECT_THAT(wide.text(), StartsWith(begin + "place,rank,1,,\n"));
  StringSink text;
  write_ranking_json(text, ranking);
  const nlohmann::json json = nlohmann::json::parse(text.text());
  EXPECT_EQ(json["workloads"], 1);
  EXPECT_EQ(json["contested"]["lag_max"], 1);
  EXPECT_EQ(json["schedulers"][1]["scheduler"], "b");
  EXPECT_EQ(json["schedulers"][1]["mean_rank"], 2.0);
  EXPECT_EQ(json["schedulers"][0]["wins"]["jain"], 1);
}

}  // namespace
}  // namespace sharesim
