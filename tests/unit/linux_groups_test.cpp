// Linux's schedulers in groups and with the engine's timer: what a single queue cannot show.

#include <algorithm>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::test {
namespace {

using ::testing::StartsWith;

/// Nests a task's group `depth` deep; 0: none.
GroupId nested(ScenarioBuilder& b, const std::string& name, int depth) {
  GroupId group = kRoot;
  for (int i = 0; i < depth; ++i) group = b.group(name + std::to_string(i), 100, group);
  return group;
}

/// How long a sleeper (1 ms, then 33 ms away) waits after its second wakeup, beside a hog; `depth` says how many
/// groups there are around each of them.
Duration wait_beside_hog(const std::string& scheduler, int depth, bool quiet, bool idle = false) {
  ScenarioBuilder b;
  b.duration(80ms);
  b.task("hog", 100, RunForever{}, nested(b, "one", depth));
  TaskSpec& sleeper = b.task("sleeper", 100, loop(1ms, 33ms), nested(b, "two", depth));
  sleeper.hints = {{"slice", to_ns(1ms), "1ms"}};
  if (quiet) sleeper.hints.push_back({"batch", 1, "true"});
  sleeper.idle = idle;
  const RunLog log = run_scenario(b.build(), scheduler);
  const Time woken = log.completions.at(0).at + 33ms;
  for (const RunInterval& run : log.runs) {
    if (run.task == 1 && run.begin >= woken) return run.begin - woken;
  }
  return kForever;
}

// A batch task that wakes up waits for the end of the hog's slice, also where the hog is in another group, and where
// there are two groups around each. Any other preempts the hog at once: it has a shorter slice, and a lead of half
// of CFS's latency. What an idle task does is no different.
TEST(LinuxGroups, BatchTasksPreemptNobodyAtAnyLevel) {
  for (const char* scheduler :
       {"linux_eevdf:slice=10ms", "linux_eevdf:slice=10ms,version=6.12", "cfs:latency=20ms"}) {
    for (const int depth : {0, 1, 2}) {
      EXPECT_EQ(wait_beside_hog(scheduler, depth, false), 0ms) << scheduler << " " << depth;
      EXPECT_GT(wait_beside_hog(scheduler, depth, true), 0ms) << scheduler << " " << depth;
      EXPECT_GT(wait_beside_hog(scheduler, depth, false, true), 0ms) << scheduler << " " << depth;
    }
  }
}

/// Who runs when, of two hogs on one of two CPUs.
std::string slots_of_two_hogs(const std::string& scheduler) {
  ScenarioBuilder b;
  b.cpus(2).duration(40ms);
  b.machine().tick = 4ms;
  for (const char* name : {"a", "b"}) b.task(name, 100).cpus = CpuSet::parse("0");
  return run_scenario(b.build(), scheduler).slots();
}

// HRTICK sets a timer to the end of the slice: 1.4 ms on two CPUs; under CFS 6 of 12 ms (a, who came first, has a
// debit of 12, b one of 6). Without it a slice ends at the next tick, every 4 ms; under CFS at the first at which it
// has been exceeded.
TEST(LinuxTimer, EndsSlicesBetweenTicks) {
  EXPECT_THAT(slots_of_two_hogs("linux_eevdf:features=+HRTICK"),
              StartsWith("a 0s-1.4ms, b 1.4ms-2.8ms, a 2.8ms-4.2ms, b 4.2ms-5.6ms, "));
  EXPECT_THAT(slots_of_two_hogs("linux_eevdf"), StartsWith("a 0s-4ms, b 4ms-8ms, a 8ms-12ms, "));
  EXPECT_THAT(slots_of_two_hogs("cfs:features=+HRTICK"),
              StartsWith("b 0s-6ms, a 6ms-12ms, b 12ms-18ms, "));
  EXPECT_THAT(slots_of_two_hogs("cfs"), StartsWith("b 0s-8ms, a 8ms-16ms, b 16ms-24ms, "));
}

// Whoever is alone has no timer, until somebody comes: then it is set to the slice since the pick. b comes at 0.5 ms,
// while a is protected until 0.7: it runs at 1.4, where without a timer it would be at 4. It comes at 5 ms: a's 1.4 ms
// have passed, so somebody is picked at once. That is a, whose deadline, renewed at the tick of 4 ms, is 5.4 and not
// 5 + 0.7; after another 1.4 ms, it is b.
TEST(LinuxTimer, IsSetWhenSomebodyComes) {
  for (const auto& [start, begin] :
       std::map<Duration, Time>{{500us, Time(1400us)}, {5ms, Time(6400us)}}) {
    ScenarioBuilder b;
    b.cpus(2).duration(20ms);
    b.machine().tick = 4ms;
    b.task("a", 100).cpus = CpuSet::parse("0");
    TaskSpec& late = b.task("b", 100);
    late.cpus = CpuSet::parse("0");
    late.start = start;
    const RunLog log = run_scenario(b.build(), "linux_eevdf:features=+HRTICK");
    const auto first = std::find_if(log.runs.begin(), log.runs.end(),
                                    [](const RunInterval& run) { return run.task == 1; });
    ASSERT_NE(first, log.runs.end());
    EXPECT_EQ(to_ns(first->begin - kStart), to_ns(begin - kStart));
  }
}

}  // namespace
}  // namespace sharesim::test
