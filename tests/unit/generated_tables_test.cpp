// Are the tables of the documentation those that sharesim prints? A table stands between a line
// `<!-- COMMAND -->` and a line `<!-- end -->`, where COMMAND is a call of sharesim that prints it
// (in Markdown, or as text that is shown as it is).
// After a change that is meant, write them anew with
//   SHARESIM_REWRITE_TABLES=1 build/tests/unit_tests --gtest_filter='GeneratedTables.*'

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/run_command.hpp"
#include "tests/unit/source_file.hpp"

namespace sharesim {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBegin = "<!-- sharesim ";
constexpr std::string_view kBeginEnds = " -->";
constexpr std::string_view kEnd = "<!-- end -->";

/// The arguments of the call that a line asks for; none if it is no such line.
std::vector<std::string> call_in(const std::string& line) {
  if (!line.starts_with(kBegin) || !line.ends_with(kBeginEnds)) return {};
  std::istringstream in(
      line.substr(kBegin.size(), line.size() - kBegin.size() - kBeginEnds.size()));
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

/// The page with every table as `print` prints it.
template <typename Print>
std::string renewed(const std::string& page, const Print& print) {
  std::string text;
  bool inside = false;
  for (const std::string& line : lines_of(page)) {
    if (line == kEnd) inside = false;
    if (!inside) text += line + "\n";
    const std::vector<std::string> call = call_in(line);
    if (call.empty()) continue;
    text += print(call);
    inside = true;
  }
  return text;
}

std::string print_by_sharesim(const std::vector<std::string>& call) {
  const test::CommandResult result = test::run_sharesim(call, {.folder = SHARESIM_SOURCE_DIR});
  EXPECT_EQ(result.status, 0) << result.err;
  return result.out.starts_with('|') ? result.out : "```text\n" + result.out + "```\n";
}

TEST(GeneratedTables, AreUpToDate) {
  std::size_t tables = 0;
  for (const char* name : {"README.md", "schedulers/README.md", "workloads/README.md",
                           "workloads/starvation/README.md"}) {
    const fs::path path = fs::path(SHARESIM_SOURCE_DIR) / name;
    const std::string page = read_text(path);
    const std::string now = renewed(page, [&](const std::vector<std::string>& call) {
      ++tables;
      return print_by_sharesim(call);
    });
    if (std::getenv("SHARESIM_REWRITE_TABLES") != nullptr) {
      std::ofstream(path, std::ios::binary) << now;
      continue;
    }
    EXPECT_TRUE(page == now) << name << " is out of date; if the change is meant, write it anew: "
                             << "SHARESIM_REWRITE_TABLES=1 build/tests/unit_tests "
                                "--gtest_filter='GeneratedTables.*'";
  }
  EXPECT_GE(tables, 3U);
}

// What is replaced? All that stands between the marks, and nothing else.
TEST(GeneratedTables, AreReplacedBetweenTheirMarks) {
  const std::string page =
      "before\n<!-- sharesim list metrics -->\nold\nolder\n<!-- end -->\nbetween\n"
      "<!-- a remark -->\n<!-- sharesim list hints --columns a -->\n<!-- end -->\nafter\n";
  EXPECT_EQ(
      renewed(page, [](const std::vector<std::string>& call) { return call.back() + "\n"; }),
      "before\n<!-- sharesim list metrics -->\nmetrics\n<!-- end -->\nbetween\n"
      "<!-- a remark -->\n<!-- sharesim list hints --columns a -->\na\n<!-- end -->\nafter\n");
}

}  // namespace
}  // namespace sharesim
