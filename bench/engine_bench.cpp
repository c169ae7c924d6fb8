// How many decisions does the engine take per second, and how much does it add to the bare loop?
// By number of tasks, depth of groups, caps, number of CPUs and scope, with and without measures.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/support/bare_loop.hpp"
#include "bench/support/runs.hpp"
#include "bench/support/scenarios.hpp"
#include "bench/support/stopwatch.hpp"

namespace sharesim::bench {
namespace {

constexpr std::uint64_t kDecisions = 200'000;

std::uint32_t argument(const benchmark::State& state, std::size_t index) {
  return static_cast<std::uint32_t>(state.range(index));
}

Listener listener_of(std::int64_t measured) {
  return measured != 0 ? Listener::kMeasures : Listener::kNobody;
}

/// Times runs of `scenario`; before each, `before` is called and not timed. Returns the best time.
template <typename Before>
double time_runs(benchmark::State& state, const SharedScenario& scenario,
                 const std::string& scheduler, Listener listener, Before before) {
  Stopwatch stopwatch;
  std::uint64_t decisions = 0;
  for (auto _ : state) {
    state.PauseTiming();
    before();
    state.ResumeTiming();
    stopwatch.time([&] { decisions = run(scenario, scheduler, listener); });
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(decisions));
  state.counters["best_per_second"] = static_cast<double>(decisions) / stopwatch.best();
  return stopwatch.best();
}

/// Whether the bare loop gives each task the same service as the engine: its decisions are the same.
bool same_decisions(const SharedScenario& scenario, const std::vector<Weight>& weights) {
  BareLoop loop(weights);
  loop.run(kDecisions, kSlice);
  Measures measures(scenario, "sfq");
  run(scenario, "sfq", measures);
  for (TaskId task = 0; task < weights.size(); ++task) {
    if (measures.row(EntityRef::task(task)).service != loop.service(task)) return false;
  }
  return true;
}

void engine_tasks(benchmark::State& state) {
  const std::uint32_t tasks = argument(state, 0);
  const auto weights = state.range(1) != 0 ? irregular_weights(tasks) : mixed_weights(tasks);
  const auto scenario = flat(weights, 1, duration_of(kDecisions, 1));
  if (!same_decisions(scenario, weights)) {
    state.SkipWithError("the bare loop decides otherwise than the engine");
    return;
  }
  Stopwatch bare;
  const double best = time_runs(state, scenario, "sfq", listener_of(state.range(2)), [&] {
    bare.time([&weights] {
      BareLoop loop(weights);
      loop.run(kDecisions, kSlice);
      benchmark::DoNotOptimize(loop.service(0));
    });
  });
  state.counters["ratio_to_bare"] = best / bare.best();
}
BENCHMARK(engine_tasks)
    ->ArgNames({"tasks", "irregular", "measures"})
    ->ArgsProduct({{10, 100, 1000, 10'000}, {0, 1}, {0, 1}})
    ->Unit(benchmark::kMillisecond);

void engine_depth(benchmark::State& state) {
  constexpr std::uint32_t kTasks = 1024;  // at depth 8: 4 in each of 256 groups
  const auto scenario =
      tree(kTasks, argument(state, 0), state.range(1) != 0, duration_of(kDecisions, 1));
  time_runs(state, scenario, "sfq", listener_of(state.range(2)), [] {});
}
BENCHMARK(engine_depth)
    ->ArgNames({"depth", "capped", "measures"})
    ->ArgsProduct({{1, 2, 4, 8}, {0, 1}, {0, 1}})
    ->Unit(benchmark::kMillisecond);

void engine_cpus(benchmark::State& state) {
  constexpr std::uint32_t kTasks = 1024;
  const CpuId cpus = argument(state, 0);
  time_runs(state, flat(mixed_weights(kTasks), cpus, duration_of(kDecisions, cpus)),
            sfq(state.range(1) != 0), listener_of(state.range(2)), [] {});
}
BENCHMARK(engine_cpus)
    ->ArgNames({"cpus", "global", "measures"})
    ->ArgsProduct({{1, 4, 16, 64, 256}, {0, 1}, {0, 1}})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sharesim::bench
