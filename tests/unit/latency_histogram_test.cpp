#include "sim/metrics/latency_histogram.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sharesim {
namespace {

LatencyHistogram histogram_of(const std::vector<std::int64_t>& values) {
  LatencyHistogram histogram;
  for (const std::int64_t value : values) histogram.add(ns(value));
  return histogram;
}

std::array<std::int64_t, 6> numbers(const LatencySummary& s) {
  return {static_cast<std::int64_t>(s.count),
          to_ns(s.p50),
          to_ns(s.p90),
          to_ns(s.p99),
          to_ns(s.p999),
          to_ns(s.max)};
}

/// Latencies of all magnitudes from 0 to 2^60 ns: a generator of integers alone stays near 0.
rc::Gen<std::vector<std::int64_t>> latencies() {
  const auto one =
      rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 61), rc::gen::inRange(0, 1 << 20)),
                   [](std::pair<int, int> p) {
                     const std::int64_t power = std::int64_t{1} << p.first;
                     return power + static_cast<std::int64_t>(p.second) % power - 1;
                   });
  return rc::gen::container<std::vector<std::int64_t>>(one);
}

// Is a percentile the sample of its nearest rank? Of 1..10: p50 is the 5th, p90 the 9th, p99 and
// p99.9 the 10th (ranks 9.9 and 9.99, rounded up). All are below 128 ns, so nothing is rounded.
TEST(LatencyHistogram, PercentilesAreNearestRank) {
  const auto summary = histogram_of({7, 3, 10, 1, 9, 2, 8, 4, 6, 5}).summary();
  EXPECT_EQ(numbers(summary), (std::array<std::int64_t, 6>{10, 5, 9, 10, 10, 10}));
}

// What is reported for the 500th, 900th, 990th and 999th of 0..999? The upper edges of their
// buckets: 499 of 496..499, 899 of 896..903, 989 of 984..991, 998 of 992..999.
TEST(LatencyHistogram, ReportsTheUpperEdgeOfTheBucket) {
  std::vector<std::int64_t> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int64_t>(i);
  const auto summary = histogram_of(values).summary();
  EXPECT_EQ(numbers(summary), (std::array<std::int64_t, 6>{1000, 499, 903, 991, 999, 999}));
}

// Is the largest sample exact, and no percentile above it? 1000003 lies in a bucket 8192 wide that
// ends at 1007615.
TEST(LatencyHistogram, NeverReportsMoreThanTheMaximum) {
  EXPECT_EQ(LatencyHistogram::upper_edge(LatencyHistogram::bucket_of(1'000'003)), 1'007'615);
  const auto summary = histogram_of({1'000'003}).summary();
  EXPECT_EQ(numbers(summary), (std::array<std::int64_t, 6>{1, 1'000'003, 1'000'003, 1'000'003,
                                                           1'000'003, 1'000'003}));
}

// What of values beyond the scale (2^62 ns)? They count, and the maximum is still exact.
TEST(LatencyHistogram, KeepsValuesBeyondTheScale) {
  const std::int64_t huge = INT64_MAX;
  const auto summary = histogram_of({5, huge}).summary();
  EXPECT_EQ(numbers(summary), (std::array<std::int64_t, 6>{2, 5, huge, huge, huge, huge}));
}

// Question: what is behind the percentiles? 5 twice and 1000 once: 1000 lies in the bucket 1000 .. 1007, but the
// largest sample is 1000, and so no edge is more. Together with another histogram the counts add up.
TEST(LatencyHistogram, TellsItsBuckets) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.counts(), std::vector<LatencyCount>{});
  for (const std::int64_t value : {5, 1000, 5}) histogram.add(ns(value));
  EXPECT_EQ(histogram.counts(), (std::vector<LatencyCount>{{5, 2}, {1000, 1}}));
  LatencyHistogram other;
  for (const std::int64_t value : {5, 2000}) other.add(ns(value));
  histogram.merge(other);
  EXPECT_EQ(histogram.counts(), (std::vector<LatencyCount>{{5, 3}, {1007, 1}, {2000, 1}}));
}

