#pragma once
// Names for the things that are counted. All ids are dense and start at 0.

#include <cstdint>
#include <limits>

namespace sharesim {

/// A leaf of the tree: something that demands CPU time. Unique within a scenario.
using TaskId = std::uint32_t;
/// An inner node of the tree. Unique within a scenario; 0 is the root.
using GroupId = std::uint32_t;
/// A logical CPU of the machine, from 0.
using CpuId = std::uint32_t;
/// A task or a group as its queue of siblings sees it: dense within that queue, reused after
/// remove().
using EntityId = std::uint32_t;

inline constexpr GroupId kRoot = 0;
inline constexpr TaskId kNoTask = std::numeric_limits<TaskId>::max();
inline constexpr GroupId kNoGroup = std::numeric_limits<GroupId>::max();
inline constexpr CpuId kNoCpu = std::numeric_limits<CpuId>::max();
inline constexpr EntityId kNoEntity = std::numeric_limits<EntityId>::max();

/// Relative claim on CPU time. Only ratios between siblings matter, so any positive unit will do.
using Weight = std::int64_t;

/// A task or a group of the scenario, wherever either may stand (an event's target, a row of a
/// table).
struct EntityRef {
  enum class Kind : std::uint8_t { kTask, kGroup } kind = Kind::kGroup;
  std::uint32_t id = kRoot;

  static constexpr EntityRef task(TaskId id) { return {Kind::kTask, id}; }
  static constexpr EntityRef group(GroupId id) { return {Kind::kGroup, id}; }
  constexpr bool is_task() const { return kind == Kind::kTask; }
  friend constexpr bool operator==(const EntityRef&, const EntityRef&) = default;
};

}  // namespace sharesim
