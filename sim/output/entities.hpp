#pragma once
// The entities of a scenario, for walking and for naming them by the thousand.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/ids.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// Calls `visit(entity, depth)` for each group and task as a tree is read: a group, its tasks, then
/// the groups in it. The root has depth 0. Ends when `visit` returns false.
void walk_tree(const Scenario& scenario,
               const std::function<bool(EntityRef entity, std::uint32_t depth)>& visit);

/// Paths of all entities, ready to be copied into a CSV row: quoted where that is needed. Takes the
/// length of the paths and four bytes per entity.
class CsvPaths {
 public:
  explicit CsvPaths(const Scenario& scenario);
  std::string_view task(TaskId id) const { return at(groups_ + id); }
  std::string_view group(GroupId id) const { return at(id); }

 private:
  void add(const std::string& path);
  std::string_view at(std::size_t index) const {
    return std::string_view(text_).substr(begins_[index], begins_[index + 1] - begins_[index]);
  }

  std::size_t groups_;
  std::string text_;
  std::vector<std::uint32_t> begins_{0};  ///< of each path in text_, groups first, and the end
};

}  // namespace sharesim
