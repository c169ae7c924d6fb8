#pragma once
// The queue of policies that hold a request back until ideal sharing would have begun with it.

#include <vector>

#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Those queued, by start and finish tag. The eligible, whose start tag has come, are served by the
/// smallest finish tag, ties to the lower id. Whoever has the smallest finish tag of all is eligible
/// more often than not, so all are in one tree by finish tags; who is found at its top and is not
/// eligible waits in another one, by start tags, until V has come to its own. O(log n), amortised, as
/// long as V goes forward, and mostly one walk for each that is taken and comes back. Finish is a
/// signed integer.
template <typename Finish>
class EligibleQueue {
 public:
  /// Queues `e`, or stamps it anew.
  void set(EntityId e, Tag start, Finish finish) {
    if (e >= tags_.size()) tags_.resize(e + 1);
    tags_[e] = {finish, start};
    early_.clear(e);
    by_finish_.set(e, finish);
  }
  void clear(EntityId e) {
    by_finish_.clear(e);
    early_.clear(e);
  }
  bool contains(EntityId e) const { return by_finish_.contains(e) || early_.contains(e); }
  /// The finish tag of `e`, which has been queued at some time.
  Finish finish(EntityId e) const { return tags_[e].finish; }

  /// Whoever has a start tag of at most `v` is eligible for the next take_first(); if nobody is,
  /// those with the smallest start tag, so that no work waits for V. Returns the larger of the two.
  Tag admit(Tag v) {
    v_ = v;
    if (!find_first(v, [&](EntityId e) { return tags_[e].start <= v_; })) {
      const EntityId first = early_.first();
      if (first != kNoEntity) let_in(v_ = early_.key(first));
    }
    return v_;
  }

  /// After admit(): takes the eligible one with the smallest finish tag that may run on `cpu`; if
  /// none may, the one with the smallest start tag among the others. Or kNoEntity.
  EntityId take_first(const QueueHost& host, CpuId cpu) {
    if (!host.has_affinity()) return by_finish_.take_first();
    const EntityId e = by_finish_.take_first_if(
        [&](EntityId id) { return tags_[id].start <= v_ && host.allowed(id, cpu); });
    if (e != kNoEntity) return e;
    hold_back_all();
    return early_.take_first(host, cpu);
  }

  /// The same without the others, and where start tags and `v` are rounded down and v may have gone
  /// back. If the two are the same, `has_begun` knows.
  template <typename HasBegun>
  EntityId take_first(const QueueHost& host, CpuId cpu, Tag v, const HasBegun& has_begun) {
    const auto eligible = [&](EntityId e) {
      return tags_[e].start < v || (tags_[e].start == v && has_begun(e));
    };
    if (!find_first(v, eligible)) return kNoEntity;
    if (!host.has_affinity()) return by_finish_.take_first();
    return by_finish_.take_first_if(
        [&](EntityId e) { return eligible(e) && host.allowed(e, cpu); });
  }

 private:
  struct Tags {
    Finish finish;
    Tag start;
  };

  /// Brings the eligible one with the smallest finish tag to the top. False if nobody is eligible.
  template <typename Eligible>
  bool find_first(Tag v, const Eligible& eligible) {
    let_in(v);
    for (EntityId e = by_finish_.first(); e != kNoEntity; e = by_finish_.first()) {
      if (eligible(e)) return true;
      hold_back(e);
    }
    return false;
  }
  /// By start tags that are rounded down: some may turn out not to be eligible.
  void let_in(Tag v) {
    for (EntityId e = early_.first(); e != kNoEntity && early_.key(e) <= v; e = early_.first()) {
      early_.clear(e);
      by_finish_.set(e, tags_[e].finish);
    }
  }
  void hold_back(EntityId e) {
    by_finish_.clear(e);
    early_.set(e, tags_[e].start);
  }
  /// All that are not eligible at v_.
  void hold_back_all() {
    std::vector<EntityId> early;
    by_finish_.search([](Finish, EntityId) { return true; },
                      [&](EntityId e) {
                        if (tags_[e].start > v_) early.push_back(e);
                      });
    for (const EntityId e : early) hold_back(e);
  }

  ReadyTreeOf<Finish> by_finish_;  ///< eligible or not
  ReadyTree early_;                ///< by start tag: those that were not, when it was their turn
  std::vector<Tags> tags_;         ///< by id
  Tag v_ = 0;                      ///< as of the latest admit()
};

}  // namespace sharesim
