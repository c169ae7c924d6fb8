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
  /// For the samples of so many histograms.
  explicit LatencyLog(std::size_t histograms);
  /// value >= 0. `histogram` stays where it is until settle().
  void add(LatencyHistogram& histogram, Duration value) {
    samples_.push_back({&histogram, value});
    if (samples_.size() == most_) [[unlikely]] {
      settle();
    }
  }
  /// Adds what has been kept back. The order of the samples does not matter to a histogram.
  void settle();

 private:
  struct Sample {
    LatencyHistogram* histogram;
    Duration value;
  };
  std::size_t most_;             ///< that are kept back
  std::vector<Sample> samples_;  ///< at most most_
};

}  // namespace sharesim
