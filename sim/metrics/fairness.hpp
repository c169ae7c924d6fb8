#pragma once
// The relative fairness bound among the direct children of a group.
//
//   RFB = sup |W_i(t1,t2) / w_i - W_j(t1,t2) / w_j|   over pairs of children and over intervals in
//                                                     which both compete
//
// (Golestani, INFOCOM 1994; Goyal, Vin, Cheng, SIGCOMM 1996.) A child competes while it has demand
// and no cap holds it back. The supremum is multiplied by the mean weight of the group's children:
// the unit is ns of CPU time of a child of mean weight. A change of weight starts new intervals for
// the child that it is of.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/core/ids.hpp"

namespace sharesim {

/// The bound to the ns, for a few children: every pair is followed.
///
/// With x_i = W_i / w_i and D_ij = x_i - x_j, the supremum over the intervals within a time in
/// which both compete is max D - min D = max D_ij + max D_ji. A change of x_i is one pass over a
/// row.
class PairwiseFairness {
 public:
  static constexpr std::uint32_t kMostChildren = 16;

  /// `cpus` may serve the group at once; one CPU saves half of the work.
  PairwiseFairness(const std::vector<Weight>& weights, CpuId cpus);

  /// Service of a child begins / ends; a group may be served by several CPUs at once.
  void begin(std::uint32_t child, std::int64_t now) {
    Child& c = children_[child];
    c.offset_ns -= now;
    ++c.running;
    if (!one_cpu_) row_with_runs(child, now);
  }
  void end(std::uint32_t child, std::int64_t now) {
    Child& c = children_[child];
    c.offset_ns += now;
    --c.running;
    if (one_cpu_) {
      row(child, static_cast<double>(c.offset_ns) * c.inverse_weight);
    } else {
      row_with_runs(child, now);
    }
  }
  void compete(std::uint32_t child, std::int64_t now);
  void retire(std::uint32_t child, std::int64_t now);
  void set_weight(std::uint32_t child, Weight weight, std::int64_t now);
  /// Everybody retires.
  void finish(std::int64_t now);

  /// In ns; nothing if no two children ever competed at the same time.
  std::optional<double> bound_ns() const;

 private:
  struct Child {
    std::int64_t offset_ns = 0;  ///< service since the last change of weight = offset + running x t
    double inverse_weight = 0;
    Weight weight = 0;
    std::uint32_t running = 0;
    bool competes = false;
  };

  /// x of `child` has become `x_child`, and all others' are as they stand in x_. On one CPU that is
  /// so whenever a run ends, and it is there that D_ij has its maxima.
  void row(std::uint32_t child, double x_child) {
    data_[child] = x_child;
    const double* __restrict x = data_.data();
    double* __restrict highest = data_.data() + (kHighest + child) * row_size();
    for (std::size_t j = 0; j < row_size(); ++j) {
      const double d = x_child - x[j];
      highest[j] = d > highest[j] ? d : highest[j];
    }
  }
  void row_with_runs(std::uint32_t child, std::int64_t now);
  double x_of(std::uint32_t child, std::int64_t now) const {
    const Child& c = children_[child];
    return static_cast<double>(c.offset_ns + c.running * now) * c.inverse_weight;
  }
  void compare_all(std::uint32_t child, std::int64_t now);
  double& highest(std::uint32_t i, std::uint32_t j) {
    return data_[(kHighest + i) * row_size() + j];
  }
  double& lowest(std::uint32_t i, std::uint32_t j) {
    return data_[(kHighest + children_.size() + i) * row_size() + j];
  }

  /// Rows are whole blocks of four, so that the loops over them become vector instructions without
  /// a remainder.
  std::size_t row_size() const { return blocks_ * 4; }

  // Rows of data_: x (on several CPUs at time 0, see rate), rate (several
  // CPUs only: of x, while the child runs), then for each child i the highest D_ij that was seen
  // when x_i or its rate changed, and on several CPUs the lowest. A pair's values hold while both
  // compete.
  static constexpr std::uint32_t kRate = 1;
  static constexpr std::uint32_t kHighest = 2;
  bool one_cpu_;
  bool any_pair_ = false;
  std::size_t blocks_;
  std::vector<double> data_;
  std::vector<Child> children_;
  double mean_weight_ = 0;
  double bound_ns_ = 0;
};

/// An upper bound in O(1) per change, for any number of children.
///
/// For any function v of time, D_ij changes by at most what x_i - v and x_j - v change: the bound
/// is the sum of the two largest ranges of x_i - v that two children had while they competed. v is
/// the group's own service over the weight of those that compete, which all of them follow closely
/// under a fair policy.
class RangeFairness {
 public:
  RangeFairness(const std::vector<Weight>& weights, CpuId cpus);

