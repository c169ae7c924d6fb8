// Strict priorities.

#include <algorithm>
#include <chrono>
#include <list>
#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "tests/support/scripted_queue.hpp"
#include "tests/support/side_by_side.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

// Do the heaviest share among themselves, and nobody else runs? Weights 2, 3, 3: B and C in turns; A only when both
// sleep, from 6 (C's third ms ends; B's did at 5) to 8, when both wake up.
TEST(Priority, HeaviestFirstEqualsInTurns) {
  ScriptedQueue queue("priority:slice=1ms");
  queue.add_hog(2);
  queue.add(3, {{3ms, 3ms}, {}});
  queue.add(3, {{3ms, 2ms}, {}});
  queue.run_until(Time(12ms));
  EXPECT_EQ(queue.order(), "BCBCBCAABCBC");
}

// Does a heavier one take the CPU as soon as it wakes up, and the one that it interrupts go on where it was, with the
// rest of its slice? A and B, slices of 2 ms; C, heavier, wakes up at 1.5 and runs 1 ms: A 0-1.5, C -2.5, A -3, B -5.
TEST(Priority, PreemptedOneKeepsItsTurn) {
  ScriptedQueue queue("priority:slice=2ms");
  queue.add_hog(1);
  queue.add_hog(1);
  queue.add(7, {{1ms, 1s}}, Time(1500us));
  queue.run_until(Time(5ms));
  EXPECT_EQ(queue.runs(), (std::vector<ScriptedRun>{{0, Time(0ms), Time(1500us)},
                                                    {2, Time(1500us), Time(2500us)},
                                                    {0, Time(2500us), Time(3ms)},
                                                    {1, Time(3ms), Time(5ms)}}));
}

// One of the same weight does not preempt, and is behind those that wait.
TEST(Priority, EqualsDoNotPreempt) {
  ScriptedQueue queue("priority:slice=2ms");
  queue.add_hog(1);
  queue.add_hog(1);
  queue.add_hog(1, Time(1ms));
  queue.run_until(Time(8ms));
  EXPECT_EQ(queue.order(), "ABCA");
}

// Does a new weight count at once for one that waits?
TEST(Priority, NewWeightMovesOneThatWaits) {
  ScriptedQueue queue("priority:slice=2ms");
  for (int i = 0; i < 3; ++i) queue.add_hog(1);
  queue.run_until(Time(1ms));
  queue.set_weight(2, 5);
  queue.run_until(Time(6ms));
  EXPECT_EQ(queue.order(), "ACC");
}

/// One list for each weight.
class PriorityTwin final : public Scheduler {
 public:
  explicit PriorityTwin(Duration slice) : slice_(slice) {}
  void add(EntityId e, Weight weight, Time) override { weights_[e] = weight; }
  void remove(EntityId, Time) override {}
  void set_weight(EntityId e, Weight weight, Time) override {
    std::list<EntityId>& line = lines_[weights_[e]];
    const bool queued = std::find(line.begin(), line.end(), e) != line.end();
    line.remove(e);
    weights_[e] = weight;
    if (queued) join(e);
  }
  void enqueue(EntityId e, Time, EnqueueReason) override { join(e); }
  void dequeue(EntityId e, Time) override { lines_[weights_[e]].remove(e); }
  EntityId pick_next(CpuId, Time) override {
    for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
      if (line->second.empty()) continue;
      const EntityId e = line->second.front();
      line->second.pop_front();
      return e;
    }
    return kNoEntity;
  }
  void put_prev(EntityId e, Time, Duration ran, StopReason why) override {
    left_[e] -= ran;
    if (!still_runnable(why)) return;
    if (left_[e] <= 0ns || why == StopReason::kYielded)
      join(e);
    else
      return_to(e);
  }
  Duration slice(EntityId e, Time) override { return left_[e]; }
  bool preempts(EntityId woken, EntityId running, Time) override {
    return weights_[woken] > weights_[running];
  }

 private:
  void join(EntityId e) {
    left_[e] = slice_;
    turns_[e] = ++turn_;
    lines_[weights_[e]].push_back(e);
  }
  /// Before all that came later.
  void return_to(EntityId e) {
    std::list<EntityId>& line = lines_[weights_[e]];
    auto at = line.begin();
    while (at != line.end() && turns_[*at] < turns_[e]) ++at;
    line.insert(at, e);
  }
  const Duration slice_;
  std::map<EntityId, Weight> weights_;
  std::map<EntityId, Duration> left_;
  std::map<EntityId, int> turns_;
  std::map<Weight, std::list<EntityId>> lines_;
  int turn_ = 0;
};

TEST(Priority, AnswersAsItsTwin) {
  const SchedulerChoice choice = Registry::global().choose("priority");
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    RandomVerbs verbs(seed, {1, 2, 3});
    SideBySide both(make_scheduler(choice, verbs),
                    std::make_unique<PriorityTwin>(choice.duration("slice")));
    ASSERT_NO_THROW(verbs.drive(both, 300));
  }
}

}  // namespace
}  // namespace sharesim
