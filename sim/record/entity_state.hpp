#pragma once
// How things stood with a task at an instant, and with the groups above it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"

namespace sharesim {

struct StateValue {
  std::string name;
  std::int64_t number = 0;

  friend bool operator==(const StateValue&, const StateValue&) = default;
};

/// One task or group in the queue among its siblings.
struct EntityState {
  EntityRef entity;
  std::string state;               ///< running, queued, throttled, blocked or absent
  std::vector<StateValue> policy;  ///< as the policy of its queue describes it (credit, lag, ...)
  std::optional<Duration> quota;   ///< left of its own cap
};

/// A task's whole way down the tree: the group below the root first, the task last.
using StatePath = std::vector<EntityState>;

}  // namespace sharesim
