#include "tests/support/laws.hpp"

#include <algorithm>

#include "sim/core/units.hpp"

namespace sharesim::test {

LawKeeper::LawKeeper(const Scenario& scenario)
    : scenario_(scenario), on_cpu_(scenario.machine.cpus, kNoTask) {
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    group_cpus_.push_back(scenario.groups[id].cpus);
    if (scenario.groups[id].cap)
      epochs_.push_back({EntityRef::group(id), *scenario.groups[id].cap});
  }
  for (const TaskSpec& spec : scenario.tasks) {
    for (std::uint32_t i = 0; i < spec.instances(); ++i) {
      task_cpus_.push_back(spec.cpus);
      if (spec.cap) epochs_.push_back({EntityRef::task(spec.first + i), *spec.cap});
    }
  }
}

bool LawKeeper::below(TaskId task, EntityRef entity) const {
  if (entity.is_task()) return entity.id == task;
  for (GroupId group = scenario_.spec_of(task).group;; group = scenario_.groups[group].parent) {
    if (group == entity.id) return true;
    if (group == kRoot) return false;
  }
}

bool LawKeeper::may_run(TaskId task, CpuId cpu) const {
  if (task_cpus_[task] && !task_cpus_[task]->contains(cpu)) return false;
  for (GroupId group = scenario_.spec_of(task).group;; group = scenario_.groups[group].parent) {
    if (group_cpus_[group] && !group_cpus_[group]->contains(cpu)) return false;
    if (group == kRoot) return true;
  }
}

void LawKeeper::run_begin(CpuId cpu, TaskId task, Time now) {
  if (!may_run(task, cpu)) {
    broken_.push_back(scenario_.path_of(task) + " ran on CPU " + std::to_string(cpu) + " at " +
                      to_text(now));
  }
  if (std::find(on_cpu_.begin(), on_cpu_.end(), task) != on_cpu_.end()) {
    broken_.push_back(scenario_.path_of(task) + " runs on two CPUs at " + to_text(now));
  }
  if (on_cpu_.at(cpu) != kNoTask)
    broken_.push_back("two tasks on CPU " + std::to_string(cpu) + " at " + to_text(now));
  on_cpu_[cpu] = task;
}

void LawKeeper::run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason) {
  on_cpu_[cpu] = kNoTask;
  for (Epoch& epoch : epochs_) {
    if (below(task, epoch.entity)) use(epoch, std::max(begin, epoch.from), std::min(end, epoch.to));
  }
}

void LawKeeper::use(Epoch& epoch, Time begin, Time end) {
  const std::int64_t period = to_ns(epoch.cap.period);
  const std::int64_t first = to_ns(epoch.from) / period;
  while (begin < end) {
    const std::int64_t at = to_ns(begin) / period;
    const Time stop = std::min(end, at_ns((at + 1) * period));
    const auto index = static_cast<std::size_t>(at - first);
    if (epoch.used.size() <= index) epoch.used.resize(index + 1);
    epoch.used[index] += stop - begin;
    begin = stop;
  }
}

/// Replays the pool period by period: what was used in one must have been there. Quota handed out
/// in slices may be used later than it was fetched, and a tick may notice an empty slice late: by
/// so much more, no more.
void LawKeeper::audit(const Epoch& epoch) {
  const MachineSpec& machine = scenario_.machine;
  const bool may_be_sliced = machine.bandwidth_slice > Duration::zero() && !epoch.entity.is_task();
  const Duration slack =
      may_be_sliced ? (machine.bandwidth_slice + machine.tick) * machine.cpus : Duration::zero();
  Duration left = epoch.cap.quota;
  Duration total_used{}, total_allowed = epoch.cap.quota + epoch.cap.burst;
  for (const Duration used : epoch.used) {
    total_used += used;
    const bool too_much = may_be_sliced ? total_used > total_allowed + slack : used > left;
    if (too_much) {
      broken_.push_back(scenario_.path_of(epoch.entity) + " used " + to_text(used) +
                        " in a period that had " + to_text(left));
    }
    total_allowed += epoch.cap.quota;
    left = std::min(left - used + epoch.cap.quota, epoch.cap.quota + epoch.cap.burst);
  }
}

void LawKeeper::cap_changed(EntityRef entity, const Bandwidth* cap, Time now) {
  for (Epoch& epoch : epochs_) {
    if (epoch.entity == entity && epoch.to == kNever) epoch.to = now;
  }
  if (cap != nullptr) epochs_.push_back({entity, *cap, now});
}

void LawKeeper::affinity_changed(EntityRef entity, const CpuSet& cpus, Time) {
  (entity.is_task() ? task_cpus_ : group_cpus_)[entity.id] = cpus;
}

void LawKeeper::finished(Time, bool) {
  for (const Epoch& epoch : epochs_) audit(epoch);
}

}  // namespace sharesim::test
