#include <gtest/gtest.h>

#include "sim/output/text.hpp"

namespace sharesim {
namespace {

// Do durations keep three significant digits, and change the unit where rounding would give four?
// 999499 ns is 999.499 us, rounded 999 us; 999500 ns is 999.5 us, which is 1.00 ms.
TEST(OutputText, DurationsHaveThreeDigitsAndAUnit) {
  EXPECT_EQ(human(ns(0)), "0");
  EXPECT_EQ(human(ns(7)), "7 ns");
  EXPECT_EQ(human(ns(999)), "999 ns");
  EXPECT_EQ(human(ns(1'000)), "1.00 us");
  EXPECT_EQ(human(ns(1'234'567)), "1.23 ms");
  EXPECT_EQ(human(ns(12'340'000)), "12.3 ms");
  EXPECT_EQ(human(ns(9'995'000)), "10.0 ms");
  EXPECT_EQ(human(ns(999'499)), "999 us");
  EXPECT_EQ(human(ns(999'500)), "1.00 ms");
  EXPECT_EQ(human(ns(-1'500'000)), "-1.50 ms");
  EXPECT_EQ(human(ns(90'000'000'000)), "90.0 s");
  EXPECT_EQ(human(ns(604'800'000'000'000)), "604800 s");
  EXPECT_EQ(human(ns(1'230'000), ""), "1.23ms");
}

// A third in millionths is 333333: 33.3%. One millionth is 0.0001%, below what is shown.
TEST(OutputText, PercentagesHaveThreeDigits) {
  EXPECT_EQ(human_percent(0), "0%");
  EXPECT_EQ(human_percent(1), "<0.01%");
  EXPECT_EQ(human_percent(12'345), "1.23%");
  EXPECT_EQ(human_percent(333'333), "33.3%");
  EXPECT_EQ(human_percent(1'000'000), "100%");
  EXPECT_EQ(human_percent(256'000'000), "25600%");
}

TEST(OutputText, CountsAreInFullBelowAHundredThousand) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(99'999), "99999");
  EXPECT_EQ(human_count(100'000), "100k");
  EXPECT_EQ(human_count(1'234'567), "1.23M");
}

TEST(OutputText, DifferencesHaveASign) {
  EXPECT_EQ(human_difference(ns(1'230'000)), "+1.23ms");
  EXPECT_EQ(human_difference(ns(-500)), "-500ns");
  EXPECT_EQ(human_difference(ns(0)), "+0");
}

// 63 beside 30 is 2.1 times; 1 beside 1000 is 0.001, which two decimals do not show.
TEST(OutputText, RatiosHaveThreeDigits) {
  EXPECT_EQ(human_ratio(63, 30), "x2.10");
  EXPECT_EQ(human_ratio(1, 3), "x0.33");
  EXPECT_EQ(human_ratio(123'400, 100), "x1234");
  EXPECT_EQ(human_ratio(1, 1'000), "<x0.01");
  EXPECT_EQ(human_ratio(0, 7), "x0.00");
}

TEST(OutputText, TextIsWrappedAtBlanks) {
  EXPECT_EQ(wrapped("one two three", 7), "one two\nthree");
  EXPECT_EQ(wrapped("one two three", 6), "one\ntwo\nthree");
  EXPECT_EQ(wrapped("extraordinary it is", 5), "extraordinary\nit is");
  EXPECT_EQ(wrapped("調度 x", 5), "調度\nx");
  EXPECT_EQ(wrapped("", 5), "");
}

// Messages of expectations must not round: 289999 millionths is not "29%".
TEST(OutputText, ExactValuesAreNotRounded) {
  EXPECT_EQ(exact(MetricUnit::kFraction, 289'999), "28.9999%");
  EXPECT_EQ(exact(MetricUnit::kFraction, 290'000), "29%");
  EXPECT_EQ(exact(MetricUnit::kFraction, -5), "-0.0005%");
  EXPECT_EQ(exact(MetricUnit::kDuration, 12'345'678), "12.345678ms");
  EXPECT_EQ(exact(MetricUnit::kCount, 17), "17");
}

// How many columns does a terminal use? "é" as two code points is one, a CJK character two, a stray
// byte one.
TEST(OutputText, WidthIsWhatATerminalUses) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("Größe"), 5U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);
  EXPECT_EQ(display_width("調度"), 4U);
  EXPECT_EQ(display_width("\xFF!"), 2U);
  EXPECT_EQ(display_width("\xE8\xAA"), 2U);
}

TEST(OutputText, ShorteningKeepsWholeCharacters) {
  EXPECT_EQ(shorten("scheduler", 9), "scheduler");
  EXPECT_EQ(shorten("scheduler", 6), "sched…");
  EXPECT_EQ(shorten("調度調度", 6), "調度…");
  EXPECT_EQ(shorten_name("worker.12", 9), "worker.12");
  EXPECT_EQ(shorten_name("worker.12", 8), "worke…12");
  EXPECT_EQ(shorten_name("調度調度調度", 7), "調度…度");
}

// Can a name steer the terminal? Escape, DEL, C1 (U+009B) and direction marks are replaced.
TEST(OutputText, ControlCharactersAreReplaced) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a?[31mb");
  EXPECT_EQ(printable("a\x7f\xC2\x9B"
                      "b\n"),
            "a??b?");
  EXPECT_EQ(printable("\xE2\x80\xAEx"), "?x");
  EXPECT_EQ(printable("Größe"), "Größe");
}

TEST(OutputText, HeadlineIsTheFirstSentenceOrLine) {
  EXPECT_EQ(headline("Is it fair? It is."), "Is it fair?");
  EXPECT_EQ(headline("Is 1.5 fair\nor not?"), "Is 1.5 fair");
  EXPECT_EQ(headline(""), "");
}

}  // namespace
}  // namespace sharesim
