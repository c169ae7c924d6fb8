// Latencies that are kept back before they go into their histograms.

#include "sim/metrics/latency_log.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

/// As if at random: 7919 and the modulus, a prime, have no common factor.
std::int64_t mixed(std::int64_t i) { return i * 7'919 % 1'048'573; }

// Question: do all samples come in, each into the histogram of its task, however often what waits is full on the way?
// 100,000 samples of seven tasks, in turns, the first and the last among them, against histograms that were given
// theirs at once. Of 7 and 1,000 tasks 32 samples each wait, of 10,000 six, of 100,000 none. (Catches: samples lost or
// counted twice where that is full, a task taken for its neighbour.)
TEST(LatencyLog, EverySampleComesIntoItsHistogram) {
  for (const std::size_t tasks : {7U, 1'000U, 10'000U, 100'000U}) {
    SCOPED_TRACE(tasks);
    LatencyLog log(tasks);
    std::vector<LatencyHistogram> direct(7);
    const auto task_of = [&](std::size_t k) { return k < 6 ? k : tasks - 1; };
    for (std::int64_t i = 0; i < 100'000; ++i) {
      const auto k = static_cast<std::size_t>(mixed(i) % 7);
      log.add(task_of(k), ns(mixed(i)));
      direct[k].add(ns(mixed(i)));
    }
    log.settle();
    for (std::size_t k = 0; k < direct.size(); ++k) {
      EXPECT_EQ(log[task_of(k)].counts(), direct[k].counts());
      EXPECT_EQ(log[task_of(k)].summary().max, direct[k].summary().max);
      EXPECT_GT(log[task_of(k)].summary().count, 10'000U);
    }
  }
}

// Question: is a sample in its histogram only, and for good, once the log has been settled? Two samples, then settled
// twice: settling again adds nothing. And is there a log of no task?
TEST(LatencyLog, SettlesOnce) {
  LatencyLog log(2);
  log.add(1, ns(5));
  log.add(1, ns(9));
  EXPECT_EQ(log[1].summary().count, 0U);
  log.settle();
  log.settle();
  EXPECT_EQ(log[0].summary().count, 0U);
  EXPECT_EQ(log[1].summary().count, 2U);
  EXPECT_EQ(log[1].summary().max, ns(9));
  LatencyLog(0).settle();
}

}  // namespace
}  // namespace sharesim
