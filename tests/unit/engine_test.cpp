// Does the engine move time, tasks and CPUs as a scenario says? Under the simplest schedulers, with
// hand-made schedules as the expectation.

#include <deque>
#include <memory>

#include <gtest/gtest.h>

#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::test {
namespace {

TEST(Engine, RoundRobinAlternatesSlices) {
  // Two hogs, slices of 10 ms, 40 ms: a b a b.
  ScenarioBuilder b;
  b.duration(40ms);
  b.task("a", 1);
  b.task("b", 1);
  const RunLog log = run_scenario(b.build(), "rr:slice=10ms");
  EXPECT_EQ(log.slots(), "a 0s-10ms, b 10ms-20ms, a 20ms-30ms, b 30ms-40ms");
  EXPECT_TRUE(log.complete);
}

TEST(Engine, SleepersLeaveAndComeBack) {
  // a runs 5 ms and sleeps 20 ms; b takes what is left; a's burst is shorter than the slice, so it
  // is never cut.
  ScenarioBuilder b;
  b.duration(50ms);
  b.task("a", 1, loop(5ms, 20ms));
  b.task("b", 1);
  const RunLog log = run_scenario(b.build(), "rr:slice=10ms");
  // a wakes at 25 ms, in the middle of b's slice 25-35 (slices: 5-15, 15-25; the wakeup comes
  // before the end of the run, so a is queued before b is, and runs at 25).
  EXPECT_EQ(log.slots(), "a 0s-5ms, b 5ms-25ms, a 25ms-30ms, b 30ms-50ms");
  ASSERT_EQ(log.completions.size(), 2U);
  EXPECT_EQ(log.completions[1].since, ms(25));
  EXPECT_EQ(log.completions[1].at, ms(30));
}

TEST(Engine, RunsOverheadBeforeService) {
  // A switch costs 1 ms: each 4 ms slice of another task is preceded by it. a 1-5, b 6-10, a 11-15,
  // then b pays 15-16.
  ScenarioBuilder b;
  b.duration(16ms);
  b.machine().context_switch = 1ms;
  b.task("a", 1);
  b.task("b", 1);
  const RunLog log = run_scenario(b.build(), "rr:slice=4ms");
  EXPECT_EQ(log.slots(), "a 1ms-5ms, b 6ms-10ms, a 11ms-15ms");
  EXPECT_EQ(log.overhead_total, 4ms);
}

TEST(Engine, MachineTickDelaysSliceEndsButNotBlocking) {
  // Slices of 3 ms end at the next multiple of 4 ms; a burst of 5 ms ends when it ends.
  ScenarioBuilder b;
  b.duration(20ms);
  b.machine().tick = 4ms;
  b.task("a", 1, once({run_for(5ms)}));
  b.task("b", 1);
  const RunLog log = run_scenario(b.build(), "rr:slice=3ms");
  EXPECT_EQ(log.slots(), "a 0s-4ms, b 4ms-8ms, a 8ms-9ms, b 9ms-20ms");
}

TEST(Engine, PeriodicJobsQueueUpWhenLate) {
  // Jobs of 6 ms every 5 ms alone on a CPU: job k (from 0) is done at 6 (k + 1), released at 5 k.
  ScenarioBuilder b;
  b.duration(30ms);
  b.task("p", 1, Periodic{5ms, Distribution::constant(6ms)});
  const RunLog log = run_scenario(b.build(), "rr:slice=100ms");
  ASSERT_EQ(log.completions.size(), 4U);
  for (std::int64_t k = 0; k < 4; ++k) {
    EXPECT_EQ(log.completions[static_cast<std::size_t>(k)].since, ms(5 * k));
    EXPECT_EQ(log.completions[static_cast<std::size_t>(k)].at, ms(6 * (k + 1)));
  }
}

TEST(Engine, ServiceHandsRequestsToFreeWorkers) {
  // A request every 10 ms with 15 ms of demand, two workers, one CPU, round robin of 1 s slices:
  // request 1 (10) runs 10-25 on worker 0, request 2 (20) 25-40 on worker 1, request 3 (30) waits
  // for a worker: worker 0 is free at 25.
  ScenarioBuilder b;
  b.duration(60ms);
  b.task("s", 1, Service{Distribution::constant(10ms), Distribution::constant(15ms), 2, 100});
  const RunLog log = run_scenario(b.build(), "rr:slice=1s");
  ASSERT_EQ(log.completions.size(), 3U);
  EXPECT_EQ(log.completions[0].at, ms(25));
  EXPECT_EQ(log.completions[1].since, ms(20));
  EXPECT_EQ(log.completions[1].at, ms(40));
  EXPECT_EQ(log.completions[2].since, ms(30));
  EXPECT_EQ(log.completions[2].at, ms(55));
}

TEST(Engine, FullServiceQueueDropsRequests) {
  // One worker busy for ever with the first request, a queue of 2: of the arrivals at 10..100, 1 is
  // served, 2 wait, 7 are dropped.
  ScenarioBuilder b;
  b.duration(101ms);
  b.task("s", 1, Service{Distribution::constant(10ms), Distribution::constant(1h), 1, 2});
  EXPECT_EQ(run_scenario(b.build(), "rr").drops, 7U);
}

TEST(Engine, StartAndStop) {
  ScenarioBuilder b;
  b.duration(40ms);
  b.task("a", 1).stop = 20ms;
  b.task("b", 1).start = 10ms;
  const RunLog log = run_scenario(b.build(), "rr:slice=100ms");
  EXPECT_EQ(log.slots(), "a 0s-20ms, b 20ms-40ms");
}

// --- Caps: a job of the given length under quota/period/burst, alone ---

struct CapCase {
  Bandwidth cap;
  Duration start;
  Duration job;
  Time finish;
  std::vector<std::pair<Time, Time>> throttled;
};

class CappedJob : public testing::TestWithParam<CapCase> {};

TEST_P(CappedJob, FinishesWhenItsQuotaAllows) {
  for (const bool on_group : {false, true}) {
    ScenarioBuilder b;
    b.duration(1s);
    const GroupId group = b.group("g", 1);
    TaskSpec& task = b.task("a", 1, once({run_for(GetParam().job)}), group);
    task.start = GetParam().start;
    if (on_group) {
      b.spec(group).cap = GetParam().cap;
    } else {
      task.cap = GetParam().cap;
    }
    const RunLog log = run_scenario(b.build(), "sfq");
    ASSERT_EQ(log.completions.size(), 1U);
    EXPECT_EQ(log.completions[0].at, GetParam().finish);
    ASSERT_EQ(log.throttles.size(), GetParam().throttled.size());
    for (std::size_t i = 0; i < log.throttles.size(); ++i) {
      EXPECT_EQ(log.throttles[i].second.begin, GetParam().throttled[i].first);
      EXPECT_EQ(log.throttles[i].second.end, GetParam().throttled[i].second);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Quota, CappedJob,
    testing::Values(
        // 10 of 50 ms, 25 ms at 0: runs 0-10, 50-60, 100-105.
        CapCase{{10ms, 50ms, 0ms}, 0ms, 25ms, ms(105), {{ms(10), ms(50)}, {ms(60), ms(100)}}},
        // The same with burst 10 after idling: 20 ms are there at 500, the rest at 550.
        CapCase{{10ms, 50ms, 10ms}, 500ms, 25ms, ms(555), {{ms(520), ms(550)}}},
        // 20 of 50 ms with burst 10, 70 ms at 100: 30 + 20 + 20.
        CapCase{{20ms, 50ms, 10ms}, 100ms, 70ms, ms(220), {{ms(130), ms(150)}, {ms(170), ms(200)}}},
        // Quota for the whole CPU never throttles.
        CapCase{{50ms, 50ms, 0ms}, 0ms, 500ms, ms(500), {}},
        // A job that needs exactly its quota is not throttled.
        CapCase{{10ms, 50ms, 0ms}, 0ms, 10ms, ms(10), {}}));

TEST(Engine, EightJobsShareAGroupsQuota) {
  // 100 of 100 ms, 8 jobs on 8 CPUs: 25 ms each need 200: gone at 12.5, throttled 87.5, all done at
  // 112.5. With 12.5 ms each they are done at 12.5.
  for (const char* scheduler : {"sfq", "sfq:scope=global"}) {
    for (const auto& [job, finish] :
         {std::pair<Duration, Time>{25ms, at_ns(112'500'000)}, {12500us, at_ns(12'500'000)}}) {
      ScenarioBuilder b;
      b.cpus(8);
      const GroupId group = b.group("g", 1);
      b.spec(group).cap = Bandwidth{100ms, 100ms, 0ms};
      b.task("a", 1, once({run_for(job)}), group, 8);
      const RunLog log = run_scenario(b.build(), scheduler);
      ASSERT_EQ(log.completions.size(), 8U) << scheduler;
      for (const auto& completion : log.completions) EXPECT_EQ(completion.at, finish) << scheduler;
      if (job == 25ms) {
        ASSERT_EQ(log.throttles.size(), 1U);
        EXPECT_EQ(log.throttles[0].second.begin, at_ns(12'500'000));
        EXPECT_EQ(log.throttles[0].second.end, ms(100));
      }
    }
  }
}

TEST(Engine, SlicedQuotaStrandsWhatOtherCpusHold) {
  // 20 of 100 ms in slices of 5 ms, 8 CPUs with 1 ms of work each: 4 CPUs get a slice, and at 1 return
  // 3 ms each, which is distributed 5 ms later. At 6 the others get 1 ns each, and fetch 5, 5 and 2 ms:
  // the fourth finds nothing. At 7 the three return what they do not need; it goes on at 12.
  ScenarioBuilder b;
  b.cpus(8).duration(200ms);
  b.machine().bandwidth_slice = 5ms;
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{20ms, 100ms, 0ms};
  b.task("a", 1, once({run_for(1ms)}), group, 8);
  const RunLog log = run_scenario(b.build(), "sfq");
  ASSERT_EQ(log.completions.size(), 8U);
  EXPECT_EQ(log.completions[3].at, ms(1));
  EXPECT_EQ(log.completions[6].at, ms(7));
  EXPECT_EQ(log.completions[7].at, ms(13) - 1ns);
}

// --- Several CPUs ---

TEST(Engine, ACpuKeepsItsSliceOfQuotaWhileOthersOfTheGroupWaitThere) {
  // 10 ms per 100 ms, in slices of 5 ms. Both CPUs fetch one, and the pool is empty. a blocks after
  // 1 ms, but b waits on the same CPU and goes on with the 4 ms that are left; c gets its own 5.
  ScenarioBuilder b;
  b.cpus(2).duration(100ms);
  b.machine().bandwidth_slice = 5ms;
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = Bandwidth{10ms, 100ms, {}};
  b.task("a", 1, once({run_for(1ms), sleep_for(1s)}), group).cpus = CpuSet::parse("0");
  b.task("b", 1, RunForever{}, group).cpus = CpuSet::parse("0");
  b.task("c", 1, RunForever{}, group).cpus = CpuSet::parse("1");
  const RunLog log = run_scenario(b.build(), "rr:slice=20ms");
  EXPECT_EQ(log.service(0), 1ms);
  EXPECT_EQ(log.service(1), 4ms);
  EXPECT_EQ(log.service(2), 5ms);
}

TEST(Engine, NoCpuIdlesWhileTasksWait) {
  // 3 hogs on 2 CPUs: nothing may be lost, whatever the scope.
  for (const char* scheduler : {"sfq", "sfq:scope=global", "rr", "rr:scope=global"}) {
    ScenarioBuilder b;
    b.cpus(2).duration(100ms);
    b.task("a", 1, RunForever{}, kRoot, 3);
    const RunLog log = run_scenario(b.build(), scheduler);
    EXPECT_EQ(log.service(0) + log.service(1) + log.service(2), 200ms) << scheduler;
  }
}

TEST(Engine, AffinityIsRespected) {
  // a may only run on CPU 1, b and c anywhere.
  for (const char* scheduler : {"sfq", "sfq:scope=global"}) {
    ScenarioBuilder b;
    b.cpus(2).duration(100ms);
    b.task("a", 1).cpus = CpuSet::parse("1");
    b.task("b", 1);
    b.task("c", 1);
    const RunLog log = run_scenario(b.build(), scheduler);
    for (const RunInterval& run : log.runs) {
      EXPECT_TRUE(run.task != 0 || run.cpu == 1U) << scheduler;
    }
    EXPECT_EQ(log.service(0) + log.service(1) + log.service(2), 200ms) << scheduler;
    EXPECT_GT(log.service(0), 30ms) << scheduler;
  }
}

TEST(Engine, GlobalGroupsRunOnSeveralCpus) {
  // Two groups of equal weight with two hogs each on 2 CPUs: each group gets one CPU's worth.
  ScenarioBuilder b;
  b.cpus(2).duration(100ms);
  const GroupId g = b.group("g", 1);
  const GroupId h = b.group("h", 1);
  b.task("a", 1, RunForever{}, g, 2);
  b.task("b", 1, RunForever{}, h, 2);
  const RunLog log = run_scenario(b.build(), "sfq:scope=global");
  const Duration of_g = log.service(0) + log.service(1);
  EXPECT_NEAR(static_cast<double>(to_ns(of_g)), 100e6, 2e6);
  EXPECT_EQ(of_g + log.service(2) + log.service(3), 200ms);
}

// --- Changes in mid-run ---

TEST(Engine, AWeekOn64CpusKeepsVirtualTimeInRange) {
  // Two groups of weight 1 with 64 hogs each get 224 CPU-days each: more than a tag holds if it
  // grows by 10080 per ns at weight 1.
  ScenarioBuilder b;
  b.cpus(64).duration(24h * 7);
  const GroupId left = b.group("left", 1);
  const GroupId right = b.group("right", 1);
  b.task("l", 1, RunForever{}, left, 64);
  b.task("r", 1, RunForever{}, right, 64);
  const RunLog log = run_scenario(b.build(), "sfq:slice=1h,scope=global");
  Duration of_left{};
  for (TaskId id = 0; id < 64; ++id) of_left += log.service(id);
  EXPECT_EQ(of_left, 24h * 7 * 32);
}

TEST(Engine, WeightCapAndAffinityChange) {
  ScenarioBuilder b;
  b.duration(3s);
  b.task("a", 1);
  b.task("b", 1);
  b.event(ms(1000), EntityRef::task(0)).weight = 3 * kWeightUnit;
  b.event(ms(2000), EntityRef::task(0)).cap = Bandwidth{10ms, 100ms, 0ms};
  const RunLog log = run_scenario(b.build(), "sfq");
  EXPECT_NEAR(static_cast<double>(to_ns(log.service(0, ms(0), ms(1000)))), 500e6, 2e6);
  EXPECT_NEAR(static_cast<double>(to_ns(log.service(0, ms(1000), ms(2000)))), 750e6, 2e6);
  EXPECT_EQ(log.service(0, ms(2000), ms(3000)), 100ms);
  EXPECT_EQ(log.service(0) + log.service(1), 3s);
}

TEST(Engine, AffinityChangeMovesTasks) {
  for (const char* scheduler : {"sfq", "sfq:scope=global"}) {
    ScenarioBuilder b;
    b.cpus(2).duration(200ms);
    b.task("a", 1);
    b.task("b", 1);
    b.event(ms(100), EntityRef::task(1)).cpus = CpuSet::parse("0");
    b.event(ms(100), EntityRef::task(0)).cpus = CpuSet::parse("0");
    const RunLog log = run_scenario(b.build(), scheduler);
    EXPECT_EQ(log.service(0, kStart, ms(100)), 100ms) << scheduler;
    EXPECT_EQ(log.service(0, ms(100)) + log.service(1, ms(100)), 100ms) << scheduler;
    for (const RunInterval& run : log.runs) {
      EXPECT_TRUE(run.begin < ms(100) || run.cpu == 0U) << scheduler;
    }
  }
}

// --- Caps that change in mid-run ---

/// A hog in a group on one CPU; the cap changes at 50 ms (or 5 s). Its service in the given window afterwards.
struct CapChange {
  const char* what;
  std::optional<Bandwidth> before, after;
  Time at;
  Duration bandwidth_slice;
  Time from, to;
  Duration service;
};

class ChangedCap : public testing::TestWithParam<CapChange> {};

TEST_P(ChangedCap, HoldsFromThenOn) {
  ScenarioBuilder b;
  b.duration(20s);
  b.machine().bandwidth_slice = GetParam().bandwidth_slice;
  const GroupId group = b.group("g", 1);
  b.spec(group).cap = GetParam().before;
  b.task("a", 1, RunForever{}, group);
  b.event(GetParam().at, EntityRef::group(group)).cap = GetParam().after;
  const RunLog log = run_scenario(b.build(), "sfq:slice=10s");
  EXPECT_EQ(log.service(0, GetParam().from, GetParam().to), GetParam().service) << GetParam().what;
}

constexpr Bandwidth kFifth{20ms, 100ms, 0ms};
constexpr Bandwidth kHalf{50ms, 100ms, 0ms};

INSTANTIATE_TEST_SUITE_P(
    Caps, ChangedCap,
    testing::Values(
        // Throttled since 20 ms; without the cap it runs at once.
        CapChange{"taken away", kFifth, {}, ms(50), 0ms, ms(50), ms(1050), 1s},
        CapChange{"taken away, sliced", kFifth, {}, ms(50), 5ms, ms(50), ms(1050), 1s},
        // A new quota is there at once (50 ms), then one in each period.
        CapChange{"raised", kFifth, kHalf, ms(50), 0ms, ms(100), ms(1100), 500ms},
        CapChange{"raised, sliced", kFifth, kHalf, ms(50), 5ms, ms(100), ms(1100), 500ms},
        // A run that is under way is caught by a new cap, and pays only for what it uses from then on.
        CapChange{"added", {}, kFifth, ms(5000), 0ms, ms(5000), ms(15'000), 2s},
        CapChange{"added, sliced", {}, kFifth, ms(5000), 5ms, ms(5000), ms(15'000), 2s}));

TEST(Engine, ThrottlingIsToldAgainWhenDemandComesBack) {
  // 10 of 1000 ms are gone at 10; a stops at 20, so nobody is throttled until b starts at 30.
  for (const Duration slice : {Duration(0ms), Duration(5ms)}) {
    ScenarioBuilder b;
    b.machine().bandwidth_slice = slice;
    const GroupId group = b.group("g", 1);
    b.spec(group).cap = Bandwidth{10ms, 1s, 0ms};
    b.task("a", 1, RunForever{}, group).stop = 20ms;
    b.task("b", 1, RunForever{}, group).start = 30ms;
    const RunLog log = run_scenario(b.build(), "sfq");
    ASSERT_EQ(log.throttles.size(), 2U);
    EXPECT_EQ(log.throttles[0].second.begin, ms(10));
    EXPECT_EQ(log.throttles[0].second.end, ms(20));
    EXPECT_EQ(log.throttles[1].second.begin, ms(30));
    EXPECT_EQ(log.throttles[1].second.end, ms(1000));
  }
}

TEST(Engine, MigrationCostsNothingBeforeTheFirstRun) {
  // c starts on a busy CPU, is stolen at 5 ms before it has ever run, and is served at once.
  ScenarioBuilder b;
  b.cpus(2).duration(30ms);
  b.machine().migration = 10ms;
  b.task("a", 1, once({run_for(20ms)})).cpus = CpuSet::parse("0");
  b.task("b", 1, once({run_for(5ms)})).cpus = CpuSet::parse("1");
  b.task("c", 1, once({sleep_for(1ms), run_for(5ms)}));
  const RunLog log = run_scenario(b.build(), "rr:slice=100ms");
  ASSERT_EQ(log.completions.size(), 3U);
  EXPECT_EQ(log.completions[1].task, 2U);
  EXPECT_EQ(log.completions[1].at, ms(10));
}

TEST(Engine, NobodyIsPreemptedWhileACpuIsIdle) {
  // A heavy sleeper and a light hog on 2 CPUs under credit; binding the hog to both CPUs changes nothing.
  for (const bool bound : {false, true}) {
    ScenarioBuilder b;
    b.cpus(2).duration(1s);
    TaskSpec& hog = b.task("hog", 1);
    if (bound) hog.cpus = CpuSet::parse("0-1");
    b.task("sleeper", 100, loop(3ms, 7ms));
    for (const RunInterval& run : run_scenario(b.build(), "credit:scope=global,limit=10ms").runs) {
      EXPECT_NE(run.why, StopReason::kPreempted) << bound;
    }
  }
}

// --- Policies that ask for ticks ---

/// A line without slices: whoever runs gives way at the next machine tick.
class Ticker final : public Scheduler {
 public:
  explicit Ticker(const SchedulerContext&) {}
  void add(EntityId, Weight, Time) override {}
  void remove(EntityId, Time) override {}
  void set_weight(EntityId, Weight, Time) override {}
  void enqueue(EntityId e, Time, EnqueueReason) override { line_.push_back(e); }
  void dequeue(EntityId e, Time) override { std::erase(line_, e); }
  EntityId pick_next(CpuId, Time) override {
    if (line_.empty()) return kNoEntity;
    const EntityId e = line_.front();
    line_.pop_front();
    return e;
  }
  void put_prev(EntityId e, Time, Duration, StopReason why) override {
    if (still_runnable(why)) line_.push_back(e);
  }
  Duration slice(EntityId, Time) override { return kForever; }
  bool tick(EntityId, Time) override { return false; }

 private:
  std::deque<EntityId> line_;
};

TEST(Engine, TicksAskThePoliciesOfTheWholePath) {
  // Two hogs in a group with a ticking policy, under a root that wants no ticks and has long slices: every tick of 4 ms
  // ends a run.
  const SchedulerInfo info{.name = "ticker", .claims = Claim::kWorkConserving | Claim::kWantsTicks};
  const SchedulerChoice choice(info,
                               [](const SchedulerContext& context) -> std::unique_ptr<Scheduler> {
                                 return std::make_unique<Ticker>(context);
                               });
  ScenarioBuilder b;
  b.duration(16ms);
  b.machine().tick = 4ms;
  const GroupId group = b.group("g", 1);
  b.spec(group).scheduler = choice;
  b.task("a", 1, RunForever{}, group);
  b.task("b", 1, RunForever{}, group);
  RunLog log(b.build());
  run_engine(b.build(), Registry::global().parse("rr:slice=100ms"), log);
  EXPECT_EQ(log.slots(), "a 0s-4ms, b 4ms-8ms, a 8ms-12ms, b 12ms-16ms");
}

// --- Policies that set timers ---

/// A line with slices of 1 ms, and a timer that every pick puts off again.
class Postponer final : public Scheduler {
 public:
  explicit Postponer(const SchedulerContext&) {}
  void add(EntityId, Weight, Time) override {}
  void remove(EntityId, Time) override {}
  void set_weight(EntityId, Weight, Time) override {}
  void enqueue(EntityId e, Time, EnqueueReason) override { line_.push_back(e); }
  void dequeue(EntityId e, Time) override { std::erase(line_, e); }
  EntityId pick_next(CpuId, Time now) override {
    if (line_.empty()) return kNoEntity;
    timer_ = now + 100ms + 1ns;  // between the ends of slices: an instant of its own
    const EntityId e = line_.front();
    line_.pop_front();
    return e;
  }
  void put_prev(EntityId e, Time, Duration, StopReason why) override {
    if (still_runnable(why)) line_.push_back(e);
  }
  Duration slice(EntityId, Time) override { return 1ms; }
  Time next_timer() const override { return timer_; }
  bool on_timer(Time) override {
    ADD_FAILURE() << "the timer was put off before it was due";
    timer_ = kNever;
    return false;
  }

 private:
  std::deque<EntityId> line_;
  Time timer_ = kNever;
};

TEST(Engine, ATimerThatIsPutOffIsLookedAtOnceInAWhile) {
  // A thousand picks put the timer off by 100 ms each. Whenever a look at it finds it put off, the
  // next look is when it is due then: about ten looks in a second, not one for each pick.
  const SchedulerInfo info{.name = "postponer",
                           .claims = Claim::kWorkConserving | Claim::kUsesTimers};
  const SchedulerChoice choice(info,
                               [](const SchedulerContext& context) -> std::unique_ptr<Scheduler> {
                                 return std::make_unique<Postponer>(context);
                               });
  ScenarioBuilder b;
  b.duration(1s);
  b.task("a", 1);
  b.task("b", 1);
  RunLog log(b.build());
  const EngineSummary summary = run_engine(b.build(), choice, log);
  EXPECT_EQ(summary.decisions, 1000U);
  EXPECT_LE(summary.events, 1000U + 12U);
}

}  // namespace
}  // namespace sharesim::test
