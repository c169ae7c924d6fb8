#include "sim/metrics/latency_log.hpp"

#include <functional>

#include <boost/sort/spreadsort/integer_sort.hpp>

namespace sharesim {

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
