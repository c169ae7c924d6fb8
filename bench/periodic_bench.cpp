// What do tasks cost that sleep and wake up all the time? 1,000 periodic tasks on 4 CPUs for 100 s,
// at a utilisation of 3.0, with measures.

#include <chrono>
#include <cstdint>

#include <benchmark/benchmark.h>

#include "bench/support/runs.hpp"
#include "bench/support/scenarios.hpp"
#include "bench/support/stopwatch.hpp"

namespace sharesim::bench {
namespace {

void engine_periodic(benchmark::State& state) {
  const auto scenario = periodic(std::chrono::seconds(100));
  Stopwatch stopwatch;
  std::uint64_t decisions = 0;
  for (auto _ : state) {
    stopwatch.time(
        [&] { decisions = run(scenario, sfq(state.range(0) != 0), Listener::kMeasures); });
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(decisions));
  state.counters["best_cpu_seconds"] = stopwatch.best();
}
BENCHMARK(engine_periodic)->ArgName("global")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sharesim::bench
