#include "sim/cgroup/live_burn.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <sched.h>
#include <time.h>
#include <utility>

namespace sharesim::cgroup {
namespace {

/// Context switches of this process so far. The kernel reads two counters for it and leaves the account of
/// the present run alone.
std::int64_t count_switches() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw + usage.ru_nivcsw;
}

std::int64_t read_clock(clockid_t clock) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

}  // namespace

Time live_now(std::int64_t zero_ns) { return at_ns(read_clock(CLOCK_MONOTONIC) - zero_ns); }

Duration measure_switch_gap() {
  constexpr int kReadings = 1000;
  constexpr int kTimes = 8;
  constexpr Duration kLeast = std::chrono::microseconds(3);
  Duration shortest = kForever;
  for (Time before = live_now(0), now{}; shortest == kForever;) {
    for (int i = 0; i < kReadings; ++i, before = now) {
      now = live_now(0);
      if (now > before) shortest = std::min(shortest, now - before);
    }
  }
  return std::max(kTimes * shortest, kLeast);
}

LiveBurner::LiveBurner(LivePage& page, const LiveBoard& board, Duration switch_gap)
    : page_(page),
      board_(board),
      zero_ns_(board.zero_ns.load(std::memory_order_relaxed)),
      switch_gap_(switch_gap),
      now_(live_now(zero_ns_)) {}

void LiveBurner::begin() {
  switches_ = count_switches();
  now_ = live_now(zero_ns_);
  run_begins();
}

/// The CPU that was asked for between two readings of the clock without a gap is the one it runs on.
void LiveBurner::run_begins() {
  CpuId cpu = kNoCpu;
  for (Time before = kNever; before == kNever || now_ - before > switch_gap_;) {
    before = live_now(zero_ns_);
    cpu = static_cast<CpuId>(sched_getcpu());
    now_ = live_now(zero_ns_);
  }
  began_ = now_;
  counted_ = ns(read_clock(CLOCK_THREAD_CPUTIME_ID));
  page_.push({.kind = LiveRecord::Kind::kRunBegin, .cpu = cpu, .at = began_});
  page_.told_until(now_);
}

bool LiveBurner::burn(Duration demand, Time stop) {
  const bool for_ever = demand == kForever;
  Duration left = for_ever ? kForever : demand - overdrawn_;
  while (left > Duration::zero()) {
    const Time now = live_now(zero_ns_);
    Duration used = now - now_;
    if (used > switch_gap_ && was_switched_out()) {
      used = switch_back(now, stop);
    } else {
      now_ = now;
      page_.told_until(now);
    }
    if (!for_ever) left -= used;
    if (now >= stop || to_ns(now) >= board_.end_ns.load(std::memory_order_relaxed)) return false;
  }
  overdrawn_ = -left;
  return true;
}

bool LiveBurner::was_switched_out() {
  const std::int64_t switches = count_switches();
  return std::exchange(switches_, switches) != switches;
}

Duration LiveBurner::switch_back(Time now, Time stop) {
  const Duration counted = ns(read_clock(CLOCK_THREAD_CPUTIME_ID)) - counted_;
  const Time end = std::clamp(began_ + counted, now_, std::max(now_, std::min(now, stop)));
  const Duration beyond = end - now_;
  page_.push({.kind = LiveRecord::Kind::kRunEnd, .why = StopReason::kPreempted, .at = end});
  now_ = now;
  run_begins();
  return beyond;
}

Time LiveBurner::end(StopReason why, Time limit) {
  const Time at = std::max(began_, std::min(now_, limit));
  page_.push({.kind = LiveRecord::Kind::kRunEnd, .why = why, .at = at});
  return at;
}

}  // namespace sharesim::cgroup
