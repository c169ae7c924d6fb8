#pragma once
// A run as a trace: who had which CPU when, who woke up, and how the policies' values went, written while the run
// goes on.

#include <memory>
#include <vector>

#include "sim/metrics/measures.hpp"
#include "sim/output/trace_counters.hpp"
#include "sim/output/trace_format.hpp"
#include "sim/record/observer.hpp"
#include "sim/record/run_view.hpp"

namespace sharesim {

/// Tells a TraceFormat what happens. As in a kernel, a task that goes on where its slice ended is not switched. Values
/// are looked up at every recording tick; for a wordy format less often, so that over time there are as many as
/// allocations.csv has rows: one per tick for each task and group.
class TraceWriter final : public QuietObserver, public RunWatcher, public TickListener {
 public:
  /// `scenario` and `measures`, which tells the recording ticks and knows the lag, must outlive this object.
  TraceWriter(const Scenario& scenario, std::unique_ptr<TraceFormat> format, Measures& measures);

  void instant(Time now, const RunView& view) override;
  void edge(Time now, const RunView& view) override;
  Duration interval() const override { return scenario_.record_tick; }
  /// The lag of every entity at the end of a recording tick, if values are due.
  void tick(Time begin, Time end) override;

  void arrived(TaskId task, Time now) override;
  void run_begin(CpuId cpu, TaskId task, Time now) override;
  void run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) override;
  void overhead(CpuId cpu, TaskId task, Time begin, Duration lost) override;
  void throttled(EntityRef entity, Time now) override;
  void unthrottled(EntityRef entity, Time now) override;
  void cap_changed(EntityRef entity, const Bandwidth* cap, Time now) override;
  void finished(Time now, bool complete) override;

 private:
  struct Cpu {
    Occupant on;  ///< as the trace has it
    StopReason why = StopReason::kSliceEnd;
    bool touched = false;
  };
  void touch_cpu(CpuId cpu);
  TraceThread thread_of(CpuId cpu, const Occupant& occupant) const;
  void show_wakeups(Time now, const RunView& view, bool of_running);
  void show_switch(CpuId cpu, Time now, const Occupant& next);
  void look_at_task(TaskId task, Time now, const RunView& view);
  void look_at_group(GroupId group, CpuId cpu, Time now, const RunView& view);
  void look_at_quota(EntityRef entity, Time now, const RunView& view);
  void note_cap(EntityRef entity);
  void look_again_after(Time now);

  const Scenario& scenario_;
  TraceThreads threads_;
  std::unique_ptr<TraceFormat> format_;
  Measures& measures_;
  TraceCounters counters_;
  std::vector<Cpu> cpus_;
  std::vector<CpuId> touched_cpus_;   ///< in this instant
  std::vector<TaskId> woken_;         ///< in this instant
  std::vector<bool> is_running_;      ///< by task, as the trace has it
  std::vector<EntityRef> capped_;     ///< those that have or had a cap
  std::vector<bool> has_had_cap_;     ///< by group, then by task
  Time next_look_{};                  ///< values are due from then on
  std::uint64_t written_before_ = 0;  ///< values, up to the last look
};

}  // namespace sharesim
