// Tags: CPU time divided by weight, in integers.

#include "schedulers/common/virtual_time.hpp"

#include <chrono>

#include <boost/multiprecision/cpp_int.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using Fraction = boost::multiprecision::cpp_rational;

// 1 ns at weight 7 is 10080 / 7 = 1440 units; at weight 11 it is 916 4/11.
TEST(VirtualTime, ChargesTimeOverWeight) {
  VirtualTime time;
  time.charge(1ns, 7);
  EXPECT_EQ(time.tag, 1440);
  EXPECT_EQ(time.remainder, 0);
  time = {};
  time.charge(1ns, 11);
  EXPECT_EQ(time.tag, 916);
  EXPECT_EQ(time.remainder, 4);
}

// Is the sum of many charges the exact sum, rounded down once? Eleven of 1 ns at weight 11 are one
// of 11 ns: 10080 units.
TEST(VirtualTime, CarriesRemaindersOn) {
  VirtualTime time;
  for (int i = 0; i < 11; ++i) time.charge(1ns, 11);
  EXPECT_EQ(time.tag, kTagsPerNs);
  EXPECT_EQ(time.remainder, 0);
}

// 1000 h are 3.6e15 ns; times 10080 that is 3.6e19, more than 64 bits hold, and at weight 10000
// 3.6288e15 units again.
TEST(VirtualTime, LongRunsDoNotOverflow) {
  VirtualTime time;
  time.charge(1000h, 10'000);
  EXPECT_EQ(time.tag, 3'628'800'000'000'000);
}

TEST(VirtualTime, RaisesButNeverLowers) {
  VirtualTime time{.tag = 5, .remainder = 3};
  time.raise_to(5);
  EXPECT_EQ(time.remainder, 3);
  time.raise_to(4);
  EXPECT_EQ(time.tag, 5);
  time.raise_to(6);
  EXPECT_EQ(time.tag, 6);
  EXPECT_EQ(time.remainder, 0);
}

// A remainder of 6/9 of a unit is 4/6, and 13/20 (rounded down) in twentieths.
TEST(VirtualTime, RemainderKeepsItsValueWhenTheWeightChanges) {
  VirtualTime time{.tag = 1, .remainder = 6};
  time.reweigh(9, 6);
  EXPECT_EQ(time.remainder, 4);
  time.reweigh(6, 20);
  EXPECT_EQ(time.remainder, 13);
}

// Against exact fractions, with changes of weight: never ahead, and less than one unit behind for
// each change.
RC_GTEST_PROP(VirtualTime, IsTheExactSumRoundedDown, ()) {
  VirtualTime time;
  Fraction exact;
  std::int64_t changes = 1;
  Weight weight = *rc::gen::inRange<Weight>(1, 100'000);
  const auto runs = *rc::gen::container<std::vector<std::int64_t>>(
      rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000'000));
  for (const std::int64_t run : runs) {
    if (exact + Fraction(run) * kTagsPerNs / weight > Fraction(std::int64_t{1} << 62))
      break;  // range
    if (run % 3 == 0) {
      const Weight changed = *rc::gen::inRange<Weight>(1, 100'000);
      time.reweigh(weight, changed);
      weight = changed;
      ++changes;
    }
    time.charge(ns(run), weight);
    exact += Fraction(run) * kTagsPerNs / weight;
    RC_ASSERT(time.remainder >= 0 && time.remainder < weight);
    RC_ASSERT(time.tag <= exact);
    RC_ASSERT(exact < time.tag + changes);
  }
}

}  // namespace
}  // namespace sharesim
