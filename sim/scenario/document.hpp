#pragma once
// A workload file as a tree of lists, maps and scalars that know where they stand: plain data
// between the YAML parser and the checks.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sharesim {

/// Where a node stands. Lines and columns are 1-based.
struct Place {
  int line = 1;
  int column = 1;
  std::uint32_t source = 0;  ///< 0: the workload; n: the n-th `--set`, which has no lines
};

struct Node {
  enum class Kind : std::uint8_t {
    kNull,
    kScalar,
    kList,
    kMap,
    kBroken,  ///< already complained about: say nothing more
  };
  Kind kind = Kind::kNull;
  bool quoted = false;  ///< of a scalar: text by intention, never a number
  Place place;
  std::string text;         ///< of a scalar
  std::vector<Node> items;  ///< of a list, or the values of a map in the order of the file
  std::string key;          ///< of a map's value
  Place key_place;

  /// The first value under `wanted`, or nullptr.
  const Node* find(std::string_view wanted) const {
    for (const Node& item : items) {
      if (item.key == wanted) return &item;
    }
    return nullptr;
  }
};

/// A node together with the way from the root to it. It points to its parent, which must outlive
/// it.
class At {
 public:
  explicit At(const Node& root) : node_(&root) {}
  At(const Node& node, const At& up, std::size_t index) : node_(&node), up_(&up), index_(index) {}

  const Node& node() const { return *node_; }
  Node::Kind kind() const { return node_->kind; }
  /// The entry number `index` of a list.
  At item(std::size_t index) const { return {node_->items[index], *this, index}; }
  std::size_t size() const { return node_->items.size(); }
  /// "groups[0].tasks[1].weight"; "" for the root.
  std::string path() const;

 private:
  const Node* node_;
  const At* up_ = nullptr;
  std::size_t index_ = 0;
};

}  // namespace sharesim
