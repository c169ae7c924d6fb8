#pragma once
// Amounts of entities, and who holds the n-th unit of their sum.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include "sim/core/ids.hpp"

namespace sharesim {

/// A tree of partial sums over entity ids. Change and search: O(log n); the total: O(1). 32 bytes
/// per id, rounded up to a power of two ids. Who is taken and put back with the same amount costs
/// nothing: taking is put off until something else needs it.
class PartialSums {
 public:
  using Amount = unsigned __int128;

  /// What `e` holds; 0 for those that hold nothing.
  Amount of(EntityId e) const { return e < size_ && e != taken_ ? sums_[size_ + e] : 0; }
  Amount total() {
    finish_taking();
    return sums_[kTop];
  }

  void set(EntityId e, Amount amount) {
    if (e >= size_) grow(e + 1);
    if (e != taken_) finish_taking();
    taken_ = kNoEntity;
    update(e, amount);
  }
  /// Sets what `e` holds to 0.
  void take(EntityId e) {
    finish_taking();
    taken_ = e;
  }

  /// Who holds unit `n`, when entity 0 holds the first ones, 1 those that follow, and so on.
  /// n < total().
  EntityId holder_of(Amount n) {
    finish_taking();
    std::size_t at = kTop;
    while (at < size_) {
      at *= 2;
      const bool right = n >= sums_[at];
      n -= right ? sums_[at] : 0;
      at += right ? 1 : 0;
    }
    return static_cast<EntityId>(at - size_);
  }

 private:
  static constexpr std::size_t kTop = 1;

  void finish_taking() {
    if (taken_ != kNoEntity) update(std::exchange(taken_, kNoEntity), 0);
  }

  void update(EntityId e, Amount amount) {
    std::size_t at = size_ + e;
    const Amount change = amount - sums_[at];  // modulo 2^128
    if (change == 0) return;
    for (; at >= kTop; at /= 2) sums_[at] += change;
  }

  void grow(std::size_t count) {
    const std::size_t size = std::bit_ceil(count);
    std::vector<Amount> sums(2 * size);
    std::copy_n(sums_.begin() + static_cast<std::ptrdiff_t>(size_), size_,
                sums.begin() + static_cast<std::ptrdiff_t>(size));
    for (std::size_t at = size - 1; at >= kTop; --at) sums[at] = sums[2 * at] + sums[2 * at + 1];
    sums_ = std::move(sums);
    size_ = size;
  }

  std::size_t size_ = 1;            ///< a power of two
  std::vector<Amount> sums_{0, 0};  ///< heap numbering: the top is 1, e's leaf is size_ + e
  EntityId taken_ = kNoEntity;      ///< taken, but its leaf still counts
};

}  // namespace sharesim
