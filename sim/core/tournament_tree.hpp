#pragma once
// An ordered set of small ids: the smallest key first, ties to the lower id.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "sim/core/ids.hpp"

namespace sharesim {

/// A tournament tree over entity ids. Change, remove: O(log n), without branches that depend on the
/// keys; insert: O(log n), mostly much less; the first: O(1). 24 bytes per id (48 with keys of 128
/// bits), rounded up to a power of two ids. Taking one out and putting it back with a new key, which is
/// what a scheduler does all day, costs one walk and not two: the removal is put off until something
/// else needs it.
template <typename Integer>
class TournamentTreeOf {
  static constexpr int kBits = 8 * sizeof(Integer);
  static constexpr bool kWide = kBits > 64;

 public:
  using Key = Integer;
  /// The key of those that are not there; greater than every key that may be set. Keys of 128 bits
  /// are between this and minus this, so that differences are no longer than they.
  static constexpr Key kAbsent =
      kWide ? Key{1} << (kBits - 2) : std::numeric_limits<std::int64_t>::max() - 1;

  /// Inserts `e`, or changes its key. key < kAbsent.
  void set(EntityId e, Key key) {
    if (e >= leaves_.size()) [[unlikely]] {
      grow(e + 1);
    }
    if (leaves_[e] == kAbsent) {
      insert(e, key);
    } else {
      if (taken_ == e) taken_ = kNoEntity;
      update(e, key);
    }
  }

  /// Removes `e` if it is there.
  void clear(EntityId e) {
    if (!contains(e)) return;
    finish_taking();
    taken_ = e;
  }

  bool contains(EntityId e) const {
    return e < leaves_.size() && e != taken_ && leaves_[e] != kAbsent;
  }
  /// The key of `e`, which is there.
  Key key(EntityId e) const { return leaves_[e]; }

  bool empty() {
    finish_taking();
    return leaves_.empty() || nodes_[kTop].key == kAbsent;
  }

  /// The smallest, or kNoEntity.
  EntityId first() { return empty() ? kNoEntity : nodes_[kTop].id; }

  /// Takes the smallest off the queue and returns it, or kNoEntity.
  EntityId take_first() {
    if (empty()) return kNoEntity;
    taken_ = nodes_[kTop].id;
    return taken_;
  }

  /// Takes the smallest that `accept` accepts, or kNoEntity.
  template <typename Accept>
  EntityId take_first_if(Accept accept) {
    const EntityId e = first_if(accept);
    if (e != kNoEntity) taken_ = e;
    return e;
  }

  /// The smallest that `accept` accepts, or kNoEntity. O((k + 1) log n) if k were refused before
  /// it.
  template <typename Accept>
  EntityId first_if(Accept accept) {
    if (empty()) return kNoEntity;
    // Best first over subtrees: when a subtree's winner is refused, the subtrees beside the
    // winner's path go on.
    std::vector<Subtree> open{{nodes_[kTop], kTop}};
    while (!open.empty()) {
      std::pop_heap(open.begin(), open.end());
      const Subtree best = open.back();
      open.pop_back();
      if (best.winner.key == kAbsent) return kNoEntity;
      if (accept(best.winner.id)) return best.winner.id;
      for (std::size_t at = leaves_.size() + best.winner.id; at != best.root; at /= 2) {
        open.push_back({node(at ^ 1U), at ^ 1U});
        std::push_heap(open.begin(), open.end());
      }
    }
    return kNoEntity;
  }

  /// Branch and bound: calls visit(e) for all, the smallest first, the others in no order, but not
  /// for those in a part of the tree whose smallest one enter(key, e) has refused by then.
  template <typename Enter, typename Visit>
  void search(Enter enter, Visit visit) {
    if (!empty()) search_below(kTop, enter, visit);
  }

 private:
  static constexpr std::size_t kTop = 1;

