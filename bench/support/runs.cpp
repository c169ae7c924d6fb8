#include "bench/support/runs.hpp"

#include "sim/engine/engine.hpp"
#include "sim/registry.hpp"

namespace sharesim::bench {
namespace {

class Nobody final : public RunObserver {
 public:
  void arrived(TaskId, Time) override {}
  void left(TaskId, Time) override {}
  void run_begin(CpuId, TaskId, Time) override {}
  void run_end(CpuId, TaskId, Time, Time, StopReason) override {}
  void overhead(CpuId, TaskId, Time, Duration) override {}
  void completed(TaskId, Time, Time) override {}
  void dropped(TaskId, Time) override {}
  void throttled(EntityRef, Time) override {}
  void unthrottled(EntityRef, Time) override {}
  void weight_changed(EntityRef, Weight, Time) override {}
  void cap_changed(EntityRef, const Bandwidth*, Time) override {}
  void affinity_changed(EntityRef, const CpuSet&, Time) override {}
  void finished(Time, bool) override {}
};

std::uint64_t run_observed(const Scenario& scenario, const std::string& scheduler,
                           RunObserver& observer) {
  return run_engine(scenario, Registry::global().parse(scheduler), observer).decisions;
}

}  // namespace

std::string sfq(bool global) { return global ? "sfq:scope=global" : "sfq"; }

std::uint64_t run(const SharedScenario& scenario, const std::string& scheduler, Listener listener) {
  if (listener == Listener::kMeasures) {
    Measures measures(scenario, scheduler);
    return run_observed(*scenario, scheduler, measures);
  }
  Nobody nobody;
  return run_observed(*scenario, scheduler, nobody);
}

std::uint64_t run(const SharedScenario& scenario, const std::string& scheduler,
                  Measures& measures) {
  return run_observed(*scenario, scheduler, measures);
}

}  // namespace sharesim::bench
