#pragma once
// A run queue with a few priorities: first come, first served inside each.

#include <array>
#include <cstddef>
#include <vector>

#include "schedulers/common/fifo.hpp"

namespace sharesim {

/// Priority 0 is served first. An id is in it at most once. All but sort() is O(kPriorities), or a
/// scan with affinity.
template <std::size_t kPriorities>
class PriorityLines {
 public:
  std::size_t size() const { return size_; }
  bool contains(EntityId e) const {
    for (const Fifo& line : lines_) {
      if (line.contains(e)) return true;
    }
    return false;
  }

  /// `e` must not be in it.
  void push_back(EntityId e, std::size_t priority) {
    lines_[priority].push_back(e);
    ++size_;
  }
  /// Removes `e` if it is there.
  void erase(EntityId e) {
    if (!contains(e)) return;
    for (Fifo& line : lines_) line.erase(e);
    --size_;
  }

  /// The first among the priorities from `begin` to before `end` that `host` allows on `cpu`, or
  /// kNoEntity.
  EntityId first(const QueueHost& host, CpuId cpu, std::size_t begin, std::size_t end) const {
    EntityId e = kNoEntity;
    for (std::size_t at = begin; at < end && e == kNoEntity; ++at) e = lines_[at].first(host, cpu);
    return e;
  }

  std::vector<EntityId> all() const {
    std::vector<EntityId> all;
    for (const Fifo& line : lines_) {
      for (EntityId e = line.front(); e != kNoEntity; e = line.after(e)) all.push_back(e);
    }
    return all;
  }
  /// Puts everyone into the line that `priority_of` says; inside a line the order so far stays.
  template <typename PriorityOf>
  void sort(PriorityOf priority_of) {
    for (const EntityId e : all()) {
      erase(e);
      push_back(e, priority_of(e));
    }
  }

 private:
  std::array<Fifo, kPriorities> lines_;
  std::size_t size_ = 0;
};

}  // namespace sharesim
