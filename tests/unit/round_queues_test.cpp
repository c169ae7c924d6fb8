// The queues of distributed weighted round-robin: who belongs to which CPU and round.

#include "schedulers/common/round_queues.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/even_host.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

const EvenHost kEverywhere(false);

/// Of weight 1, with rounds of 10 ms.
RoundQueues queues_of(CpuId cpus, EntityId entities) {
  RoundQueues queues(cpus, kEverywhere);
  for (EntityId e = 0; e < entities; ++e) queues.add(e, 1);
  queues.set_round(to_ns(10ms) * kTagsPerNs);
  return queues;
}
void arrive(RoundQueues& queues, EntityId e) {
  queues.join(e);
  queues.queue(e);
}

// Does one that runs count as something to do? 0 has gone to CPU 0 and runs there, nobody waits; 1 goes to CPU 1.
TEST(RoundQueues, NewOneGoesWhereLeastIsToDo) {
  RoundQueues queues = queues_of(2, 2);
  arrive(queues, 0);
  EXPECT_EQ(queues.cpu(0), 0U);
  queues.start_run(0, 0);
  arrive(queues, 1);
  EXPECT_EQ(queues.cpu(1), 1U);
}

// In which round does a CPU begin that has had nothing to do? In the highest of the others, whichever that is: CPU 0 is
// in round 2, 1 still waits at CPU 1 in round 0, and 2 is the first that comes to CPU 2.
TEST(RoundQueues, IdleCpuBeginsInTheHighestRound) {
  RoundQueues queues = queues_of(3, 3);
  arrive(queues, 0);
  queues.start_run(0, 0);
  arrive(queues, 1);
  queues.end_run(0, 20ms, Time(20ms));
  queues.queue(0);
  queues.start_run(0, 0);
  EXPECT_EQ(queues.round_at(0), 2);
  EXPECT_EQ(queues.round_at(1), 0);
  arrive(queues, 2);
  EXPECT_EQ(queues.cpu(2), 2U);
  EXPECT_EQ(queues.round_at(2), 2);
  EXPECT_EQ(queues.round_of(2), 2);
}

// Is what is left of a round counted to the fraction? Weight 20160: 1 ns is half a unit of v (1 ns at weight 1 is
// 10080), so that 10 units of round are 10 * 20160 less 10080.
TEST(RoundQueues, FractionOfAUnitIsUsedUp) {
  RoundQueues queues(1, kEverywhere);
  queues.add(0, 2 * kTagsPerNs);
  queues.set_round(10);
  arrive(queues, 0);
  queues.start_run(0, 0);
  queues.end_run(0, 1ns, Time(1ns));
  EXPECT_EQ(static_cast<std::int64_t>(queues.left_of_round(0)), 19 * kTagsPerNs);
}

}  // namespace
}  // namespace sharesim
