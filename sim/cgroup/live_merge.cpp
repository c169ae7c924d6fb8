#include "sim/cgroup/live_merge.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/core/error.hpp"

namespace sharesim::cgroup {

LiveMerge::LiveMerge(RunObserver& observer, std::vector<CpuId> cpus, TaskId tasks)
    : observer_(observer), tasks_(tasks), seats_(cpus.size()) {
  for (CpuId k = 0; k < cpus.size(); ++k) cpu_of_[cpus[k]] = k;
}

void LiveMerge::add(TaskId task, const LiveRecord& record) {
  LiveRecord known = record;
  if (record.kind == LiveRecord::Kind::kRunBegin) {
    const auto found = cpu_of_.find(record.cpu);
    if (found == cpu_of_.end()) {
      throw MachineError(fmt::format(
          "task {} ran on CPU {}, which is not one of the workload's: somebody else has "
          "changed its group or its affinity",
          task, record.cpu));
    }
    known.cpu = found->second;
  }
  tasks_[task].records.push_back(known);
}

void LiveMerge::add_own(Time at, std::function<void(RunObserver&, Time)> tell) {
  own_.push_back({at, std::move(tell)});
}

void LiveMerge::flush(Time now) {
  Time horizon = now;
  for (const Task& task : tasks_) horizon = std::min(horizon, task.told_until);
  tell_until(horizon);
}

void LiveMerge::tell_until(Time horizon) {
  struct Ready {
    LiveRecord record;
    TaskId task;
  };
  std::vector<Ready> ready;
  for (TaskId id = 0; id < tasks_.size(); ++id) {
    std::deque<LiveRecord>& records = tasks_[id].records;
    for (; !records.empty() && records.front().at <= horizon; records.pop_front()) {
      ready.push_back({records.front(), id});
    }
  }
  std::stable_sort(ready.begin(), ready.end(),
                   [](const Ready& a, const Ready& b) { return a.record.at < b.record.at; });
  const auto tell_own = [&](Time until) {
    for (; !own_.empty() && own_.front().at <= until; own_.pop_front()) {
      told_ = std::max(told_, own_.front().at);
      own_.front().tell(observer_, told_);
    }
  };
  for (const Ready& next : ready) {
    tell_own(next.record.at);
    tell(next.task, next.record);
  }
  tell_own(horizon);
}

void LiveMerge::tell(TaskId task, const LiveRecord& record) {
  told_ = std::max(told_, record.at);
  switch (record.kind) {
    case LiveRecord::Kind::kArrived:
      observer_.arrived(task, told_);
      return;
    case LiveRecord::Kind::kRunBegin: {
      tasks_[task].cpu = record.cpu;
      std::deque<TaskId>& seat = seats_[record.cpu];
      seat.push_back(task);
      if (seat.size() == 1) begin(task, record.cpu, told_);
      return;
    }
    case LiveRecord::Kind::kRunEnd:
      end(task, told_, record.why);
      return;
    case LiveRecord::Kind::kCompleted:
      observer_.completed(task, record.since, told_);
      return;
    case LiveRecord::Kind::kLeft:
      observer_.left(task, told_);
      return;
    case LiveRecord::Kind::kDropped:
      observer_.dropped(task, told_);
      return;
  }
}

void LiveMerge::begin(TaskId task, CpuId cpu, Time now) {
  tasks_[task].seated = true;
  tasks_[task].began = now;
  ++runs_;
  observer_.run_begin(cpu, task, now);
}

void LiveMerge::end(TaskId id, Time now, StopReason why) {
  Task& task = tasks_[id];
  const CpuId cpu = std::exchange(task.cpu, kNoCpu);
  std::deque<TaskId>& seat = seats_[cpu];
  seat.erase(std::find(seat.begin(), seat.end(), id));
  if (!std::exchange(task.seated, false)) return;
  observer_.run_end(cpu, id, task.began, now, why);
  if (!seat.empty()) begin(seat.front(), cpu, now);
}

void LiveMerge::finish(Time end_of_run, bool complete) {
  // Who is in the middle of a run and has told of nothing since has not run since.
  for (Task& task : tasks_) {
    CpuId cpu = task.cpu;
    for (const LiveRecord& record : task.records) {
      if (record.kind == LiveRecord::Kind::kRunBegin) cpu = record.cpu;
      if (record.kind == LiveRecord::Kind::kRunEnd) cpu = kNoCpu;
    }
    if (cpu == kNoCpu) continue;
    task.records.push_back({.kind = LiveRecord::Kind::kRunEnd,
                            .why = StopReason::kSliceEnd,
                            .cpu = cpu,
                            .at = std::min(task.told_until, end_of_run)});
  }
  tell_until(end_of_run);
  // A run that a record beyond the end ended, or began.
  for (TaskId id = 0; id < tasks_.size(); ++id) {
    if (tasks_[id].cpu != kNoCpu) end(id, end_of_run, StopReason::kSliceEnd);
  }
  observer_.finished(end_of_run, complete);
}

}  // namespace sharesim::cgroup
