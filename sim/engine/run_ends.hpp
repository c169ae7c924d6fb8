#pragma once
// When each CPU's present phase ends.

#include <algorithm>

#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/core/tournament_tree.hpp"

namespace sharesim {

/// The ends of the CPUs' phases, the earliest first, ties by CPU. One CPU needs no order at all.
class RunEnds {
 public:
  explicit RunEnds(CpuId cpus) : single_(cpus == 1) {}

  void set(CpuId cpu, Time end) {
    if (single_) {
      end_ = end;
    } else {
      tree_.set(cpu, std::min(to_ns(end), TournamentTree::kAbsent - 1));
    }
  }
  void clear(CpuId cpu) {
    if (single_) {
      end_ = kNever;
    } else {
      tree_.clear(cpu);
    }
  }
  /// The earliest end, or kNever.
  Time next() {
    if (single_) return end_;
    return tree_.empty() ? kNever : at_ns(tree_.key(tree_.first()));
  }
  /// The CPU whose phase ends first; it has no end after that.
  CpuId take() {
    if (!single_) return tree_.take_first();
    end_ = kNever;
    return 0;
  }

 private:
  const bool single_;
  Time end_ = kNever;
  TournamentTree tree_;
};

}  // namespace sharesim
