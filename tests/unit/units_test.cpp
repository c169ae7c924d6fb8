#include "sim/core/units.hpp"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/core/error.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

struct GoodDuration {
  const char* text;
  std::int64_t ns;
};

// Question: is each spelling of a duration the exact number of ns? Expected: by hand, 1m30s = 90 s,
// 10.1ms = 10 100 000 ns; the largest Duration is 9223372036854775807 ns.
TEST(Units, ReadsDurations) {
  const std::vector<GoodDuration> cases{{"0s", 0},
                                        {"0ns", 0},
                                        {"1ns", 1},
                                        {"7us", 7'000},
                                        {"10.1ms", 10'100'000},
                                        {"0.000000001s", 1},
                                        {"0.50000000000000000000s", 500'000'000},
                                        {"1m30s", 90'000'000'000},
                                        {"1.5h", 5'400'000'000'000},
                                        {"1h2m3s4ms5us6ns", 3'723'004'005'006},
                                        {"007ms", 7'000'000},
                                        {"9223372036854775807ns", 9223372036854775807}};
  for (const auto& [text, expected] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed.value) << text;
    EXPECT_EQ(to_ns(*parsed.value), expected) << text;
  }
}

struct Bad {
  const char* text;
  UnitError error;
};

// Question: does each text that is no duration say why? Expected: the first reason from the left.
TEST(Units, RefusesWhatIsNoDuration) {
  const std::vector<Bad> cases{{"", UnitError::kMalformed},
                               {"ms", UnitError::kMalformed},
                               {"-5ms", UnitError::kMalformed},
                               {"+5ms", UnitError::kMalformed},
                               {" 5ms", UnitError::kMalformed},
                               {"5 ms", UnitError::kMalformed},
                               {".5s", UnitError::kMalformed},
                               {"5.s", UnitError::kMalformed},
                               {"1e3s", UnitError::kUnknownUnit},
                               {"30s1m", UnitError::kMalformed},
                               {"1s1s", UnitError::kMalformed},
                               {"5", UnitError::kNoUnit},
                               {"0", UnitError::kNoUnit},
                               {"1m30", UnitError::kNoUnit},
                               {"5d", UnitError::kUnknownUnit},
                               {"5MS", UnitError::kUnknownUnit},
                               {"1.5ns", UnitError::kFraction},
                               {"0.0000000000000000001h", UnitError::kFraction},
                               {"9223372036854775808ns", UnitError::kOverflow},
                               {"9223372036854775807ns1ns", UnitError::kMalformed},
                               {"9223372036s1000ms", UnitError::kOverflow},
                               {"99999999999999999999s", UnitError::kOverflow},
                               {"2562048h", UnitError::kOverflow}};
  for (const auto& [text, error] : cases) {
    const auto parsed = parse_duration(text);
    EXPECT_FALSE(parsed.value) << text;
    EXPECT_EQ(parsed.error, error) << text << " " << explain(parsed.error);
  }
}

// Question: is a duration printed shortly, and with its sign? Expected: hours and minutes apart,
// seconds and below as one decimal.
TEST(Units, PrintsDurations) {
  EXPECT_EQ(to_text(ns(0)), "0s");
  EXPECT_EQ(to_text(ns(999)), "999ns");
  EXPECT_EQ(to_text(ns(1'500)), "1.5us");
  EXPECT_EQ(to_text(ns(10'100'000)), "10.1ms");
  EXPECT_EQ(to_text(100ms), "100ms");
  EXPECT_EQ(to_text(10s), "10s");
  EXPECT_EQ(to_text(90s), "1m30s");
  EXPECT_EQ(to_text(1h), "1h");
  EXPECT_EQ(to_text(1h + 1ns), "1h0.000000001s");
  EXPECT_EQ(to_text(-3ms), "-3ms");
  EXPECT_EQ(to_text(Duration::min()), "-2562047h47m16.854775808s");
  EXPECT_EQ(to_text(at_ns(5)), "5ns");
}

// Question: is what is printed read back as the same? Expected: always, over the whole range.
RC_GTEST_PROP(Units, ReadsBackWhatItPrints, ()) {
  const auto bits = *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
  const auto shift = *rc::gen::inRange(1, 64);  // all magnitudes
  const auto count = static_cast<std::int64_t>(bits >> static_cast<unsigned>(shift));
  const auto parsed = parse_duration(to_text(ns(count)));
  RC_ASSERT(parsed.value.has_value());
  RC_ASSERT(*parsed.value == ns(count));
}

// Question: is a percentage exact in millionths? Expected: 30% = 300 000, 0.0001% = 1.
TEST(Units, ReadsPercentages) {
  EXPECT_EQ(parse_percent("30%").value, 300'000);
  EXPECT_EQ(parse_percent("12.5%").value, 125'000);
  EXPECT_EQ(parse_percent("0.0001%").value, 1);
  EXPECT_EQ(parse_percent("250%").value, 2'500'000);
  EXPECT_EQ(parse_percent("0%").value, 0);
  const std::vector<Bad> cases{
      {"30", UnitError::kNoUnit},         {"", UnitError::kMalformed},
      {"%", UnitError::kMalformed},       {"-1%", UnitError::kMalformed},
      {"30%%", UnitError::kMalformed},    {"30ms", UnitError::kUnknownUnit},
      {"0.00001%", UnitError::kFraction}, {"9223372036854775807%", UnitError::kOverflow}};
  for (const auto& [text, error] : cases) {
    EXPECT_FALSE(parse_percent(text).value) << text;
    EXPECT_EQ(parse_percent(text).error, error) << text;
  }
}

// Question: is a rate the rounded gap between two events? Expected: 200/s -> 5 ms; 3/s -> 333 333
// 333 ns (a third of a second is ...333.3); 7/us -> 143 ns (142.86).
TEST(Units, ReadsRatesAsGaps) {
  EXPECT_EQ(parse_rate("200/s").value, 5ms);
  EXPECT_EQ(parse_rate("3/m").value, 20s);
  EXPECT_EQ(parse_rate("0.5/ms").value, 2ms);
  EXPECT_EQ(parse_rate("3/s").value, ns(333'333'333));
  EXPECT_EQ(parse_rate("7/us").value, ns(143));
  EXPECT_EQ(parse_rate("1/h").value, 1h);
  const std::vector<Bad> cases{
      {"200", UnitError::kNoUnit},           {"0/s", UnitError::kMalformed},
      {"0.0/s", UnitError::kMalformed},      {"200s", UnitError::kMalformed},
      {"/s", UnitError::kMalformed},         {"200/", UnitError::kUnknownUnit},
      {"200/day", UnitError::kUnknownUnit},  {"3/ns", UnitError::kOverflow},
      {"0.00000001/h", UnitError::kFraction}};
  for (const auto& [text, error] : cases) {
    EXPECT_FALSE(parse_rate(text).value) << text;
    EXPECT_EQ(parse_rate(text).error, error) << text;
  }
}

// Question: are integers read whole? Expected: no hexadecimal, no exponent, nothing beyond 64 bits.
TEST(Units, ReadsIntegers) {
  EXPECT_EQ(parse_integer("42").value, 42);
  EXPECT_EQ(parse_integer("+42").value, 42);
  EXPECT_EQ(parse_integer("-42").value, -42);
  EXPECT_EQ(parse_integer("9223372036854775807").value, std::numeric_limits<std::int64_t>::max());
  const std::vector<Bad> cases{{"", UnitError::kMalformed},
                               {"-", UnitError::kMalformed},
                               {"0x10", UnitError::kMalformed},
                               {"1e3", UnitError::kMalformed},
                               {"1_000", UnitError::kMalformed},
                               {"1.", UnitError::kMalformed},
                               {"1.5", UnitError::kFraction},
                               {"1.0", UnitError::kFraction},
                               {"9223372036854775808", UnitError::kOverflow}};
  for (const auto& [text, error] : cases) {
    EXPECT_FALSE(parse_integer(text).value) << text;
    EXPECT_EQ(parse_integer(text).error, error) << text;
  }
}

// Question: does a diagnostic leave out what it has not? Expected: file:line:col: path: what
// (allowed), each part only if there is one.
TEST(Diagnostics, LeaveOutAbsentParts) {
  EXPECT_EQ((Diagnostic{"w.yaml", 3, 7, "a.b", "is wrong", "right"}.to_string()),
            "w.yaml:3:7: a.b: is wrong (right)");
  EXPECT_EQ((Diagnostic{"w.yaml", 3, 7, "", "is wrong", ""}.to_string()), "w.yaml:3:7: is wrong");
  EXPECT_EQ((Diagnostic{"w.yaml", 0, 0, "", "is wrong", ""}.to_string()), "w.yaml: is wrong");
  EXPECT_EQ((Diagnostic{"", 0, 0, "a", "is wrong", ""}.to_string()), "a: is wrong");
  EXPECT_EQ((Diagnostic{"", 0, 0, "", "is wrong", "right"}.to_string()), "is wrong (right)");
}

// Question: does an error's what() hold all its mistakes? Expected: one a line.
TEST(Diagnostics, StandInTheMessageOfAnError) {
  const InputError two({{"f", 1, 2, "", "a", ""}, {"f", 3, 4, "", "b", ""}});
  EXPECT_STREQ(two.what(), "f:1:2: a\nf:3:4: b");
  EXPECT_STREQ(InputError("no such thing", "a or b").what(), "no such thing (a or b)");
  const SchedulerFault fault("sfq", at_ns(5'000'000), "/web", "a pick is queued");
  EXPECT_STREQ(fault.what(), "scheduler sfq broke the contract at 5ms with /web: a pick is queued");
  EXPECT_EQ(fault.entity(), "/web");
}

}  // namespace
}  // namespace sharesim
