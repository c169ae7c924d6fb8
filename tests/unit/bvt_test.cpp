// Borrowed virtual time, by its rules and bounds, and against an exact twin.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <gtest/gtest.h>

#include "schedulers/common/virtual_time.hpp"
#include "sim/scenario/distribution.hpp"
#include "tests/support/scripted_queue.hpp"
#include "tests/support/side_by_side.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;
using Fraction = boost::multiprecision::cpp_rational;

Tag tag(Duration per_weight) { return to_ns(per_weight) * kTagsPerNs; }

/// The runs, adjacent ones of the same entity as one.
std::vector<ScriptedRun> turns(const ScriptedQueue& queue) {
  std::vector<ScriptedRun> merged;
  for (const ScriptedRun& run : queue.runs()) {
    if (!merged.empty() && merged.back().entity == run.entity && merged.back().end == run.begin)
      merged.back().end = run.end;
    else
      merged.push_back(run);
  }
  return merged;
}

// When does the CPU change hands? Weights 1 and 2, C = 2 ms (m = 1 and 1/2). A runs until E_A = 0 + 2. B
// until E_B = 2 + 2/2 = 3: 6 ms. A until E_A = 3 + 2 = 5: 3 ms. B until 5 + 1 = 6: 6 ms. And so on, 3 : 6.
TEST(Bvt, AllowanceSaysWhenTheCpuChangesHands) {
  ScriptedQueue queue("bvt:slice=2ms");
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(2);
  queue.run_until(Time(26ms));
  EXPECT_EQ(turns(queue), (std::vector<ScriptedRun>{{a, Time(0ms), Time(2ms)},
                                                    {b, Time(2ms), Time(8ms)},
                                                    {a, Time(8ms), Time(11ms)},
                                                    {b, Time(11ms), Time(17ms)},
                                                    {a, Time(17ms), Time(20ms)},
                                                    {b, Time(20ms), Time(26ms)}}));
  EXPECT_EQ(queue.state(a, "actual_virtual_time"), tag(8ms));
  EXPECT_EQ(queue.state(b, "actual_virtual_time"), tag(9ms));
}

// Where does a sleeper come back? A runs alone from 0 on, B wakes up at 7.5 with A_B = SVT = 7.5, A's actual
// virtual time at that instant, and does not take the CPU: A has C = 2 ms yet, but its present run (6 to 8)
// is followed by one until 9.5.
TEST(Bvt, SleeperComesBackAtSchedulerVirtualTime) {
  ScriptedQueue queue("bvt:slice=2ms");
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(1, Time(7500us));
  queue.run_until(Time(7500us));
  EXPECT_EQ(queue.state(b, "actual_virtual_time"), tag(7500us));
  queue.run_until(Time(14ms));
  EXPECT_EQ(turns(queue), (std::vector<ScriptedRun>{{a, Time(0ms), Time(9500us)},
                                                    {b, Time(9500us), Time(13500us)}}));
}

// While nobody is runnable SVT stays where the last one left: A runs 5 ms and sleeps until 20; B wakes up at
// 10 at 5, runs alone until 20, and A comes back at max(5, 15) = 15.
TEST(Bvt, SchedulerVirtualTimeWaitsWhileIdle) {
  ScriptedQueue queue("bvt:slice=1ms");
  const EntityId a = queue.add(1, {{5ms, 15ms}, {}});
  const EntityId b = queue.add_hog(1, Time(10ms));
  queue.run_until(Time(10ms));
  EXPECT_EQ(queue.state(b, "actual_virtual_time"), tag(5ms));
  queue.run_until(Time(20ms));
  EXPECT_EQ(queue.state(a, "actual_virtual_time"), tag(15ms));
}

// Does a warped waker take the CPU at once, and who pays? Two hogs and Z, equal weights, C = 2 ms; Z sleeps
// 9.3 ms, then runs 1 ms. Warped by 50 ms it runs as soon as it wakes up, every time. Without a warp it waits.
TEST(Bvt, WarpedWakerTakesTheCpu) {
  const auto latencies = [](Duration warp) {
    ScriptedQueue queue("bvt:slice=2ms");
    queue.set_hint(2, "warp", to_ns(warp));
    queue.set_hint(2, "unwarp", 0);
    queue.add_hog(1);
    queue.add_hog(1);
    const EntityId z = queue.add(1, {{1ms, 9300us}}, Time(9300us), true);
    queue.run_until(Time(2s));
    Duration worst{};
    Time woken = Time(9300us);
    for (const Time end : queue.finished(z)) {
      worst = std::max(worst, end - 1ms - woken);
      woken = end + 9300us;
    }
    return worst;
  };
  EXPECT_EQ(latencies(50ms), 0ms);
  EXPECT_GE(latencies(0ms), 2ms);
}

