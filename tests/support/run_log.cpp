#include "tests/support/run_log.hpp"

#include <algorithm>

#include "sim/core/check.hpp"
#include "sim/core/units.hpp"

namespace sharesim::test {

RunLog::RunLog(const Scenario& scenario)
    : scenario_(scenario), tasks_(scenario.task_count()), on_cpu_(scenario.machine.cpus, kNoTask) {}

void RunLog::advance(Time now) {
  check(now >= now_, "an observer's time never goes back");
  now_ = now;
}

void RunLog::arrived(TaskId task, Time now) {
  advance(now);
  check(!tasks_[task].demand, "a task that arrives had no demand");
  tasks_[task].demand = true;
  arrivals.emplace_back(task, now);
}

void RunLog::left(TaskId task, Time now) {
  advance(now);
  check(tasks_[task].demand && tasks_[task].cpu == kNoCpu,
        "a task that leaves had demand and does not run");
  tasks_[task].demand = false;
}

void RunLog::run_begin(CpuId cpu, TaskId task, Time now) {
  advance(now);
  check(tasks_[task].demand && tasks_[task].cpu == kNoCpu, "a task that begins to run waited");
  check(on_cpu_.at(cpu) == kNoTask, "a CPU that begins a run had none");
  tasks_[task].cpu = cpu;
  tasks_[task].begin = now;
  on_cpu_[cpu] = task;
}

void RunLog::run_end(CpuId cpu, TaskId task, Time begin, Time end_of_run, StopReason why) {
  advance(end_of_run);
  check(on_cpu_.at(cpu) == task && tasks_[task].begin == begin, "a run that ends has begun");
  on_cpu_[cpu] = kNoTask;
  tasks_[task].cpu = kNoCpu;
  runs.push_back({cpu, task, begin, end_of_run, why});
}

void RunLog::overhead(CpuId cpu, TaskId, Time begin, Duration lost) {
  advance(begin + lost);
  check(on_cpu_.at(cpu) == kNoTask, "a CPU does not run while it pays");
  overhead_total += lost;
}

void RunLog::completed(TaskId task, Time since, Time now) {
  advance(now);
  completions.push_back({task, since, now});
}

void RunLog::dropped(TaskId, Time now) {
  advance(now);
  ++drops;
}

void RunLog::throttled(EntityRef entity, Time now) {
  advance(now);
  check(throttled_since_.emplace(std::pair(entity.is_task(), entity.id), now).second,
        "throttled only once");
}

void RunLog::unthrottled(EntityRef entity, Time now) {
  advance(now);
  const auto at = throttled_since_.find({entity.is_task(), entity.id});
  check(at != throttled_since_.end(), "unthrottled after throttled");
  throttles.push_back({entity, {at->second, now}});
  throttled_since_.erase(at);
}

void RunLog::finished(Time now, bool run_complete) {
  advance(now);
  for (const TaskId task : on_cpu_) check(task == kNoTask, "nobody runs at the end");
  end = now;
  complete = run_complete;
}

Duration RunLog::service(TaskId task, Time from, Time to) const {
  Duration sum{};
  for (const RunInterval& run : runs) {
    if (run.task != task) continue;
    const Time begin = std::max(run.begin, from);
    const Time stop = std::min(run.end, to);
    if (stop > begin) sum += stop - begin;
  }
  return sum;
}

std::string RunLog::order() const {
  std::string text;
  for (const RunInterval& run : runs) text += scenario_.spec_of(run.task).name;
  return text;
}

std::string RunLog::slots() const {
  std::string text;
  for (std::size_t i = 0; i < runs.size();) {
    std::size_t last = i;
    while (last + 1 < runs.size() && runs[last + 1].task == runs[i].task &&
           runs[last + 1].cpu == runs[i].cpu && runs[last + 1].begin == runs[last].end) {
      ++last;
    }
    if (!text.empty()) text += ", ";
    text += scenario_.spec_of(runs[i].task).name + " " + to_text(runs[i].begin) + "-" +
            to_text(runs[last].end);
    i = last + 1;
  }
  return text;
}

RunLog run_scenario(const Scenario& scenario, const std::string& scheduler) {
  RunLog log(scenario);
  run_engine(scenario, Registry::global().parse(scheduler), log);
  return log;
}

}  // namespace sharesim::test
