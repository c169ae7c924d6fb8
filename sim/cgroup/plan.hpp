#pragma once
// From a scenario and a policy to groups, values and moves: a pure function, the result is data.

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/cgroup/hierarchy.hpp"
#include "sim/core/bandwidth.hpp"
#include "sim/registry.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cgroup {

/// One thing to be done to one group in one tree.
struct Step {
  enum class Kind : std::uint8_t { kMake, kEnable, kWrite, kMove } kind = Kind::kMake;
  std::size_t tree = 0;  ///< index into Hierarchy::trees
  std::string group;     ///< below the root: "sharesim-crowd/s-web"; "" is the root
  Knob knob = Knob::kProcs;
  std::string value;  ///< what is written: "300", "+cpu", a pid
  pid_t pid = 0;      ///< of kMove
  /// The value that a new group has anyway: matters only where the group is there already.
  bool initial = false;

  friend bool operator==(const Step&, const Step&) = default;
};

/// Has the step, or what is made of it, done by the worker's function for its kind.
template <typename Worker, typename Item>
void dispatch(Step::Kind kind, const Item& item, Worker&& worker) {
  switch (kind) {
    case Step::Kind::kMake:
      return worker.make(item);
    case Step::Kind::kEnable:
      return worker.enable(item);
    case Step::Kind::kWrite:
      return worker.write(item);
    case Step::Kind::kMove:
      return worker.move(item);
  }
}

/// A step of a change in mid-run (`events:` of the workload).
struct TimedStep {
  Time at{};
  Step step;
};

/// A cap in the kernel's units.
struct KernelCap {
  std::int64_t quota_us = 0;
  std::int64_t period_us = 100'000;
  std::int64_t burst_us = 0;

  friend bool operator==(const KernelCap&, const KernelCap&) = default;
};

/// What one entity of the scenario becomes: a group, and its values. Only leaves hold processes.
struct PlannedGroup {
  std::string path;   ///< of the entity: "/web/worker.0"; "/" is the workload itself
  std::string group;  ///< below the root; of Plan::units the unit, or "" where there is none
  std::optional<EntityRef> entity;
  std::optional<std::size_t> parent;  ///< index into Plan::groups
  bool leaf = false;
  bool idle = false;
  std::int64_t asked_weight = 0;       ///< in units of kWeightUnit; 0 for the top
  std::optional<std::int64_t> weight;  ///< cpu.weight (v2) or cpu.shares (v1)
  std::int64_t share_asked = 0;        ///< among its siblings, in millionths
  std::int64_t share_error = 0;  ///< of what the kernel makes of the weight, in millionths of it
  std::optional<KernelCap> cap;
  std::optional<CpuSet> cpus;
};

/// Something that the reader should know. A plan with a refusal is printed and not applied.
struct Note {
  enum class Kind : std::uint8_t { kRemark, kLost, kRefused } kind = Kind::kRemark;
  std::string path;  ///< of the entity; empty: of everything
  std::string text;
};

struct Plan {
  Version version = Version::kV2;
  std::string workload;
  std::string scheduler;
  CpuId cpus = 1;                    ///< of the workload's machine
  std::string top;                   ///< name of the group below the root that holds everything
  bool units = false;                ///< groups are units of systemd that exist
  std::vector<PlannedGroup> groups;  ///< a parent before its children; [0] is the top
  std::vector<Step> steps;           ///< in their order
  std::vector<TimedStep> changes;    ///< in their order; only `live` makes them
  std::vector<Note> notes;
  std::vector<std::size_t> index_of_group;  ///< into `groups`, by GroupId
  std::vector<std::size_t> index_of_task;   ///< into `groups`, by TaskId

  bool refused() const;
  /// The group of a task, which is a leaf.
  const PlannedGroup& leaf_of(TaskId task) const;
  /// The group of a group or task.
  const PlannedGroup& group_of(EntityRef entity) const;
};

/// A unit of systemd's that exists, as a plan sees it.
struct UnitFacts {
  std::string name;   ///< "nginx.service"
  std::string slice;  ///< that it is in
  std::string quota;  ///< CPUQuota, "" if it is not set
  std::string cpus;   ///< AllowedCPUs, "" if it is not set
};

struct PlanOptions {
  /// Processes to move, by the path of a task ("/web/worker", "/web/worker.0"). Those of a task with
  /// several instances are dealt to them in turn.
  std::map<std::string, std::vector<pid_t>> pids;
  /// Units that are entities, by their paths: if any, properties of these are set, and no groups are made.
  std::map<std::string, UnitFacts> units;
  /// The caller pins its processes by itself where there are no cpusets (sched_setaffinity).
  bool pins = false;
};

/// The group that takes the processes of a v2 root, which may hold none beside its controllers.
inline constexpr const char* kLeaderGroup = "sharesim-leader";

/// Throws InputError only for options that name no task, or a process twice; what cannot be done is a refusal in the plan.
Plan make_plan(const Scenario& scenario, const SchedulerChoice& scheduler,
               const Hierarchy& hierarchy, const PlanOptions& options = {});

}  // namespace sharesim::cgroup
