#pragma once
// The queue of policies that hold a request back until ideal sharing would have begun with it.

#include <vector>

#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Those queued, by start and finish tag. The eligible, whose start tag has come, are served by the
/// smallest finish tag, ties to the lower id. As long as virtual time goes forward, each request
/// changes sides at most once, so every operation is O(log n), amortised. Finish is a signed integer.
template <typename Finish>
class EligibleQueue {
 public:
  /// Queues `e`, or stamps it anew; eligible from the next admit() on.
  void set(EntityId e, Tag start, Finish finish) {
    if (e >= tags_.size()) tags_.resize(e + 1);
    tags_[e] = {finish, start};
    eligible_.clear(e);
    waiting_.set(e, start);
  }
  void clear(EntityId e) {
    waiting_.clear(e);
    eligible_.clear(e);
  }
  bool contains(EntityId e) const { return waiting_.contains(e) || eligible_.contains(e); }
  /// The finish tag of `e`, which has been queued at some time.
  Finish finish(EntityId e) const { return tags_[e].finish; }

  /// Lets in those whose start tag is at most `v`, which never goes back; if nobody is eligible
  /// then, those with the smallest start tag, so that no work waits for V. Returns the larger of
  /// the two.
  Tag admit(Tag v) {
    const EntityId first = waiting_.first();
    if (first != kNoEntity && waiting_.key(first) > v && eligible_.empty()) v = waiting_.key(first);
    for (EntityId e = first; e != kNoEntity && waiting_.key(e) <= v; e = waiting_.first())
      let_in(e);
    return v;
  }

  /// Takes the eligible one with the smallest finish tag that may run on `cpu`; if none may, the one
  /// with the smallest start tag among the others. Or kNoEntity.
  EntityId take_first(const QueueHost& host, CpuId cpu) {
    const EntityId e = eligible_.take_first(host, cpu);
    return e != kNoEntity ? e : waiting_.take_first(host, cpu);
  }

  /// The same without the others, and where start tags and `v` are rounded down and v may have gone
  /// back. If the two are the same, `has_begun` knows; who is not eligible any more waits anew, once
  /// it comes to the front.
  template <typename HasBegun>
  EntityId take_first(const QueueHost& host, CpuId cpu, Tag v, const HasBegun& has_begun) {
    const auto may_run = [&](EntityId e) {
      return tags_[e].start < v || (tags_[e].start == v && has_begun(e));
    };
    for (EntityId e = waiting_.first(); e != kNoEntity && waiting_.key(e) <= v;
         e = waiting_.first()) {
      if (may_run(e)) {
        let_in(e);
      } else {
        waiting_.clear(e);
        held_.push_back(e);
      }
    }
    for (EntityId e = eligible_.first(); e != kNoEntity && !may_run(e); e = eligible_.first()) {
      eligible_.clear(e);
      held_.push_back(e);
    }
    for (const EntityId e : held_) waiting_.set(e, tags_[e].start);
    held_.clear();
    if (!host.has_affinity()) return eligible_.take_first();
    return eligible_.take_first_if([&](EntityId e) { return may_run(e) && host.allowed(e, cpu); });
  }

 private:
  struct Tags {
    Finish finish;
    Tag start;
  };

  void let_in(EntityId e) {
    waiting_.clear(e);
    eligible_.set(e, tags_[e].finish);
  }

  ReadyTree waiting_;             ///< by start tag
  ReadyTreeOf<Finish> eligible_;  ///< by finish tag
  std::vector<Tags> tags_;        ///< by id
  std::vector<EntityId> held_;    ///< empty between calls
};

}  // namespace sharesim
