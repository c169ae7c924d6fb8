#pragma once
// A line of entities, first come first served.

#include <cstddef>
#include <vector>

#include "sim/core/check.hpp"
#include "sim/core/ids.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// A doubly linked list over entity ids: every operation O(1), 8 bytes per id. An id is in it at
/// most once.
class Fifo {
 public:
  bool empty() const { return links_[kEnd].next == kEnd; }
  bool contains(EntityId e) const {
    return e + 1 < links_.size() && links_[e + 1].next != kNowhere;
  }

  /// `e` must not be in it.
  void push_back(EntityId e) { insert_before(kEnd, e); }
  void push_front(EntityId e) { insert_before(links_[kEnd].next, e); }

  /// Removes `e` if it is there.
  void erase(EntityId e) {
    if (!contains(e)) return;
    Link& link = links_[e + 1];
    links_[link.prev].next = link.next;
    links_[link.next].prev = link.prev;
    link.next = kNowhere;
  }

  /// The first, or kNoEntity.
  EntityId front() const { return id_at(links_[kEnd].next); }
  /// The one behind `e`, which is there, or kNoEntity.
  EntityId after(EntityId e) const { return id_at(links_[e + 1].next); }

  /// The first that `host` allows on `cpu`, or kNoEntity. O(1) without affinity, else a scan.
  EntityId first(const QueueHost& host, CpuId cpu) const {
    EntityId e = front();
    if (host.has_affinity()) {
      while (e != kNoEntity && !host.allowed(e, cpu)) e = after(e);
    }
    return e;
  }

 private:
  using Place = EntityId;  ///< the entity's id + 1
  static constexpr Place kEnd = 0;
  static constexpr Place kNowhere = kNoEntity;

  struct Link {
    Place prev = kEnd;
    Place next = kNowhere;
  };

  static EntityId id_at(Place place) { return place == kEnd ? kNoEntity : place - 1; }

  void insert_before(Place place, EntityId e) {
    check(!contains(e), "an entity queues once");
    if (e + 1 >= links_.size()) links_.resize(static_cast<std::size_t>(e) + 2);
    Link& behind = links_[place];
    links_[e + 1] = {behind.prev, place};
    links_[behind.prev].next = e + 1;
    behind.prev = e + 1;
  }

  std::vector<Link> links_{Link{kEnd, kEnd}};  ///< a ring; [kEnd] joins its ends
};

}  // namespace sharesim
