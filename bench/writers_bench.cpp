// What do files cost? The run command with -o and --schedule: allocations.csv, schedule.csv and
// summary.json, for 1 CPU and always-runnable tasks.

#include <chrono>
#include <cstdint>

#include <benchmark/benchmark.h>

#include "bench/support/scenarios.hpp"
#include "bench/support/stopwatch.hpp"
#include "bench/support/written_run.hpp"

namespace sharesim::bench {
namespace {

void engine_writers(benchmark::State& state) {
  constexpr std::uint64_t kDecisions = 200'000;
  const TemporaryFolder folder;
  const auto scenario =
      recorded(static_cast<std::uint32_t>(state.range(0)),
               std::chrono::milliseconds(state.range(1)), duration_of(kDecisions, 1));
  Stopwatch stopwatch;
  std::uint64_t decisions = 0;
  for (auto _ : state) {
    stopwatch.time([&] { decisions = run_written(scenario, folder.path()); });
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(decisions));
  state.counters["best_per_second"] = static_cast<double>(decisions) / stopwatch.best();
}
BENCHMARK(engine_writers)
    ->ArgNames({"tasks", "tick_ms"})
    ->Args({10, 10})
    ->Args({1000, 1000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sharesim::bench
