#pragma once
// Fluid sharing, exactly and slowly: the definition of the ideal (sim/metrics/ideal.hpp), word by
// word, in rational numbers, over all tasks, from scratch at each change.

#include <optional>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

#include "sim/core/bandwidth.hpp"
#include "sim/core/cpu_set.hpp"
#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::test {

using Exact = boost::multiprecision::cpp_rational;

struct FluidGroup {
  GroupId parent = kRoot;
  Weight weight = 1;
  std::optional<Bandwidth> cap;
  std::optional<CpuSet> cpus;  ///< its own; binds all below
};

struct FluidTask {
  GroupId group = kRoot;
  Weight weight = 1;
  std::optional<Bandwidth> cap;
  std::optional<CpuSet> cpus;  ///< its own; the groups above bind it too
  bool demand = false;
};

struct FluidTree {
  CpuId cpus = 1;
  std::vector<FluidGroup> groups;  ///< [0] is the root; a parent stands before its children
  std::vector<FluidTask> tasks;

  FluidTree() = default;
  explicit FluidTree(const Scenario& scenario);
};

/// In CPUs.
struct FluidRates {
  std::vector<Exact> tasks;
  std::vector<Exact> groups;
  /// By task: the smallest set of CPUs that is full of tasks bound to it or to parts of it, and that
  /// binds the task, if any.
  std::vector<std::optional<CpuSet>> scarce;
};

/// The rates at one instant. Throws InternalError if tasks with demand have more than 12 different
/// sets of CPUs.
FluidRates fluid_rates(const FluidTree& tree);

/// The same verbs as Ideal. Service is a sum of long doubles of exact rates x time, and of exact
/// shares x lag.
class FluidOracle {
 public:
  explicit FluidOracle(const Scenario& scenario);

  void arrive(TaskId task, Time now);
  void leave(TaskId task, double service_ns, Time now);
  void set_weight(EntityRef entity, Weight weight, Time now);
  void set_cap(EntityRef entity, const Bandwidth* cap, Time now);
  void set_affinity(EntityRef entity, const CpuSet& cpus, Time now);

  double service_ns(TaskId task, Time now) const;
  double group_service_ns(GroupId group, Time now) const;
  const Exact& rate(TaskId task) const { return rates_.tasks[task]; }
  const Exact& group_rate(GroupId group) const { return rates_.groups[group]; }
  const FluidTree& tree() const { return tree_; }

 private:
  void advance(Time now);
  void solve();
  bool competes(TaskId task, TaskId left) const;
  bool competes_group(GroupId group, TaskId left) const;
  Weight competing_weight(GroupId group, TaskId left) const;
  void hand_down(GroupId group, long double lag, TaskId left);

  FluidTree tree_;
  FluidRates rates_;
  Time now_{};
  std::vector<long double> task_pace_, group_pace_;  ///< rates_ as numbers
  std::vector<long double> task_ns_, group_ns_;      ///< up to now_
};

}  // namespace sharesim::test
