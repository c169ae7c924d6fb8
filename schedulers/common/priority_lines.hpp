#pragma once
// The run queues of several CPUs, with a few priorities: first come, first served inside each.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/core/check.hpp"
#include "sim/core/ids.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Priority 0 is served first. An id is in one of the lines at most. 24 bytes per id, whatever the
/// number of CPUs. All but sort() is O(Priorities), or a scan with affinity.
template <std::size_t Priorities>
class PriorityLines {
 public:
  explicit PriorityLines(CpuId cpus) : ids_begin_(cpus * Priorities), sizes_(cpus) {
    links_.resize(ids_begin_);
    for (Place end = 0; end < ids_begin_; ++end) links_[end] = {.prev = end, .next = end};
  }

  /// How many wait at `cpu`.
  std::size_t size(CpuId cpu) const { return sizes_[cpu]; }
  bool contains(EntityId e) const {
    return ids_begin_ + e < links_.size() && links_[ids_begin_ + e].line != kNoLine;
  }

  /// `e` must not be in any.
  void push_back(EntityId e, CpuId cpu, std::size_t priority) {
    check(!contains(e), "an entity queues once");
    insert_before(line_of(cpu, priority), e, line_of(cpu, priority), ++last_turn_);
  }
  /// Removes `e` if it is there.
  void erase(EntityId e) {
    if (!contains(e)) return;
    Link& link = links_[ids_begin_ + e];
    links_[link.prev].next = link.next;
    links_[link.next].prev = link.prev;
    --sizes_[link.line / Priorities];
    link.line = kNoLine;
  }

  /// The first at CPU `owner` among the priorities from `begin` to before `end` that `host` allows
  /// on `cpu`, or kNoEntity.
  EntityId first(CpuId owner, std::size_t begin, std::size_t end, const QueueHost& host,
                 CpuId cpu) const {
    for (Place line = line_of(owner, begin); line < line_of(owner, end); ++line) {
      for (Place at = links_[line].next; at != line; at = links_[at].next) {
        if (!host.has_affinity() || host.allowed(id_at(at), cpu)) return id_at(at);
      }
    }
    return kNoEntity;
  }
  /// Those at `cpu` of the priorities from `begin` to before `end`, in this order.
  std::vector<EntityId> all(CpuId cpu, std::size_t begin, std::size_t end) const {
    std::vector<EntityId> all;
    for (Place line = line_of(cpu, begin); line < line_of(cpu, end); ++line) {
      for (Place at = links_[line].next; at != line; at = links_[at].next) all.push_back(id_at(at));
    }
    return all;
  }

  /// Sorts those at one CPU into the lines that `priority_of` says; inside a line the order so far
  /// stays. `strays` holds all that stand in another one, and maybe more. O(m log m) for m of them.
  template <typename PriorityOf>
  void sort(std::vector<EntityId>& strays, PriorityOf priority_of) {
    std::sort(strays.begin(), strays.end(), [&](EntityId a, EntityId b) {
      const Link& mine = links_[ids_begin_ + a];
      const Link& other = links_[ids_begin_ + b];
      return mine.line != other.line ? mine.line < other.line : mine.turn < other.turn;
    });
    const auto line_for = [&](EntityId e) {
      return line_of(links_[ids_begin_ + e].line / Priorities, priority_of(e));
    };
    // From a later line behind those who stand there, from an earlier one in front of them.
    for (const EntityId e : strays) {
      const Place line = line_for(e);
      if (line < links_[ids_begin_ + e].line) move(e, line, line, ++last_turn_);
    }
    std::reverse(strays.begin(), strays.end());
    for (const EntityId e : strays) {
      const Place line = line_for(e);
      if (line > links_[ids_begin_ + e].line) move(e, links_[line].next, line, --first_turn_);
    }
  }

 private:
  using Place =
      std::uint32_t;  ///< the end of a line, which closes it to a ring, or ids_begin_ + id
  static constexpr Place kNoLine = kNoEntity;

  struct Link {
    Place prev = 0;
    Place next = 0;
    Place line = kNoLine;   ///< its end
    std::int64_t turn = 0;  ///< grows along a line
  };

  static Place line_of(std::size_t cpu, std::size_t priority) {
    return static_cast<Place>(cpu * Priorities + priority);
  }
  EntityId id_at(Place place) const { return place - ids_begin_; }

  void insert_before(Place place, EntityId e, Place line, std::int64_t turn) {
    const Place at = ids_begin_ + e;
    if (at >= links_.size()) links_.resize(std::size_t{at} + 1);
    const Place prev = links_[place].prev;
    links_[at] = {.prev = prev, .next = place, .line = line, .turn = turn};
    links_[prev].next = at;
    links_[place].prev = at;
    ++sizes_[line / Priorities];
  }
  void move(EntityId e, Place before, Place line, std::int64_t turn) {
    erase(e);
    insert_before(before, e, line, turn);
  }

  Place ids_begin_;
  std::vector<Link> links_;
  std::vector<std::size_t> sizes_;  ///< by CPU
  std::int64_t first_turn_ = 0;
  std::int64_t last_turn_ = 0;
};

}  // namespace sharesim
