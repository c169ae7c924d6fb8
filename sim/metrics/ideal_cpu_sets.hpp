#pragma once
// Which sets of CPUs can be full of tasks that may run nowhere else.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/core/cpu_set.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::ideal {

/// The sets of CPUs that tasks are bound to, numbered by first use.
class CpuSets {
 public:
  using SetId = std::uint32_t;

  /// At most `size` CPUs, for the tasks bound to one of `members`, which all lie within.
  struct Constraint {
    CpuId size = 0;
    std::vector<SetId> members;
  };

  SetId id_of(const CpuSet& cpus);
  const CpuSet& operator[](SetId id) const { return sets_[id]; }
  std::size_t size() const { return sets_.size(); }

  /// The constraints that the sets marked in `used` give rise to: every union of them that does not
  /// fall apart into disjoint parts. Throws InputError if there are more than kMaxConstraints.
  std::vector<Constraint> constraints(const std::vector<bool>& used) const;

  static constexpr std::size_t kMaxConstraints = 4096;

 private:
  std::vector<CpuSet> sets_;
  std::map<std::string, SetId> ids_;
};

/// The set of CPUs that each task may use at present: its own, within those of its groups.
class Affinity {
 public:
  explicit Affinity(const Scenario& scenario);

  void set(EntityRef entity, const CpuSet& cpus);
  /// Of all tasks, by id.
  const std::vector<CpuSets::SetId>& of_tasks() const { return effective_; }
  const CpuSets& sets() const { return sets_; }
  /// The sets that some task is bound to, by id.
  std::vector<bool> used() const;

 private:
  void resolve_groups();
  void resolve_task(TaskId task);

  struct Task {
    GroupId group = kRoot;
    CpuSets::SetId own = 0;
  };

  CpuSet machine_;
  CpuSets sets_;
  std::vector<Task> tasks_;
  std::vector<GroupId> parents_;
  std::vector<CpuSet> group_own_;
  std::vector<CpuSets::SetId> group_effective_;
  std::vector<CpuSets::SetId> effective_;
};

/// Plays the scenario's changes of affinity through. Throws InputError as
/// CpuSets::constraints does.
void check_affinity(const Scenario& scenario);

}  // namespace sharesim::ideal
