// What `list` prints, in each of its forms.

#include "sim/output/listing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/core/error.hpp"
#include "sim/output/scheduler_text.hpp"

namespace sharesim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Listing fruit() {
  return {{{"name", Holds::kName}, {"colours", Holds::kNames}, {"taste", Holds::kText, 9}},
          {{"apple", "red, green", "sweet, and a bit sour"}, {"nut", "", "a|b <c>"}}};
}

TEST(Listing, WrapsLongTexts) {
  EXPECT_EQ(listing_table(fruit(), {}),
            "name   colours     taste\n"
            "apple  red, green  sweet,\n"
            "                   and a bit\n"
            "                   sour\n"
            "nut    -           a|b <c>\n");
}

TEST(Listing, QuotesCsvFields) {
  EXPECT_EQ(listing_csv(fruit()),
            "name,colours,taste\n"
            "apple,\"red, green\",\"sweet, and a bit sour\"\n"
            "nut,,a|b <c>\n");
}

// A bar would end the cell, and an angle bracket would begin a tag.
TEST(Listing, EscapesMarkdown) {
  EXPECT_EQ(listing_markdown(fruit()),
            "| name | colours | taste |\n"
            "|---|---|---|\n"
            "| `apple` | `red` `green` | sweet, and a bit sour |\n"
            "| `nut` | | a\\|b \\<c> |\n");
}

TEST(Listing, HasListsOfWordsInJson) {
  const nlohmann::json json = nlohmann::json::parse(listing_json(fruit()));
  EXPECT_EQ(json[0]["name"], "apple");
  EXPECT_EQ(json[0]["colours"], (std::vector<std::string>{"red", "green"}));
  EXPECT_EQ(json[1]["colours"], std::vector<std::string>{});
  EXPECT_EQ(json[0]["taste"], "sweet, and a bit sour");
  EXPECT_EQ(nlohmann::json::parse(listing_json({{{"a"}}, {}})), nlohmann::json::array());
}

TEST(Listing, ColumnsCanBeChosen) {
  EXPECT_EQ(listing_csv(with_columns(fruit(), {"taste", "name"})),
            "taste,name\n\"sweet, and a bit sour\",apple\na|b <c>,nut\n");
  try {
    with_columns(fruit(), {"nam", "x", "taste"});
    FAIL() << "unknown columns are mistakes";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "there is no column 'nam'; did you mean 'name'? (name, colours, taste)\n"
                 "there is no column 'x' (name, colours, taste)");
  }
}

SchedulerInfo toy(std::string name) {
  SchedulerInfo info;
  info.name = std::move(name);
  info.summary = "a toy";
  info.paper = "Nobody, never";
  info.cost = "O(1)";
  info.claims = Claim::kProportional | Claim::kWorkConserving | Claim::kUsesTimers;
  info.parameters = {slice_parameter()};
  info.explanation = "A toy.\n\n  pick: any\n";
  return info;
}

ParameterInfo rank() {
  return {"rank", ParameterType::kInteger, "0", "-20", "19", {}, "who comes first"};
}

// Everything about one, in one page; claims without a name are the engine's business.
TEST(SchedulerText, APageTellsEverything) {
  SchedulerInfo info = toy("toy");
  info.hints = {rank()};
  EXPECT_EQ(
      scheduler_page(info, {}),
      "toy: a toy\n"
      "  paper   Nobody, never\n"
      "  cost    O(1)\n"
      "  scopes  per_cpu, global\n"
      "  claims  proportional, work conserving\n"
      "\n"
      "A toy.\n"
      "\n"
      "  pick: any\n"
      "\n"
      "parameter  type             default  range      meaning\n"
      "slice      duration         1ms      1ns to 1h  the longest run before the next pick\n"
      "scope      per_cpu, global  per_cpu  -          one queue for each CPU, or one for all of "
      "them\n"
      "\n"
      "hint  type     default  range      meaning\n"
      "rank  integer  0        -20 to 19  who comes first\n");
  EXPECT_THAT(scheduler_page(toy("toy"), {}), Not(HasSubstr("hint")));
}

// A word that two schedulers know is in the list once, with both.
TEST(SchedulerText, HintsAreListedOnce) {
  SchedulerInfo first = toy("first");
  first.hints = {rank()};
  SchedulerInfo second = toy("second");
  ParameterInfo early = rank();
  early.name = "early";
  second.hints = {rank(), early};
  EXPECT_EQ(listing_csv(hint_listing({&first, &second})),
            "hint,schedulers,type,default,range,meaning\n"
            "early,second,integer,0,-20 to 19,who comes first\n"
            "rank,\"first, second\",integer,0,-20 to 19,who comes first\n");
}

TEST(SchedulerText, JsonHasTheWholeRecord) {
  SchedulerInfo info = toy("toy");
  info.hints = {rank()};
  const nlohmann::json json = nlohmann::json::parse(schedulers_json({&info})).at(0);
  EXPECT_EQ(json["name"], "toy");
  EXPECT_EQ(json["scopes"], (std::vector<std::string>{"per_cpu", "global"}));
  EXPECT_EQ(json["claims"], (std::vector<std::string>{"proportional", "work conserving"}));
  EXPECT_EQ(json["parameters"][0]["type"], "duration");
  EXPECT_EQ(json["hints"][0]["minimum"], "-20");
  EXPECT_EQ(json["explanation"], info.explanation);
}

// 22 schedulers with long names and all that they may have: the table keeps to 120 columns.
TEST(SchedulerText, TheTableFitsTheTerminal) {
  std::vector<SchedulerInfo> infos(22, toy("round_robin_bvt"));
  std::vector<const SchedulerInfo*> pointers;
  for (SchedulerInfo& info : infos) {
    info.summary = "many words of a summary that goes on and on until it ends";
    info.paper = "Somebody, Nobody, Everybody, a conference, 1999";
    info.parameters.push_back({"grant_period", ParameterType::kDuration, "1ms", "", "", {}, "x"});
    info.hints = {rank()};
    pointers.push_back(&info);
  }
  std::string text = listing_table(scheduler_listing(pointers), {});
  EXPECT_THAT(text, HasSubstr("no room for: scope"));
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    EXPECT_LE(end, 120U) << text.substr(0, end);
    text.erase(0, end + 1);
  }
}

}  // namespace
}  // namespace sharesim
