// The credit of Xen's credit scheduler, by hand: accountings of 30 ms of CPU time for each CPU.

#include "schedulers/common/xen_accounts.hpp"

#include <chrono>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "sim/core/bandwidth.hpp"
#include "tests/support/even_host.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using Standings = std::map<EntityId, XenStanding>;

constexpr EntityId kA = 0;
constexpr EntityId kB = 1;

/// Entity 0 has a cap of 20 %.
class CappedHost final : public QueueHost {
 public:
  Duration remaining_burst(EntityId) const override { return kForever; }
  bool allowed(EntityId, CpuId) const override { return true; }
  bool has_affinity() const override { return false; }
  const Bandwidth* cap(EntityId e) const override { return e == kA ? &cap_ : nullptr; }

 private:
  Bandwidth cap_{.quota = 20ms, .period = 100ms, .burst = {}, .credits = {}};
};

Standings account(XenAccounts& accounts, Duration total) {
  Standings standings;
  accounts.account(total, [&](EntityId e, XenStanding standing) { standings[e] = standing; });
  return standings;
}

/// A and B, active, with these weights; B is first in the list.
XenAccounts two(Weight a, Weight b, const QueueHost& host, bool leave_with_half = false) {
  XenAccounts accounts(30ms, leave_with_half, host);
  accounts.add(kA, a);
  accounts.add(kB, b);
  accounts.activate(kA);
  accounts.activate(kB);
  return accounts;
}

const EvenHost kHost(false);

// Who gets what of 30 ms, with weights 1 and 2? A third and two thirds, and nothing who is not active.
TEST(XenAccounts, GrantsGoByWeightToTheActive) {
  XenAccounts accounts = two(1, 2, kHost);
  accounts.add(2, 100);
  EXPECT_EQ(account(accounts, 30ms),
            (Standings{{kA, XenStanding::kUnder}, {kB, XenStanding::kUnder}}));
  EXPECT_EQ(accounts.credit(kA), 10ms);
  EXPECT_EQ(accounts.credit(kB), 20ms);
  EXPECT_EQ(accounts.credit(2), 0ms);
}

// Is a grant more than one can use in 30 ms? Two CPUs, 60 ms, weights 1 and 9: B's 54 are cut to 30,
// and A, after it in the list, takes what is left.
TEST(XenAccounts, WhatOneCannotTakeGoesToThoseAfterIt) {
  XenAccounts accounts = two(1, 9, kHost);
  account(accounts, 60ms);
  EXPECT_EQ(accounts.credit(kB), 30ms);
  EXPECT_EQ(accounts.credit(kA), 30ms);
}

// And if the one that cannot take it comes last? A is first and gets 60 / 10 = 6; of B's 54 24 are
// lost. But B is in front from then on: next time A gets 30.
TEST(XenAccounts, WhoCannotTakeItsPartComesFirstTheNextTime) {
  XenAccounts accounts = two(9, 1, kHost);  // the heavy one is 0 here, and last in the list
  account(accounts, 60ms);
  EXPECT_EQ(accounts.credit(kB), 6ms);
  EXPECT_EQ(accounts.credit(kA), 30ms);
  accounts.burn(kA, 30ms);
  accounts.burn(kB, 6ms);
  account(accounts, 60ms);
  EXPECT_EQ(accounts.credit(kA), 30ms);
  EXPECT_EQ(accounts.credit(kB), 30ms);
}

// Two that together used 80 ms of CPU time with 30 granted are at -25 each, 50 behind. The next
// accounting makes that up: 30 + 50 to share, 40 each, and they are at 15. All that is granted is
// 30 ms and what had been lent.
TEST(XenAccounts, ADebtOfAllIsMadeUpByTheNextGrant) {
  XenAccounts accounts = two(1, 1, kHost);
  accounts.burn(kA, 40ms);
  accounts.burn(kB, 40ms);
  EXPECT_EQ(account(accounts, 30ms),
            (Standings{{kA, XenStanding::kOver}, {kB, XenStanding::kOver}}));
  EXPECT_EQ(accounts.credit(kA), -25ms);
  EXPECT_EQ(account(accounts, 30ms),
            (Standings{{kA, XenStanding::kUnder}, {kB, XenStanding::kUnder}}));
  EXPECT_EQ(accounts.credit(kA), 15ms);
  EXPECT_EQ(accounts.credit(kB), 15ms);
}

