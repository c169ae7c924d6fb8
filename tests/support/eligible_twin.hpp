#pragma once
// Twins of schedulers that serve the smallest finish tag among the eligible.

#include <algorithm>
#include <set>

#include "tests/support/shadowed.hpp"

namespace sharesim {

/// Its key is the finish tag. A pick has to be eligible: its start tag is at most v, or, where nobody's
/// is, the smallest; and no other that is may have a smaller finish tag.
class EligibleTwin : public Twin {
 public:
  virtual Fraction start(EntityId e) const = 0;  ///< of one that is queued
  virtual Fraction v(Time now) = 0;
  virtual void raise_v(const Fraction& v) = 0;

  void picked(EntityId, Time) final {}
  void check_pick(EntityId e, const std::set<EntityId>& queued, Time now,
                  const Fraction& tolerance) final {
    check(e != kNoEntity || queued.empty(), "work does not wait");
    if (e == kNoEntity) return;
    Fraction smallest = start(e);
    for (const EntityId other : queued) smallest = std::min(smallest, start(other));
    const Fraction now_v = std::max(v(now), smallest);
    raise_v(now_v);
    check(start(e) <= now_v + tolerance, "a pick is eligible");
    std::set<EntityId> eligible;
    for (const EntityId other : queued) {
      const bool surely = tolerance == 0 ? start(other) <= now_v : start(other) < now_v - tolerance;
      if (surely) eligible.insert(other);
    }
    Twin::check_pick(e, eligible, now, tolerance);
  }
};

}  // namespace sharesim
