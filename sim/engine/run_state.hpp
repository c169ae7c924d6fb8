#pragma once
// What a run keeps of each task, group, CPU and cap. Private to the engine.

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "sim/core/cpu_set.hpp"
#include "sim/core/quota.hpp"
#include "sim/engine/program.hpp"
#include "sim/engine/run_queue.hpp"

namespace sharesim {

inline constexpr std::uint32_t kNoService = std::numeric_limits<std::uint32_t>::max();

enum class TaskState : std::uint8_t { kBlocked, kQueued, kRunning, kThrottled, kExited };

/// A cap in force: its quota, who uses it, and who waits for it.
struct QuotaPool {
  QuotaPool(EntityRef of, const Bandwidth& bandwidth) : entity(of), quota(bandwidth) {}

  /// What one CPU has taken from the pool in advance (machine.bandwidth_slice). May be negative:
  /// repaid first.
  struct Local {
    Duration left{};
    bool held = false;
  };

  EntityRef entity;
  QuotaPool* parent = nullptr;  ///< the next cap above
  Quota quota;
  Time used_until{};  ///< up to here, use by runners has been taken from the quota
  std::uint32_t index = 0;
  std::uint32_t runners = 0;   ///< CPUs that run something below
  std::uint32_t demand = 0;    ///< tasks with demand below
  bool active = true;          ///< false: the cap has been taken away
  bool held = false;           ///< out of quota (sliced: on at least one CPU)
  bool told = false;           ///< the observer knows it as throttled
  Time exhausted_at = kNever;  ///< the exhaustion event in the event queue
  Time refill_at = kNever;     ///< the refill event in the event queue
  // Handed out in slices:
  std::vector<Local> local;    ///< by CPU; empty: one exact pool
  std::vector<CpuId> waiting;  ///< CPUs that are held, first in, first out
  bool counting = false;       ///< periods are being counted and refilled (cfs_b->period_active)
  bool idle = false;           ///< nobody has fetched quota since the last refill
  Duration refilled{};         ///< in the pool after the last refill (cfs_b->runtime_snap)
  Time slack_at = kNever;      ///< when slack that has come back is distributed
};

/// One leaf of the tree.
struct Task {
  Task(const TaskSpec& of, TaskId task, std::uint64_t seed)
      : spec(&of), program(of, task, seed), number(task) {}

  const TaskSpec* spec;
  RunQueue* queue = nullptr;     ///< where it lives; null before its start and after its exit
  QuotaPool* pool = nullptr;     ///< the lowest cap at or above it
  const CpuSet* cpus = nullptr;  ///< where it may run
  Program program;
  Duration left{};               ///< of the present burst
  Time since{};                  ///< since when the present piece of work has been waiting
  Weight weight = 0;             ///< in the engine's unit
  std::int64_t entitlement = 0;  ///< its part of the machine if everybody had demand, in 2^-40
  TaskId number;                 ///< its id in the scenario
  EntityId id = kNoEntity;       ///< in its queue
  CpuId cpu = kNoCpu;            ///< where it runs or ran last, or waits (per-CPU scope)
  std::uint32_t service = kNoService;  ///< index of the service that it works for
  TaskId next = kNoTask;
  TaskId previous = kNoTask;  ///< tasks with demand on the same CPU (per-CPU scope)
  TaskState state = TaskState::kBlocked;
  bool pays_wakeup = false;
  CpuId ran_on = kNoCpu;  ///< the CPU of its last run, kept where runs cost something
};

/// Whether it waits for quota, its own or that of a group above it.
inline bool is_held(const Task& task) {
  if (task.state == TaskState::kThrottled) return true;
  for (const RunQueue* queue = task.queue; queue != nullptr; queue = queue->parent) {
    if (queue->held) return true;
  }
  return false;
}

struct Group {
  QuotaPool* pool = nullptr;  ///< its own cap
  const SchedulerChoice* choice = nullptr;
  const CpuSet* cpus = nullptr;
  Weight weight = 0;
  std::int64_t load = 0;          ///< sum of its queues' loads
  std::int64_t entitlement = 0;   ///< see Task
  std::vector<RunQueue*> queues;  ///< by CPU; one in global scope
};

/// A step of the descent from the root to the running task.
struct PathStep {
  RunQueue* queue = nullptr;
  EntityId entity = kNoEntity;
};

struct Cpu {
  enum class Phase : std::uint8_t { kIdle, kOverhead, kService } phase = Phase::kIdle;
  CpuId id = 0;
  Task* current = nullptr;
  const Task* last = nullptr;  ///< who ran last
  RunQueue* root = nullptr;
  Time begin{};             ///< of the phase
  Duration allowance{};     ///< of the slice; with a machine tick up to the tick after it
  Duration timer{};         ///< of a slice that ends exactly
  Time quota_since{};       ///< up to here, use has been taken from the CPU's slices of quota
  std::uint32_t depth = 0;  ///< of the path: how many steps it has
  std::array<PathStep, limits::kDepth + 1> path;
  // Per-CPU scope:
  TaskId first = kNoTask;    ///< of the tasks with demand here
  std::uint32_t demand = 0;  ///< how many they are
  std::int64_t load = 0;     ///< their entitlements
};

}  // namespace sharesim
