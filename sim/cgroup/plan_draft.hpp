#pragma once
// A plan on the way: what is known of it, and the tree of its groups.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/cgroup/plan.hpp"

namespace sharesim::cgroup {

struct PlanDraft {
  PlanDraft(const Scenario& scenario, const SchedulerChoice& scheduler, const Hierarchy& hierarchy,
            const PlanOptions& options);

  // ---- What the reader should know: the same is said once ----

  void note(Note::Kind kind, const std::string& path, std::string text);
  void refuse(const std::string& path, std::string text);
  void lose(const std::string& path, std::string text);

  // ---- What the scenario says of a group, by index into Plan::groups ----

  const GroupSpec* group_spec(std::size_t index) const;  ///< null of a task
  const TaskSpec& task_spec(std::size_t index) const;
  const std::optional<Bandwidth>& cap_in(std::size_t index) const;
  const std::optional<CpuSet>& cpus_in(std::size_t index) const;
  bool is_idle(std::size_t index) const;
  const Hints& hints_in(std::size_t index) const;
  /// The policy of the children of a group.
  const SchedulerChoice& policy_below(std::size_t index) const;

  // ---- Groups and their CPUs ----

  /// A group for each entity, without values.
  void make_groups();
  /// After make_groups().
  void set_cpus();
  /// Simulated CPU k is the k-th that the root may use.
  CpuSet real_cpus(const CpuSet& simulated) const;

  const Scenario& scenario;
  const SchedulerChoice& scheduler;
  const Hierarchy& hierarchy;
  const PlanOptions& options;
  Plan plan;
  std::vector<std::vector<std::size_t>> children;  ///< by index into Plan::groups
  std::vector<Capacity> capacity;                  ///< that a group's children can count on
  std::map<std::size_t, Capacity> cap_above;       ///< the tightest cap of a group and those above
  std::map<std::pair<std::size_t, Weight>, std::int64_t> scaled;  ///< by parent and weight
};

}  // namespace sharesim::cgroup
