// Samples that are kept back on their way into their histograms.

#include "sim/metrics/latency_log.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

/// Any number below 2^20, the same every time.
std::int64_t mixed(std::int64_t i) { return i * 7'919 % 1'048'573; }

// Question: do all samples come in, each into its own histogram, however often the log fills up on the way? 100,000
// samples of seven histograms, in turns, against histograms that were given theirs at once, through logs that are made
// for no histogram, for seven, for a thousand and for a hundred thousand. (Catches: samples lost or
// counted twice where the log is full, a histogram taken for its neighbour.)
TEST(LatencyLog, EverySampleComesIntoItsHistogram) {
  for (const std::size_t histograms : {0U, 7U, 1'000U, 100'000U}) {
    SCOPED_TRACE(histograms);
    std::array<LatencyHistogram, 7> through, direct;
    LatencyLog log(histograms);
    for (std::int64_t i = 0; i < 100'000; ++i) {
      const auto k = static_cast<std::size_t>(mixed(i) % 7);
      log.add(through[k], ns(mixed(i)));
      direct[k].add(ns(mixed(i)));
    }
    log.settle();
    for (std::size_t k = 0; k < through.size(); ++k) {
      EXPECT_EQ(through[k].counts(), direct[k].counts());
      EXPECT_EQ(through[k].summary().max, direct[k].summary().max);
      EXPECT_GT(through[k].summary().count, 10'000U);
    }
  }
}

// Question: what do histograms hold before and after, when few samples are kept back? Nothing, then these; and settling
// again adds nothing.
TEST(LatencyLog, SettlesOnce) {
  LatencyHistogram histogram;
  LatencyLog log(1);
  log.add(histogram, ns(5));
  log.add(histogram, ns(9));
  EXPECT_EQ(histogram.summary().count, 0U);
  log.settle();
  log.settle();
  EXPECT_EQ(histogram.summary().count, 2U);
  EXPECT_EQ(histogram.summary().max, ns(9));
}

}  // namespace
}  // namespace sharesim
