#pragma once
// What a client process of a live run tells: records in memory that it shares with sharesim.

#include <array>
#include <atomic>
#include <cstdint>

#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/scheduler.hpp"

namespace sharesim::cgroup {

/// Something that a client did, or found that had happened to it.
struct LiveRecord {
  enum class Kind : std::uint32_t {
    kArrived,    ///< it has work since `at`
    kRunBegin,   ///< it runs, on the machine's CPU `cpu`
    kRunEnd,     ///< it does not run any more, because of `why`
    kCompleted,  ///< the work that had been waiting since `since`
    kLeft,       ///< it has no work any more
    kDropped,    ///< its service refused a request
  };
  Kind kind = Kind::kArrived;
  StopReason why = StopReason::kSliceEnd;
  CpuId cpu = kNoCpu;
  Time at{};
  Time since{};
};

/// What all clients of a run are told. Lives in memory that they share with sharesim.
struct LiveBoard {
  std::atomic<std::int64_t> zero_ns{
      0};  ///< the run's beginning, in CLOCK_MONOTONIC; valid once open
  std::atomic<std::int64_t> end_ns{0};    ///< the run's end, since its beginning
  std::atomic<std::uint32_t> open{0};     ///< a futex: 1 once the run's beginning is known
  std::atomic<std::uint32_t> ready{0};    ///< clients that are in their group
  std::atomic<std::uint32_t> refused{0};  ///< the errno of a client that could not get there
  std::atomic<TaskId> refused_task{0};    ///< whose it was; of several any of them
};

/// A ring with one writer, the client, and one reader, sharesim. All zeros is a valid, empty page.
class LivePage {
 public:
  /// What a client can do while nobody reads.
  static constexpr std::uint32_t kRecords = 16'384;

  // The client
  void push(const LiveRecord& record) {
    const std::uint32_t head = head_.load(std::memory_order_relaxed);
    if (head - tail_.load(std::memory_order_acquire) == kRecords) {
      overrun_.store(true, std::memory_order_relaxed);
      return;
    }
    records_[head % kRecords] = record;
    head_.store(head + 1, std::memory_order_release);
  }
  /// Whatever is pushed from now on happened at `now` or later.
  void told_until(Time now) { told_until_ns_.store(to_ns(now), std::memory_order_release); }

  // The reader: first told_until(), then pop() until there is no more
  Time told_until() const { return at_ns(told_until_ns_.load(std::memory_order_acquire)); }
  bool pop(LiveRecord& record) {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail == head_.load(std::memory_order_acquire)) return false;
    record = records_[tail % kRecords];
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  /// Records were lost: the client did more than kRecords things while nobody read.
  bool overrun() const { return overrun_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kLine = 64;  // bytes that processors pass to each other at once

  alignas(kLine) std::atomic<std::int64_t> told_until_ns_{0};
  alignas(kLine) std::atomic<std::uint32_t> head_{0};
  std::atomic<bool> overrun_{false};
  alignas(kLine) std::atomic<std::uint32_t> tail_{0};
  std::array<LiveRecord, kRecords> records_{};
};

static_assert(std::atomic<std::int64_t>::is_always_lock_free &&
                  std::atomic<bool>::is_always_lock_free,
              "processes cannot share locks that a library keeps");

}  // namespace sharesim::cgroup
