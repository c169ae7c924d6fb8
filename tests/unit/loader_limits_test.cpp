// Sizes, bombs and bytes that are no text: each ends in a diagnostic.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/core/error.hpp"
#include "tests/unit/loader_cases.hpp"

namespace sharesim {
namespace {

std::string repeated(const std::string& unit, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + unit.size());
  while (text.size() < bytes) text += unit;
  return text;
}

constexpr std::size_t kTenMegabytes = 10'000'000;
constexpr const char* kTooLong =
    "w:1:1: what follows is too long for one value (up to 1 MiB for a text, a comment, or an entry "
    "in brackets)";

// Question: does 10 MB of anything that nests or never ends come to an end? Expected: a diagnostic
// at the 81st level, or after 1 MiB without a value.
TEST(LoaderLimits, StopsAtEndlessInput) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"[", "w:1:81: is nested too deeply (up to 80 levels)"},
      {"{a: ", "w:1:321: is nested too deeply (up to 80 levels)"},
      {"[\n", "w:81:1: is nested too deeply (up to 80 levels)"},
      {"- ", "w:1:161: is nested too deeply (up to 80 levels)"},
      {"? ", "w:1:3: a list or map cannot be a key (a plain word; or is a bracket left open?)"},
      {"a", kTooLong},
      {"#", kTooLong},
      {"\n", kTooLong},
      {"a:", kTooLong},
      {",", "w:1:1: a second document begins (one workload in a file)"},
      {"'a' ", kTooLong},
      {"a: 1\n", "w:500000:4: has too many values (up to 1000000)"}};
  for (const auto& [unit, said] : cases) {
    EXPECT_EQ(mistakes_in(repeated(unit, kTenMegabytes)), said) << unit;
  }
  EXPECT_EQ(mistakes_in("[" + repeated("a, ", kTenMegabytes)), kTooLong);
  EXPECT_EQ(mistakes_in("\"" + repeated("a", kTenMegabytes)), kTooLong);
  EXPECT_EQ(mistakes_in("'\n#' " + repeated("[", kTenMegabytes)).substr(0, 6), "w:1:1:");
}

// Question: do brackets in comments count as nesting? Expected: no.
TEST(LoaderLimits, LeavesCommentsAlone) {
  EXPECT_EQ(mistakes_in("# " + std::string(500, '[') + "\n" +
                        small_workload("seed: 1 # " + std::string(500, '{') + "\n")),
            "accepted");
}

// Question: does a bomb of aliases (2^20 values) go off? Expected: each alias is refused, nothing
// grows.
TEST(LoaderLimits, RefusesAliasBombs) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text +=
        "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + ", " + last + "]\n";
  }
  const std::string said = mistakes_in(text);
  EXPECT_NE(said.find("w:20:12: aliases are not supported"), std::string::npos) << said;
  EXPECT_NE(said.find("w:20:6: anchors are not supported"), std::string::npos) << said;
}

