// Linux's EEVDF, rule by rule: each with the numbers that the kernel's formulas give.

#include <chrono>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "schedulers/common/average_vruntime.hpp"
#include "schedulers/common/kernel_weight.hpp"
#include "sim/scenario/distribution.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/side_by_side.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

constexpr Weight kNice0 = 1024;

Duration v(const ScriptedQueue& queue, EntityId e) { return ns(queue.state(e, "vruntime")); }
Duration deadline(const ScriptedQueue& queue, EntityId e) { return ns(queue.state(e, "deadline")); }
Duration lag(const ScriptedQueue& queue, EntityId e) { return ns(queue.state(e, "lag")); }
bool delayed(const ScriptedQueue& queue, EntityId e) { return queue.state(e, "delayed") != 0; }

// calc_delta_fair(): nice 0 is exact. At 2048 the inverse is (2^32 - 1) / 2048 = 2097151, times 1024 is
// 2147482624, and 1 ms of that >> 32 is 499999 (.77). cpu.weight 1 is 10.24, that is 10, 10000 is 102400; a
// part of a group's shares is at least 2 (MIN_SHARES).
TEST(KernelWeight, IsTheKernelsArithmetic) {
  EXPECT_EQ(KernelWeight(1024).virtual_time(1ms), 1'000'000);
  EXPECT_EQ(KernelWeight(2048).virtual_time(1ms), 499'999);
  EXPECT_EQ(KernelWeight::of(1, 100).value(), 10);
  EXPECT_EQ(KernelWeight::of(10000, 100).value(), 102'400);
  EXPECT_EQ(KernelWeight::of(1, 100'000).value(), 2);
}

// Is cpu_time() the least time that adds so much? For any weight, and times from ns to an hour.
TEST(KernelWeight, KnowsHowLongItTakes) {
  RandomStream stream = make_stream(1, 1);
  for (int i = 0; i < 20'000; ++i) {
    const KernelWeight weight(2 + stream() % 102'399);
    const VirtualNs time =
        1 + static_cast<VirtualNs>(stream() % (std::uint64_t{1} << (stream() % 32)));
    const Duration needed = weight.cpu_time(time * (i % 2 == 0 ? 1 : 1000));
    ASSERT_GE(weight.virtual_time(needed), time * (i % 2 == 0 ? 1 : 1000));
    ASSERT_LT(weight.virtual_time(needed - ns(1)), time * (i % 2 == 0 ? 1 : 1000));
  }
}

// v = 0 and 6 with weights 1024 and 2048: V = 12 / 3 = 4. Rounded down on both sides of 0: (0 - 1) / 2 = -1.
TEST(AverageVruntime, IsRoundedDown) {
  AverageVruntime average;
  average.add(0, 1024);
  average.add(6, 2048);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(average.reaches(4));
    EXPECT_FALSE(average.reaches(5));
    EXPECT_EQ(average.settle(), 4);  // and counts from there on
  }
  average.remove(6, 2048);
  average.add(-1, 1024);
  EXPECT_TRUE(average.reaches(-1));
  EXPECT_FALSE(average.reaches(0));
  EXPECT_EQ(average.settle(), -1);
  average.remove(0, 1024);
  average.remove(-1, 1024);
  EXPECT_EQ(average.settle(), -1);  // and it stays when the last one leaves
}

// base_slice_ns is 0.70 ms times 1, 2, 3, 4 on 1, 2, 4, 8 CPUs, and no more beyond; before 6.15 0.75 ms.
TEST(LinuxEevdf, SlicesByCpusAndVersion) {
  const auto slice = [](std::string_view choice, CpuId cpus) {
    ScriptedQueue queue(choice, ScriptedMachine{.cpus = cpus});
    queue.add_hog(kNice0);
    return ns(queue.state(0, "slice"));
  };
  EXPECT_EQ(slice("linux_eevdf", 1), 700us);
  EXPECT_EQ(slice("linux_eevdf", 2), 1400us);
  EXPECT_EQ(slice("linux_eevdf", 4), 2100us);
  EXPECT_EQ(slice("linux_eevdf", 64), 2800us);
  EXPECT_EQ(slice("linux_eevdf:version=6.12", 2), 1500us);
  EXPECT_EQ(slice("linux_eevdf:slice=3ms", 2), 3ms);
}

// A new task's first deadline is half a slice away (PLACE_DEADLINE_INITIAL), the next ones a whole one.
// Slices of 6 ms, two hogs: A to 3, B to 3, A to 9, ...
TEST(LinuxEevdf, FirstSlicesAreHalves) {
  ScriptedQueue queue("linux_eevdf:slice=6ms");
  queue.add_hog(kNice0);
  queue.add_hog(kNice0);
  queue.run_until(Time(24ms));
  const std::vector<ScriptedRun> runs{{0, Time(0ms), Time(3ms)},
                                      {1, Time(3ms), Time(6ms)},
                                      {0, Time(6ms), Time(12ms)},
                                      {1, Time(12ms), Time(18ms)}};
  EXPECT_EQ(std::vector(queue.runs().begin(), queue.runs().begin() + 4), runs);
  ScriptedQueue whole("linux_eevdf:slice=6ms,features=-PLACE_DEADLINE_INITIAL");
  whole.add_hog(kNice0);
  EXPECT_EQ(deadline(whole, 0), 0ms);
  whole.run_until(Time(1ms));
  EXPECT_EQ(deadline(whole, 0), 6ms);
}

// Is lag kept over a sleep? A runs to 3; B from 3 to 4, and sleeps 10: V = (3 + 1) / 2 = 2, B is owed 1.
// At 14 A has v = 13 = V: B comes in at 13 - 1 (1024 + 1024) / 1024 = 11, so that V = 12 and its lag is 1
// again; deadline 17. A, at 13, is not eligible: B preempts it. -PLACE_LAG: at 13.
TEST(LinuxEevdf, LagIsKeptOverASleep) {
  for (const bool kept : {true, false}) {
    ScriptedQueue queue(kept ? "linux_eevdf:slice=6ms"
                             : "linux_eevdf:slice=6ms,features=-PLACE_LAG");
    const EntityId a = queue.add_hog(kNice0);
    const EntityId b = queue.add(kNice0, {{1ms, 10ms}, {}});
    queue.run_until(Time(13ms));
    EXPECT_FALSE(delayed(queue, b));
    EXPECT_EQ(lag(queue, b), 1ms);
    queue.run_until(Time(14ms));
    EXPECT_EQ(v(queue, a), 13ms);
    EXPECT_EQ(v(queue, b), kept ? 11ms : 13ms);
    EXPECT_EQ(lag(queue, b), kept ? 1ms : 0ms);
    EXPECT_EQ(deadline(queue, b), kept ? 17ms : 19ms);
  }
}

// Whoever goes to sleep in debt stays and competes (DELAY_DEQUEUE). A runs 2 ms and sleeps for 1: v_A = 2 >
// V = 1. B runs; at 3 V = (2 + 1) / 2 = 1.5, A wakes up where it is, with its deadline of 3. 6.6 lets it go
// with its lag of -1, and takes it back at 1 + 1 * 2 = 3.
TEST(LinuxEevdf, WhoIsInDebtStaysForAWhile) {
  const auto script = [](std::string_view choice) {
    auto queue = std::make_unique<ScriptedQueue>(choice);
    queue->add(kNice0, {{2ms, 1ms}, {}});
    queue->add_hog(kNice0);
    queue->run_until(Time(2500us));
    return queue;
  };
  const auto now = script("linux_eevdf:slice=6ms");
  EXPECT_TRUE(delayed(*now, 0));
  now->run_until(Time(3ms));
  EXPECT_FALSE(delayed(*now, 0));
  EXPECT_EQ(v(*now, 0), 2ms);
  EXPECT_EQ(deadline(*now, 0), 3ms);
  for (const char* choice :
       {"linux_eevdf:slice=6ms,version=6.6", "linux_eevdf:slice=6ms,features=-DELAY_DEQUEUE"}) {
    const auto then = script(choice);
    EXPECT_FALSE(delayed(*then, 0)) << choice;
    EXPECT_EQ(lag(*then, 0), -1ms) << choice;
    then->run_until(Time(3ms));
    EXPECT_EQ(v(*then, 0), 3ms) << choice;
  }
}

// A sleeps for 6 ms instead. At the end of B's slice, at 5, v_B = 3 and V = 2.5: A is picked, and its debt is
// paid: it goes with lag 0. At 8 B is at 6, and so is A (DELAY_ZERO). Else it would go with .5, and come in
// at 6 - .5 * 2 = 5.
TEST(LinuxEevdf, WhoHasPaidGoesWithoutLag) {
  for (const bool zero : {true, false}) {
    ScriptedQueue queue(zero ? "linux_eevdf:slice=6ms"
                             : "linux_eevdf:slice=6ms,features=-DELAY_ZERO");
    queue.add(kNice0, {{2ms, 6ms}, {}});
    queue.add_hog(kNice0);
    queue.run_until(Time(6ms));
    EXPECT_FALSE(delayed(queue, 0));
    EXPECT_EQ(lag(queue, 0), zero ? 0us : 500us);
    queue.run_until(Time(8ms));
    EXPECT_EQ(v(queue, 0), zero ? 6ms : 5ms);
  }
}

/// What the host knows of a single CPU where nothing is said of anybody.
class PlainHost final : public QueueHost {
 public:
  Duration remaining_burst(EntityId) const override { return kForever; }
  bool allowed(EntityId, CpuId) const override { return true; }
  bool has_affinity() const override { return false; }
  const Bandwidth* cap(EntityId) const override { return nullptr; }
};

class Value final : public StateSink {
 public:
  Value(const Scheduler& scheduler, EntityId e, std::string_view name) : name_(name) {
    scheduler.describe(e, *this);
  }
  void value(std::string_view name, std::int64_t number) override {
    if (name == name_) number_ = number;
  }
  std::int64_t get() const { return number_; }

 private:
  std::string_view name_;
  std::int64_t number_ = 0;
};

// Lag is bounded by max(2 r, tick): A runs for 100 ms without a break, V = 50; B is picked, and sleeps at once:
// it would be owed 50, and is owed 2 * 3 ms, or the tick of 8 ms; at weight 2048 half of that in virtual time.
TEST(LinuxEevdf, LagIsBounded) {
  const auto owed = [](Duration tick, Weight weight) {
    const PlainHost host;
    const SchedulerChoice choice = Registry::global().parse("linux_eevdf:slice=3ms");
    const auto queue = choice.make({.parameters = choice,
                                    .host = host,
                                    .cpus = 1,
                                    .capacity = kOneCpu,
                                    .seed = 1,
                                    .machine_tick = tick});
    queue->add(0, kNice0, kStart);
    queue->add(1, weight, kStart);
    queue->enqueue(0, kStart, EnqueueReason::kWakeup);
    EXPECT_EQ(queue->pick_next(0, kStart), 0U);
    queue->enqueue(1, kStart, EnqueueReason::kWakeup);
    queue->put_prev(0, Time(100ms), 100ms, StopReason::kSliceEnd);
    EXPECT_EQ(queue->pick_next(0, Time(100ms)), 1U);
    queue->put_prev(1, Time(100ms), 0ms, StopReason::kBlocked);
    return ns(Value(*queue, 1, "lag").get());
  };
  EXPECT_EQ(owed(0ms, kNice0), 6ms);
  EXPECT_EQ(owed(8ms, kNice0), 8ms);
  EXPECT_EQ(owed(0ms, 2 * kNice0), ns(2'999'998));
}

/// Two hogs with slices of 12 and 3 ms: when they change places.
std::vector<ScriptedRun> long_and_short(std::string_view choice, std::size_t count) {
  ScriptedQueue queue(choice);
  queue.set_hint(0, "slice", to_ns(12ms));
  queue.set_hint(1, "slice", to_ns(3ms));
  queue.add_hog(kNice0);
  queue.add_hog(kNice0);
  queue.run_until(Time(60ms));
  return {queue.runs().begin(), queue.runs().begin() + static_cast<std::ptrdiff_t>(count)};
}

// How long is a slice protected? First deadlines are 6 and 1.5: B to 1.5, then A, whose slice is 12 ms: since
// 6.18 it is safe for the shortest slice of all, 3 ms; before for its own first half slice, 6 ms. (The base
// slice counts for nothing here: both have their own.)
TEST(LinuxEevdf, SlicesAreProtectedForTheShortestOfAll) {
  EXPECT_EQ(
      long_and_short("linux_eevdf", 2),
      (std::vector<ScriptedRun>{{1, Time(0us), Time(1500us)}, {0, Time(1500us), Time(4500us)}}));
  EXPECT_EQ(
      long_and_short("linux_eevdf:version=6.12", 2),
      (std::vector<ScriptedRun>{{1, Time(0us), Time(1500us)}, {0, Time(1500us), Time(7500us)}}));
  // Without RUN_TO_PARITY 0.7 ms are protected; then B is ahead of V = .35, and it is A's turn.
  EXPECT_EQ(long_and_short("linux_eevdf:features=-RUN_TO_PARITY", 2)[1],
            (ScriptedRun{0, Time(700us), Time(1400us)}));
}

/// When one that begins at 2 ms with `slice` runs first, beside a hog with a slice of 8 ms.
Time first_run(std::string_view choice, Duration slice, bool batch = false) {
  ScriptedQueue queue(choice);
  queue.set_hint(0, "slice", to_ns(8ms));
  queue.set_hint(1, "slice", to_ns(slice));
  if (batch) queue.set_hint(1, "batch", 1);
  queue.add_hog(kNice0);
  queue.add(kNice0, {{1ms, 1h}}, Time(2ms));
  queue.run_until(Time(40ms));
  return queue.finished(1).front() - 1ms;
}

// The hog is at v = 2 = V and protected to its deadline, 4; who begins is at V, with half of its slice to its
// deadline. With a slice of 8 ms that is 6: it waits. With 2 ms it is 3, and the hog's protection does not hold
// against a shorter slice: it runs at once. Not so without PREEMPT_SHORT, nor as a batch task.
TEST(LinuxEevdf, ShorterSlicesPreempt) {
  EXPECT_EQ(first_run("linux_eevdf", 8ms), Time(4ms));
  EXPECT_EQ(first_run("linux_eevdf", 2ms), Time(2ms));
  EXPECT_EQ(first_run("linux_eevdf:version=6.12", 2ms), Time(2ms));
  EXPECT_EQ(first_run("linux_eevdf:features=-PREEMPT_SHORT", 2ms), Time(4ms));
  EXPECT_EQ(first_run("linux_eevdf:features=-WAKEUP_PREEMPTION", 2ms), Time(4ms));
  EXPECT_EQ(first_run("linux_eevdf", 2ms, true), Time(4ms));
}

// Is protection renewed for one that goes on? No (set_next_entity() is not called): the hog, alone until 10.5
// ms, has deadlines of 4, 12, 20, but was protected until 4 only. Who begins at 10.5 with a slice of 2 ms, and so a
// deadline of 11.5, runs at once, even without PREEMPT_SHORT.
TEST(LinuxEevdf, ProtectionIsNotRenewedForOneThatGoesOn) {
  ScriptedQueue queue("linux_eevdf:features=-PREEMPT_SHORT");
  queue.set_hint(0, "slice", to_ns(8ms));
  queue.set_hint(1, "slice", to_ns(2ms));
  queue.add_hog(kNice0);
  queue.add(kNice0, {{1ms, 1h}}, Time(10500us));
  queue.run_until(Time(20ms));
  EXPECT_EQ(queue.finished(1).front(), Time(11500us));
}

// A shorter slice that may not preempt, because its deadline is later, cuts the protection to its length: a hog with
// 100 ms is safe until 50. At 10 one with weight 256 and 30 ms begins: deadline 10 + 30 * 4 / 2 = 70. From then on the
// hog is safe until 10 + 30.
TEST(LinuxEevdf, ShorterSlicesCutTheProtection) {
  ScriptedQueue queue("linux_eevdf");
  queue.set_hint(0, "slice", to_ns(100ms));
  queue.set_hint(1, "slice", to_ns(30ms));
  queue.add_hog(kNice0);
  queue.add(256, {{1ms, 1h}}, Time(10ms));
  queue.run_until(Time(9ms));
  EXPECT_EQ(queue.state(0, "protected_until"), to_ns(50ms));
  queue.run_until(Time(11ms));
  EXPECT_EQ(queue.state(0, "protected_until"), to_ns(40ms));
}

// Nobody idle keeps others waiting: one that wakes up at 5.1 ms runs at once; of two hogs the idle one gets
// 3 / 1027 of the CPU in the long run: of 10 s 29.2 ms, within a slice.
TEST(LinuxEevdf, IdleGivesWay) {
  ScriptedQueue queue("linux_eevdf:slice=3ms");
  queue.set_idle(0);
  queue.add_hog(3);
  queue.add(kNice0, {{1ms, 1h}}, Time(5100us));
  queue.run_until(Time(7ms));
  EXPECT_EQ(queue.runs().back(), (ScriptedRun{1, Time(5100us), Time(6100us)}));
  ScriptedQueue both("linux_eevdf:slice=3ms");
  both.set_idle(0);
  both.add_hog(3);
  both.add_hog(kNice0);
  both.run_until(Time(10s));
  EXPECT_NEAR(static_cast<double>(to_ns(both.service(0, kStart, Time(10s)))), 29.2e6, 3e6);
}

// With a tick of 4 ms, slices of 1.4 ms end at ticks; with HRTICK exactly, the first one as well, whose deadline is
// only 0.7 ms away: the timer is set to the slice.
TEST(LinuxEevdf, SlicesEndAtTicks) {
  ScriptedQueue queue("linux_eevdf", ScriptedMachine{.cpus = 2, .tick = 4ms});
  queue.add_hog(kNice0);
  queue.add_hog(kNice0);
  queue.run_until(Time(17ms));
  EXPECT_EQ(queue.order(), "ABAB");
  EXPECT_EQ(queue.runs()[1], (ScriptedRun{1, Time(4ms), Time(8ms)}));
  ScriptedQueue exact("linux_eevdf:features=+HRTICK", ScriptedMachine{.cpus = 2, .tick = 4ms});
  exact.add_hog(kNice0);
  exact.add_hog(kNice0);
  exact.run_until(Time(17ms));
  EXPECT_EQ(exact.runs()[1], (ScriptedRun{1, Time(1400us), Time(2800us)}));
}

// A new weight keeps the lag and the end of the slice. A runs 4 ms of its slice: v_A = 4, d_A = 6 (slice 12), V = 2.
// From 1024 to 2048: v' = 2 + (4 - 2) / 2 = 3, d' = 2 + (6 - 2) / 2 = 4.
TEST(LinuxEevdf, NewWeightKeepsTheLag) {
  ScriptedQueue queue("linux_eevdf:slice=12ms");
  queue.add_hog(kNice0);
  queue.add_hog(kNice0);
  queue.run_until(Time(4ms));
  queue.set_weight(0, 2 * kNice0);
  EXPECT_EQ(v(queue, 0), 3ms);
  EXPECT_EQ(deadline(queue, 0), 4ms);
  EXPECT_EQ(ns(queue.state(0, "v")), 2ms);
}

// A task that goes from CPU to CPU takes its lag and the rest of its slice along: one that has waited since
// 0 beside one that ran 4 ms is owed 2, and its deadline of 6 is 6 away. On an empty queue, at 0, it begins
// at 0, with deadline 6. (It is dequeued first, and so the lag is as of then.)
TEST(LinuxEevdf, LagTravels) {
  const PlainHost host;
  const SchedulerChoice choice = Registry::global().parse("linux_eevdf:slice=12ms");
  const SchedulerContext context{
      .parameters = choice, .host = host, .cpus = 1, .capacity = kOneCpu, .seed = 1};
  const auto from = choice.make(context);
  const auto to = choice.make(context);
  for (EntityId e = 0; e < 2; ++e) {
    from->add(e, kNice0, kStart);
    from->enqueue(e, kStart, EnqueueReason::kWakeup);
  }
  EXPECT_EQ(from->pick_next(0, kStart), 0U);
  from->dequeue(1, Time(4ms));
  const Luggage luggage = from->pack(1);
  EXPECT_EQ(luggage.lag, to_ns(2ms));
  EXPECT_EQ(luggage.deadline, to_ns(6ms));
  to->add(0, kNice0, Time(4ms));
  to->unpack(0, luggage);
  to->enqueue(0, Time(4ms), EnqueueReason::kMigrated);
  EXPECT_EQ(Value(*to, 0, "vruntime").get(), 0);
  EXPECT_EQ(Value(*to, 0, "deadline").get(), to_ns(6ms));
}

}  // namespace

namespace test {
namespace {

// A group is picked, and below it there is only one that sleeps in debt: it goes, the group follows, and the
// CPU is given to the other group, without a break. And while both sleep in debt the CPU is idle, not lost.
TEST(LinuxEevdfGroups, SleepersInDebtHoldNobodyUp) {
  ScenarioBuilder b;
  b.duration(1s);
  b.machine().tick = 4ms;
  const GroupId one = b.group("one", 100);
  const GroupId two = b.group("two", 100);
  b.task("a", 100, loop(3ms, 20ms), one);
  b.task("b", 100, loop(5ms, 30ms), two);
  const RunLog log = run_scenario(b.build(), "linux_eevdf");
  // Alone each would make 1000 / 23 = 43.5 and 1000 / 35 = 28.6 rounds; together a few less.
  EXPECT_GE(log.service(0), 40 * 3ms);
  EXPECT_GE(log.service(1), 26 * 5ms);
}

// A task that goes on with its next request at once is not a task that yields: two that "finish" every 0.31 ms
// change places as two hogs do, every tick.
TEST(LinuxEevdfGroups, NextRequestIsNoYield) {
  for (const bool grouped : {false, true}) {
    ScenarioBuilder b;
    b.duration(80ms);
    b.machine().tick = 4ms;
    for (const char* name : {"a", "b"}) {
      const GroupId group = grouped ? b.group(name, 100) : kRoot;
      b.task("t", 100, Sequence{{run_for(310us)}, 0}, group);
    }
    const RunLog log = run_scenario(b.build(), "linux_eevdf");
    int changes = 0;
    for (std::size_t i = 1; i < log.runs.size(); ++i)
      changes += log.runs[i].task != log.runs[i - 1].task ? 1 : 0;
    EXPECT_EQ(changes, 19) << grouped;
  }
}

// A group asks for the shortest slice below it: with 0.1 ms in one of two groups of hogs, and no tick, that group
// is served 0.1 ms at a time, and the other one is protected no longer.
TEST(LinuxEevdfGroups, AskForTheShortestSliceBelow) {
  ScenarioBuilder b;
  b.duration(20ms);
  const GroupId one = b.group("one", 100);
  const GroupId two = b.group("two", 100);
  b.task("short", 100, RunForever{}, one).hints = {{"slice", to_ns(100us), "100us"}};
  b.task("long", 100, RunForever{}, two);
  const RunLog log = run_scenario(b.build(), "linux_eevdf");
  for (std::size_t i = 0; i + 1 < log.runs.size(); ++i) {
    EXPECT_LE(log.runs[i].end - log.runs[i].begin, 200us) << i;
  }
}

}  // namespace
}  // namespace test
}  // namespace sharesim
