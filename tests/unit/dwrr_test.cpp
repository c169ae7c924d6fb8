// Distributed weighted round-robin: its rounds slot by slot, its rules at every pick, its lag bound.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/core/check.hpp"
#include "sim/metrics/measures.hpp"
#include "tests/support/random_scenario.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/watched.hpp"

namespace sharesim::test {
namespace {

/// Three equal tasks on two CPUs. New ones go to the CPU with the least to do: A and B to CPU 0, C to CPU 1.
Scenario three_on_two(Duration duration) {
  ScenarioBuilder b;
  b.cpus(2).duration(duration);
  for (const char* name : {"A", "C", "B"}) b.task(name, 1);
  return b.build();
}
constexpr TaskId kA = 0;
constexpr TaskId kC = 1;
constexpr TaskId kB = 2;

// B = 10 ms, {A, B | C}, all in round 0. At 10 A and C have had theirs: CPU 0 goes on with B; CPU 1 finds
// nobody who waits in round 0, and takes C into round 1. At 20 CPU 0 begins round 1 with A, and CPU 1, already
// there, steals B, which waits in round 1. At 30 all have had two: A begins round 2, and so does C.
TEST(Dwrr, ThreeEqualTasksOnTwoCpus) {
  const RunLog log = run_scenario(three_on_two(90ms), "dwrr:slice=10ms,round_slice=10ms");
  const std::vector<std::pair<TaskId, TaskId>> expected{{kA, kC}, {kB, kC}, {kA, kB}};
  for (std::int64_t i = 0; i < 9; ++i) {
    std::vector<TaskId> on_cpu(2, kNoTask);
    for (const RunInterval& run : log.runs) {
      if (run.begin == ms(10 * i)) on_cpu[run.cpu] = run.task;
    }
    EXPECT_EQ(std::pair(on_cpu[0], on_cpu[1]), expected[static_cast<std::size_t>(i % 3)]) << i;
  }
}

// Each gets two thirds of a CPU: 20 of 30 ms, 40 of 60, 200 of 300, with slices of a round slice or shorter.
TEST(Dwrr, ThreeEqualTasksGetTheSameInEveryThreeSlices) {
  for (const char* slice : {"10ms", "2ms"}) {
    const RunLog log =
        run_scenario(three_on_two(301ms), std::string("dwrr:round_slice=10ms,slice=") + slice);
    for (const std::int64_t t : {30, 60, 300}) {
      for (TaskId task = 0; task < 3; ++task) {
        EXPECT_EQ(log.service(task, kStart, ms(t)), t * 2ms / 3) << slice << ", " << t;
      }
    }
  }
}

// 2 : 1 : 1 : 1 on two CPUs: 4/5 and three times 2/5 of a CPU. When round slices run in one go (20 and 10 ms), what
// happens repeats every 50 ms: 800 and 400 ms of 1 s.
TEST(Dwrr, WeightsAcrossCpus) {
  ScenarioBuilder b;
  b.cpus(2).duration(1001ms);
  b.task("A", 2);
  b.task("B", 1, RunForever{}, kRoot, 3);
  const RunLog log = run_scenario(b.build(), "dwrr:slice=20ms,round_slice=10ms");
  EXPECT_EQ(log.service(0, kStart, ms(1000)), 800ms);
  for (TaskId task = 1; task < 4; ++task)
    EXPECT_EQ(log.service(task, kStart, ms(1000)), 400ms) << task;
}

// A weight beyond a CPU's worth (10 of 12 on two CPUs) keeps its CPU, in round 100 when the other CPU is in round
// 1000; who comes then begins where the others of its CPU are, and starves nobody: at most a round
// slice of 10 ms and a slice.
TEST(Dwrr, InfeasibleWeightStarvesNobody) {
  for (const Duration late : {Duration(0us), Duration(500us)}) {
    ScenarioBuilder b;
    b.cpus(2).duration(3s);
    b.task("T1", 1).start = late;
    b.task("T2", 10);
    b.task("T3", 1).start = 1s + late;
    const auto scenario = std::make_shared<const Scenario>(b.build());
    Measures measures(scenario, "dwrr");
    run_engine(*scenario, Registry::global().choose("dwrr"), measures);
    for (TaskId task = 0; task < 3; ++task)
      EXPECT_LE(measures.row(EntityRef::task(task)).starvation.length, 21ms) << task;
    EXPECT_GE(measures.row(EntityRef::task(1)).service, 2990ms);
  }
}

// Does a CPU that was ahead of the others, and had nothing to do, go on where the others are? Until 1 s T1 (weight 1) takes
// CPU 0 to round 100, where T2 (weight 10) has round 10 on CPU 1. S wakes up there at 1.5 s and is stolen by CPU 0; at
// 1.6 s comes U. S, U and T2, all of weight 10, have two CPUs: 2/3 each, 2 of 3 s, give or take two round slices of
// 100 ms. In round 100 S and U would have 1.5 s, and T2 3 s.
TEST(Dwrr, IdleCpuGoesOnInTheRoundOfTheOthers) {
  ScenarioBuilder b;
  b.cpus(2).duration(4601ms);
  b.task("T1", 1).stop = 1s;
  b.task("T2", 10);
  b.task("S", 10, once({run_for(1ms), sleep_for(1499ms), run_for(1h)})).cpus = CpuSet::parse("1");
  b.task("U", 10).start = 1600ms;
  b.event(ms(1200), EntityRef::task(2)).cpus = CpuSet::parse("0-1");
  const RunLog log = run_scenario(b.build(), "dwrr");
  for (TaskId task = 1; task < 4; ++task)
    EXPECT_LE(abs(log.service(task, ms(1600), ms(4600)) - 2s), 200ms) << task;
}

// And one that was behind? CPU 1 is idle until S wakes up there at 1004.5 ms, when CPU 0 and T are in round 100; at 1.01 s comes
// U. All have weight 1: 2/3 of 1.2 s each, give or take two round slices. In round 0 S would have CPU 1 to itself.
TEST(Dwrr, SleeperOnAnIdleCpuGoesOnInTheRoundOfTheOthers) {
  ScenarioBuilder b;
  b.cpus(2).duration(2211ms);
  b.task("T", 1);
  b.task("S", 1, once({run_for(1ms), sleep_for(1003500us), run_for(1h)}));
  b.task("U", 1).start = 1010ms;
  const RunLog log = run_scenario(b.build(), "dwrr");
  for (TaskId task = 0; task < 3; ++task)
    EXPECT_LE(abs(log.service(task, ms(1010), ms(2210)) - 800ms), 20ms) << task;
}

// Does one that comes from a CPU in a high round wait until its new CPU is there? T1 (weight 1) has gone to round 100 on
// CPU 0, and must move to CPU 1, where T2 (weight 10) is in round 10: it waits for the present round, of 100 ms,
// and the next, and not for 90.
TEST(Dwrr, NobodyWaitsForMoreThanTwoRounds) {
  ScenarioBuilder b;
  b.cpus(2).duration(4s);
  b.task("T1", 1, once({run_for(1s), sleep_for(100ms), run_for(1h)}));
  b.task("T2", 10).cpus = CpuSet::parse("1");
  b.event(ms(1050), EntityRef::task(0)).cpus = CpuSet::parse("1");
  const auto scenario = std::make_shared<const Scenario>(b.build());
  Measures measures(scenario, "dwrr");
  run_engine(*scenario, Registry::global().choose("dwrr"), measures);
  EXPECT_LE(measures.row(EntityRef::task(0)).starvation.length, 220ms);
}

// On one CPU: the least service by weight first, first come first served. A 2, B 1: v = 1/2 after A's first run:
// A, B tie at 0 (A came first); A at 1/2, B at 0: B; then A (1/2), A and B at 1, and again.
TEST(Dwrr, OneCpuIsFairInsideARound) {
  ScriptedQueue queue("dwrr:slice=1ms,round_slice=3ms");
  queue.add_hog(2);
  queue.add_hog(1);
  queue.run_until(Time(9ms));
  EXPECT_EQ(queue.order(), "ABABAABAA");
}

// What is left of a round slice ends a run: 2.5 ms are 1 + 1 + 0.5.
TEST(Dwrr, RoundSliceCutsTheLastRun) {
  ScriptedQueue queue("dwrr:slice=1ms,round_slice=2500us");
  queue.add_hog(1);
  queue.run_until(Time(5ms));
  ASSERT_EQ(queue.runs().size(), 6U);
  EXPECT_EQ(queue.runs()[2].length(), 500us);
  EXPECT_EQ(queue.state(0, "round"), 2);
}

// A sleeper keeps what it has left of its round slice of 4 ms in this round: A runs 1 ms and sleeps until 4, when B has
// had 3. A at v = 1 runs twice; B and A tie at 3, B came first; then round 1.
TEST(Dwrr, SleeperKeepsTheRestOfItsRoundSlice) {
  ScriptedQueue queue("dwrr:slice=1ms,round_slice=4ms");
  queue.add(1, {{1ms, 3ms}, {}});
  queue.add_hog(1);
  queue.run_until(Time(12ms));
  EXPECT_EQ(queue.order(), "ABBBAABABABA");
}

// But not beyond: if it sleeps until 5.5, the CPU has begun round 1 at 5 with B. A joins at v = 4, and what it had left
// is gone: it alternates with B from then on.
TEST(Dwrr, RestOfARoundSliceIsLostWithTheRound) {
  ScriptedQueue queue("dwrr:slice=1ms,round_slice=4ms");
  const EntityId a = queue.add(1, {{1ms, 4500us}, {}});
  queue.add_hog(1);
  queue.run_until(Time(10ms));
  EXPECT_EQ(queue.order(), "ABBBBBABAB");
  EXPECT_EQ(queue.state(a, "round"), 1);
}

/// The rule of the pick, by looking at everybody: who is expected by what the scheduler says of their places.
class DwrrRule final : public Watcher {
 public:
  DwrrRule(const SchedulerContext& context, Scheduler& subject)
      : host_(context.host), subject_(subject), ran_(context.cpus, kNoEntity) {}

