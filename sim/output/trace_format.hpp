#pragma once
// What a trace says, whatever it is written as.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Traces begin at this time of their own clock: readers take 0 for "no time".
inline constexpr Duration kTraceStart = std::chrono::seconds(1);

/// Who leaves a CPU or takes it: nobody is the idle thread.
struct TraceThread {
  std::uint32_t id = 0;
  TaskId task = kNoTask;  ///< kNoTask: idle or overhead
};

/// A run's tree in the words of a kernel: a process per group, a thread per task. Ids are process ids: the idle
/// thread is 0, groups begin at 1, tasks follow, then a thread per CPU that stands for the overhead there.
class TraceThreads {
 public:
  explicit TraceThreads(const Scenario& scenario);

  std::uint32_t process(GroupId group) const { return group + 1; }
  std::uint32_t thread(TaskId task) const { return groups_ + 1 + task; }
  TraceThread of(TaskId task) const { return {thread(task), task}; }
  std::uint32_t overhead(CpuId cpu) const { return groups_ + 1 + tasks_ + cpu; }
  /// Of the overhead threads.
  std::uint32_t overhead_process() const { return groups_ + 1 + tasks_ + cpus_; }
  /// "worker.0"; of no task: "swapper/3", "overhead/3".
  std::string_view name_of(CpuId cpu, TraceThread thread) const {
    if (thread.task != kNoTask) return names_[thread.task];
    return thread.id == 0 ? idle_names_[cpu] : overhead_names_[cpu];
  }
  std::string_view name_of(TaskId task) const { return names_[task]; }
  std::string_view process_name(GroupId group) const { return scenario_.groups[group].path; }
  std::uint32_t process_of(TaskId task) const { return process(scenario_.spec_of(task).group); }
  /// As Linux counts: 120 is nice 0.
  std::int32_t priority(TraceThread thread) const {
    return thread.task == kNoTask ? kNiceZero : priorities_[thread.task];
  }
  bool has_overhead() const;
  const Scenario& scenario() const { return scenario_; }

 private:
  static constexpr std::int32_t kNiceZero = 120;

  const Scenario& scenario_;
  std::uint32_t groups_;
  std::uint32_t tasks_;
  std::uint32_t cpus_;
  std::vector<std::string> names_;        ///< by task
  std::vector<std::int32_t> priorities_;  ///< by task
  std::vector<std::string> idle_names_;   ///< by CPU
  std::vector<std::string> overhead_names_;
};

/// A value that is drawn over time.
struct TraceCounter {
  std::uint32_t id = 0;    ///< counts from 0, in the order of the first values
  std::uint32_t kind = 0;  ///< those of one kind share a scale; counts from 0 too
  std::string_view kind_name;
  std::string name;  ///< of the entity, and of the CPU if each has one
  EntityRef entity;
  bool in_ns = false;
};

/// Writes a trace as a certain kind of file. Times never go back on a CPU.
class TraceFormat {
 public:
  virtual ~TraceFormat() = default;
  /// `cpu` goes from one thread to another one. `why` is the reason of the first to leave.
  virtual void switched(CpuId cpu, Time now, TraceThread from, StopReason why, TraceThread to) = 0;
  /// The task wakes up while `current` has its CPU.
  virtual void woke(CpuId cpu, Time now, TaskId task, TraceThread current) = 0;
  /// Once, before the first value.
  virtual void define(const TraceCounter& counter) = 0;
  virtual void value(const TraceCounter& counter, Time now, std::int64_t value) = 0;
  /// Something happens to an entity.
  virtual void mark(EntityRef entity, Time now, std::string_view what) = 0;
  /// No more calls.
  virtual void end() = 0;
  /// Whether a value takes as much room as a row of allocations.csv.
  virtual bool is_wordy() const { return false; }
};

}  // namespace sharesim
