// Round robin, by its order.

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/scripted_queue.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

// Does everyone get one slice in turn, whatever the weights? Three that always run: ABC ABC.
TEST(RoundRobin, OneSliceEachInTurn) {
  ScriptedQueue queue("rr:slice=10ms");
  queue.add_hog(100);
  queue.add_hog(1);
  queue.add_hog(10'000);
  queue.run_until(Time(60ms));
  EXPECT_EQ(queue.order(), "ABCABC");
  for (EntityId e = 0; e < 3; ++e) EXPECT_EQ(queue.service(e, kStart, Time(60ms)), 20ms);
}

// Does one that wakes up join at the tail, before one whose run ends at that instant? Slices 10 ms:
// A 0-10, B 10-20 while C wakes up at 20: at 20 the line is A, C and then B.
TEST(RoundRobin, WakeupsJoinAtTheTail) {
  ScriptedQueue queue("rr:slice=10ms");
  queue.add_hog(1);
  queue.add_hog(1);
  queue.add_hog(1, Time(20ms));
  queue.run_until(Time(60ms));
  EXPECT_EQ(queue.order(), "ABACBA");
}

// What does one get that yields after 2 of 10 ms? It goes to the tail like the others: 2 ms of each
// round of 12.
TEST(RoundRobin, YieldingLosesTheRestOfTheSlice) {
  ScriptedQueue queue("rr:slice=10ms");
  const EntityId polite = queue.add(1, {{2ms, 0ms}}, kStart, true);
  queue.add_hog(1);
  queue.run_until(Time(120ms));
  EXPECT_EQ(queue.order(), "ABABABABABABABABABAB");
  EXPECT_EQ(queue.service(polite, kStart, Time(120ms)), 20ms);
}

/// Two CPUs; entity 0 may run on CPU 1 only.
class PinnedHost final : public QueueHost {
 public:
  Duration remaining_burst(EntityId) const override { return kForever; }
  bool allowed(EntityId e, CpuId cpu) const override { return e != 0 || cpu == 1; }
  bool has_affinity() const override { return true; }
  const Bandwidth* cap(EntityId) const override { return nullptr; }
};

// With one queue for two CPUs, does a CPU pass over those that may not run there, and do they keep
// their place? Line 0 1 2, where 0 is not for CPU 0: CPU 0 takes 1, CPU 1 takes 0, CPU 0 takes 2.
TEST(RoundRobin, PassesOverThoseThatMayNotRunThere) {
  const SchedulerChoice choice = Registry::global().parse("rr:scope=global");
  const PinnedHost host;
  const auto rr = choice.make(
      {.parameters = choice, .host = host, .cpus = 2, .capacity = 2 * kOneCpu, .seed = 1});
  for (EntityId e = 0; e < 3; ++e) {
    rr->add(e, 1, kStart);
    rr->enqueue(e, kStart, EnqueueReason::kWakeup);
  }
  EXPECT_EQ(rr->pick_next(0, kStart), 1U);
  EXPECT_EQ(rr->pick_next(1, kStart), 0U);
  rr->dequeue(2, kStart);
  EXPECT_EQ(rr->pick_next(0, kStart), kNoEntity);
  rr->put_prev(0, Time(1ms), 1ms, StopReason::kPreempted);
  EXPECT_EQ(rr->pick_next(0, Time(1ms)), kNoEntity);
  EXPECT_EQ(rr->pick_next(1, Time(1ms)), 0U);

  // A group that has been queued again while it ran keeps that one place when the run ends.
  rr->enqueue(0, Time(1ms), EnqueueReason::kMoreWork);
  rr->put_prev(0, Time(2ms), 1ms, StopReason::kSliceEnd);
  EXPECT_EQ(rr->pick_next(1, Time(2ms)), 0U);
  EXPECT_EQ(rr->pick_next(1, Time(2ms)), kNoEntity);
}

}  // namespace
}  // namespace sharesim