  void add(EntityId e, Weight) override {
    entities_[e] = {};
    remember();
  }
  void remove(EntityId e) override {
    entities_.erase(e);
    std::replace(ran_.begin(), ran_.end(), e, kNoEntity);
    remember();
  }
  void set_weight(EntityId, Weight) override { remember(); }
  void enqueue(EntityId e, EnqueueReason) override {
    entities_[e].queued = true;
    remember();
  }
  void dequeue(EntityId e) override {
    entities_[e].queued = false;
    remember();
  }
  void put_prev(EntityId e, Duration, bool still_runnable) override {
    entities_[e].queued = entities_[e].ended = still_runnable;
    remember();
  }

  void picked(EntityId e, CpuId cpu) override {
    if (ran_[cpu] != kNoEntity) entities_[ran_[cpu]].ended = false;
    ran_[cpu] = e;
    const Entity* own = nullptr;
    const Entity* other = nullptr;
    const Entity* about_to_run = nullptr;
    for (const auto& [id, entity] : entities_) {
      if (!entity.queued || (host_.has_affinity() && !host_.allowed(id, cpu))) continue;
      const Entity*& best = entity.cpu == cpu ? own : entity.ended ? about_to_run : other;
      if (best == nullptr || entity.v < best->v) best = &entity;
    }
    const Entity* expected = own;
    if (own == nullptr) {
      expected = other != nullptr ? other : about_to_run;
    } else if (own->round > own->cpu_round && other != nullptr &&
               (other->round <= own->cpu_round || other->round < own->round)) {
      expected = other;
    }
    check((e == kNoEntity) == (expected == nullptr), "somebody is picked if anybody is there");
    if (e == kNoEntity) return;
    check(entities_[e].v == expected->v, "the pick is by v");
    check((entities_[e].cpu == cpu) == (expected->cpu == cpu), "it is stolen, or not");
    entities_[e].queued = false;
    remember();
    const Entity now = state(e);
    check(now.cpu == cpu && now.round <= now.cpu_round, "it runs in the CPU's round, or before");
  }

