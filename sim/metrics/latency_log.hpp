#pragma once
// Latencies on their way into their histograms.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/core/time.hpp"
#include "sim/metrics/latency_histogram.hpp"

namespace sharesim {

/// Keeps samples of many histograms back, and adds them many at a time, histogram by histogram. The
/// histograms of a thousand tasks do not fit into the CPU's caches: one by one, each sample would
/// wait for memory several times, which took a fifth of a run of tasks that sleep and wake up.
class LatencyLog {
 public:
  /// value >= 0. `histogram` stays where it is until settle().
  void add(LatencyHistogram& histogram, Duration value) {
    samples_.push_back({&histogram, value});
    if (samples_.size() == kMost) [[unlikely]] {
      settle();
    }
  }
  /// Adds what has been kept back. The order of the samples does not matter to a histogram.
  void settle();

 private:
  /// 256 KiB: some samples for each of a thousand tasks, and no more than is cached.
  static constexpr std::size_t kMost = 16'384;

  struct Sample {
    LatencyHistogram* histogram;
    Duration value;
  };
  std::vector<Sample> samples_;
};

}  // namespace sharesim
