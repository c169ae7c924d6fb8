#pragma once
// Latencies of any number of samples in a few hundred bytes.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/core/time.hpp"
#include "sim/record/result.hpp"

namespace sharesim {

/// So many samples in one bucket.
struct LatencyCount {
  std::int64_t at_most_ns = 0;  ///< the bucket's upper edge, or the largest sample if that is less
  std::uint64_t count = 0;

  friend bool operator==(const LatencyCount&, const LatencyCount&) = default;
};

/// A log-linear histogram of durations: 64 buckets per power of two, so that a bucket is at most
/// 1/64 of its values wide; below 128 ns every bucket is one value. Only buckets that were hit take
/// memory (8 bytes each), and an empty histogram is one null pointer.
class LatencyHistogram {
 public:
  /// Larger values are counted in the bucket of this one (146 years); max stays exact.
  static constexpr std::int64_t kLargest = std::int64_t{1} << 62;

  /// Adds one sample. value >= 0.
  void add(Duration value);
  /// Adds the samples of `other`; in any order and grouping, the result is the same.
  void merge(const LatencyHistogram& other);

  /// Nearest-rank percentiles: the upper edge of the bucket that holds the sample of that rank, or
  /// the largest sample if that is less.
  LatencySummary summary() const;
  /// The buckets that were hit, ascending.
  std::vector<LatencyCount> counts() const;
  /// Heap memory in use.
  std::size_t bytes() const;

  /// The bucket of a value in 0 .. kLargest, and the largest value of a bucket.
  static std::uint32_t bucket_of(std::int64_t value_ns);
  static std::int64_t upper_edge(std::uint32_t bucket);

 private:
  void count(std::uint64_t bucket, std::uint64_t times);
  void insert(std::size_t position, std::uint64_t entry);
  void resize(std::size_t capacity);

  std::size_t size() const { return words_ == nullptr ? 0 : words_[kShape] & kSizeMask; }
  std::size_t capacity() const { return words_[kShape] >> kCapacityShift & kSizeMask; }
  std::size_t last_hit() const { return words_[kShape] >> kLastHitShift; }
  void set_shape(std::size_t size, std::size_t capacity, std::size_t last_hit) {
    words_[kShape] = size | capacity << kCapacityShift | last_hit << kLastHitShift;
  }

  // words_: the largest sample; the shape (size, capacity and last hit, 16 bits each); then the
  // entries by ascending bucket, each the bucket in the upper 12 bits and its count below.
  static constexpr std::size_t kMax = 0;
  static constexpr std::size_t kShape = 1;
  static constexpr std::size_t kEntries = 2;
  static constexpr unsigned kCountBits = 52;
  static constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kCountBits) - 1;
  static constexpr unsigned kCapacityShift = 16;
  static constexpr unsigned kLastHitShift = 32;
  static constexpr std::uint64_t kSizeMask = 0xFFFF;
  std::unique_ptr<std::uint64_t[]> words_;
};

}  // namespace sharesim