 private:
  struct Entity {
    bool queued = false;
    bool ended = false;  ///< at this instant, and its CPU has not picked since
    std::int64_t v = 0;
    std::int64_t round = 0;
    std::int64_t cpu = -1;
    std::int64_t cpu_round = 0;
  };
  class Reader final : public StateSink {
   public:
    explicit Reader(Entity& entity) : entity_(entity) {}
    void value(std::string_view name, std::int64_t number) override {
      if (name == "service_by_weight") entity_.v = number;
      if (name == "round") entity_.round = number;
      if (name == "cpu") entity_.cpu = number;
      if (name == "cpu_round") entity_.cpu_round = number;
    }

   private:
    Entity& entity_;
  };

  Entity state(EntityId e) const {
    Entity entity = entities_.at(e);
    Reader reader(entity);
    subject_.describe(e, reader);
    return entity;
  }
  /// What holds before the next call.
  void remember() {
    for (auto& [e, entity] : entities_) {
      if (entity.queued) entity = state(e);
    }
  }

  const QueueHost& host_;
  Scheduler& subject_;
  std::map<EntityId, Entity> entities_;
  std::vector<EntityId> ran_;  ///< by CPU: its last pick
};

TEST(Dwrr, KeepsItsRuleAtEveryPick) {
  Features features;
  features.most_cpus = 8;
  features.groups =
      false;  // of a group that runs on several CPUs, nobody can tell which run has ended
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Scenario scenario = random_scenario(seed, features);
    scenario.duration = 60ms;
    ASSERT_NO_THROW(run_watched<DwrrRule>(scenario, "dwrr")) << "seed " << seed;
  }
}

/// Hogs on 1 to 8 CPUs whose weights, none beyond a CPU's worth, lie in 1..range.
Scenario feasible_hogs(std::uint64_t seed, std::uint64_t range) {
  RandomStream stream = make_stream(seed, 6);
  for (;;) {
    const CpuId cpus = 1 + stream() % 8;
    std::vector<Weight> weights(cpus + stream() % 16);
    Weight sum = 0;
    for (Weight& weight : weights) sum += weight = static_cast<Weight>(1 + stream() % range);
    const Weight most = *std::max_element(weights.begin(), weights.end());
    if (most * cpus > sum) continue;
    ScenarioBuilder b;
    b.cpus(cpus);
    for (std::size_t i = 0; i < weights.size(); ++i) b.task("t" + std::to_string(i), weights[i]);
    Scenario scenario = b.build();
    scenario.duration = 200ms * static_cast<std::int64_t>(range);
    return scenario;
  }
}

// The paper's theorem: with feasible weights and w the largest, -3 B w < lag < 2 B w at any time.
TEST(Dwrr, LagStaysWithinThePapersBound) {
  for (const char* choice : {"dwrr", "dwrr:slice=10ms", "dwrr:slice=3ms"}) {
    for (std::uint64_t seed = 0; seed < 1500; ++seed) {
      const auto scenario = std::make_shared<const Scenario>(feasible_hogs(seed, 1 + seed % 5));
      Measures measures(scenario, "dwrr");
      run_engine(*scenario, Registry::global().parse(choice), measures);
      Weight lightest = scenario->tasks[0].weight;
      Weight heaviest = lightest;
      for (const TaskSpec& task : scenario->tasks) {
        lightest = std::min(lightest, task.weight);
        heaviest = std::max(heaviest, task.weight);
      }
      const Duration bw = 10ms * heaviest / lightest;  // B is the lightest one's round slice
      for (TaskId id = 0; id < scenario->task_count(); ++id) {
        const EntityResult row = measures.row(EntityRef::task(id));
        EXPECT_LT(row.lag_max, 2 * bw) << choice << ", seed " << seed << ", task " << id;
        EXPECT_GT(row.lag_min, -3 * bw) << choice << ", seed " << seed << ", task " << id;
      }
    }
  }
}

}  // namespace
}  // namespace sharesim::test
