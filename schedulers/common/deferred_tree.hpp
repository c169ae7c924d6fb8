#pragma once
// Keys that change all the time, and of which the smallest is seldom asked for.

#include <cstddef>
#include <utility>
#include <vector>

#include "sim/core/tournament_tree.hpp"

namespace sharesim {

/// A TournamentTree that catches up with its changes when it is asked, each entity once: a change
/// is O(1), and the next question O(log n) for each entity that changed. 37 bytes per id.
class DeferredTree {
 public:
  using Key = TournamentTree::Key;

  /// Inserts `e`, or changes its key.
  void set(EntityId e, Key key) {
    if (e >= entries_.size()) entries_.resize(static_cast<std::size_t>(e) + 1);
    entries_[e].key = key;
    if (!std::exchange(entries_[e].changed, true)) changed_.push_back(e);
  }
  /// Removes `e` if it is there.
  void clear(EntityId e) {
    if (contains(e)) set(e, TournamentTree::kAbsent);
  }
  bool contains(EntityId e) const {
    return e < entries_.size() && entries_[e].key != TournamentTree::kAbsent;
  }
  /// The key of `e`, which is there.
  Key key(EntityId e) const { return entries_[e].key; }

  /// The smallest, or kNoEntity.
  EntityId first() const {
    for (const EntityId e : changed_) {
      entries_[e].changed = false;
      if (entries_[e].key == TournamentTree::kAbsent) {
        tree_.clear(e);
      } else {
        tree_.set(e, entries_[e].key);
      }
    }
    changed_.clear();
    return tree_.first();
  }

 private:
  struct Entry {
    Key key = TournamentTree::kAbsent;
    bool changed = false;  ///< since the latest question
  };

  mutable std::vector<Entry> entries_;  ///< by id
  mutable std::vector<EntityId> changed_;
  mutable TournamentTree tree_;  ///< as of the latest question
};

}  // namespace sharesim
