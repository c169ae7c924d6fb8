#pragma once
// The smallest of many keys, each of which may change.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace sharesim::ideal {

/// A binary heap of (key, id), the smallest key first. Where an id stands is noted in an array of
/// the caller's, `places`, indexed by id, which several heaps may share as long as an id is in one
/// of them at a time. O(log n) per change; 16 bytes per entry.
class KeyHeap {
 public:
  static constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();
  using Places = std::vector<std::uint32_t>;

  bool empty() const { return entries_.empty(); }
  double first_key() const { return entries_.front().key; }
  std::uint32_t first_id() const { return entries_.front().id; }

  /// Inserts `id`, or changes its key.
  void set(std::uint32_t id, double key, Places& places) {
    if (places[id] == kNowhere) {
      places[id] = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back({key, id});
    }
    const std::size_t at = places[id];
    entries_[at].key = key;
    sift_down(sift_up(at, places), places);
  }

  /// Removes `id` if it is there.
  void erase(std::uint32_t id, Places& places) {
    const std::size_t at = places[id];
    if (at == kNowhere) return;
    places[id] = kNowhere;
    const Entry last = entries_.back();
    entries_.pop_back();
    if (at == entries_.size()) return;
    put(at, last, places);
    sift_down(sift_up(at, places), places);
  }

 private:
  struct Entry {
    double key;
    std::uint32_t id;
  };

  void put(std::size_t at, Entry entry, Places& places) {
    entries_[at] = entry;
    places[entry.id] = static_cast<std::uint32_t>(at);
  }

  std::size_t sift_up(std::size_t at, Places& places) {
    const Entry entry = entries_[at];
    while (at > 0 && entry.key < entries_[(at - 1) / 2].key) {
      put(at, entries_[(at - 1) / 2], places);
      at = (at - 1) / 2;
    }
    put(at, entry, places);
    return at;
  }

  void sift_down(std::size_t at, Places& places) {
    const Entry entry = entries_[at];
    while (true) {
      std::size_t child = 2 * at + 1;
      if (child >= entries_.size()) break;
      if (child + 1 < entries_.size() && entries_[child + 1].key < entries_[child].key) ++child;
      if (!(entries_[child].key < entry.key)) break;
      put(at, entries_[child], places);
      at = child;
    }
    put(at, entry, places);
  }

  std::vector<Entry> entries_;
};

}  // namespace sharesim::ideal
