// The run queues of Xen's credit scheduler, by hand: in which order, and who steals from whom.

#include "schedulers/common/xen_queues.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/support/even_host.hpp"

namespace sharesim {
namespace {

const EvenHost kEverywhere(false);
const EvenHost kEven(true);

bool nobody(CpuId) { return false; }

/// Entities 0, 1, ... wait at these CPUs, in this order, UNDER.
XenQueues waiting(CpuId cpus, const std::vector<CpuId>& at, const QueueHost& host = kEverywhere) {
  XenQueues queues(cpus, host);
  for (EntityId e = 0; e < at.size(); ++e) {
    queues.add(e);
    queues.set_cpu(e, at[e]);
    queues.push_back(e);
  }
  return queues;
}

/// Everyone, in the order in which `cpu` takes them.
std::vector<EntityId> all_taken_by(XenQueues& queues, CpuId cpu) {
  std::vector<EntityId> order;
  for (EntityId e = queues.next(cpu); e != kNoEntity; e = queues.next(cpu)) {
    queues.erase(e);
    order.push_back(e);
  }
  return order;
}

using Order = std::vector<EntityId>;

// BOOST, then UNDER, then OVER, and first come first served in each: 3 and 0 are boosted in this
// order, 1 is OVER.
TEST(XenQueues, ByPriorityThenFirstComeFirstServed) {
  XenQueues queues = waiting(1, {0, 0, 0, 0, 0});
  queues.requeue(3, kBoost);
  queues.requeue(0, kBoost);
  queues.requeue(1, kOver);
  EXPECT_EQ(all_taken_by(queues, 0), (Order{3, 0, 2, 4, 1}));
}

// Does an accounting move those that wait at once? It does not: 0, now OVER, keeps its place until
// the queues are sorted, and then goes behind the others.
TEST(XenQueues, AJudgedOneStaysWhereItIsUntilSorted) {
  XenQueues queues = waiting(1, {0, 0, 0});
  queues.judge(0, kOver);
  EXPECT_EQ(queues.priority(0), kOver);
  EXPECT_EQ(queues.next(0), 0U);
  queues.sort(nobody);
  EXPECT_EQ(all_taken_by(queues, 0), (Order{1, 2, 0}));
}

// CPU 0 has only one that is OVER. It takes 1, UNDER, from CPU 1, before its own.
TEST(XenQueues, ACpuStealsRatherThanTakeOneThatIsOver) {
  XenQueues queues = waiting(2, {0, 1});
  queues.requeue(0, kOver);
  EXPECT_EQ(queues.next(0), 1U);
}
// But nobody steals as long as its own are UNDER, not even one that is boosted.
TEST(XenQueues, ACpuTakesItsOwnFirst) {
  XenQueues queues = waiting(2, {0, 1});
  queues.requeue(1, kBoost);
  EXPECT_EQ(queues.next(0), 0U);
}
// An idle CPU takes what there is, OVER or interrupted; one that has any of its own does not.
TEST(XenQueues, AnIdleCpuStealsAll) {
  XenQueues queues = waiting(3, {1, 1, 2});
  queues.requeue(0, kOver);
  queues.erase(1);
  queues.push_interrupted(1);
  queues.requeue(2, kOver);
  EXPECT_EQ(queues.next(2), 2U);  // its own
  EXPECT_EQ(all_taken_by(queues, 0), (Order{1, 0, 2}));
}
// From whom first? From the next CPU on, round and round: CPU 1 takes from 2, then from 0.
TEST(XenQueues, AThiefBeginsAtTheNextCpu) {
  XenQueues queues = waiting(3, {0, 2});
  EXPECT_EQ(all_taken_by(queues, 1), (Order{1, 0}));
}
// And only who may run there: entity 1 and CPU 0 do not go together, 2 and CPU 0 do.
TEST(XenQueues, AThiefTakesOnlyWhoMayRunThere) {
  XenQueues queues = waiting(2, {0, 1, 1}, kEven);
  queues.erase(0);
  EXPECT_EQ(all_taken_by(queues, 0), (Order{2}));
}

// Who is interrupted for the sake of another CPU goes on first, before one that is boosted.
TEST(XenQueues, AnInterruptedOneGoesOnFirst) {
  XenQueues queues = waiting(1, {0, 0});
  queues.erase(1);
  queues.push_interrupted(1);
  queues.requeue(0, kBoost);
  EXPECT_EQ(all_taken_by(queues, 0), (Order{1, 0}));
}
// Only until the queues are sorted: then it is one of those with its priority, and 0, which is boosted,
// comes before it.
TEST(XenQueues, SortingEndsTheTurnOfAnInterruptedOne) {
  XenQueues queues = waiting(1, {0, 0});
  queues.erase(1);
  queues.push_interrupted(1);
  queues.requeue(0, kBoost);
  queues.sort(nobody);
  EXPECT_EQ(all_taken_by(queues, 0), (Order{0, 1}));
}

// Which CPU has the least to do, one that runs counted? 2 wait at CPU 0, 1 at CPU 1, none at CPU 2,
// but one runs there: 1 and 2 are level, and the lower one it is. Entity 4 may run on 0 and 2 only.
TEST(XenQueues, TheLeastLoadedCpuHasTheFewestThatWaitOrRun) {
  XenQueues queues = waiting(3, {0, 0, 1}, kEverywhere);
  const auto busy = [](CpuId cpu) { return cpu == 2; };
  EXPECT_EQ(queues.least_loaded_cpu(3, busy), 1U);
  EXPECT_EQ(queues.least_loaded_cpu(3, nobody), 2U);
  XenQueues even = waiting(3, {0, 0, 1}, kEven);
  EXPECT_EQ(even.least_loaded_cpu(4, busy), 2U);
}

// Affinities may have changed: sorting moves those that may not run where they wait. Entity 0 waits at
// CPU 1, where it may not run, and goes to CPU 0.
TEST(XenQueues, SortingMovesThoseThatMayNotRunWhereTheyWait) {
  XenQueues queues = waiting(2, {1, 1}, kEven);
  queues.sort(nobody);
  EXPECT_EQ(queues.cpu(0), 0U);
  EXPECT_EQ(queues.cpu(1), 1U);
  EXPECT_TRUE(queues.contains(0));
  EXPECT_EQ(queues.first(0, kBoost, kPriorities), 0U);
}

}  // namespace
}  // namespace sharesim
