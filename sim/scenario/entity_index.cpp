#include "sim/scenario/entity_index.hpp"

#include "sim/core/units.hpp"

namespace sharesim {

std::vector<EntityRef> Target::entities() const {
  if (group) return {EntityRef::group(*group)};
  std::vector<EntityRef> all;
  all.reserve(count);
  for (TaskId i = 0; i < count; ++i) all.push_back(EntityRef::task(first + i));
  return all;
}

EntityIndex::EntityIndex(const Scenario& scenario) {
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    by_path_.emplace(scenario.groups[id].path,
                     Target{.group = id, .spec = 0, .first = kNoTask, .count = 0});
  }
  for (std::size_t i = 0; i < scenario.tasks.size(); ++i) {
    const TaskSpec& spec = scenario.tasks[i];
    const std::string& group = scenario.groups[spec.group].path;
    by_path_.emplace(
        (group == "/" ? group : group + "/") + spec.name,
        Target{.group = {}, .spec = i, .first = spec.first, .count = spec.instances()});
  }
}

std::optional<Target> EntityIndex::find(std::string_view path) const {
  if (const auto exact = by_path_.find(path); exact != by_path_.end()) return exact->second;
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view digits = path.substr(dot + 1);
  const auto number = parse_integer(digits).value;
  const auto task = by_path_.find(path.substr(0, dot));
  if (!number || std::to_string(*number) != digits || task == by_path_.end()) return std::nullopt;
  Target target = task->second;
  if (target.group || target.count < 2 || *number >= target.count) return std::nullopt;
  target.first += static_cast<TaskId>(*number);
  target.count = 1;
  return target;
}

std::vector<std::string> EntityIndex::known() const {
  constexpr std::size_t kMost = 1000;  // to compare with a slip of the finger
  std::vector<std::string> paths;
  for (const auto& [path, target] : by_path_) {
    if (paths.size() == kMost) break;
    if (target.group != kRoot) paths.push_back(path);
  }
  return paths;
}

std::optional<Target> EntityIndex::read(Loading& loading, const At& at) const {
  Problems& problems = loading.problems;
  const auto text = read_text(problems, at, "a path such as /web or /web/worker");
  if (!text) return std::nullopt;
  const auto target = find(*text);
  if (!target) {
    // An entry that could not be read has no name here: then the path may well be right.
    if (loading.names_complete && !problems.full()) {
      const std::vector<std::string> paths = known();
      problems.add(at, "there is no " + in_quotes(*text) + spelling_hint(*text, paths),
                   word_list(paths));
    }
    return std::nullopt;
  }
  const std::size_t before = loading.targets;
  loading.targets += target->group ? 1 : target->count;
  if (loading.targets <= limits::kTargets) return target;
  if (before <= limits::kTargets) {
    problems.add(at, "all events and expectations together name too many tasks",
                 "up to " + std::to_string(limits::kTargets));
  }
  return std::nullopt;
}

}  // namespace sharesim
