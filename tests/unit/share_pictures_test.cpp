#include "sim/output/share_pictures.hpp"

#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cli/terminal.hpp"
#include "sim/output/text.hpp"
#include "tests/support/run_command.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using namespace test;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kMillion = 1'000'000;

// Half of 4 columns is 2; 30 % of 4 is 1.2: one and 1.6 eighths, so 2 of them; in ASCII, 1. More than all is all.
TEST(SharePictures, BarsAreAsLongAsTheShare) {
  EXPECT_EQ(share_bar(500'000, 4, true), "██  ");
  EXPECT_EQ(share_bar(300'000, 4, true), "█▎  ");
  EXPECT_EQ(share_bar(300'000, 4, false), "#   ");
  EXPECT_EQ(share_bar(2 * kMillion, 4, false), "####");
  EXPECT_EQ(share_bar(0, 2, true), "  ");
  for (std::int64_t part = -10; part < kMillion + 10; part += 1237) {
    EXPECT_EQ(display_width(share_bar(part, 7, true)), 7U);
    EXPECT_EQ(share_bar(part, 7, false).size(), 7U);
  }
}

// Eighths, to the nearest; what is not nothing is seen; more than the most is the most.
TEST(SharePictures, LinesAreAsHighAsTheValues) {
  EXPECT_EQ(sparkline({0, 1, 250'000, 500'000, kMillion, 2 * kMillion}, kMillion, true), " ▁▂▄██");
  EXPECT_EQ(sparkline({0, 1, 250'000, 500'000, kMillion}, kMillion, false), " .:=@");
}

// Question: does the memory of shares stay right when it is thinned out? 5000 ticks of 10 ns, a task that runs in the first
// 20 us and in the last 10 us: 50 us in 5 columns are 100 %, 100 %, 0, 0, 100 %, after every tick of many.
TEST(SharePictures, HistoryKeepsWhatHappened) {
  ScenarioBuilder b;
  b.task("a", 1);
  ShareHistory history(b.build(), 10);
  std::int64_t now = 0;
  history.listen_to([&now](EntityRef) {
    return Progress{std::min<std::int64_t>(now, 20'000) + std::max<std::int64_t>(0, now - 40'000)};
  });
  EXPECT_TRUE(history.rates(0, 5).empty());
  for (int i = 0; i < 5000; ++i) {
    now += 10;
    history.tick(at_ns(now - 10), at_ns(now));
    const auto rates = history.rates(0, 60);
    ASSERT_EQ(rates.size(), static_cast<std::size_t>(std::min(i + 1, 60)));
  }
  const std::vector<std::int64_t> expected{kMillion, kMillion, 0, 0, kMillion};
  EXPECT_EQ(history.rates(0, 5), expected);
  EXPECT_EQ(history.tasks(), 1U);
}

cli::Environment made_up(const std::map<std::string, std::string>& variables) {
  return [variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

// LC_ALL before LC_CTYPE before LANG, empty ones not counted, in any spelling.
TEST(SharePictures, UnicodeIsForThoseWhoReadIt) {
  EXPECT_TRUE(cli::speaks_utf8(made_up({{"LANG", "de_DE.UTF-8"}})));
  EXPECT_TRUE(cli::speaks_utf8(made_up({{"LANG", "C"}, {"LC_ALL", "C.utf8"}})));
  EXPECT_FALSE(cli::speaks_utf8(made_up({{"LANG", "de_DE.UTF-8"}, {"LC_CTYPE", "C"}})));
  EXPECT_TRUE(cli::speaks_utf8(made_up({{"LANG", "de_DE.UTF-8"}, {"LC_CTYPE", ""}})));
  EXPECT_FALSE(cli::speaks_utf8(made_up({})));
}

/// What sharesim shows on a terminal of so many columns: script(1) gives it one.
std::string on_terminal(const std::string& command, const std::string& environment, int columns) {
  const ScratchFolder scratch;
  const std::string out = (scratch.path() / "out").string();
  const std::string line =
      "cd '" SHARESIM_SOURCE_DIR "' && env -u NO_COLOR -u CLICOLOR_FORCE -u LC_ALL -u LC_CTYPE " +
      environment + " script -qec 'stty cols " + std::to_string(columns) +
      "; " SHARESIM_BINARY " " + command + " -q' /dev/null >'" + out + "' </dev/null";
  EXPECT_EQ(std::system(line.c_str()), 0) << line;
  std::string text = read_file(out);
  std::erase(text, '\r');
  return text;
}

constexpr const char* kRun = "run workloads/proportional-shares.yaml -s sfq";

// Question: are there pictures on a terminal, and only there? The shares of this workload are 3 : 2 : 1.
TEST(TerminalPictures, AreForTerminals) {
  const std::string pictured = on_terminal(kRun, "TERM=xterm LANG=C.UTF-8", 100);
  EXPECT_THAT(pictured, AllOf(HasSubstr("\x1b[1m"), HasSubstr("████"), HasSubstr("▄▄▄▄")));
  const std::string plain =
      run_sharesim({"run", std::string(SHARESIM_SOURCE_DIR) + "/workloads/proportional-shares.yaml",
                    "-s", "sfq"})
          .out;
  EXPECT_THAT(plain, Not(AnyOf(HasSubstr("█"), HasSubstr("\x1b["), HasSubstr("###"))));
  EXPECT_EQ(on_terminal(kRun, "TERM=dumb LANG=C.UTF-8", 60), plain);
  const std::string ascii = on_terminal(kRun, "TERM=xterm LANG=C", 100);
  EXPECT_THAT(ascii, AllOf(HasSubstr("####"), Not(HasSubstr("█"))));
  const std::string colourless = on_terminal(kRun, "TERM=xterm LANG=C.UTF-8 NO_COLOR=1", 100);
  EXPECT_THAT(colourless, AllOf(HasSubstr("████"), Not(HasSubstr("\x1b["))));
}

// Question: does everything fit? In terminals of 60 to 200 columns no line of a comparison's pictures is wider.
TEST(TerminalPictures, FitTheTerminal) {
  for (const int columns : {60, 80, 133, 200}) {
    const std::string text = on_terminal("compare workloads/proportional-shares.yaml -s sfq,rr",
                                         "TERM=xterm NO_COLOR=1 LANG=C.UTF-8", columns);
    EXPECT_THAT(text, HasSubstr("share over time"));
    std::istringstream in(text.substr(text.find("share over time")));
    for (std::string line; std::getline(in, line) && !line.empty();) {
      EXPECT_LE(display_width(line), static_cast<std::size_t>(columns)) << line;
    }
  }
}

}  // namespace
}  // namespace sharesim
