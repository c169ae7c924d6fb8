#pragma once
// The rows of a live run: what the observers of its processes say, completed by the kernel's account,
// and without what nobody can know.

#include <memory>
#include <vector>

#include "sim/cgroup/live.hpp"
#include "sim/cgroup/plan.hpp"
#include "sim/record/result.hpp"

namespace sharesim::cgroup {

/// Throttling is the kernel's account. When it set in is not known: starvation has no value where a cap
/// may have been the reason. Nor have overhead and wasted idle time: a CPU on which no task ran may have
/// been idle, or busy with the kernel or with somebody else.
class LiveTable final : public EntityTable {
 public:
  /// `seen` are the rows of what the run's observer was told.
  LiveTable(const Scenario& scenario, const Plan& plan, std::shared_ptr<const EntityTable> seen,
            LiveSample last);
  EntityResult row(EntityRef entity) const override;
  /// Whether the metric has a value for the entity, as far as that is known before the run.
  bool measured(Metric metric, EntityRef entity) const;

 private:
  std::shared_ptr<const EntityTable> seen_;
  LiveSample last_;
  std::vector<bool> capped_groups_,
      capped_tasks_;  ///< by id: itself, or something above or below it
};

}  // namespace sharesim::cgroup
