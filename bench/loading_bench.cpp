// How long does a workload take to load, by number of tasks that are written out one by one?

#include <cstdint>
#include <string>

#include <benchmark/benchmark.h>

#include "sim/scenario/scenario.hpp"

namespace sharesim::bench {
namespace {

/// A workload with a bit of everything that a task may have.
std::string workload(std::int64_t tasks) {
  std::string text =
      "name: loading\n"
      "machine: {cpus: 4}\n"
      "duration: 10s\n"
      "tasks:\n";
  for (std::int64_t i = 0; i < tasks; ++i) {
    const std::string name = "  - {name: t" + std::to_string(i);
    const std::string number = std::to_string(1 + i % 7);
    switch (i % 4) {
      case 0:
        text += name + ", weight: " + number + "00}\n";
        break;
      case 1:
        text += name + ", do: [{run: " + number + "ms}, {sleep: {exponential: 5ms}}]}\n";
        break;
      case 2:
        text += name + ", periodic: {every: 10.1ms, run: " + number + "us}, cpus: 0-1}\n";
        break;
      default:
        text += name + ", nice: " + number + ", start: 1s, cap: 30%}\n";
    }
  }
  return text;
}

void loading(benchmark::State& state) {
  const std::string text = workload(state.range(0));
  for (auto _ : state) {
    const Scenario scenario = parse_scenario(text, "loading.yaml");
    if (scenario.task_count() != state.range(0)) state.SkipWithError("tasks got lost");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(loading)
    ->ArgName("tasks")
    ->Arg(10)
    ->Arg(1000)
    ->Arg(20'000)
    ->Unit(benchmark::kMillisecond)
    ->Complexity(benchmark::oN);

}  // namespace
}  // namespace sharesim::bench
