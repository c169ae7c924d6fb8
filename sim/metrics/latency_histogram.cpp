#include "sim/metrics/latency_histogram.hpp"

#include <algorithm>
#include <bit>

namespace sharesim {
namespace {

constexpr unsigned kSubBits = 6;  ///< 64 buckets per power of two
constexpr std::uint64_t kSubBuckets = std::uint64_t{1} << kSubBits;
/// Many a task has a single sample, so the first block holds one bucket; it grows by half, or by so many.
constexpr std::size_t kFirstCapacity = 1;
constexpr std::size_t kLeastGrowth = 5;

/// The rank of the percentile `per_mille`, from 1: the ceiling of count x per_mille / 1000.
std::uint64_t nearest_rank(std::uint64_t count, std::uint64_t per_mille) {
  return count / 1000 * per_mille + (count % 1000 * per_mille + 999) / 1000;
}

/// How many of `size` ascending entries, of which there are some, are less than `key`. Without branches: which
/// half it is cannot be predicted.
std::size_t lower_bound(const std::uint64_t* entries, std::size_t size, std::uint64_t key) {
  const std::uint64_t* first = entries;
  while (size > 1) {
    const std::size_t half = size / 2;
    first += half & -static_cast<std::size_t>(first[half - 1] < key);
    size -= half;
  }
  return static_cast<std::size_t>(first - entries) + static_cast<std::size_t>(*first < key);
}

}  // namespace

std::uint32_t LatencyHistogram::bucket_of(std::int64_t value_ns) {
  const auto value = static_cast<std::uint64_t>(value_ns);
  if (value < kSubBuckets) return static_cast<std::uint32_t>(value);
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
  return static_cast<std::uint32_t>(shift * kSubBuckets + (value >> shift));
}

std::int64_t LatencyHistogram::upper_edge(std::uint32_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const std::uint64_t shift = bucket / kSubBuckets - 1;
  const std::uint64_t leading = bucket % kSubBuckets + kSubBuckets;
  return static_cast<std::int64_t>(((leading + 1) << shift) - 1);
}

void LatencyHistogram::add(Duration value) {
  const std::int64_t value_ns = to_ns(value);
  count(bucket_of(std::min(value_ns, kLargest)), 1);
  words_[kMax] = std::max(words_[kMax], static_cast<std::uint64_t>(value_ns));
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  if (other.words_ == nullptr) return;
  for (std::size_t i = 0; i < other.size(); ++i) {
    const std::uint64_t entry = other.words_[kEntries + i];
    count(entry >> kCountBits, entry & kCountMask);
  }
  words_[kMax] = std::max(words_[kMax], other.words_[kMax]);
}

LatencySummary LatencyHistogram::summary() const {
  LatencySummary result;
  if (words_ == nullptr) return result;
  for (std::size_t i = 0; i < size(); ++i) result.count += words_[kEntries + i] & kCountMask;
  const auto largest = static_cast<std::int64_t>(words_[kMax]);
  result.max = ns(largest);

  const auto percentile = [&](std::uint64_t per_mille) {
    std::uint64_t left = nearest_rank(result.count, per_mille);
    std::size_t i = 0;
    for (; left > (words_[kEntries + i] & kCountMask); ++i) {
      left -= words_[kEntries + i] & kCountMask;
    }
    const auto bucket = static_cast<std::uint32_t>(words_[kEntries + i] >> kCountBits);
    // The last bucket also holds what is beyond the scale; its only honest edge is the maximum.
    if (bucket == bucket_of(kLargest)) return ns(largest);
    return ns(std::min(upper_edge(bucket), largest));
  };
  result.p50 = percentile(500);
  result.p90 = percentile(900);
  result.p99 = percentile(990);
  result.p999 = percentile(999);
  return result;
}

std::vector<LatencyCount> LatencyHistogram::counts() const {
  std::vector<LatencyCount> counts;
  if (words_ == nullptr) return counts;
  const auto largest = static_cast<std::int64_t>(words_[kMax]);
  for (std::size_t i = 0; i < size(); ++i) {
    const std::uint64_t entry = words_[kEntries + i];
    const auto bucket = static_cast<std::uint32_t>(entry >> kCountBits);
    const bool beyond = bucket == bucket_of(kLargest);
    counts.push_back(
        {beyond ? largest : std::min(upper_edge(bucket), largest), entry & kCountMask});
  }
  return counts;
}

std::size_t LatencyHistogram::bytes() const {
  return words_ == nullptr ? 0 : (kEntries + capacity()) * sizeof(std::uint64_t);
}

void LatencyHistogram::count(std::uint64_t bucket, std::uint64_t times) {
  if (words_ == nullptr) {
    resize(kFirstCapacity);
    insert(0, bucket << kCountBits | times);
    return;
  }
  // Latencies repeat themselves: try the bucket of the last sample before searching.
  std::uint64_t* const entries = &words_[kEntries];
  std::uint64_t& last = entries[last_hit()];
  if (last >> kCountBits == bucket) {
    last += times;
    return;
  }
  const std::size_t position = lower_bound(entries, size(), bucket << kCountBits);
  if (position < size() && entries[position] >> kCountBits == bucket) {
    entries[position] += times;
    set_shape(size(), capacity(), position);
  } else {
    insert(position, bucket << kCountBits | times);
  }
}

void LatencyHistogram::insert(std::size_t position, std::uint64_t entry) {
  const std::size_t used = size();
  if (used == capacity()) resize(used + std::max(used / 2, kLeastGrowth));
  std::uint64_t* const entries = &words_[kEntries];
  std::copy_backward(entries + position, entries + used, entries + used + 1);
  entries[position] = entry;
  set_shape(used + 1, capacity(), position);
}

void LatencyHistogram::resize(std::size_t capacity) {
  auto words = std::make_unique<std::uint64_t[]>(kEntries + capacity);
  const std::size_t used = size();
  if (words_ != nullptr) std::copy_n(words_.get(), kEntries + used, words.get());
  words_ = std::move(words);
  set_shape(used, capacity, 0);
}

}  // namespace sharesim
