#pragma once
// Latencies on their way into the histograms of many tasks.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/core/time.hpp"
#include "sim/metrics/latency_histogram.hpp"

namespace sharesim {

/// Histograms of one kind of latency, by task. Keeps the samples of each back, and adds some at a
/// time. The histograms of a thousand tasks do not fit into the CPU's caches: one by one, each sample
/// would wait for memory several times, which took a fifth of a run of tasks that sleep and wake up.
class LatencyLog {
 public:
  explicit LatencyLog(std::size_t tasks);

  /// value >= 0.
  void add(std::size_t task, Duration value) {
    if (each_ == 0) return histograms_[task].add(value);
    waiting_[task * each_ + used_[task]] = value;
    if (++used_[task] == each_) [[unlikely]] {
      settle(task);
    }
  }
  /// Adds what has been kept back. The order of the samples does not matter to a histogram.
  void settle();
  /// Without what has been kept back since settle().
  const LatencyHistogram& operator[](std::size_t task) const { return histograms_[task]; }

 private:
  void settle(std::size_t task);

  std::size_t each_;  ///< so many samples of a task wait at the most; 0: none
  std::vector<LatencyHistogram> histograms_;
  std::vector<std::uint8_t> used_;       ///< samples that wait
  std::unique_ptr<Duration[]> waiting_;  ///< by task, each_ for each
};

}  // namespace sharesim
