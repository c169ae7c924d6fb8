// Does it stay fast when it is big? Groups of 100 tasks on 256 CPUs, up to 100,000 tasks: what
// does a decision cost, and how does that grow with the number of tasks?

#include <cstdint>

#include <benchmark/benchmark.h>

#include "bench/support/runs.hpp"
#include "bench/support/scenarios.hpp"
#include "bench/support/stopwatch.hpp"

namespace sharesim::bench {
namespace {

void engine_crowd(benchmark::State& state) {
  constexpr std::uint64_t kDecisions = 512'000;  // 2 s: 5 for each of 100,000 tasks
  const auto tasks = static_cast<std::uint32_t>(state.range(0));
  const std::string scheduler = sfq(state.range(1) != 0);
  const auto scenario = crowd(tasks, duration_of(kDecisions, kCrowdCpus));
  const Listener listener = state.range(2) != 0 ? Listener::kMeasures : Listener::kNobody;
  const auto only_start = crowd(tasks, kSlice);
  Stopwatch start, whole;
  std::uint64_t decisions = 0, at_start = 0;
  for (auto _ : state) {
    state.PauseTiming();
    start.time([&] { at_start = run(only_start, scheduler, listener); });
    state.ResumeTiming();
    whole.time([&] { decisions = run(scenario, scheduler, listener); });
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(decisions));
  state.counters["start_seconds"] = start.best();
  state.counters["ns_per_decision"] =
      1e9 * (whole.best() - start.best()) / static_cast<double>(decisions - at_start);
}
BENCHMARK(engine_crowd)
    ->ArgNames({"tasks", "global", "measures"})
    ->ArgsProduct({{1000, 10'000, 100'000}, {0, 1}, {0, 1}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sharesim::bench