// Does a warp change the long-run share? Weights 1, 1, 2; the heavy one is warped by 100 ms, again and again
// (no pause). Whatever it borrowed it pays: after 10 s it has half of the CPU, within 100 ms and what the
// allowance lets.
TEST(Bvt, WarpDoesNotChangeTheLongRunShare) {
  ScriptedQueue queue("bvt:slice=1ms");
  queue.set_hint(2, "warp", to_ns(100ms));
  queue.set_hint(2, "unwarp", 0);
  for (const Weight weight : {1, 1, 2}) queue.add_hog(weight);
  queue.run_until(Time(10s));
  EXPECT_LE(queue.service(2, kStart, Time(10s)), 5s + 100ms);
  EXPECT_GE(queue.service(2, kStart, Time(10s)), 5s - 2ms);
  EXPECT_LE(queue.service(2, Time(1s), Time(10s)), 4500ms + 3ms);
}

// Do the limits hold? A and B, equal, C = 1 ms. A is warped by 100 ms, for 10 ms at the most, then not before
// 50 ms have passed. A runs 0-10. Then E_A = 10, and B runs until E_B = 11: to 21; they alternate by 2 ms, A
// 57-59, B 59-61; the run that begins at 60 is A's, because it may be warped again, and A goes on until 70.
TEST(Bvt, WarpHasLimits) {
  ScriptedQueue queue("bvt:slice=1ms");
  queue.set_hint(0, "warp", to_ns(100ms));
  queue.set_hint(0, "warp_limit", to_ns(10ms));
  queue.set_hint(0, "unwarp", to_ns(50ms));
  const EntityId a = queue.add_hog(1);
  const EntityId b = queue.add_hog(1);
  queue.run_until(Time(59ms));
  EXPECT_EQ(turns(queue)[0], (ScriptedRun{a, Time(0ms), Time(10ms)}));
  EXPECT_EQ(turns(queue)[1], (ScriptedRun{b, Time(10ms), Time(21ms)}));
  EXPECT_EQ(turns(queue)[2], (ScriptedRun{a, Time(21ms), Time(23ms)}));
  EXPECT_EQ(queue.state(a, "warped"), 0);
  queue.run_until(Time(65ms));
  EXPECT_EQ(queue.state(a, "warped"), 1);
  queue.run_until(Time(100ms));
  EXPECT_EQ(queue.longest_gap(b, Time(50ms), Time(90ms)), 10ms);
}

// A sleep ends a warp as the limit does: woken up before U = 50 ms have passed, Z is not warped.
TEST(Bvt, SleepEndsAWarp) {
  ScriptedQueue queue("bvt:slice=1ms");
  queue.set_hint(1, "warp", to_ns(100ms));
  queue.set_hint(1, "unwarp", to_ns(50ms));
  queue.add_hog(1);
  const EntityId z = queue.add(1, {{1ms, 20ms}, {1ms, 70ms}, {}});
  queue.run_until(Time(1ms));
  EXPECT_EQ(queue.order(), "B");
  EXPECT_EQ(queue.state(z, "warped"), 0);
  queue.run_until(Time(21ms));
  EXPECT_EQ(queue.state(z, "warped"), 0);
  queue.run_until(queue.finished(z)[0] + 30ms);
  ASSERT_EQ(queue.finished(z).size(), 2U);
  queue.run_until(queue.finished(z)[1] + 70ms);
  EXPECT_EQ(queue.state(z, "warped"), 1);
}

