#pragma once
// The groups of group ratio round-robin, and which of them the next quantum belongs to.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "schedulers/common/fifo.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Group s is of the clients with 2^s <= w < 2^(s+1). O(1), a join or a leave O(groups).
class RatioGroups {
 public:
  /// s
  static std::size_t order_of(Weight weight) {
    const auto width = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(weight)));
    return static_cast<std::size_t>(std::max(width - 1, 0));
  }

  /// Those of group `order` that are queued.
  Fifo& line(std::size_t order) { return groups_[order].line; }
  /// W, in ns
  std::int64_t work(std::size_t order) const { return groups_[order].work; }
  /// The groups with runnable clients, the largest Phi first.
  const std::vector<std::size_t>& list() const { return list_; }

  /// A client of this weight becomes runnable (or, if negative, stops to be), and takes its part of all
  /// work with it.
  void change_phi(std::size_t order, Weight change) {
    std::int64_t all = 0;
    for (const std::size_t other : list_) all += groups_[other].work;
    Group& group = groups_[order];
    if (total_phi_ > 0) group.work += static_cast<std::int64_t>(Wide{change} * all / total_phi_);
    total_phi_ += change;
    if (group.phi == 0) list_.push_back(order);
    group.phi += change;
    if (group.phi == 0) {
      group.work = 0;
      std::erase(list_, order);
      if (last_ == order) last_ = kNone;
    }
    std::sort(list_.begin(), list_.end(), [&](std::size_t a, std::size_t b) {
      const Weight phi_a = groups_[a].phi;
      const Weight phi_b = groups_[b].phi;
      return phi_a != phi_b ? phi_a > phi_b : a > b;
    });
  }

  /// Group `order` gets a quantum.
  void give(std::size_t order, Duration quantum) {
    groups_[order].work += to_ns(quantum);
    last_ = order;
  }
  /// It has used so much less (more, if negative).
  void give_back(std::size_t order, Duration unused) { groups_[order].work -= to_ns(unused); }

  /// Where in the list the next quantum belongs.
  std::size_t next_in_list(Duration quantum) const {
    const auto current = std::find(list_.begin(), list_.end(), last_);
    if (current == list_.end() || current + 1 == list_.end()) return 0;
    const Group& i = groups_[*current];
    const Group& j = groups_[*(current + 1)];
    const Wide one = to_ns(quantum);
    const bool ahead = (i.work + one) * j.phi > (j.work + one) * i.phi;
    return ahead ? static_cast<std::size_t>(current - list_.begin()) + 1 : 0;
  }

 private:
  using Wide = __int128;
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  struct Group {
    Fifo line;
    Weight phi = 0;         ///< of those runnable
    std::int64_t work = 0;  ///< W, in ns
  };

  std::array<Group, 63> groups_;  ///< by s
  std::vector<std::size_t> list_;
  Weight total_phi_ = 0;
  std::size_t last_ = kNone;  ///< the group that has had the latest quantum
};

}  // namespace sharesim