  void begin(std::uint32_t child, std::int64_t now) {
    change(children_[child], now);
    ++children_[child].running;
    offset_ns_ -= now;
    ++running_;
  }
  void end(std::uint32_t child, std::int64_t now) {
    change(children_[child], now);
    --children_[child].running;
    offset_ns_ += now;
    --running_;
  }
  void compete(std::uint32_t child, std::int64_t now);
  void retire(std::uint32_t child, std::int64_t now);
  void set_weight(std::uint32_t child, Weight weight, std::int64_t now);
  void finish(std::int64_t now);
  std::optional<double> bound_ns() const;

 private:
  struct Child {
    double inverse_weight = 0;
    double x = 0;                     ///< at since_ns
    double v_since = 0;               ///< v at since_ns
    double lowest = 0, highest = 0;   ///< of x - v since it competes
    std::uint64_t since_ns : 51 = 0;  ///< the last change; 51 bits are 26 days
    std::uint64_t running : 12 = 0;
    std::uint64_t competes : 1 = 0;
  };

  void advance_v(std::int64_t now) {
    const std::int64_t service_ns = offset_ns_ + running_ * now;
    v_ += static_cast<double>(service_ns - service_seen_ns_) * inverse_competing_;
    service_seen_ns_ = service_ns;
  }
  /// Brings x and the range of `c` up to `now`.
  void change(Child& c, std::int64_t now) {
    advance_v(now);
    const double x_before = c.x;
    const bool straight = goes_one_way(c);
    c.x += static_cast<double>(c.running * (static_cast<std::uint64_t>(now) - c.since_ns)) *
           c.inverse_weight;
    // Where x - v may turn round, it lies between what it would be if v rose first, and if x did.
    const double low = (straight ? c.x : x_before) - v_;
    const double high = c.x - (straight ? v_ : c.v_since);
    c.lowest = low < c.lowest ? low : c.lowest;
    c.highest = high > c.highest ? high : c.highest;
    c.v_since = v_;
    c.since_ns = static_cast<std::uint64_t>(now) & kTimeMask;
  }
  /// Has x - v had its extremes at the ends of the time since c's last change? While c waits it
  /// falls. While c runs it rises, unless v may rise faster: more than one CPU's worth of weight.
  bool goes_one_way(const Child& c) const {
    return one_cpu_ || c.running == 0 ||
           (c.since_ns >= reweighed_at_ns_ && c.inverse_weight >= steepest_v_);
  }
  void set_competing_weight(Weight weight, std::int64_t now);
  void note_range(std::uint32_t child, double range);

  static constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << 51) - 1;
  bool one_cpu_;
  bool any_pair_ = false;
  CpuId cpus_;
  std::int64_t running_ = 0;
  std::int64_t offset_ns_ = 0;        ///< the group's service is offset + running x t
  std::int64_t service_seen_ns_ = 0;  ///< the group's service at v's last advance
  double v_ = 0;
  double steepest_v_ = 0;              ///< the most that v can rise per ns since ...
  std::uint64_t reweighed_at_ns_ = 0;  ///< ... those that compete last changed
  double inverse_competing_ = 0;       ///< 1 / the weight of those that compete
  Weight competing_weight_ = 0;
  double mean_weight_ = 0;
  std::uint32_t competing_ = 0;
  std::uint32_t widest_child_ = 0;
  double widest_ = 0;  ///< range, scaled, and ...
  double second_ = 0;  ///< ... the largest of another child
  std::vector<Child> children_;
};

/// One group's bound: exact where that is cheap.
class Fairness {
 public:
  /// Of no children.
  Fairness() = default;
  Fairness(const std::vector<Weight>& weights, CpuId cpus);

  /// Service of a child begins / ends. `now` in ns, never goes back.
  void begin(std::uint32_t child, std::int64_t now) {
    if (pairs_ != nullptr) {
      pairs_->begin(child, now);
    } else if (ranges_ != nullptr) {
      ranges_->begin(child, now);
    }
  }
  void end(std::uint32_t child, std::int64_t now) {
    if (pairs_ != nullptr) {
      pairs_->end(child, now);
    } else if (ranges_ != nullptr) {
      ranges_->end(child, now);
    }
  }
  /// The child has demand and no cap holds it back / no longer so.
  void compete(std::uint32_t child, std::int64_t now);
  void retire(std::uint32_t child, std::int64_t now);
  void set_weight(std::uint32_t child, Weight weight, std::int64_t now);
  /// The run is over; everybody retires.
  void finish(std::int64_t now);

  /// In ns of a child of mean weight; nothing if no two children ever competed at the same time.
  std::optional<double> bound_ns() const;
  /// False: bound_ns() is an upper bound.
  bool exact() const { return ranges_ == nullptr; }

 private:
  std::unique_ptr<PairwiseFairness> pairs_;  ///< 2 to 16 children
  std::unique_ptr<RangeFairness> ranges_;    ///< more
};

}  // namespace sharesim
