#pragma once
// The queue of policies that serve the smallest deadline among those whose time has come.

#include <compare>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "schedulers/common/virtual_time.hpp"
#include "sim/core/ids.hpp"

namespace sharesim {

/// An instant of virtual time as an exact fraction: whole + rest / weight tag units,
/// 0 <= rest < weight.
struct ExactTag {
  Tag whole = 0;
  std::int64_t rest = 0;
  Weight weight = 1;

  /// work / weight, for work of either sign, in tag units times weight.
  static ExactTag of(__int128 work, Weight weight) {
    auto whole = static_cast<Tag>(work / weight);
    auto rest = static_cast<std::int64_t>(work % weight);
    if (rest < 0) --whole, rest += weight;
    return {whole, rest, weight};
  }
  /// The work that an entity of weight `w` has had at this instant, rounded down.
  __int128 work_of(Weight w) const { return __int128{whole} * w + __int128{rest} * w / weight; }

  friend std::strong_ordering operator<=>(const ExactTag& a, const ExactTag& b) {
    if (a.whole != b.whole) return a.whole <=> b.whole;
    return __int128{a.rest} * b.weight <=> __int128{b.rest} * a.weight;
  }
  friend bool operator==(const ExactTag& a, const ExactTag& b) { return std::is_eq(a <=> b); }
};

/// Those queued, in the order of their deadlines (ties to the lower id), in a treap whose nodes
/// also know who below them is eligible first. Insert, erase, first: O(log n) expected. 80 bytes
/// per id. The shape depends on the content alone, not on its history.
class EligibleTree {
 public:
  bool empty() const { return top_ == kNoEntity; }
  bool contains(EntityId e) const { return e < nodes_.size() && nodes_[e].inside; }

  /// Inserts `e`, or changes its tags.
  void set(EntityId e, const ExactTag& eligible, const ExactTag& deadline) {
    clear(e);
    if (e >= nodes_.size()) nodes_.resize(e + 1);
    nodes_[e] = {.eligible = eligible, .deadline = deadline, .earliest = e, .inside = true};
    top_ = insert(top_, e);
  }
  /// Removes `e` if it is there.
  void clear(EntityId e) {
    if (!contains(e)) return;
    top_ = erase(top_, e);
    nodes_[e].inside = false;
  }

  const ExactTag& eligible(EntityId e) const { return nodes_[e].eligible; }
  const ExactTag& deadline(EntityId e) const { return nodes_[e].deadline; }

  /// The smallest deadline among those that are eligible at `v` and that `accept` accepts, or
  /// kNoEntity. O((k + 1) log n) if k were refused before it.
  template <typename Accept>
  EntityId first(const ExactTag& v, const Accept& accept) const {
    return first(top_, v, accept);
  }

 private:
  struct Node {
    ExactTag eligible;
    ExactTag deadline;
    EntityId left = kNoEntity;      ///< smaller deadlines
    EntityId right = kNoEntity;     ///< larger ones
    EntityId earliest = kNoEntity;  ///< who is eligible first, of this node and all below it
    bool inside = false;
  };

  /// Larger above smaller; no two ids have the same (the steps can be undone one by one).
  static std::uint32_t priority(EntityId e) {
    std::uint32_t x = e * 0x9e3779b1U;
    x ^= x >> 15U;
    x *= 0x85ebca77U;
    x ^= x >> 13U;
    return x * 0xc2b2ae3dU;
  }

  bool before(EntityId a, EntityId b) const {
    const auto order = nodes_[a].deadline <=> nodes_[b].deadline;
    return std::is_eq(order) ? a < b : std::is_lt(order);
  }

  void refresh(EntityId e) {
    Node& node = nodes_[e];
    node.earliest = e;
    for (const EntityId child : {node.left, node.right}) {
      if (child == kNoEntity) continue;
      const EntityId other = nodes_[child].earliest;
      if (nodes_[other].eligible < nodes_[node.earliest].eligible) node.earliest = other;
    }
  }

  EntityId insert(EntityId top, EntityId e) {
    if (top == kNoEntity) return e;
    if (priority(e) > priority(top)) {
      std::tie(nodes_[e].left, nodes_[e].right) = split(top, e);
      refresh(e);
      return e;
    }
    EntityId& child = before(e, top) ? nodes_[top].left : nodes_[top].right;
    child = insert(child, e);
    refresh(top);
    return top;
  }

  EntityId erase(EntityId top, EntityId e) {
    if (top == e) return merge(nodes_[e].left, nodes_[e].right);
    EntityId& child = before(e, top) ? nodes_[top].left : nodes_[top].right;
    child = erase(child, e);
    refresh(top);
    return top;
  }

  /// Those before `e`, and those behind it.
  std::pair<EntityId, EntityId> split(EntityId top, EntityId e) {
    if (top == kNoEntity) return {kNoEntity, kNoEntity};
    Node& node = nodes_[top];
    std::pair<EntityId, EntityId> parts;
    if (before(top, e)) {
      parts = split(node.right, e);
      node.right = std::exchange(parts.first, top);
    } else {
      parts = split(node.left, e);
      node.left = std::exchange(parts.second, top);
    }
    refresh(top);
    return parts;
  }

  /// All of `left` is before all of `right`.
  EntityId merge(EntityId left, EntityId right) {
    if (left == kNoEntity) return right;
    if (right == kNoEntity) return left;
    const bool left_on_top = priority(left) > priority(right);
    const EntityId top = left_on_top ? left : right;
    if (left_on_top)
      nodes_[top].right = merge(nodes_[top].right, right);
    else
      nodes_[top].left = merge(left, nodes_[top].left);
    refresh(top);
    return top;
  }

  template <typename Accept>
  EntityId first(EntityId top, const ExactTag& v, const Accept& accept) const {
    if (top == kNoEntity || nodes_[nodes_[top].earliest].eligible > v) return kNoEntity;
    const EntityId e = first(nodes_[top].left, v, accept);
    if (e != kNoEntity) return e;
    if (nodes_[top].eligible <= v && accept(top)) return top;
    return first(nodes_[top].right, v, accept);
  }

  std::vector<Node> nodes_;  ///< by id
  EntityId top_ = kNoEntity;
};

}  // namespace sharesim
