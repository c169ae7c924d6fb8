#pragma once
// RUN_TO_PARITY: how long the one on the CPU is safe from those that would be picked before it.

#include <algorithm>

#include "schedulers/common/eevdf_queue.hpp"
#include "schedulers/common/eevdf_tuning.hpp"

namespace sharesim {

/// From 6.18 on until its vruntime comes to vprot; before, for as long as it has the deadline that it was
/// picked with.
class SliceProtection {
 public:
  explicit SliceProtection(const EevdfTuning& tuning) : tuning_(tuning) {}

  /// set_protect_slice(): it has been picked in the place of another.
  void begin(EevdfEntity& entity, const EevdfQueue& queue) const {
    entity.protected_until = entity.deadline;
    if (!tuning_.protects_by_vruntime()) return;
    const Duration least = tuning_.has(EevdfFeature::kRunToParity) ? queue.shortest_slice()
                                                                   : tuning_.least_protected();
    if (least < entity.slice) cut(entity, least);
  }
  bool holds(const EevdfEntity& entity) const {
    if (tuning_.protects_by_vruntime()) return entity.v < entity.protected_until;
    return tuning_.has(EevdfFeature::kRunToParity) && entity.protected_until == entity.deadline;
  }
  void cancel(EevdfEntity& entity) const {
    if (!holds(entity)) return;
    entity.protected_until = tuning_.protects_by_vruntime() ? entity.v : entity.deadline + 1;
  }
  /// update_protect_slice(): from now on for `slice` at most.
  static void cut(EevdfEntity& entity, Duration slice) {
    entity.protected_until =
        std::min(entity.protected_until, entity.v + entity.weight.virtual_time(slice));
  }

 private:
  const EevdfTuning& tuning_;
};

}  // namespace sharesim
