#pragma once
// One of several queues over the same entities, such as one per CPU.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/core/tournament_tree.hpp"

namespace sharesim {

/// Those queued, the smallest rank first; no two ranks are the same. Unlike a ReadyTree it takes
/// memory for as many as it has held at a time, whatever their ids: 56 bytes each, rounded up to a
/// power of two. Insert, erase: O(log n), in one walk where one leaves and another comes.
class SeatedQueue {
 public:
  using Rank = __int128;
  using Seat = std::uint32_t;
  static constexpr Seat kNoSeat = kNoEntity;

  std::size_t size() const { return holders_.size() - free_.size(); }
  bool empty() const { return size() == 0; }

  /// The seat that `e` has until it is erased.
  Seat insert(EntityId e, Rank rank) {
    if (free_.empty()) {
      free_.push_back(static_cast<Seat>(holders_.size()));
      holders_.push_back(kNoEntity);
    }
    const Seat seat = free_.back();
    free_.pop_back();
    holders_[seat] = e;
    tree_.set(seat, rank);
    return seat;
  }
  void erase(Seat seat) {
    tree_.clear(seat);
    free_.push_back(seat);
  }

  /// The first, or kNoEntity.
  EntityId first() { return holder(tree_.first()); }
  /// The first that `accept` accepts, or kNoEntity.
  template <typename Accept>
  EntityId first_if(Accept accept) {
    return holder(tree_.first_if([&](Seat seat) { return accept(holders_[seat]); }));
  }

 private:
  EntityId holder(Seat seat) const { return seat == kNoSeat ? kNoEntity : holders_[seat]; }

  TournamentTreeOf<Rank> tree_;    ///< by seat
  std::vector<EntityId> holders_;  ///< by seat
  std::vector<Seat> free_;
};

}  // namespace sharesim
