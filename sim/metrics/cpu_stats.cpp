#include "sim/metrics/cpu_stats.hpp"

namespace sharesim {

void CpuStats::throttled_on(EntityRef entity, CpuId cpu, Time now) {
  groups_[entity.id].since.emplace(cpu, now);
}

void CpuStats::unthrottled_on(EntityRef entity, CpuId cpu, Time now) {
  Counts& counts = groups_[entity.id];
  const auto open = counts.since.find(cpu);
  if (open == counts.since.end()) return;
  counts.stat.throttled_time += now - open->second;
  counts.since.erase(open);
}

void CpuStats::period_ended(EntityRef entity, const PeriodEnd& end) {
  CpuStat& stat = groups_[entity.id].stat;
  ++stat.periods;
  if (end.throttled) ++stat.throttled;
  if (end.burst > Duration::zero()) ++stat.bursts;
  stat.burst_time += end.burst;
}

std::optional<CpuStat> CpuStats::of(EntityRef entity, Time now) const {
  if (entity.is_task()) return std::nullopt;
  const auto found = groups_.find(entity.id);
  if (found == groups_.end()) return std::nullopt;
  CpuStat stat = found->second.stat;
  for (const auto& [cpu, since] : found->second.since) stat.throttled_time += now - since;
  return stat;
}

}  // namespace sharesim