// How far behind may one be? A used 100 ms, got 15: -85 counts as -30. B is not touched by it.
TEST(XenAccounts, NobodyIsBehindByMoreThanAPeriod) {
  XenAccounts accounts = two(1, 1, kHost);
  accounts.burn(kA, 100ms);
  account(accounts, 30ms);
  EXPECT_EQ(accounts.credit(kA), -30ms);
  EXPECT_EQ(accounts.credit(kB), 15ms);
}

// When does one that does not run leave the active list? A alone has 30 ms after the first
// accounting, which is not too much, and 60 after the second: it goes, with nothing or with half.
TEST(XenAccounts, WhoSavesUpLeavesTheActiveList) {
  for (const bool half : {false, true}) {
    XenAccounts accounts(30ms, half, kHost);
    accounts.add(kA, 1);
    accounts.activate(kA);
    account(accounts, 30ms);
    EXPECT_TRUE(accounts.active(kA));
    EXPECT_EQ(accounts.credit(kA), 30ms);
    account(accounts, 30ms);
    EXPECT_FALSE(accounts.active(kA));
    EXPECT_EQ(accounts.credit(kA), half ? 30ms : 0ms);
    EXPECT_TRUE(account(accounts, 30ms).empty());
  }
}

// A has a cap of 20 %: 6 ms of each 30, whatever its weight; B takes the rest. 12 ms used, 6 granted:
// 6 behind is as much as a grant, and no more. 1 ns more is beyond it.
TEST(XenAccounts, ACapLimitsTheGrant) {
  const CappedHost host;
  XenAccounts accounts = two(1, 1, host);
  accounts.burn(kA, 12ms);
  EXPECT_EQ(account(accounts, 30ms).at(kA), XenStanding::kOver);
  EXPECT_EQ(accounts.credit(kA), -6ms);
  accounts.burn(kA, 6ms + 1ns);
  EXPECT_EQ(account(accounts, 30ms).at(kA), XenStanding::kBeyondCap);
  EXPECT_EQ(accounts.credit(kA), -6ms - 1ns);
}

// A group that has run on two CPUs at once counts as two virtual CPUs: it can hold 60 ms.
TEST(XenAccounts, AGroupCountsAsTheRunsThatItHasHad) {
  XenAccounts accounts = two(1, 1, kHost);
  accounts.begin_run(kA);
  accounts.begin_run(kA);
  accounts.end_run(kA);
  accounts.end_run(kA);
  account(accounts, 120ms);
  EXPECT_EQ(accounts.credit(kB), 30ms);
  EXPECT_EQ(accounts.credit(kA), 60ms);
}

// Does a new weight count at once, and one that has left not any more? Weights 1 and 1, then 1 and 3:
// 15 and 15, and another 7.5 and 22.5.
TEST(XenAccounts, NewWeightsCountAtTheNextGrant) {
  XenAccounts accounts = two(1, 1, kHost);
  account(accounts, 30ms);
  accounts.burn(kB, 15ms);
  accounts.set_weight(kB, 3);
  account(accounts, 30ms);
  EXPECT_EQ(accounts.credit(kA), 22500us);
  EXPECT_EQ(accounts.credit(kB), 22500us);
  accounts.burn(kA, 22500us);
  accounts.deactivate(kB);
  account(accounts, 30ms);
  EXPECT_EQ(accounts.credit(kA), 30ms);
  EXPECT_EQ(accounts.credit(kB), 22500us);
}

}  // namespace
}  // namespace sharesim
