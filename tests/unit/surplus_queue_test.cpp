// The search for the smallest surplus, where one unit of virtual time decides.

#include "schedulers/common/surplus_queue.hpp"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/even_host.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

// Weights 15120 and 10080 (1 ns at weight 1 is 10080 units), and one at v = 0 that runs. After 2 and 1 ns both have S = 1,
// rounded down: surpluses of 15120 and 10080. The search sees the first one first; with its surplus nobody can have less
// from S = 15120 / 10080 = 1 1/2 on, that is 2, so it goes on to the second.
TEST(SurplusQueue, SearchGoesOnAsLongAsSomebodyMayHaveLess) {
  const EvenHost everywhere(false);
  SurplusQueue queue(1, everywhere);
  const std::vector<Weight> weights{3 * kTagsPerNs / 2, kTagsPerNs, 2 * kTagsPerNs};
  for (EntityId e = 0; e < weights.size(); ++e) {
    queue.add(e, weights[e]);
    queue.join(e);
  }
  queue.charge(0, 2ns);
  queue.charge(1, 1ns);
  for (EntityId e = 0; e < 2; ++e) {
    EXPECT_EQ(queue.start(e), 1);
    queue.queue(e);
  }
  EXPECT_EQ(queue.v(), 0);
  EXPECT_EQ(queue.smallest_surplus(0), 1U);
}

}  // namespace
}  // namespace sharesim
