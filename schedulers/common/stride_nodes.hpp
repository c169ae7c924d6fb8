#pragma once
// The binary tree of hierarchical stride scheduling.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/scheduler.hpp"

namespace sharesim {

/// Leaves by id, all at one depth; above each pair of children a node that knows how far the left
/// one is ahead, and who is next below it. All O(log n); 48 bytes per node, two nodes per id.
class StrideNodes {
 public:
  /// Makes a place for `e`, as if nobody had had the id before.
  void add(EntityId e) {
    while (e >= leaves_) grow();
    if (leaves_ > 1) nodes_[(leaves_ + e) / 2].ahead = 0;
  }

  /// `e` joins with its tickets, leaves with them, or changes their number: the leads stay.
  void change_tickets(EntityId e, Weight change) {
    nodes_[leaves_ + e].tickets += change;
    for (std::size_t at = (leaves_ + e) / 2; at >= kTop; at /= 2) {
      Node& node = nodes_[at];
      node.tickets += change;
      if (node.tickets == 0) continue;
      if (node.split > 0) node.ahead = node.ahead * node.tickets / node.split;
      node.split = node.tickets;
      choose(at);
    }
  }

  /// Charges `e`, `queued` from now on or not, with a run, and on the way to the top finds who is
  /// next at each node. No branch depends on who that is, because it cannot be predicted.
  void charge(EntityId e, bool queued, Duration ran) {
    Node* const nodes = nodes_.data();
    std::size_t at = leaves_ + e;
    nodes[at].next = queued ? e : kNoEntity;
    for (; at > kTop; at /= 2) {
      const std::int64_t is_right = at % 2;
      const std::int64_t signed_ran = (to_ns(ran) ^ -is_right) + is_right;
      nodes[at / 2].ahead += __int128{signed_ran} * nodes[at ^ 1U].tickets;
      choose(at / 2);
    }
  }

  /// From the top down the child with the smaller pass, of those queued, or kNoEntity.
  EntityId first() const { return nodes_[kTop].next; }
  /// The same among those that `accept` accepts.
  template <typename Accept>
  EntityId first_if(const Accept& accept) const {
    return first_below(kTop, accept);
  }

  /// How much CPU time `e` is ahead of the leaf beside it, in ns.
  std::int64_t lead_over_neighbour(EntityId e) const {
    const std::size_t leaf = leaves_ + e;
    if (leaf == kTop) return 0;
    const Node& parent = nodes_[leaf / 2];
    const auto lead = static_cast<std::int64_t>(parent.ahead / std::max<Weight>(parent.split, 1));
    return leaf % 2 == 0 ? lead : -lead;
  }

 private:
  static constexpr std::size_t kTop = 1;

  struct Node {
    __int128 ahead = 0;         ///< d, in ns times tickets
    Weight tickets = 0;         ///< t: of the active leaves below
    Weight split = 0;           ///< the latest positive `tickets`: `ahead` / `split` is the lead
    EntityId next = kNoEntity;  ///< of the leaves below that are queued, the next one
  };

  /// Who is next below `at`: of the child with the smaller pass, or else of the other.
  void choose(std::size_t at) {
    const EntityId left = nodes_[2 * at].next;
    const EntityId right = nodes_[2 * at + 1].next;
    const EntityId to_right = -static_cast<EntityId>(nodes_[at].ahead > 0);
    const EntityId swap = (left ^ right) & to_right;
    const EntityId preferred = left ^ swap;
    nodes_[at].next = preferred != kNoEntity ? preferred : right ^ swap;
  }

  template <typename Accept>
  EntityId first_below(std::size_t at, const Accept& accept) const {
    const EntityId next = nodes_[at].next;
    if (next == kNoEntity || accept(next)) return next;
    if (at >= leaves_) return kNoEntity;
    const std::size_t child = 2 * at + (nodes_[at].ahead > 0 ? 1 : 0);
    const EntityId e = first_below(child, accept);
    return e != kNoEntity ? e : first_below(child ^ 1U, accept);
  }

  /// Doubles the leaves: the tree becomes the left half of a new one.
  void grow() {
    std::vector<Node> nodes(4 * leaves_);
    for (std::size_t at = kTop; at < nodes_.size(); ++at)
      nodes[at + std::bit_floor(at)] = nodes_[at];
    const Node& old_top = nodes[2 * kTop];
    nodes[kTop] = {.tickets = old_top.tickets, .split = old_top.tickets, .next = old_top.next};
    nodes_ = std::move(nodes);
    leaves_ *= 2;
  }

  std::size_t leaves_ = 1;           ///< a power of two
  std::vector<Node> nodes_{{}, {}};  ///< the top is 1, below `at` are 2 at and 2 at + 1
};

}  // namespace sharesim