TEST(LatencyHistogram, AnEmptyOneHasNoSamples) {
  // Nothing was added: all is 0, and no memory is used.
  const LatencyHistogram empty;
  EXPECT_EQ(numbers(empty.summary()), (std::array<std::int64_t, 6>{}));
  EXPECT_EQ(empty.bytes(), 0U);
}

// Does every value lie in its bucket, buckets in order, each at most 1/64 of its values wide?
RC_GTEST_PROP(LatencyHistogram, BucketsAreNarrow, ()) {
  const auto value = *rc::gen::suchThat(
      rc::gen::map(latencies(), [](auto v) { return v.empty() ? 0 : v.front(); }),
      [](std::int64_t v) { return v >= 0; });
  const std::uint32_t bucket = LatencyHistogram::bucket_of(value);
  const std::int64_t upper = LatencyHistogram::upper_edge(bucket);
  RC_ASSERT(upper >= value);
  RC_ASSERT(upper - value <= value / 64);
  RC_ASSERT(LatencyHistogram::bucket_of(upper) == bucket);
  RC_ASSERT(LatencyHistogram::bucket_of(upper + 1) == bucket + 1);
}

// Is each percentile the true one, rounded up by at most 1/64? The truth: sort, and take the sample
// number ceil(p n).
RC_GTEST_PROP(LatencyHistogram, PercentilesAreCloseToTheSortedSamples, ()) {
  auto values = *rc::gen::suchThat(latencies(), [](const auto& v) { return !v.empty(); });
  const auto summary = histogram_of(values).summary();
  std::sort(values.begin(), values.end());
  const auto check_one = [&](std::size_t per_mille, Duration reported) {
    const std::size_t rank = (values.size() * per_mille + 999) / 1000;
    const std::int64_t exact = values[rank - 1];
    RC_ASSERT(to_ns(reported) >= exact);
    RC_ASSERT(to_ns(reported) - exact <= exact / 64);
  };
  check_one(500, summary.p50);
  check_one(900, summary.p90);
  check_one(990, summary.p99);
  check_one(999, summary.p999);
  RC_ASSERT(to_ns(summary.max) == values.back());
}

// Is merging the same as counting everything in one, in whatever grouping and order?
RC_GTEST_PROP(LatencyHistogram, MergingIsAssociative, ()) {
  const auto a = *latencies();
  const auto b = *latencies();
  const auto c = *latencies();
  std::vector<std::int64_t> all(a);
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());

  LatencyHistogram left = histogram_of(a);  // (a + b) + c
  left.merge(histogram_of(b));
  left.merge(histogram_of(c));
  LatencyHistogram tail = histogram_of(c);  // a + (c + b)
  tail.merge(histogram_of(b));
  LatencyHistogram right = histogram_of(a);
  right.merge(tail);

  RC_ASSERT(numbers(left.summary()) == numbers(histogram_of(all).summary()));
  RC_ASSERT(numbers(right.summary()) == numbers(histogram_of(all).summary()));
}

// How much memory do samples take? The first ones 64 bytes; a million samples within a factor of
// two, 64 buckets, take 8 bytes per bucket and at most half as much again.
TEST(LatencyHistogram, MemoryFollowsTheBucketsHit) {
  EXPECT_EQ(sizeof(LatencyHistogram), sizeof(void*));
  LatencyHistogram histogram = histogram_of({1'000'000});
  EXPECT_LE(histogram.bytes(), 100U);
  for (std::int64_t i = 0; i < 1'000'000; ++i) histogram.add(ns(1 << 20 | i));
  EXPECT_LE(histogram.bytes(), 16U + 65 * 12);
}

}  // namespace
}  // namespace sharesim
