#include "bench/support/runs.hpp"

#include "sim/engine/engine.hpp"
#include "sim/registry.hpp"

namespace sharesim::bench {
namespace {

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
  QuietObserver nobody;
  return run_observed(*scenario, scheduler, nobody);
}

std::uint64_t run(const SharedScenario& scenario, const std::string& scheduler,
                  Measures& measures) {
  return run_observed(*scenario, scheduler, measures);
}

}  // namespace sharesim::bench
