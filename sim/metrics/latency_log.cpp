#include "sim/metrics/latency_log.hpp"

#include <algorithm>
#include <functional>

#include <boost/sort/spreadsort/integer_sort.hpp>

namespace sharesim {
namespace {

/// So many samples of one histogram at a time are enough to have it wait for memory once.
constexpr std::size_t kPerHistogram = 64;

/// 1 MiB, which still is cached.
constexpr std::size_t kMost = 65'536;

/// Where even that would be less than four samples for each, keeping back gains nothing: it takes little memory then.
constexpr std::size_t kMostOfMany = 8'192;

std::size_t most_for(std::size_t histograms) {
  if (histograms > kMost / 4) return kMostOfMany;
  return std::clamp<std::size_t>(histograms * kPerHistogram, 1, kMost);
}

}  // namespace

LatencyLog::LatencyLog(std::size_t histograms) : most_(most_for(histograms)) {
  samples_.reserve(most_);
}

void LatencyLog::settle() {
  const auto place = [](const Sample& sample) {
    return reinterpret_cast<std::uintptr_t>(sample.histogram);
  };
  boost::sort::spreadsort::integer_sort(
      samples_.begin(), samples_.end(),
      [&](const Sample& sample, unsigned shift) { return place(sample) >> shift; },
      [](const Sample& a, const Sample& b) { return std::less<>()(a.histogram, b.histogram); });
  for (const Sample& sample : samples_) sample.histogram->add(sample.value);
  samples_.clear();
}

}  // namespace sharesim
