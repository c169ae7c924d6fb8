#pragma once
// The queue of policies that hold a request back until ideal sharing would have begun with it.

#include <vector>

#include "schedulers/common/ready_tree.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Those queued, by start and finish tag. The eligible, whose start tag has come, are served by the
/// smallest finish tag, ties to the lower id. As long as virtual time goes forward, each request
/// changes sides at most once, so every operation is O(log n), amortised. Key is a signed integer.
template <typename Key>
class EligibleQueue {
 public:
  /// Queues `e`, or stamps it anew; eligible from the next admit() on.
  void set(EntityId e, Key start, Key finish) {
    if (e >= tags_.size()) tags_.resize(e + 1);
    tags_[e] = {start, finish};
    eligible_.clear(e);
    waiting_.set(e, start);
  }
  void clear(EntityId e) {
    waiting_.clear(e);
    eligible_.clear(e);
  }
  bool contains(EntityId e) const { return waiting_.contains(e) || eligible_.contains(e); }
  /// The finish tag of `e`, which has been queued at some time.
  Key finish(EntityId e) const { return tags_[e].finish; }

  /// Lets in those whose start tag is at most `v`, which never goes back; if nobody is eligible
  /// then, those with the smallest start tag, so that no work waits for V. Returns the larger of
  /// the two.
  Key admit(Key v) {
    const EntityId e = waiting_.first();
    if (e != kNoEntity && waiting_.key(e) > v && eligible_.empty()) v = waiting_.key(e);
    admit_if([&](EntityId, Key start) { return start <= v; });
    return v;
  }

  /// Lets in those that `have_begun` by now: a question of id and start tag.
  template <typename HasBegun>
  void admit_if(const HasBegun& has_begun) {
    for (EntityId e = waiting_.first(); e != kNoEntity && has_begun(e, waiting_.key(e));
         e = waiting_.first()) {
      waiting_.clear(e);
      eligible_.set(e, tags_[e].finish);
    }
  }

  /// Takes the eligible one with the smallest finish tag that may run on `cpu`; if none may, the one
  /// with the smallest start tag among the others. Or kNoEntity.
  EntityId take_first(const QueueHost& host, CpuId cpu) {
    const EntityId e = eligible_.take_first(host, cpu);
    return e != kNoEntity ? e : waiting_.take_first(host, cpu);
  }

  /// The same where virtual time may have gone back: who is not eligible any more waits anew, once
  /// it comes to the front. If nobody who is eligible may run, kNoEntity.
  template <typename HasBegun>
  EntityId take_eligible(const QueueHost& host, CpuId cpu, const HasBegun& has_begun) {
    admit_if(has_begun);
    for (EntityId e = eligible_.first(); e != kNoEntity && !has_begun(e, tags_[e].start);
         e = eligible_.first()) {
      eligible_.clear(e);
      waiting_.set(e, tags_[e].start);
    }
    if (!host.has_affinity()) return eligible_.take_first();
    return eligible_.take_first_if(
        [&](EntityId e) { return has_begun(e, tags_[e].start) && host.allowed(e, cpu); });
  }

 private:
  struct Tags {
    Key start;
    Key finish;
  };

  ReadyTreeOf<Key> waiting_;   ///< by start tag
  ReadyTreeOf<Key> eligible_;  ///< by finish tag
  std::vector<Tags> tags_;     ///< by id
};

}  // namespace sharesim
