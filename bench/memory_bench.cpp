// How much memory does a run need? Each runs in a process of its own, so the numbers do not depend
// on which benchmarks ran before. Does it stay the same in a run that is ten times as long?

#include <chrono>
#include <cstdint>
#include <functional>

#include <benchmark/benchmark.h>

#include "bench/support/footprint.hpp"
#include "bench/support/runs.hpp"
#include "bench/support/scenarios.hpp"
#include "bench/support/written_run.hpp"

namespace sharesim::bench {
namespace {

constexpr double kMebibyte = 1 << 20;

/// Shows the footprint of `work`, which prepares its scenario, too. Time counts in the child.
Footprint show(benchmark::State& state, const std::function<std::uint64_t()>& work) {
  Footprint footprint;
  for (auto _ : state) {
    footprint = footprint_of(work);
    state.SetIterationTime(footprint.cpu_seconds);
  }
  state.counters["decisions"] = static_cast<double>(footprint.count);
  state.counters["peak_mib"] = static_cast<double>(footprint.peak_bytes) / kMebibyte;
  return footprint;
}

void memory_writers(benchmark::State& state) {
  const TemporaryFolder folder;
  show(state, [&] {
    return run_written(
        recorded(static_cast<std::uint32_t>(state.range(0)),
                 std::chrono::milliseconds(state.range(1)), std::chrono::seconds(state.range(2))),
        folder.path());
  });
}
BENCHMARK(memory_writers)
    ->ArgNames({"tasks", "tick_ms", "seconds"})
    ->ArgsProduct({{10}, {10}, {100, 1000}})
    ->ArgsProduct({{1000}, {1000}, {100, 1000}})
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

void memory_periodic(benchmark::State& state) {
  show(state, [&] {
    return run(periodic(std::chrono::seconds(state.range(1))), sfq(state.range(0) != 0),
               Listener::kMeasures);
  });
}
BENCHMARK(memory_periodic)
    ->ArgNames({"global", "seconds"})
    ->ArgsProduct({{0, 1}, {10, 100}})
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

void memory_crowd(benchmark::State& state) {
  const auto tasks = static_cast<std::uint32_t>(state.range(0));
  const Footprint footprint = show(state, [&] {
    return run(crowd(tasks, std::chrono::seconds(1)), sfq(state.range(1) != 0),
               state.range(2) != 0 ? Listener::kMeasures : Listener::kNobody);
  });
  state.counters["bytes_per_task"] = static_cast<double>(footprint.grown_bytes) / tasks;
}
BENCHMARK(memory_crowd)
    ->ArgNames({"tasks", "global", "measures"})
    ->ArgsProduct({{100'000}, {0, 1}, {0, 1}})
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sharesim::bench
