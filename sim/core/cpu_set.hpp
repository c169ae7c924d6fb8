#pragma once
// A set of CPUs: where a task may run.

#include <bitset>
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

  bool contains(CpuId cpu) const { return cpu < kMaxCpus && bits_.test(cpu); }
  void insert(CpuId cpu) { bits_.set(cpu); }
  void erase(CpuId cpu) { bits_.reset(cpu); }
  bool empty() const { return bits_.none(); }
  CpuId count() const { return static_cast<CpuId>(bits_.count()); }
  /// The lowest CPU that is at least `from`, or kNoCpu.
  CpuId next(CpuId from) const;
  bool subset_of(const CpuSet& other) const { return (bits_ & ~other.bits_).none(); }
  bool intersects(const CpuSet& other) const { return (bits_ & other.bits_).any(); }

  CpuSet operator&(const CpuSet& other) const { return CpuSet(bits_ & other.bits_); }
  CpuSet operator|(const CpuSet& other) const { return CpuSet(bits_ | other.bits_); }
  friend bool operator==(const CpuSet&, const CpuSet&) = default;

  /// The kernel's list format: "0-3,8"; "" if empty.
  std::string to_string() const;

 private:
  explicit CpuSet(const std::bitset<kMaxCpus>& bits) : bits_(bits) {}
  std::bitset<kMaxCpus> bits_;
};

}  // namespace sharesim
