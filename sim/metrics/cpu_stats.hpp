#pragma once
// What a Linux kernel would count in the cpu.stat of each group with a cap.

#include <map>
#include <optional>
#include <utility>

#include "sim/record/observer.hpp"
#include "sim/record/result.hpp"

namespace sharesim {

/// Counts what is told where quota is handed out in slices. Small: only groups with a cap are in it.
class CpuStats {
 public:
  void throttled_on(EntityRef entity, CpuId cpu, Time now);
  void unthrottled_on(EntityRef entity, CpuId cpu, Time now);
  void period_ended(EntityRef entity, const PeriodEnd& end);

  /// How things stand at `now`; nothing if the entity has never had quota in slices.
  std::optional<CpuStat> of(EntityRef entity, Time now) const;

 private:
  struct Counts {
    CpuStat stat;                 ///< without what is open
    std::map<CpuId, Time> since;  ///< CPUs that are out of quota now
  };

  std::map<GroupId, Counts> groups_;
};

}  // namespace sharesim
