#include "sim/cgroup/live_burn.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <sched.h>
#include <time.h>

namespace sharesim::cgroup {
namespace {

/// Context switches of this process so far. The kernel reads two counters for it and leaves the account of
/// the present run alone.
std::int64_t count_switches() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw + usage.ru_nivcsw;
}

}  // namespace

Time live_now(std::int64_t zero_ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return at_ns(now.tv_sec * kSecond + now.tv_nsec - zero_ns);
}

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
  page_.push({.kind = LiveRecord::Kind::kRunBegin, .cpu = cpu, .at = began_});
  page_.told_until(now_);
}

bool LiveBurner::burn(Duration demand, Time stop) {
  const bool for_ever = demand == kForever;
  Duration left = for_ever ? kForever : demand - overdrawn_;
  while (left > Duration::zero()) {
    const Time now = live_now(zero_ns_);
    const Duration gap = now - now_;
    if (gap > switch_gap_ && was_switched_out(now)) continue;
    now_ = now;
    page_.told_until(now);
    if (!for_ever) left -= gap;
    if (now >= stop || to_ns(now) >= board_.end_ns.load(std::memory_order_relaxed)) return false;
  }
  overdrawn_ = -left;
  return true;
}

bool LiveBurner::was_switched_out(Time now) {
  const std::int64_t switches = count_switches();
  if (switches == switches_) return false;
  switches_ = switches;
  page_.push({.kind = LiveRecord::Kind::kRunEnd, .why = StopReason::kPreempted, .at = now_});
  now_ = now;
  run_begins();
  return true;
}

Time LiveBurner::end(StopReason why, Time limit) {
  const Time at = std::max(began_, std::min(now_, limit));
  page_.push({.kind = LiveRecord::Kind::kRunEnd, .why = why, .at = at});
  return at;
}

}  // namespace sharesim::cgroup
