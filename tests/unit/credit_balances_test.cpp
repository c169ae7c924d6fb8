// The balances of the generic credit scheduler, where it depends on one ns.

#include "schedulers/common/credit_balances.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

using namespace std::chrono_literals;

constexpr EntityId kA = 0;
constexpr EntityId kB = 1;

/// Grants of a whole CPU, each ns.
CreditBalances balances(std::int64_t rate = 1'000'000) {
  CreditBalances made({.period = 1ns, .limit = 1s, .rate = rate});
  made.set_capacity(kOneCpu, kStart);
  return made;
}

// Is 1 ns of credit credit, and is one let in when it has that? Weight 1 of 2: due when one unit of weight has been
// granted 10080 / 1 (1 ns is 10080), after 2 ns.
TEST(CreditBalances, OneNanosecondIsCredit) {
  CreditBalances both = balances();
  both.add(kA, 1, kStart);
  both.add(kB, 1, kStart);
  EXPECT_EQ(both.due(kA), kTagsPerNs);
  EXPECT_LT(both.grant(Time(1ns)), both.due(kA));
  both.settle(kA, Time(2ns));
  EXPECT_EQ(both.credit(kA), kTagsPerNs);
  EXPECT_TRUE(both.holds_credit(kA));
}

// What becomes of a part of a unit that has been granted, when weights go? 1 ns among 20160 is half a unit for each;
// when only B's 1 is left, the half is worth nothing that counts, and the next ns is all B's: 1 ns.
TEST(CreditBalances, FractionOfAGrantKeepsItsValue) {
  CreditBalances both = balances();
  both.add(kA, 2 * kTagsPerNs - 1, kStart);
  both.add(kB, 1, kStart);
  both.remove(kA, Time(1ns));
  both.settle(kB, Time(2ns));
  EXPECT_EQ(both.credit(kB), kTagsPerNs);
}

// Can a group's own queue count on something, however little it earns? A thousandth of a CPU, shared with a weight
// of a thousand millions: less than the least capacity, which is 1.
TEST(CreditBalances, CapacityIsNeverNothing) {
  CreditBalances both = balances(1000);
  both.add(kA, 1'000'000'000'000, kStart);
  both.add(kB, 1, kStart);
  EXPECT_EQ(both.capacity_of(kB), 1);
}

}  // namespace
}  // namespace sharesim