/// Forwards each call, and throws InternalError when a run ends further than C m_cur beyond the smallest E of
/// those that wait: of those that did when it began, and those that have woken up without a warp since.
class LeadChecked final : public Scheduler {
 public:
  LeadChecked(std::unique_ptr<Scheduler> subject, Duration allowance)
      : subject_(std::move(subject)), allowance_(allowance) {}
  void add(EntityId e, Weight weight, Time now) override {
    weights_[e] = weight;
    subject_->add(e, weight, now);
  }
  void remove(EntityId e, Time now) override { subject_->remove(e, now); }
  void set_weight(EntityId e, Weight weight, Time now) override {
    subject_->set_weight(e, weight, now);
  }
  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    subject_->enqueue(e, now, why);
    waiting_[e] = state(e, "warped") == 0;
  }
  void dequeue(EntityId e, Time now) override { subject_->dequeue(e, now); }
  EntityId pick_next(CpuId cpu, Time now) override {
    const EntityId e = subject_->pick_next(cpu, now);
    waiting_.erase(e);
    for (auto& [other, counts] : waiting_) counts = true;
    was_warped_ = e != kNoEntity && state(e, "warped") != 0;
    return e;
  }
  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    subject_->put_prev(e, now, ran, why);
    if (!still_runnable(why)) return;
    for (const auto& [other, counts] : waiting_) {
      if (!counts || was_warped_) continue;  // the end of a warp is a leap
      const std::int64_t lead =
          state(e, "effective_virtual_time") - state(other, "effective_virtual_time");
      check(
          lead * weights_[e] <= to_ns(allowance_) * kTagsPerNs + 2 * weights_[e],  // two roundings
          "nobody is further than the allowance beyond the smallest E");
    }
    waiting_[e] = true;
  }
  Duration slice(EntityId e, Time now) override { return subject_->slice(e, now); }
  bool preempts(EntityId woken, EntityId running, Time now) override {
    return subject_->preempts(woken, running, now);
  }

 private:
  std::int64_t state(EntityId e, std::string_view name) const {
    struct Sink final : StateSink {
      explicit Sink(std::string_view wanted) : name(wanted) {}
      void value(std::string_view found, std::int64_t number) override {
        if (found == name) result = number;
      }
      std::string_view name;
      std::int64_t result = 0;
    } sink(name);
    subject_->describe(e, sink);
    return sink.result;
  }

  std::unique_ptr<Scheduler> subject_;
  const Duration allowance_;
  std::map<EntityId, Weight> weights_;
  std::map<EntityId, bool> waiting_;  ///< and whether the bound is about it
  bool was_warped_ = false;
};

// The bound: nobody that runs gets further than C m_cur beyond the smallest E. 1500 random sets of up to 10
// hogs and sleepers with odd weights, half of the sets with warps.
TEST(Bvt, LeadStaysWithinTheAllowance) {
  const std::vector<Weight> weights{1, 2, 3, 7, 11, 100, 333, 1009};
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream stream = make_stream(seed, 6);
    ScriptedQueue queue(
        "bvt:slice=1ms", [](const SchedulerContext& context, const SchedulerChoice& choice) {
          return std::unique_ptr<Scheduler>(
              std::make_unique<LeadChecked>(choice.make(context), choice.duration("slice")));
        });
    const EntityId count = 2 + stream() % 9;
    for (EntityId e = 0; e < count; ++e) {
      const Weight weight = weights[stream() % weights.size()];
      if (seed % 2 == 0) queue.set_hint(e, "warp", stream() % 20'000'000);
      if (stream() % 2 == 0)
        queue.add_hog(weight, Time(ns(stream() % 9'000'000)));
      else
        queue.add(weight, {{ns(1 + stream() % 3'000'000), ns(1 + stream() % 9'000'000)}}, kStart,
                  true);
    }
    ASSERT_NO_THROW(queue.run_until(Time(100ms)));
  }
}

/// The paper's rules over fractions, with scans, in ns of CPU time per unit of weight.
class BvtTwin final : public Scheduler {
 public:
  BvtTwin(Duration allowance, const QueueHost& host) : allowance_(allowance), host_(host) {}

