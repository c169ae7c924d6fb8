#pragma once
// Finds the groups and tasks of a scenario by path.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/ids.hpp"
#include "sim/scenario/loading.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// What a path names: a group, or some instances of an entry of `tasks:`.
struct Target {
  std::optional<GroupId> group;
  std::size_t spec = 0;  ///< index in Scenario::tasks; of a task
  TaskId first = kNoTask;
  std::uint32_t count = 0;

  std::vector<EntityRef> entities() const;
};

class EntityIndex {
 public:
  explicit EntityIndex(const Scenario& scenario);

  /// Reads the path of a group ("/web"), of all instances of a task ("/web/worker") or of one
  /// ("/web/worker.2").
  std::optional<Target> read(Loading& loading, const At& at) const;
  /// All that the machine runs: "/".
  static Target root() { return {.group = kRoot, .spec = 0, .first = kNoTask, .count = 0}; }

 private:
  std::optional<Target> find(std::string_view path) const;
  std::vector<std::string> known() const;

  std::map<std::string, Target, std::less<>> by_path_;
};

}  // namespace sharesim
