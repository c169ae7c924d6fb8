#pragma once
// The requests of a `service:` in a live run: its workers, which are processes, take them from memory
// that they share. Nobody has to hand them out: when the next one comes is known beforehand.

#include <atomic>
#include <cstdint>

#include "sim/core/time.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cgroup {

/// A lock between processes, for a few instructions at a time. All zeros is an open one.
class LiveLock {
 public:
  void lock();
  void unlock();

 private:
  enum : std::uint32_t { kOpen, kTaken, kAwaited };
  std::atomic<std::uint32_t> state_{kOpen};
};

/// Draws what ServiceState of sim/engine draws: the same requests at the same times.
class LiveService {
 public:
  struct Request {
    Time since;
    Duration demand;
  };
  struct Taken {
    Request request;  ///< may be one that is yet to come: the worker is to sleep until then
    std::uint64_t dropped = 0;  ///< requests that found the queue full since the last call
  };

  /// Bytes that the object needs.
  static std::size_t size_of(const Service& spec);
  /// In memory of that size, all zeros. `spec` must outlive it; its address must be the same in all processes.
  static LiveService* create(void* memory, const Service& spec, TaskId first_worker, Duration start,
                             std::uint64_t seed);

  /// A worker that is free at `now` takes the request that has waited longest; if none waits, the next
  /// one that nobody else has been given.
  Taken take(Time now);

 private:
  LiveService(const Service& spec, TaskId first_worker, Duration start, std::uint64_t seed);

  Request draw();
  Request* waiting();

  const Service* spec_;
  LiveLock lock_;
  // Guarded by lock_:
  RandomStream stream_;
  Time next_;                ///< the next arrival
  std::int64_t first_ = 0;   ///< of the requests that wait, in a ring of spec_->queue
  std::int64_t length_ = 0;  ///< of them
};

}  // namespace sharesim::cgroup
