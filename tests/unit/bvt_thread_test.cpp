// What borrowed virtual time keeps of a thread, at the limits of its integers.

#include "schedulers/common/bvt_thread.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

using namespace std::chrono_literals;

// Does a fraction of a unit keep its value when the weight changes? 1 ns at weight 20160 is half a unit of A (1 ns
// at weight 1 is 10080); at weight 1 from then on, another ns makes it 10080 1/2, rounded down.
TEST(BvtThread, NewWeightKeepsTheFractionOfATag) {
  BvtThread thread(2 * kTagsPerNs, {}, kStart);
  thread.charge(1ns, kStart);
  EXPECT_EQ(thread.actual(), 0);
  thread.set_weight(1);
  thread.charge(1ns, kStart);
  EXPECT_EQ(thread.actual(), kTagsPerNs);
}

}  // namespace
}  // namespace sharesim
