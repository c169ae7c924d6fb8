// What eevdf keeps of its clients, where two fractions of a tag unit make a whole one.

#include "schedulers/common/active_clients.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

using namespace std::chrono_literals;

// A request of 1 ns at weight 20160 is half a unit of virtual time (1 ns at weight 1 is 10080). The first
// deadline is 1/2, rounded down to 0; after the request ve = 1/2 and vd = 1/2 + 1/2 = 1, not 0 2/2.
TEST(ActiveClients, TwoHalvesOfAUnitAreAUnit) {
  ActiveClients clients;
  clients.add(0, 2 * kTagsPerNs, 1ns);
  clients.join(0);
  EXPECT_EQ(clients.deadline(0), 0);
  clients.charge(0, 1ns);
  EXPECT_TRUE(clients.use(0, 1ns));
  clients.begin_request(0);
  EXPECT_EQ(clients.eligible(0), 0);
  EXPECT_EQ(clients.deadline(0), 1);
  EXPECT_EQ(clients.deadline_key(0), ActiveClients::Key{1} << 63U);
}

}  // namespace
}  // namespace sharesim
