// The tree of hierarchical stride scheduling: who is next if the first may not run.

#include "schedulers/common/stride_nodes.hpp"

#include <gtest/gtest.h>

namespace sharesim {
namespace {

// Four equal ones that have had nothing: all passes are level, and ties go to the left. 0 is the first; if it may not
// run, 1 beside it is, and then those of the other half, 2 before 3.
TEST(StrideNodes, TiesGoLeftAlsoAmongThoseWhoMayRun) {
  StrideNodes nodes;
  for (EntityId e = 0; e < 4; ++e) {
    nodes.add(e);
    nodes.change_tickets(e, 1);
    nodes.charge(e, true, Duration::zero());
  }
  EXPECT_EQ(nodes.first(), 0U);
  for (EntityId least = 0; least < 4; ++least)
    EXPECT_EQ(nodes.first_if([&](EntityId e) { return e >= least; }), least);
  EXPECT_EQ(nodes.first_if([](EntityId) { return false; }), kNoEntity);
}

}  // namespace
}  // namespace sharesim
