#pragma once
// An observer that remembers everything, and that holds the engine to the observer's contract while
// it listens.

#include <map>
#include <string>
#include <vector>

#include "sim/engine/engine.hpp"
#include "sim/record/observer.hpp"

namespace sharesim::test {

struct RunInterval {
  CpuId cpu;
  TaskId task;
  Time begin;
  Time end;
  StopReason why;
};

class RunLog final : public RunObserver {
 public:
  explicit RunLog(const Scenario& scenario);

  void arrived(TaskId task, Time now) override;
  void left(TaskId task, Time now) override;
  void run_begin(CpuId cpu, TaskId task, Time now) override;
  void run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) override;
  void overhead(CpuId cpu, TaskId task, Time begin, Duration lost) override;
  void completed(TaskId task, Time since, Time now) override;
  void dropped(TaskId first_worker, Time now) override;
  void throttled(EntityRef entity, Time now) override;
  void unthrottled(EntityRef entity, Time now) override;
  void weight_changed(EntityRef, Weight, Time now) override { advance(now); }
  void cap_changed(EntityRef, const Bandwidth*, Time now) override { advance(now); }
  void affinity_changed(EntityRef, const CpuSet&, Time now) override { advance(now); }
  void finished(Time now, bool complete) override;

  /// CPU time of a task in [from, to).
  Duration service(TaskId task, Time from = kStart, Time to = kNever) const;
  /// Names of those who ran, in order, for instance "ABBA" for tasks a, b: consecutive runs are
  /// kept apart.
  std::string order() const;
  /// Runs with adjacent ones of the same task on the same CPU merged, as "a 0-10ms, b 10-30ms".
  std::string slots() const;

  struct Span {
    Time begin;
    Time end;
  };
  struct Completion {
    TaskId task;
    Time since;
    Time at;
  };
  std::vector<RunInterval> runs;
  std::vector<Completion> completions;
  std::vector<std::pair<TaskId, Time>> arrivals;
  std::vector<std::pair<EntityRef, Span>> throttles;
  Duration overhead_total{};
  std::uint64_t drops = 0;
  Time end{};
  bool complete = false;

 private:
  void advance(Time now);
  struct State {
    bool demand = false;
    CpuId cpu = kNoCpu;
    Time begin{};
  };

  const Scenario& scenario_;
  std::vector<State> tasks_;
  std::vector<TaskId> on_cpu_;
  std::map<std::pair<bool, std::uint32_t>, Time> throttled_since_;
  Time now_{};
};

/// Runs the scenario under the scheduler spelled `scheduler` and returns what happened.
RunLog run_scenario(const Scenario& scenario, const std::string& scheduler);

}  // namespace sharesim::test
