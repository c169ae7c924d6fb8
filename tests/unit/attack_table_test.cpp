// What starve prints, from made-up answers.

#include "sim/output/attack_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const AttackQuestion kGap{.workload = "duel",
                          .objective = Objective::kGap,
                          .attacker = "/a",
                          .victim = "/v",
                          .duration = 10s,
                          .capacity = 20s};

AttackRow row(const std::string& scheduler, std::int64_t harm, std::int64_t hog) {
  AttackRow row;
  row.scheduler = scheduler;
  row.found = Found{.attack = {.phase = {}, .legs = {{Step::Kind::kSleep, 2s}}},
                    .harm = harm,
                    .hog = hog,
                    .trials = 77,
                    .complete = true};
  row.starvation = {.length = ns(harm), .start = Time(2s), .victim = 1, .runner = 0};
  row.starved = "/v";
  row.runner = "/a";
  row.attackers_service = 5s;
  row.verdict.reason = "nobody knows";
  return row;
}

// 2.5 s of a bound of 3.125 s is 0.8 of it; a hog does 1 ms. rr: the same as a hog. fifo: a hog does
// it, too, but the victim waits to the end (8 s from 2 s on), which nobody would call safe.
TEST(AttackTable, HasARowAndALineForEachScheduler) {
  AttackRow credit = row("credit", 2'500'000'000, 1'000'000);
  credit.verdict.bound = Bound{3125ms, "limit"};
  AttackRow failed;
  failed.scheduler = "broken";
  const std::string table = attack_table(
      kGap,
      {credit, row("rr", 1'000'000, 1'000'000), row("fifo", 8'000'000'000, 8'000'000'000), failed},
      {});
  EXPECT_EQ(
      table,
      "duel: how long can /a keep /v off the CPU?\n"
      "                 worst      by         found /  who                         who    simu-\n"
      "scheduler        found   a hog  bound    bound  starved  since              ran  lations\n"
      "credit           2.50s  1.00ms  3.13s     0.80  /v       2.00s              /a        77\n"
      "rr              1.00ms  1.00ms   none        -  /v       2.00s              /a        77\n"
      "fifo             8.00s   8.00s   none        -  /v       2.00s, to the end  /a        77\n"
      "broken     did not run       -      -        -  -        -                  -          -\n"
      "\n"
      "the attack\n"
      "credit      sleep 2s, then run for ever\n"
      "rr          sleep 2s, then run for ever\n"
      "fifo        sleep 2s, then run for ever\n"
      "\n"
      "bound of credit: limit\n"
      "no bound of rr: nobody knows\n"
      "no bound of fifo: nobody knows\n"
      "starved to the end of the run: under fifo\n"
      "nothing was found that does more than a hog does under rr\n");
}

// Of two CPUs and 10 s: 5 s is a quarter of the machine; a negative theft is less than a share.
TEST(AttackTable, TheftIsInPercentOfTheMachine) {
  AttackQuestion theft = kGap;
  theft.objective = Objective::kTheft;
  const std::string table = attack_table(theft, {row("sfq", 1'000'000'000, -2'000'000'000)}, {});
  EXPECT_THAT(table, HasSubstr("how much more than its share can /a take?"));
  EXPECT_THAT(table, HasSubstr("5.00%  -10.0%"));
  EXPECT_THAT(table, HasSubstr("25.0%"));
  EXPECT_THAT(table, Not(HasSubstr("since")));
}

TEST(AttackTable, CsvAndJsonHoldTheSame) {
  AttackRow credit = row("credit:limit=2s,slice=1ms", 2'500'000'000, 1'000'000);
  credit.verdict.bound = Bound{3125ms, "limit"};
  StringSink csv;
  write_attack_csv(csv, kGap, {credit});
  EXPECT_THAT(csv.text(),
              HasSubstr("\nduel,\"credit:limit=2s,slice=1ms\",gap,/a,/v,2500000000,1000000,"
                        "3125000000,5000000000,2500000000,2000000000,/v,/a,77,true,"
                        "\"sleep 2s, then run for ever\"\n"));
  StringSink text;
  write_attack_json(text, kGap, {credit});
  const auto json = nlohmann::json::parse(text.text()).at(0);
  EXPECT_EQ(json["found_ns"], 2'500'000'000);
  EXPECT_EQ(json["bound_ns"], 3'125'000'000);
  EXPECT_EQ(json["bound_rule"], "limit");
  EXPECT_EQ(json["no_bound_because"], nullptr);
  EXPECT_EQ(json["starvation"]["start_ns"], 2'000'000'000);
  EXPECT_EQ(json["attack"]["legs"][0]["sleep_ns"], 2'000'000'000);
  EXPECT_EQ(json["attack"]["rounds"], 1);
}

}  // namespace
}  // namespace sharesim
