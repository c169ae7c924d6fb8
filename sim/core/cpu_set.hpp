#pragma once
// A set of CPUs: where a task may run.

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/ids.hpp"

namespace sharesim {

/// The most CPUs that a machine may have.
inline constexpr CpuId kMaxCpus = 1024;

class CpuSet {
 public:
  CpuSet() = default;
  /// The CPUs 0 .. count-1. `count` must not exceed kMaxCpus.
  static CpuSet first(CpuId count);
  /// Reads the kernel's list format: "0-3,8". Empty result if the text is malformed or names a CPU
  /// >= kMaxCpus.
  static std::optional<CpuSet> parse(std::string_view list);

  bool contains(CpuId cpu) const {
    return cpu < kMaxCpus && (words_[cpu / 64] >> (cpu % 64) & 1U) != 0;
  }
  void insert(CpuId cpu) { words_[cpu / 64] |= std::uint64_t{1} << (cpu % 64); }
  void erase(CpuId cpu) { words_[cpu / 64] &= ~(std::uint64_t{1} << (cpu % 64)); }
  bool empty() const { return next(0) == kNoCpu; }
  CpuId count() const;
  /// The lowest CPU that is at least `from`, or kNoCpu. None in the set may be `end` or more.
  CpuId next(CpuId from, CpuId end = kMaxCpus) const {
    if (from >= end) return kNoCpu;
    std::size_t at = from / 64;
    std::uint64_t word = words_[at] >> (from % 64) << (from % 64);
    while (word == 0) {
      if (++at * 64 >= end) return kNoCpu;
      word = words_[at];
    }
    return static_cast<CpuId>(at * 64) + static_cast<CpuId>(std::countr_zero(word));
  }
  bool subset_of(const CpuSet& other) const { return (*this & other) == *this; }
  bool intersects(const CpuSet& other) const { return !(*this & other).empty(); }

  CpuSet operator&(const CpuSet& other) const;
  CpuSet operator|(const CpuSet& other) const;
  friend bool operator==(const CpuSet&, const CpuSet&) = default;

  /// The kernel's list format: "0-3,8"; "" if empty.
  std::string to_string() const;

 private:
  std::array<std::uint64_t, kMaxCpus / 64> words_{};
};

}  // namespace sharesim