  void add(EntityId e, Weight weight, Time now) override {
    threads_[e] = {};
    threads_[e].weight = weight;
    threads_[e].may_warp_at = now;
  }
  void remove(EntityId e, Time) override {
    if (latest_ == e) latest_ = kNoEntity;
  }
  void set_weight(EntityId e, Weight weight, Time) override { threads_[e].weight = weight; }
  void enqueue(EntityId e, Time now, EnqueueReason) override {
    remember_svt(now);
    Thread& thread = threads_[e];
    thread.actual = std::max(thread.actual, svt_);
    thread.queued = true;
    thread.yielded = false;
    warp_if_due(e, now);
  }
  void dequeue(EntityId e, Time now) override { leave(e, now); }
  EntityId pick_next(CpuId, Time now) override {
    for (auto& [e, thread] : threads_)
      if (thread.queued) warp_if_due(e, now);
    EntityId best = smallest();
    if (best == kNoEntity) return best;
    if (latest_ != kNoEntity && threads_[latest_].queued && !threads_[latest_].yielded &&
        left(latest_, best) > 0) {
      best = latest_;
    }
    threads_[best].queued = false;
    latest_ = running_ = best;
    begin_ = now;
    return best;
  }
  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    running_ = kNoEntity;
    Thread& thread = threads_[e];
    thread.actual += Fraction(to_ns(ran)) / thread.weight;
    thread.yielded = why == StopReason::kYielded;
    thread.queued = true;
    if (thread.warped && (thread.warp_left -= ran) <= 0ns) unwarp(e, now);
    if (!still_runnable(why)) leave(e, now);
  }
  Duration slice(EntityId e, Time) override {
    const EntityId next = smallest();
    std::int64_t most = to_ns(allowance_);
    if (next != kNoEntity) most = std::min(most, left(e, next));
    if (threads_[e].warped) most = std::min(most, to_ns(threads_[e].warp_left));
    return ns(most);
  }
  bool preempts(EntityId woken, EntityId running, Time now) override {
    return left(running, woken) <= to_ns(now - begin_);
  }

 private:
  struct Thread {
    Weight weight = 1;
    Fraction actual;
    bool queued = false;
    bool yielded = false;
    bool warped = false;
    Duration warp_left{};
    Time may_warp_at{};
  };
  std::int64_t hint(EntityId e, const char* word, Duration otherwise) const {
    return host_.hint(e, word).value_or(to_ns(otherwise));
  }
  Fraction effective(EntityId e) const {
    const Thread& thread = threads_.at(e);
    if (!thread.warped) return thread.actual;
    return thread.actual - Fraction(hint(e, "warp", 0s)) / thread.weight;
  }
  EntityId smallest() const {
    EntityId best = kNoEntity;
    for (const auto& [e, thread] : threads_)
      if (thread.queued && (best == kNoEntity || effective(e) < effective(best))) best = e;
    return best;
  }
  /// In whole ns of CPU time, rounded down.
  std::int64_t left(EntityId e, EntityId next) const {
    const Fraction left =
        (effective(next) - effective(e)) * threads_.at(e).weight + to_ns(allowance_);
    auto whole = static_cast<std::int64_t>(
        boost::multiprecision::cpp_int(numerator(left) / denominator(left)));
    return Fraction(whole) > left ? whole - 1 : whole;
  }
  void warp_if_due(EntityId e, Time now) {
    Thread& thread = threads_[e];
    if (thread.warped || hint(e, "warp", 0s) == 0 || now < thread.may_warp_at) return;
    thread.warped = true;
    thread.warp_left = ns(hint(e, "warp_limit", 2s));
  }
  void unwarp(EntityId e, Time now) {
    threads_[e].warped = false;
    threads_[e].may_warp_at = now + ns(hint(e, "unwarp", 1s));
  }
  void leave(EntityId e, Time now) {
    remember_svt(now);
    threads_[e].queued = false;
    if (threads_[e].warped) unwarp(e, now);
  }
  void remember_svt(Time now) {
    bool any = false;
    for (const auto& [e, thread] : threads_) {
      if (!thread.queued && e != running_) continue;
      Fraction actual = thread.actual;
      if (e == running_) actual += Fraction(to_ns(now - begin_)) / thread.weight;
      if (!any || actual < svt_) svt_ = actual;
      any = true;
    }
  }

  const Duration allowance_;
  const QueueHost& host_;
  std::map<EntityId, Thread> threads_;
  EntityId latest_ = kNoEntity;
  EntityId running_ = kNoEntity;
  Time begin_{};
  Fraction svt_;
};

// Does it answer as the paper's rules do, whatever happens, where tags of whole ns are whole numbers?
TEST(Bvt, AnswersAsItsTwin) {
  const SchedulerChoice choice = Registry::global().choose("bvt");
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE(seed);
    RandomVerbs verbs(seed, {1, 2, 3, 4, 5, 6, 8, 10});
    if (seed % 4 != 0) verbs.hint_ms("warp", 1, 20);
    if (seed % 2 == 0) verbs.hint_ms("warp_limit", 1, 5);
    if (seed % 2 == 0) verbs.hint_ms("unwarp", 0, 10);
    SideBySide both(make_scheduler(choice, verbs),
                    std::make_unique<BvtTwin>(choice.duration("slice"), verbs));
    ASSERT_NO_THROW(verbs.drive(both, 400));
  }
}

}  // namespace
}  // namespace sharesim
