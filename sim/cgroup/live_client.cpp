#include "sim/cgroup/live_client.hpp"

#include <cerrno>
#include <time.h>

#include "sim/engine/program.hpp"

namespace sharesim::cgroup {
namespace {

/// The clock of live_now().
timespec monotonic(std::int64_t ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {.tv_sec = ns / kSecond, .tv_nsec = ns % kSecond};
}

}  // namespace

LiveClient::LiveClient(const TaskSpec& spec, TaskId task, std::uint64_t seed, LivePage& page,
                       const LiveBoard& board, LiveService* service, Duration switch_gap)
    : spec_(spec),
      task_(task),
      seed_(seed),
      page_(page),
      board_(board),
      service_(service),
      zero_ns_(board.zero_ns.load(std::memory_order_relaxed)),
      stop_(spec.stop ? Time(*spec.stop) : kNever),
      burner_(page, board, switch_gap) {}

void LiveClient::live() {
  if (sleep_until(Time(spec_.start))) {
    if (service_ != nullptr) {
      serve();
    } else {
      follow_program();
    }
  }
  page_.told_until(kNever);
}

bool LiveClient::sleep_until(Time when) {
  const Time end = at_ns(board_.end_ns.load(std::memory_order_relaxed));
  if (when >= stop_ || when >= end) return false;
  page_.told_until(when);
  const timespec until = monotonic(zero_ns_ + to_ns(when));
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
  return true;
}

void LiveClient::arrive(Time since) {
  page_.push({.kind = LiveRecord::Kind::kArrived, .at = since});
  burner_.begin();
}

void LiveClient::complete(Time since) {
  page_.push({.kind = LiveRecord::Kind::kCompleted, .at = burner_.now(), .since = since});
}

void LiveClient::leave(StopReason why) {
  const Time at = burner_.end(why, why == StopReason::kExited ? stop_ : kNever);
  page_.push({.kind = LiveRecord::Kind::kLeft, .at = at});
}

void LiveClient::drop(std::uint64_t requests) {
  for (; requests > 0; --requests) {
    page_.push({.kind = LiveRecord::Kind::kDropped, .at = burner_.now()});
  }
}

void LiveClient::follow_program() {
  const bool is_burst = std::holds_alternative<Sequence>(spec_.behaviour);
  Program program(spec_, task_, seed_);
  Time woken = Time(spec_.start);
  bool has_work = false;
  Action action = program.begin(spec_, nullptr, woken);
  for (;;) {
    if (action.kind == Action::Kind::kExit) return;
    if (action.kind == Action::Kind::kSleep) {
      if (!sleep_until(action.until)) return;
      woken = action.until;
      action = program.next(spec_, nullptr, woken, woken);
      continue;
    }
    if (!has_work) arrive(woken);
    has_work = true;
    if (!burner_.burn(action.length, stop_)) {
      if (burner_.now() >= stop_) leave(StopReason::kExited);
      return;
    }
    const Time since = action.since;
    action = program.next(spec_, nullptr, burner_.now(), since);
    has_work = action.kind == Action::Kind::kRun;
    if (!has_work || !is_burst) complete(since);
    if (!has_work)
      leave(action.kind == Action::Kind::kExit ? StopReason::kExited : StopReason::kBlocked);
  }
}

void LiveClient::serve() {
  bool has_work = false;
  Time free_at = Time(spec_.start);
  for (;;) {
    const LiveService::Taken taken = service_->take(free_at);
    drop(taken.dropped);
    const bool waits = taken.request.since > free_at;
    if (has_work && waits) leave(StopReason::kBlocked);
    if (waits && !sleep_until(taken.request.since)) return;
    if (!has_work || waits) arrive(taken.request.since);
    has_work = true;
    if (!burner_.burn(taken.request.demand, stop_)) {
      if (burner_.now() >= stop_) leave(StopReason::kExited);
      return;
    }
    complete(taken.request.since);
    free_at = burner_.now();
  }
}

}  // namespace sharesim::cgroup
