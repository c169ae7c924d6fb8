#pragma once
// What must hold in every run, whatever the scheduler: held against the run by an observer that
// shares nothing with the engine.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/record/observer.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::test {

/// Checks, by itself and from what it is told alone: tasks run only where they may, and at most on
/// one CPU; a CPU runs one task at a time; no cap gives more than its quota allows.
class LawKeeper final : public RunObserver {
 public:
  explicit LawKeeper(const Scenario& scenario);

  void arrived(TaskId, Time) override {}
  void left(TaskId, Time) override {}
  void run_begin(CpuId cpu, TaskId task, Time now) override;
  void run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) override;
  void overhead(CpuId, TaskId, Time, Duration) override {}
  void completed(TaskId, Time, Time) override {}
  void dropped(TaskId, Time) override {}
  void throttled(EntityRef, Time) override {}
  void unthrottled(EntityRef, Time) override {}
  void weight_changed(EntityRef, Weight, Time) override {}
  void cap_changed(EntityRef entity, const Bandwidth* cap, Time now) override;
  void affinity_changed(EntityRef entity, const CpuSet& cpus, Time now) override;
  void finished(Time now, bool complete) override;

  /// What was broken; empty if nothing was.
  const std::vector<std::string>& broken() const { return broken_; }

 private:
  /// A cap as it held for a while.
  struct Epoch {
    EntityRef entity;
    Bandwidth cap;
    Time from{};
    Time to = kNever;
    std::vector<Duration> used;  ///< by period since the one that holds `from`
  };
  void use(Epoch& epoch, Time begin, Time end);
  void audit(const Epoch& epoch);
  bool below(TaskId task, EntityRef entity) const;
  bool may_run(TaskId task, CpuId cpu) const;

  const Scenario& scenario_;
  std::vector<std::optional<CpuSet>> task_cpus_;
  std::vector<std::optional<CpuSet>> group_cpus_;
  std::vector<Epoch> epochs_;
  std::vector<TaskId> on_cpu_;
  std::vector<std::string> broken_;
};

}  // namespace sharesim::test
