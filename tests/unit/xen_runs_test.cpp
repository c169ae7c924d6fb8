// The runs of Xen's credit scheduler: when may one be preempted, and which ones go on.

#include "schedulers/common/xen_runs.hpp"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

using namespace std::chrono_literals;

/// A ratelimit of 1 ms; from 0 on `cpus` runs of slices of 30 ms.
XenRuns running(CpuId cpus) {
  XenRuns runs(cpus, 1ms);
  for (CpuId cpu = 0; cpu < cpus; ++cpu)
    runs.begin(cpu, {.entity = cpu, .began = kStart, .slice_end = Time(30ms)});
  return runs;
}

// A run is safe for the ratelimit, and no longer: at 1 ms sharp it may be preempted. A call before that is for then,
// a later one for at once.
TEST(XenRuns, RunIsSafeForTheRatelimit) {
  XenRuns runs = running(1);
  EXPECT_FALSE(runs.is_preemptible(0, at_ns(999'999)));
  EXPECT_TRUE(runs.is_preemptible(0, Time(1ms)));
  runs.call(0, Time(500us));
  EXPECT_EQ(runs.next_call(), Time(1ms));
  EXPECT_FALSE(runs.answer_calls(Time(1ms), [](CpuId, bool called) { return !called; }));
  EXPECT_EQ(runs.next_call(), kNever);
  runs.call(0, Time(2ms));
  EXPECT_EQ(runs.next_call(), Time(2ms));
}

// If one has to end all do, and the others go on: not the one that ends, nor one whose slice ends at that instant. If none
// has to, none is interrupted.
TEST(XenRuns, OthersGoOnIfOneEnds) {
  for (const bool ends : {true, false}) {
    XenRuns runs = running(3);
    runs.on(2).slice_end = Time(10ms);
    EXPECT_EQ(runs.answer_calls(Time(10ms), [&](CpuId cpu, bool) { return ends && cpu == 0; }),
              ends);
    EXPECT_FALSE(runs.on(0).goes_on);
    EXPECT_EQ(runs.on(1).goes_on, ends);
    EXPECT_FALSE(runs.on(2).goes_on);
  }
}

// Two calls, one answered: the other one remains.
TEST(XenRuns, EarliestCallRemains) {
  XenRuns runs = running(2);
  runs.on(1).began = Time(5ms);
  runs.call(0, Time(5ms));
  runs.call(1, Time(5ms));
  EXPECT_EQ(runs.next_call(), Time(5ms));
  std::vector<bool> called;
  runs.answer_calls(Time(5ms),
                    [&](CpuId, bool is_called) { return called.push_back(is_called), false; });
  EXPECT_EQ(called, (std::vector{true, false}));
  EXPECT_EQ(runs.next_call(), Time(6ms));
}

// Nothing is debited twice: 4 ms of the run at 4 ms, then 6 more at 10.
TEST(XenRuns, BurnsWhatHasNotBeenBurnt) {
  XenRuns runs = running(1);
  EXPECT_EQ(runs.burn(0, Time(4ms)), 4ms);
  EXPECT_EQ(runs.burn(0, Time(10ms)), 6ms);
  EXPECT_EQ(runs.on(0).burned, 10ms);
}

}  // namespace
}  // namespace sharesim
