#pragma once
// Benchmarks of everything in a registry, which is complete only when main() begins.

namespace sharesim::bench {

/// A benchmark for each registered scheduler.
void register_pick_next();

}  // namespace sharesim::bench
