#pragma once
// Those that wait, by vruntime and deadline: who is eligible and has the earliest deadline?

#include <vector>

#include "schedulers/common/kernel_weight.hpp"
#include "sim/core/tournament_tree.hpp"

namespace sharesim {

/// The kernel keeps a tree by deadlines in which each node knows the least vruntime below it. Here there
/// are two trees, of the eligible by deadline and of the others by vruntime, and who has come to be on the
/// wrong side of V changes sides when it is looked at: O(log n), amortised, as long as V goes forward,
/// and without branches that nobody can predict. Ties go to the lower id.
class DeadlineQueue {
 public:
  /// Inserts `e`, or changes what it is known by.
  void insert(EntityId e, VirtualNs v, VirtualNs deadline) {
    if (e >= tags_.size()) tags_.resize(e + 1);
    tags_[e] = {v, deadline};
    if (v <= horizon_) {
      waiting_.clear(e);
      eligible_.set(e, deadline);
    } else {
      eligible_.clear(e);
      waiting_.set(e, v);
    }
  }
  void erase(EntityId e) {
    eligible_.clear(e);
    waiting_.clear(e);
  }
  bool contains(EntityId e) const { return eligible_.contains(e) || waiting_.contains(e); }

  /// The earliest deadline among those whose vruntime is at most `v`, or kNoEntity.
  EntityId first(VirtualNs v) {
    horizon_ = v;
    for (EntityId e = waiting_.first(); e != kNoEntity && waiting_.key(e) <= v;
         e = waiting_.first()) {
      waiting_.clear(e);
      eligible_.set(e, tags_[e].deadline);
    }
    for (EntityId e = eligible_.first(); e != kNoEntity; e = eligible_.first()) {
      if (tags_[e].v <= v) return e;
      eligible_.clear(e);
      waiting_.set(e, tags_[e].v);
    }
    return kNoEntity;
  }

 private:
  struct Tags {
    VirtualNs v;
    VirtualNs deadline;
  };

  TournamentTree waiting_;   ///< by vruntime
  TournamentTree eligible_;  ///< by deadline; of these some may not be eligible any more
  std::vector<Tags> tags_;   ///< by id
  VirtualNs horizon_ = 0;    ///< the last V
};

}  // namespace sharesim
