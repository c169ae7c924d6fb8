#include "sim/metrics/latency_log.hpp"

#include <algorithm>

namespace sharesim {
namespace {

/// Enough for the histogram to be cached for nearly all of them.
constexpr std::size_t kMostOfOne = 32;
/// 512 KiB, which still is cached.
constexpr std::size_t kMost = 65'536;
/// So few at a time gain nothing, and many tasks take little memory without.
constexpr std::size_t kLeastOfOne = 4;

std::size_t most_of_one(std::size_t tasks) {
  const std::size_t most = std::min(kMost / std::max<std::size_t>(tasks, 1), kMostOfOne);
  return most < kLeastOfOne ? 0 : most;
}

}  // namespace

LatencyLog::LatencyLog(std::size_t tasks) : each_(most_of_one(tasks)), histograms_(tasks) {
  if (each_ == 0) return;
  used_.resize(tasks);
  waiting_ = std::make_unique_for_overwrite<Duration[]>(tasks * each_);
}

void LatencyLog::settle() {
  for (std::size_t task = 0; task < used_.size(); ++task) settle(task);
}

void LatencyLog::settle(std::size_t task) {
  const Duration* const waiting = &waiting_[task * each_];
  std::for_each_n(waiting, used_[task], [&](Duration value) { histograms_[task].add(value); });
  used_[task] = 0;
}

}  // namespace sharesim
