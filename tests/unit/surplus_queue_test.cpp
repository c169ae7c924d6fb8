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

// A tie of surplus and start tag goes to the lower id, though the search sees it last: 2 has S = 1, weight 30240 and a surplus of
// 30240, and is the first to be looked at; beside it is 3 with S = 2 and 20160; and then there is 0, as 3. 4 runs, at v = 0.
TEST(SurplusQueue, TiesGoToTheLowerId) {
  const EvenHost everywhere(false);
  SurplusQueue queue(1, everywhere);
  const std::vector<Weight> weights{1, 1, 3, 1, 3};
  for (EntityId e = 0; e < weights.size(); ++e) {
    queue.add(e, weights[e] * kTagsPerNs);
    queue.join(e);
  }
  for (const EntityId e : {0U, 2U, 3U}) {
    queue.charge(e, e == 2 ? 3ns : 2ns);
    queue.queue(e);
  }
  EXPECT_EQ(queue.smallest_start(), 2U);
  EXPECT_EQ(queue.smallest_surplus(0), 0U);
}

}  // namespace
}  // namespace sharesim
