// What do the decisions themselves cost? The bare loop is the limit that the engine is compared
// with: the same decisions by a heap and an array, and nothing else.

#include <cstdint>

#include <benchmark/benchmark.h>

#include "bench/support/bare_loop.hpp"
#include "bench/support/scenarios.hpp"

namespace sharesim::bench {
namespace {

void bare_loop(benchmark::State& state) {
  constexpr std::uint64_t kDecisions = 10'000;
  BareLoop loop(mixed_weights(static_cast<std::uint32_t>(state.range(0))));
  for (auto _ : state) loop.run(kDecisions, kSlice);
  benchmark::DoNotOptimize(loop.service(0));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kDecisions));
}
BENCHMARK(bare_loop)->ArgName("tasks")->RangeMultiplier(10)->Range(10, 10'000);

}  // namespace
}  // namespace sharesim::bench
