#pragma once
// The scenarios that are timed.

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/scenario/scenario.hpp"

namespace sharesim::bench {

/// Of every slice: the default of all policies that are timed here.
inline constexpr Duration kSlice = ns(1'000'000);

using SharedScenario = std::shared_ptr<const Scenario>;

/// The weight of the i-th of several siblings, 1 to 7. The scenarios have these, or those given.
Weight mixed_weight(std::uint32_t i);
/// Of `count` siblings.
std::vector<Weight> mixed_weights(std::uint32_t count);
/// Between 100 and 1000 at random, so that their order of service does not repeat itself.
std::vector<Weight> irregular_weights(std::uint32_t count);

/// So long that `cpus` CPUs, never idle, take `decisions` decisions.
Duration duration_of(std::uint64_t decisions, CpuId cpus);

/// Tasks of these weights that always run, all in the root.
SharedScenario flat(const std::vector<Weight>& weights, CpuId cpus, Duration duration);

/// `tasks` tasks that always run, on one CPU, at the bottom of a tree of groups: two in the root,
/// two in each of these, down to `depth`. Where `capped`, the first group of the root may have 30%.
SharedScenario tree(std::uint32_t tasks, std::uint32_t depth, bool capped, Duration duration);

/// `tasks` tasks that always run in groups of 100, on 256 CPUs.
SharedScenario crowd(std::uint32_t tasks, Duration duration);
inline constexpr CpuId kCrowdCpus = 256;

/// 1,000 periodic tasks on 4 CPUs, which they use to 75%: periods of 10 ms to 1 s, 0.3% of a CPU
/// each.
SharedScenario periodic(Duration duration);

}  // namespace sharesim::bench