// Question: are a hundred thousand mistakes said? Expected: the first hundred and a count.
TEST(LoaderLimits, SaysAHundredMistakes) {
  std::string text = "name: t\nduration: 1s\ntasks:\n";
  for (int i = 0; i < 100'000; ++i) text += "  - x\n";
  try {
    parse_scenario(text, "w");
    FAIL();
  } catch (const InputError& error) {
    ASSERT_EQ(error.diagnostics().size(), 101U);
    EXPECT_EQ(error.diagnostics().front().line, 4);
    EXPECT_EQ(error.diagnostics().back().to_string(), "w: 99900 more mistakes");
  }
}

// Question: where does each limit stand? Expected: the last allowed size is accepted, the next is
// not.
TEST(LoaderLimits, HoldsItsLimits) {
  const auto groups = [](int depth) {
    std::string text = "name: t\nduration: 1s\n";
    std::string end;
    for (int i = 0; i < depth; ++i) {
      const std::string indent(static_cast<std::size_t>(i) * 2, ' ');
      text += indent + "groups:\n" + indent + "- name: g\n";
    }
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    return text + indent + "tasks: [{name: a, do: [{run: {uniform: [1ms, 2ms]}}]}]\n";
  };
  EXPECT_EQ(mistakes_in(groups(32)), "accepted");
  EXPECT_NE(mistakes_in(groups(33)).find("groups are nested more than 32 deep"), std::string::npos);

  const std::string start = "name: t\nduration: 1s\ntasks: [{name: a, count: ";
  EXPECT_EQ(mistakes_in(start + "1000000}]\n"), "accepted");
  EXPECT_NE(mistakes_in(start + "1000000}, {name: b}]\n").find("too many (up to 1000000)"),
            std::string::npos);

  const std::string longest = "name: t\nduration: 168h\ntasks: [{name: a}]\nmachine: {cpus: ";
  EXPECT_EQ(mistakes_in(longest + "64}\n"), "accepted");
  EXPECT_NE(mistakes_in(longest + "65}\n").find("is too long for 65 CPUs"), std::string::npos);

  EXPECT_EQ(mistakes_in("name: " + std::string(64, 'x') + "\nduration: 1s\ntasks: [{name: a}]\n"),
            "accepted");
  EXPECT_NE(mistakes_in("name: " + std::string(65, 'x') + "\nduration: 1s\ntasks: [{name: a}]\n"),
            "accepted");
}

// Question: is there a limit on the groups and on what events name? Expected: 100,000 groups; four
// events on 1,000,000 tasks each are the most.
TEST(LoaderLimits, CountsGroupsAndTargets) {
  std::string groups = "name: t\nduration: 1s\ntasks: [{name: a}]\ngroups:\n";
  for (int i = 0; i < 100'001; ++i) {
    groups += "- {name: g" + std::to_string(i) + ", tasks: [{name: a}]}\n";
  }
  EXPECT_NE(mistakes_in(groups).find("w:100005:3: groups[100000]: there are more than 100000"),
            std::string::npos);

  std::string events = "name: t\nduration: 1s\ntasks: [{name: a, count: 1000000}]\nevents:\n";
  for (int i = 0; i < 4; ++i) events += "- {at: 0s, set: {entity: /a, weight: 1}}\n";
  EXPECT_EQ(mistakes_in(events), "accepted");
  EXPECT_NE(mistakes_in(events + "- {at: 0s, set: {entity: /a.1, weight: 1}}\n")
                .find("name too many tasks (up to 4000000)"),
            std::string::npos);

  std::string many = small_workload("events:\n");
  for (int i = 0; i < 10'001; ++i) many += "- {at: 0s, set: {entity: /a.1, weight: 1}}\n";
  EXPECT_NE(mistakes_in(many).find("has 10001 events (up to 10000)"), std::string::npos);
}

// Question: what is said about bytes that are no text? Expected: the place of the first.
TEST(LoaderLimits, RefusesBinaryData) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {std::string("name: t\0", 8), "w:1:8: binary data (UTF-8 text)"},
      {"name: t\n\x01", "w:2:1: binary data (UTF-8 text)"},
      {"\x7f"
       "ELF",
       "w:1:1: binary data (UTF-8 text)"},
      {"\xff\xfe"
       "n",
       "w:1:1: binary data (UTF-8 text)"},
      {"# \xc3\xa9\xc3", "w:1:4: binary data (UTF-8 text)"},
      {"\xc0\xaf", "w:1:1: binary data (UTF-8 text)"},
      {"\xed\xa0\x80", "w:1:1: binary data (UTF-8 text)"},
      {"\xe0\x80\x80", "w:1:1: binary data (UTF-8 text)"},
      {"\xf4\x90\x80\x80", "w:1:1: binary data (UTF-8 text)"},
      {"\xf8", "w:1:1: binary data (UTF-8 text)"}};
  for (const auto& [text, said] : cases) EXPECT_EQ(mistakes_in(text), said);
  EXPECT_EQ(
      mistakes_in("\xef\xbb\xbf# \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\r\n" + small_workload("")),
      "accepted");
}

// Question: does a workload that is cut off anywhere crash the loader, or load as another?
// Expected: every cut gives a diagnostic, or a valid shorter workload that ends at the end of an
// entry.
TEST(LoaderLimits, SurvivesTruncation) {
  const std::string text = small_workload("events:\n  - {at: 5s, set: {entity: /a, cpus: 0-1}}\n");
  for (std::size_t size = 0; size < text.size(); ++size) {
    const std::string said = mistakes_in(text.substr(0, size));
    const bool between_lines = size > 0 && (text[size - 1] == '\n' || text[size] == '\n');
    EXPECT_TRUE(said != "accepted" || between_lines) << size;
  }
}

}  // namespace
}  // namespace sharesim
