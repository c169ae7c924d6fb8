#pragma once
// From what the clients of a live run tell, each in its own order, to one story in the order of time.

#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "sim/cgroup/live_page.hpp"
#include "sim/record/observer.hpp"

namespace sharesim::cgroup {

/// A record is told once no client can come up with an earlier one. What a client is silent about (it
/// has been switched out, and will tell when it runs again) holds the others up; until then they are kept.
class LiveMerge {
 public:
  /// `cpus`: the machine's CPUs; the k-th is CPU k of the workload. `observer` must outlive this object.
  LiveMerge(RunObserver& observer, std::vector<CpuId> cpus, TaskId tasks);

  /// The task's next record. Throws MachineError if it ran on a CPU that is not the workload's.
  void add(TaskId task, const LiveRecord& record);
  /// The task's records from now on are of `until` or later.
  void told_until(TaskId task, Time until) { tasks_[task].told_until = until; }
  /// Something that sharesim itself did at `at`, not before what it did the last time.
  void add_own(Time at, std::function<void(RunObserver&, Time)> tell);

  /// Tells everything up to the instant that all tasks have told of, and `now` at most.
  void flush(Time now);
  /// Tells the rest, up to `end`: runs that are still open end where their task was last seen.
  void finish(Time end, bool complete);

  /// Runs that were told.
  std::uint64_t runs() const { return runs_; }

 private:
  struct Task {
    std::deque<LiveRecord> records;
    Time told_until{};
    CpuId cpu = kNoCpu;  ///< while it runs, or waits for a seat
    bool seated = false;
    Time began{};
  };
  struct OwnRecord {
    Time at;
    std::function<void(RunObserver&, Time)> tell;
  };

  void tell_until(Time horizon);
  void tell(TaskId task, const LiveRecord& record);
  void begin(TaskId task, CpuId cpu, Time now);
  void end(TaskId task, Time now, StopReason why);

  RunObserver& observer_;
  std::map<CpuId, CpuId> cpu_of_;  ///< from the machine's to the workload's
  std::vector<Task> tasks_;
  std::deque<OwnRecord> own_;
  /// Who runs on each CPU, then who says so as well: two clocks may overlap by the time it takes to read one.
  std::vector<std::deque<TaskId>> seats_;
  Time told_{};
  std::uint64_t runs_ = 0;
};

}  // namespace sharesim::cgroup
