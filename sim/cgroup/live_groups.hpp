#pragma once
// The groups of a live run: made from a plan, read while it goes on, taken away at its end.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/cgroup/apply.hpp"
#include "sim/cgroup/hierarchy.hpp"
#include "sim/cgroup/journal.hpp"
#include "sim/cgroup/plan.hpp"
#include "sim/cgroup/processes.hpp"

namespace sharesim::cgroup {

/// What the kernel has counted for an entity since its group was made.
struct KernelUsage {
  Duration cpu_time{};
  Duration throttled{};
  std::uint64_t throttled_periods = 0;
};

class LiveGroups {
 public:
  /// Opens the root ("": where this machine lets us) and plans. What a live run that was killed has left
  /// there is taken away first. Throws CgroupError where there is no place for groups, where another
  /// sharesim is at work or an applied plan is in the way; InputError if the plan is refused.
  LiveGroups(const Scenario& scenario, const SchedulerChoice& scheduler, const std::string& root);
  /// Takes away what is still there.
  ~LiveGroups();
  LiveGroups(const LiveGroups&) = delete;
  LiveGroups& operator=(const LiveGroups&) = delete;

  const Plan& plan() const { return plan_; }
  const Hierarchy& facts() const { return machine_.facts; }
  /// The machine's CPUs; the k-th is CPU k of the workload.
  const std::vector<CpuId>& cpus() const { return cpus_; }

  /// Makes the groups and writes their values. All or nothing.
  void make();
  /// For clone3(CLONE_INTO_CGROUP); -1 where a process cannot be born in its group.
  int birthplace(TaskId task) const;
  /// Moves the calling process into the task's group. Returns an errno, 0 for none.
  int join(TaskId task) const;
  /// The sentence for an errno of join().
  std::string why_not_joined(TaskId task, int error) const;
  /// Makes a change of the plan.
  void write(const Step& step);
  KernelUsage usage(EntityRef entity) const;
  /// Takes the groups away, in which there must be no process any more. Returns what could not be undone.
  std::vector<std::string> remove();

 private:
  using Handles =
      std::vector<std::unique_ptr<Directory>>;  ///< of one group, by tree; null: none there

  void take_away_leftovers();
  Handles open_group(const std::string& group) const;
  const Handles& handles(EntityRef entity) const;

  Machine machine_;
  RootLock lock_;
  std::unique_ptr<ProcessTable> processes_;
  FileJournal journal_;
  Plan plan_;
  std::vector<CpuId> cpus_;
  bool made_ = false;
  std::vector<Handles> tasks_, groups_;  ///< once made; of the root of the scenario: the top group
};

}  // namespace sharesim::cgroup
