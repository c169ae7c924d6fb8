// What does the engine's knowledge of what comes next cost? Taking the next event and adding a
// later one, by the number that wait; and the same for the ends of runs, by the number of CPUs.

#include <cstdint>

#include <benchmark/benchmark.h>

#include "bench/support/scenarios.hpp"
#include "sim/engine/event_queue.hpp"
#include "sim/engine/run_ends.hpp"

namespace sharesim::bench {
namespace {

/// Gaps of 1 ns to 2^24 ns that look random: xorshift (Marsaglia, 2003).
class Gaps {
 public:
  Duration next() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return ns(1 + static_cast<std::int64_t>(state_ >> 40U));
  }

 private:
  std::uint64_t state_ = 42;
};

void event_queue(benchmark::State& state) {
  Gaps gaps;
  EventQueue queue;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(state.range(0)); ++i) {
    queue.push(kStart + gaps.next(), EventKind::kWakeup, i);
  }
  for (auto _ : state) {
    const Event event = queue.pop();
    queue.push(event.at + gaps.next(), event.kind, event.id);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetComplexityN(state.range(0));
}
BENCHMARK(event_queue)
    ->ArgName("events")
    ->RangeMultiplier(10)
    ->Range(10, 100'000)
    ->Complexity(benchmark::oLogN);

void run_ends(benchmark::State& state) {
  Gaps gaps;
  const auto cpus = static_cast<CpuId>(state.range(0));
  RunEnds ends(cpus);
  for (CpuId cpu = 0; cpu < cpus; ++cpu) ends.set(cpu, kStart + gaps.next());
  for (auto _ : state) {
    const Time now = ends.next();
    const CpuId cpu = ends.take();
    ends.set(cpu, now + gaps.next());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(run_ends)->ArgName("cpus")->RangeMultiplier(4)->Range(1, 256);

}  // namespace
}  // namespace sharesim::bench
