#pragma once
// Those that wait, by deadline and vruntime: who is eligible and has the earliest deadline?

#include <vector>

#include "schedulers/common/kernel_weight.hpp"
#include "sim/core/tournament_tree.hpp"

namespace sharesim {

/// The kernel keeps a tree by deadlines in which each node knows the least vruntime below it. Here there
/// are two trees. In a busy queue whoever has the earliest deadline nearly always is eligible: V runs along
/// the deadlines. Who is found at the top of the tree and is not has to wait in the other one, which is by
/// vruntime, until V has come to it. O(log n), amortised, as long as V goes forward, and mostly one walk
/// for each that is taken and comes back. Ties go to the lower id.
class DeadlineQueue {
 public:
  /// Inserts `e`, or changes what it is known by.
  void insert(EntityId e, VirtualNs v, VirtualNs deadline) {
    if (e >= tags_.size()) tags_.resize(e + 1);
    tags_[e] = {v, deadline};
    early_.clear(e);
    by_deadline_.set(e, deadline);
  }
  void erase(EntityId e) {
    by_deadline_.clear(e);
    early_.clear(e);
  }
  bool contains(EntityId e) const { return by_deadline_.contains(e) || early_.contains(e); }

  /// The earliest deadline among those whose vruntime is at most V, or kNoEntity. `reached` knows whether a
  /// vruntime is.
  template <typename Reached>
  EntityId first(const Reached& reached) {
    for (EntityId e = early_.first(); e != kNoEntity && reached(early_.key(e));
         e = early_.first()) {
      early_.clear(e);
      by_deadline_.set(e, tags_[e].deadline);
    }
    for (EntityId e = by_deadline_.first(); e != kNoEntity; e = by_deadline_.first()) {
      if (reached(tags_[e].v)) return e;
      by_deadline_.clear(e);
      early_.set(e, tags_[e].v);
    }
    return kNoEntity;
  }

 private:
  struct Tags {
    VirtualNs v;
    VirtualNs deadline;
  };

  TournamentTree by_deadline_;  ///< eligible or not
  TournamentTree early_;        ///< by vruntime: those that were not, when it was their turn
  std::vector<Tags> tags_;      ///< by id
};

}  // namespace sharesim
