#pragma once
// One run, several listeners.

#include <vector>

#include "sim/record/observer.hpp"

namespace sharesim {

/// Hands every call on to several observers, in their order.
class Fanout final : public RunObserver {
 public:
  /// The observers must outlive this object.
  explicit Fanout(std::vector<RunObserver*> observers);

  void arrived(TaskId task, Time now) override;
  void left(TaskId task, Time now) override;
  void run_begin(CpuId cpu, TaskId task, Time now) override;
  void run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) override;
  void overhead(CpuId cpu, TaskId task, Time begin, Duration lost) override;
  void completed(TaskId task, Time since, Time now) override;
  void dropped(TaskId first_worker, Time now) override;
  void throttled(EntityRef entity, Time now) override;
  void unthrottled(EntityRef entity, Time now) override;
  void throttled_on(EntityRef entity, CpuId cpu, Time now) override;
  void unthrottled_on(EntityRef entity, CpuId cpu, Time now) override;
  void period_ended(EntityRef entity, const PeriodEnd& end, Time now) override;
  void weight_changed(EntityRef entity, Weight weight, Time now) override;
  void cap_changed(EntityRef entity, const Bandwidth* cap, Time now) override;
  void affinity_changed(EntityRef entity, const CpuSet& cpus, Time now) override;
  void finished(Time now, bool complete) override;

 private:
  template <typename... Parameters, typename... Arguments>
  void tell(void (RunObserver::*call)(Parameters...), const Arguments&... arguments);

  std::vector<RunObserver*> observers_;
};

}  // namespace sharesim
