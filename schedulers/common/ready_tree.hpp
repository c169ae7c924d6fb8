#pragma once
// The queue of most policies: the smallest key first, ties to the lower id.

#include "sim/core/tournament_tree.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// Those queued, by key. See TournamentTreeOf for the cost.
template <typename Integer>
class ReadyTreeOf : public TournamentTreeOf<Integer> {
 public:
  using TournamentTreeOf<Integer>::take_first;

  /// Takes the smallest among those that `host` allows on `cpu`, or kNoEntity.
  EntityId take_first(const QueueHost& host, CpuId cpu) {
    if (!host.has_affinity()) return take_first();
    return this->take_first_if([&](EntityId candidate) { return host.allowed(candidate, cpu); });
  }
};

using ReadyTree = ReadyTreeOf<std::int64_t>;

}  // namespace sharesim
