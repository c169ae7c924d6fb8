#include "sim/cgroup/live_service.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <linux/futex.h>
#include <mutex>
#include <new>

namespace sharesim::cgroup {
namespace {

void futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value) {
  syscall(SYS_futex, &word, operation, value, nullptr, nullptr, 0);
}

}  // namespace

// The second mutex of Drepper, "Futexes Are Tricky", 2011: whoever waits says so, so that who does not
// need to wake anybody up makes no system call.
void LiveLock::lock() {
  std::uint32_t seen = kOpen;
  if (state_.compare_exchange_strong(seen, kTaken, std::memory_order_acquire)) return;
  if (seen != kAwaited) seen = state_.exchange(kAwaited, std::memory_order_acquire);
  while (seen != kOpen) {
    futex(state_, FUTEX_WAIT, kAwaited);
    seen = state_.exchange(kAwaited, std::memory_order_acquire);
  }
}

void LiveLock::unlock() {
  if (state_.exchange(kOpen, std::memory_order_release) == kAwaited) futex(state_, FUTEX_WAKE, 1);
}

std::size_t LiveService::size_of(const Service& spec) {
  return sizeof(LiveService) + static_cast<std::size_t>(spec.queue) * sizeof(Request);
}

LiveService* LiveService::create(void* memory, const Service& spec, TaskId first_worker,
                                 Duration start, std::uint64_t seed) {
  return new (memory) LiveService(spec, first_worker, start, seed);
}

LiveService::LiveService(const Service& spec, TaskId first_worker, Duration start,
                         std::uint64_t seed)
    : spec_(&spec),
      stream_(make_stream(seed, first_worker)),
      next_(add_saturating(Time(start), std::max(spec.gap.draw(stream_), ns(1)))) {}

/// The ring stands in memory right behind the object.
LiveService::Request* LiveService::waiting() {
  static_assert(sizeof(LiveService) % alignof(Request) == 0);
  return reinterpret_cast<Request*>(this + 1);
}

/// The next arrival. First the gap to the one after it is drawn, then what it asks for.
LiveService::Request LiveService::draw() {
  const Time since = next_;
  next_ = add_saturating(since, std::max(spec_->gap.draw(stream_), ns(1)));
  return {since, spec_->demand.draw(stream_)};
}

LiveService::Taken LiveService::take(Time now) {
  const std::lock_guard guard(lock_);
  Taken taken{};
  // Since the last call nobody was free, and nobody took any: who has come since then queued up.
  while (next_ <= now) {
    const Request request = draw();
    if (length_ == spec_->queue) {
      ++taken.dropped;
    } else {
      waiting()[(first_ + length_++) % spec_->queue] = request;
    }
  }
  if (length_ == 0) {
    taken.request = draw();
    return taken;
  }
  taken.request = waiting()[first_];
  first_ = (first_ + 1) % spec_->queue;
  --length_;
  return taken;
}

}  // namespace sharesim::cgroup
