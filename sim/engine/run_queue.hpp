#pragma once
// One queue of siblings, with the policy that orders it and the engine's own view of it.

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/core/cpu_set.hpp"
#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

class Simulation;
struct Task;

/// The tasks and groups directly under one group, on one CPU or on all. The engine trusts its own
/// record of who is queued, and holds the policy's answers against it.
struct RunQueue final : QueueHost {
  /// An entity of this queue.
  struct Member {
    Task* task = nullptr;       ///< if it is a task
    RunQueue* child = nullptr;  ///< if it is a group: its own queue
    bool queued = false;
  };

  RunQueue(const Simulation& of_simulation, const SchedulerChoice& of_choice)
      : simulation(&of_simulation), choice(&of_choice) {}

  Duration remaining_burst(EntityId e) const override;
  bool allowed(EntityId e, CpuId on_cpu) const override;
  bool has_affinity() const override { return affinity; }
  const Bandwidth* cap(EntityId e) const override;
  std::optional<std::int64_t> hint(EntityId e, std::string_view name) const override;
  std::optional<Duration> ran() const override;
  const Scheduler* below(EntityId e) const override;
  const Scheduler* above() const override {
    return parent != nullptr ? parent->policy.get() : nullptr;
  }
  EntityId self_above() const override { return self; }
  Leaf woken() const override;
  bool idle(EntityId e) const override;

  /// Gives the next free id to a new member.
  EntityId add_member(const Member& member);
  void remove_member(EntityId e);
  /// Whether its group has something for a CPU to pick.
  bool has_work() const { return queued > 0 && !held && !stalled; }

  const Simulation* simulation;
  const SchedulerChoice* choice;
  std::unique_ptr<Scheduler> policy;
  RunQueue* parent = nullptr;
  EntityId self = kNoEntity;  ///< as the parent knows the group
  std::uint32_t index = 0;    ///< among all queues
  GroupId group = kRoot;
  CpuId cpu = kNoCpu;         ///< kNoCpu: serves all CPUs
  std::uint32_t queued = 0;   ///< members that are queued
  std::uint32_t running = 0;  ///< picks of this group at its parent that have not come back
  bool at_parent = false;     ///< queued at its parent
  bool held = false;          ///< its group is out of quota here
  bool stalled = false;       ///< its policy has refused to pick, until its timer or new work
  bool uses_timers = false;
  bool preemptive = false;
  bool divides_capacity = false;
  bool exact_slices = false;  ///< its policy's slices end between machine ticks as well
  bool affinity = false;      ///< serves all CPUs, and not every task may run on every one
  Time timer = kNever;        ///< the policy's next timer
  Time timer_event = kNever;  ///< the earliest event in the event queue that looks at it
  Weight weight = 0;          ///< as last told to the parent's policy
  std::int64_t load = 0;      ///< entitlement of the tasks with demand below; per-CPU scope only
  std::vector<Member> members;
  std::vector<EntityId> free_ids;
};

}  // namespace sharesim
