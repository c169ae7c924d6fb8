// First come, first served.

#include <chrono>
#include <memory>

#include <gtest/gtest.h>

#include "tests/support/scripted_queue.hpp"
#include "tests/support/side_by_side.hpp"

namespace sharesim {
namespace {

using namespace std::chrono_literals;

// The textbook's convoy: bursts of 24, 3 and 3 ms that come in this order end at 24, 27 and 30 (17 ms of
// waiting in the mean); in the order 3, 3, 24 at 3, 6 and 30 (3 ms). Weights change nothing.
TEST(FirstComeFirstServed, TextbookConvoy) {
  ScriptedQueue queue("fifo");
  queue.add(1, {{24ms, 1s}});
  queue.add(100, {{3ms, 1s}});
  queue.add(100, {{3ms, 1s}});
  queue.run_until(Time(40ms));
  EXPECT_EQ(queue.runs(), (std::vector<ScriptedRun>{{0, Time(0ms), Time(24ms)},
                                                    {1, Time(24ms), Time(27ms)},
                                                    {2, Time(27ms), Time(30ms)}}));
}

// A task that never blocks never lets go; one that yields goes to the tail.
TEST(FirstComeFirstServed, YieldGoesToTheTailAndAHogStays) {
  ScriptedQueue queue("fifo");
  queue.add(1, {{2ms, 0ms}, {2ms, 0ms}, {}});
  queue.add(1, {{1ms, 0ms}, {1ms, 1s}});
  queue.run_until(Time(1s));
  EXPECT_EQ(queue.order(), "ABAB");
  EXPECT_EQ(queue.runs().back().end, Time(6ms));
}

// Is one that an outer queue's slice, or a cap below it, has interrupted the next again? And one that was
// throttled the last?
TEST(FirstComeFirstServed, AnInterruptedOneStaysAtTheHead) {
  RandomVerbs nobody(0, {1});
  const auto queue = make_scheduler(Registry::global().choose("fifo"), nobody);
  for (EntityId e = 0; e < 3; ++e) {
    queue->add(e, 1, kStart);
    queue->enqueue(e, kStart, EnqueueReason::kWakeup);
  }
  EXPECT_EQ(queue->slice(0, kStart), kForever);
  EXPECT_EQ(queue->pick_next(0, kStart), 0U);
  queue->put_prev(0, Time(1ms), 1ms, StopReason::kSliceEnd);
  EXPECT_EQ(queue->pick_next(0, Time(1ms)), 0U);
  queue->put_prev(0, Time(2ms), 1ms, StopReason::kPreempted);
  EXPECT_EQ(queue->pick_next(0, Time(2ms)), 0U);
  queue->put_prev(0, Time(3ms), 1ms, StopReason::kThrottled);
  queue->enqueue(0, Time(4ms), EnqueueReason::kUnthrottled);
  queue->dequeue(1, Time(4ms));
  EXPECT_EQ(queue->pick_next(0, Time(4ms)), 2U);
  EXPECT_EQ(queue->pick_next(0, Time(4ms)), 0U);
  EXPECT_EQ(queue->pick_next(0, Time(4ms)), kNoEntity);
}

}  // namespace
}  // namespace sharesim
