#pragma once
// The queue of policies that hold a request back until ideal sharing would have begun with it.

#include <algorithm>
#include <vector>

#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Those queued, by start and finish tag. The eligible, whose start tag has come, are served by the
/// smallest finish tag, ties to the lower id. Each request changes sides at most once, so every
/// operation is O(log n), amortised.
class EligibleQueue {
 public:
  /// Queues `e`, or stamps it anew; eligible from the next admit() on.
  void set(EntityId e, Tag start, Tag finish) {
    if (e >= finish_.size()) finish_.resize(e + 1);
    finish_[e] = finish;
    eligible_.clear(e);
    waiting_.set(e, start);
  }
  void clear(EntityId e) {
    waiting_.clear(e);
    eligible_.clear(e);
  }
  bool contains(EntityId e) const { return waiting_.contains(e) || eligible_.contains(e); }
  /// The finish tag of `e`, which has been queued at some time.
  Tag finish(EntityId e) const { return finish_[e]; }

  /// Lets in those whose start tag is at most `v`; if nobody is eligible then, those with the
  /// smallest start tag, so that no work waits for V. Returns the larger of the two.
  Tag admit(Tag v) {
    EntityId e = waiting_.first();
    if (e != kNoEntity && eligible_.empty()) v = std::max(v, waiting_.key(e));
    for (; e != kNoEntity && waiting_.key(e) <= v; e = waiting_.first()) {
      waiting_.clear(e);
      eligible_.set(e, finish_[e]);
    }
    return v;
  }

  /// Takes the eligible one with the smallest finish tag that may run on `cpu`; if none may, the one
  /// with the smallest start tag among the others. Or kNoEntity.
  EntityId take_first(const QueueHost& host, CpuId cpu) {
    const EntityId e = eligible_.take_first(host, cpu);
    return e != kNoEntity ? e : waiting_.take_first(host, cpu);
  }

 private:
  ReadyTree waiting_;   ///< by start tag
  ReadyTree eligible_;  ///< by finish tag
  std::vector<Tag> finish_;
};

}  // namespace sharesim
