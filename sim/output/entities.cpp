#include "sim/output/entities.hpp"

#include <algorithm>
#include <limits>

#include "sim/core/check.hpp"
#include "sim/output/csv.hpp"

namespace sharesim {
namespace {

/// What stands directly under each group.
class Children {
 public:
  explicit Children(const Scenario& scenario)
      : groups(scenario.groups.size()), specs(scenario.groups.size()) {
    for (GroupId g = 1; g < scenario.groups.size(); ++g) {
      groups[scenario.groups[g].parent].push_back(g);
    }
    for (std::size_t i = 0; i < scenario.tasks.size(); ++i) {
      specs[scenario.tasks[i].group].push_back(i);
    }
  }
  std::vector<std::vector<GroupId>> groups;
  std::vector<std::vector<std::size_t>> specs;  ///< indices into Scenario::tasks
};

bool walk_group(const Scenario& scenario, const Children& children, GroupId group,
                const std::function<bool(EntityRef, std::uint32_t)>& visit) {
  const std::uint32_t depth = scenario.groups[group].depth;
  if (!visit(EntityRef::group(group), depth)) return false;
  for (const std::size_t index : children.specs[group]) {
    const TaskSpec& spec = scenario.tasks[index];
    for (TaskId task = spec.first; task < spec.first + spec.instances(); ++task) {
      if (!visit(EntityRef::task(task), depth + 1)) return false;
    }
  }
  for (const GroupId child : children.groups[group]) {
    if (!walk_group(scenario, children, child, visit)) return false;
  }
  return true;
}

}  // namespace

void walk_tree(const Scenario& scenario,
               const std::function<bool(EntityRef, std::uint32_t)>& visit) {
  walk_group(scenario, Children(scenario), kRoot, visit);
}

CsvPaths::CsvPaths(const Scenario& scenario) : groups_(scenario.groups.size()) {
  begins_.reserve(groups_ + scenario.task_count() + 1);
  for (const GroupSpec& group : scenario.groups) add(group.path);
  for (TaskId task = 0; task < scenario.task_count(); ++task) add(scenario.path_of(task));
  text_.shrink_to_fit();
}

void CsvPaths::add(const std::string& path) {
  const std::string quoted = csv_field(path);
  text_ += quoted;
  check(text_.size() <= std::numeric_limits<std::uint32_t>::max(),
        "all paths together take less than 4 GiB");
  begins_.push_back(static_cast<std::uint32_t>(text_.size()));
}

}  // namespace sharesim
