// The CPUs of Xen's credit scheduler: those that are parked, interrupted, or may not run where they were.

#include "schedulers/common/xen_cpus.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/even_host.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

const EvenHost kEverywhere(false);

/// Entities 0, 1, ... come at 0, UNDER, with slices of 30 ms and no ratelimit.
XenCpus waiting(CpuId cpus, EntityId entities, const QueueHost& host = kEverywhere) {
  XenCpus made(cpus, 30ms, 0ms, host);
  for (EntityId e = 0; e < entities; ++e) {
    made.add(e);
    made.come(e, false, kStart);
  }
  return made;
}

// Is one that wakes up while it is parked there when it is unparked, and one that went to sleep not?
TEST(XenCpus, ParkedOneComesAndGoes) {
  for (const bool comes_back : {true, false}) {
    XenCpus cpus = waiting(1, 1);
    cpus.park(0);
    EXPECT_EQ(cpus.take_next(0, kStart), kNoEntity);
    cpus.go(0);
    if (comes_back) cpus.come(0, false, Time(5ms));
    cpus.unpark(0, Time(30ms));
    EXPECT_EQ(cpus.take_next(0, Time(30ms)), comes_back ? 0 : kNoEntity);
  }
}

// Does an unparked one take the CPU from one that is OVER, where it may run now? 0 was on CPU 0 and may only run on CPU 1
// since, where 1 runs: it is CPU 1 that has to look.
TEST(XenCpus, UnparkedOneCallsACpuWhereItMayRun) {
  class Moved final : public QueueHost {
   public:
    Duration remaining_burst(EntityId) const override { return kForever; }
    bool allowed(EntityId e, CpuId cpu) const override { return !moved || e != 0 || cpu == 1; }
    bool has_affinity() const override { return moved; }
    const Bandwidth* cap(EntityId) const override { return nullptr; }
    bool moved = false;
  } host;
  XenCpus cpus = waiting(2, 2, host);
  ASSERT_EQ(cpus.take_next(0, kStart), 0U);
  ASSERT_EQ(cpus.take_next(1, kStart), 1U);
  cpus.set_priority(1, kOver);
  cpus.park(0);
  cpus.end_run(0, Time(5ms), 5ms, true);
  host.moved = true;
  EXPECT_EQ(cpus.next_call(), kNever);
  cpus.unpark(0, Time(30ms));
  EXPECT_EQ(cpus.next_call(), Time(30ms));
  EXPECT_TRUE(cpus.answer_calls(Time(30ms)));
}

/// Two CPUs, 0, 2 and 4 at the first, 1, 3 and 5 at the second one. 0 and 1 run, 5 sleeps. At 10 ms 0 is parked, so all
/// runs end, and 1 is to go on.
XenCpus interrupted() {
  XenCpus cpus = waiting(2, 6);
  EXPECT_EQ(cpus.take_next(0, kStart), 0U);
  EXPECT_EQ(cpus.take_next(1, kStart), 1U);
  cpus.go(5);
  cpus.park(0);
  EXPECT_TRUE(cpus.answer_calls(Time(10ms)));
  cpus.end_run(0, Time(10ms), 10ms, true);
  cpus.end_run(1, Time(10ms), 10ms, true);
  return cpus;
}

// Does 1 go on before 3, which waits already, for the 20 ms that are left, though 5 comes at that instant, with the same
// priority? It does; only one with a higher priority goes first.
TEST(XenCpus, InterruptedOneGoesOn) {
  for (const bool boosted : {false, true}) {
    XenCpus cpus = interrupted();
    if (boosted) cpus.set_priority(5, kBoost);
    cpus.come(5, false, Time(10ms));
    const EntityId first = cpus.take_next(1, Time(10ms));
    EXPECT_EQ(first, boosted ? 5U : 1U);
    EXPECT_EQ(cpus.granted(first), boosted ? 30ms : 20ms);
  }
}

// And if it has been away in between? It is the last in line, and has a slice of its own.
TEST(XenCpus, InterruptedOneThatLeavesBeginsAnew) {
  XenCpus cpus = interrupted();
  cpus.go(1);
  cpus.come(1, false, Time(10ms));
  EXPECT_EQ(cpus.take_next(1, Time(10ms)), 3U);
  cpus.end_run(3, Time(11ms), 1ms, false);
  EXPECT_EQ(cpus.take_next(1, Time(11ms)), 1U);
  EXPECT_EQ(cpus.granted(1), 30ms);
}

}  // namespace
}  // namespace sharesim
