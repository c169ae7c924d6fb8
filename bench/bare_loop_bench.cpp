// What do the decisions themselves cost? The bare loop is the limit that the engine is compared
// with: the same decisions by a heap and an array, and nothing else. Few tasks with weights from 1
// to 7 repeat one short sequence for ever, which branch prediction learns by heart: ten tasks the
// same 34 decisions. Irregular weights show the loop without that.

#include <cstdint>

#include <benchmark/benchmark.h>

#include "bench/support/bare_loop.hpp"
#include "bench/support/scenarios.hpp"

namespace sharesim::bench {
namespace {

void bare_loop(benchmark::State& state) {
  constexpr std::uint64_t kDecisions = 10'000;
  const auto tasks = static_cast<std::uint32_t>(state.range(0));
  BareLoop loop(state.range(1) != 0 ? irregular_weights(tasks) : mixed_weights(tasks));
  for (auto _ : state) loop.run(kDecisions, kSlice);
  benchmark::DoNotOptimize(loop.service(0));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kDecisions));
}
BENCHMARK(bare_loop)
    ->ArgNames({"tasks", "irregular"})
    ->ArgsProduct({{10, 100, 1000, 10'000, 100'000}, {0, 1}});

}  // namespace
}  // namespace sharesim::bench