  struct Node {
    Key key = kAbsent;
    EntityId id = 0;
  };
  struct Subtree {
    Node winner;
    std::size_t root;
    friend bool operator<(const Subtree& a, const Subtree& b) {  // std heaps have the largest first
      return a.winner.key != b.winner.key ? a.winner.key > b.winner.key : a.winner.id > b.winner.id;
    }
  };

  /// Heap numbering: the top is 1, below `at` are 2 at and 2 at + 1, and the leaves are size .. 2
  /// size - 1.
  Node node(std::size_t at) const {
    if (at < leaves_.size()) return nodes_[at];
    const std::size_t e = at - leaves_.size();
    return {leaves_[e], static_cast<EntityId>(e)};
  }

  template <typename Enter, typename Visit>
  void search_below(std::size_t at, Enter& enter, Visit& visit) {
    const Node winner = node(at);
    if (winner.key == kAbsent || !enter(winner.key, winner.id)) return;
    if (at >= leaves_.size()) {
      visit(winner.id);
      return;
    }
    const std::size_t its_side = 2 * at + (node(2 * at).id == winner.id ? 0 : 1);
    search_below(its_side, enter, visit);
    search_below(its_side ^ 1U, enter, visit);
  }

  void finish_taking() {
    if (taken_ != kNoEntity) update(std::exchange(taken_, kNoEntity), kAbsent);
  }

  /// `e`, which is not there, goes up for as long as it beats the winners so far. That is seldom far.
  void insert(EntityId e, Key key) {
    leaves_[e] = key;
    for (std::size_t at = (leaves_.size() + e) / 2; at >= kTop; at /= 2) {
      Node& winner = nodes_[at];
      if (winner.key < key || (winner.key == key && winner.id < e)) return;
      winner = {key, e};
    }
  }

  /// Replays the matches of `e`'s leaf up to the top. The opponents' places do not depend on
  /// earlier results, so the loads run ahead, and a match is a handful of instructions. By itself,
  /// because within another function it would be short of registers.
  [[gnu::noinline]] void update(EntityId e, Key key) {
    leaves_[e] = key;
    Node winner{key, e};
    const Node neighbour{leaves_[e ^ 1U], e ^ 1U};
    winner = play(winner, neighbour, e & 1U);
    std::size_t at = (leaves_.size() + e) / 2;
    Node* const nodes = nodes_.data();
    nodes[at] = winner;
    while (at > kTop) {
      winner = play(winner, nodes[at ^ 1U], at & 1U);
      at /= 2;
      nodes[at] = winner;
    }
  }

  /// The smaller of the two; on a tie the left one, which has the lower id. By masks: conditionals
  /// are compiled to branches, and who wins cannot be predicted.
  static Node play(Node mine, Node other, std::size_t mine_is_right) {
    const Key bound = mine.key + static_cast<Key>(mine_is_right);
    if constexpr (kWide) {
      const Key other_wins = (other.key - bound) >> (kBits - 1);
      return {mine.key ^ ((mine.key ^ other.key) & other_wins),
              mine.id ^ ((mine.id ^ other.id) & static_cast<EntityId>(other_wins))};
    }
    const EntityId other_wins = -static_cast<EntityId>(other.key < bound);
    return {std::min(mine.key, other.key), mine.id ^ ((mine.id ^ other.id) & other_wins)};
  }

  void grow(std::size_t count) {
    const std::size_t size = std::bit_ceil(std::max<std::size_t>(count, 2));
    leaves_.resize(size, kAbsent);
    nodes_.assign(size, Node{});
    for (std::size_t at = size - 1; at >= kTop; --at)
      nodes_[at] = play(node(2 * at), node(2 * at + 1), 0);
  }

  std::vector<Key> leaves_;     ///< by id; the size is 0 or a power of two, at least 2
  std::vector<Node> nodes_;     ///< [0] is unused; size of leaves_
  EntityId taken_ = kNoEntity;  ///< taken, but its leaf, and so the way up from it, is as before
};

using TournamentTree = TournamentTreeOf<std::int64_t>;

}  // namespace sharesim
