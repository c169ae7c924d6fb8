#pragma once
// What tasks do: bursts, sleeps, jobs, requests. Independent of who runs when, so that every
// scheduler is given the same work: all draws come from the task's (or the service's) own stream,
// in its own order.

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// What a task does next.
struct Action {
  enum class Kind : std::uint8_t {
    kRun,    ///< demands `length` of CPU time (kForever: for ever) for work that has been waiting
             ///< since `since`
    kSleep,  ///< blocks until `until` (kNever: until somebody wakes it)
    kExit,
  } kind;
  Duration length{};
  Time until{};
  Time since{};
};

/// The requests of one `service:`: they arrive on their own and wait for a free worker.
class ServiceState {
 public:
  ServiceState(const Service& spec, TaskId first_worker, std::uint64_t seed);

  TaskId first_worker() const { return first_worker_; }
  std::uint32_t workers() const { return spec_->workers; }
  /// The arrival after one at `now`.
  Time next_arrival(Time now);

  struct Request {
    Time since;
    Duration demand;
  };
  /// Draws the request that arrives now.
  Request draw(Time now) { return {now, spec_->demand.draw(stream_)}; }
  /// Queues a request; false if the queue is full.
  bool push(const Request& request);
  /// Takes the oldest waiting request; false if there is none.
  bool pop(Request& request);

  void worker_idle(TaskId worker) { idle_.push_back(worker); }
  /// The worker that has been idle longest, or kNoTask.
  TaskId take_idle_worker();
  void forget_worker(TaskId worker);

 private:
  const Service* spec_;
  TaskId first_worker_;
  RandomStream stream_;
  std::deque<Request> waiting_;
  std::deque<TaskId> idle_;
};

/// Where one task stands in its behaviour. What the behaviour is, it is told at each call: there may be many tasks.
class Program {
 public:
  Program(const TaskSpec& spec, TaskId task, std::uint64_t seed)
      : stream_(make_stream(seed, task)), release_(Time(spec.start)) {}

  /// The first action, at the task's start. `service` is the state of the task's service, if it is a worker.
  Action begin(const TaskSpec& spec, ServiceState* service, Time now) {
    return next(spec, service, now, now);
  }
  /// What follows when the burst that was begun by the last kRun is complete, or the last kSleep is
  /// over. `woken` is when the task last left its sleep: what runs until the next sleep has been
  /// waiting since then.
  Action next(const TaskSpec& spec, ServiceState* service, Time now, Time woken);

 private:
  Action next_step(const Sequence& sequence, Time now, Time woken);
  Action next_job(const Periodic& periodic, Time now);

  RandomStream stream_;
  Time release_;             ///< Periodic: of the next job
  std::int64_t rounds_ = 0;  ///< Sequence: complete ones
  std::uint32_t step_ = 0;   ///< Sequence: the next one
};

}  // namespace sharesim
