#pragma once
// One task of a workload as a process: does what the workload says, and tells what it did and when.

#include "sim/cgroup/live_burn.hpp"
#include "sim/cgroup/live_page.hpp"
#include "sim/cgroup/live_service.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cgroup {

class LiveClient {
 public:
  /// `service` is that of a worker, or nullptr. All must outlive this object; the run must have begun.
  LiveClient(const TaskSpec& spec, TaskId task, std::uint64_t seed, LivePage& page,
             const LiveBoard& board, LiveService* service, Duration switch_gap);

  /// Returns when the task has exited or been stopped, or the run is over.
  void live();

 private:
  void follow_program();
  void serve();
  /// False if the task's end or the run's came first.
  bool sleep_until(Time when);
  bool stop_comes_before(Time when) const { return when >= stop_; }
  /// Has had no work until now.
  void arrive(Time since);
  void complete(Time since);
  void leave(StopReason why);
  void drop(std::uint64_t requests);

  const TaskSpec& spec_;
  const TaskId task_;
  const std::uint64_t seed_;
  LivePage& page_;
  const LiveBoard& board_;
  LiveService* const service_;
  const std::int64_t zero_ns_;
  const Time stop_;
  LiveBurner burner_;
};

}  // namespace sharesim::cgroup
