// The groups of group ratio round-robin, when one empties and fills again.

#include "schedulers/common/ratio_groups.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kHeavy = 2;  // weights 4 to 7
constexpr std::size_t kMiddle = 1;
constexpr std::size_t kLight = 0;

// Does a group that comes back owe what it had too much? Two groups with Phi 4 and 2; the heavy one has had 12 ms,
// the other nothing. It empties, and comes back with its part of what the others have had: nothing.
TEST(RatioGroups, EmptyGroupForgetsItsWork) {
  RatioGroups groups;
  groups.change_phi(kHeavy, 4);
  groups.change_phi(kMiddle, 2);
  groups.give(kHeavy, 12ms);
  groups.change_phi(kHeavy, -4);
  groups.change_phi(kHeavy, 4);
  EXPECT_EQ(groups.work(kHeavy), 0);
}

// And does the list go on behind it, because it was the last one served before? Phi 4, 2 and 1. The light group has had
// 9 ms; the heavy one was served last, empties, and comes back with 4 / 3 of 9: 12. Going on from there, (12 + 1) / (0 + 1)
// is more than 4 / 2, and it would be the middle one's turn; but it begins at the head.
TEST(RatioGroups, ListBeginsAnewWhereTheLastGroupHasLeft) {
  RatioGroups groups;
  groups.change_phi(kHeavy, 4);
  groups.change_phi(kMiddle, 2);
  groups.change_phi(kLight, 1);
  groups.give(kLight, 9ms);
  groups.give(kHeavy, 1ms);
  groups.change_phi(kHeavy, -4);
  groups.change_phi(kHeavy, 4);
  EXPECT_EQ(groups.work(kHeavy), to_ns(12ms));
  EXPECT_EQ(groups.next_in_list(1ms), 0U);
  groups.give(kHeavy, 1ms);
  EXPECT_EQ(groups.next_in_list(1ms), 1U);
}

}  // namespace
}  // namespace sharesim
