#include "sim/cli/capped_group.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "sim/core/error.hpp"
#include "sim/scenario/problems.hpp"

namespace sharesim::cli {
namespace {

/// The caps that a group has in the course of the run, the first one first.
std::vector<Bandwidth> caps_of(const Scenario& scenario, GroupId group) {
  std::vector<Bandwidth> caps;
  if (scenario.groups[group].cap) caps.push_back(*scenario.groups[group].cap);
  for (const ScenarioEvent& event : scenario.events) {
    const auto& targets = event.entities;
    const bool ours =
        std::find(targets.begin(), targets.end(), EntityRef::group(group)) != targets.end();
    if (ours && event.cap && *event.cap) caps.push_back(**event.cap);
  }
  return caps;
}

/// Whether an event changes the cap of the group, gives it one or takes it away.
bool changes_cap(const Scenario& scenario, GroupId group) {
  return std::any_of(scenario.events.begin(), scenario.events.end(), [&](const auto& event) {
    const auto& entities = event.entities;
    return event.cap &&
           std::find(entities.begin(), entities.end(), EntityRef::group(group)) != entities.end();
  });
}

std::string capped_groups(const Scenario& scenario) {
  std::vector<std::string> paths;
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    const std::vector<Bandwidth> caps = caps_of(scenario, id);
    const bool credits = std::any_of(caps.begin(), caps.end(),
                                     [](const auto& cap) { return cap.credits.has_value(); });
    if (!caps.empty() && !credits) paths.push_back(scenario.groups[id].path);
  }
  return paths.empty() ? "no group of this workload has one"
                       : "groups with one: " + word_list(paths);
}

}  // namespace

CappedGroup find_capped_group(const Scenario& scenario, const std::string& path) {
  std::vector<std::string> known;
  std::optional<GroupId> found;
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    known.push_back(scenario.groups[id].path);
    if (known.back() == path) found = id;
  }
  if (!found) {
    for (TaskId task = 0; task < scenario.task_count(); ++task) {
      if (scenario.path_of(task) != path) continue;
      throw InputError("--group " + path + " is a task, and not a group", word_list(known));
    }
    throw InputError("there is no group " + in_quotes(path) + " in " + scenario.file +
                         spelling_hint(path, known),
                     word_list(known));
  }
  const std::vector<Bandwidth> caps = caps_of(scenario, *found);
  if (caps.empty()) {
    throw InputError("group " + path + " has no cap, and is not throttled by one",
                     capped_groups(scenario));
  }
  if (std::any_of(caps.begin(), caps.end(),
                  [](const Bandwidth& cap) { return cap.credits.has_value(); })) {
    throw InputError("group " + path +
                         " has a cap of credits: it is not throttled by quota and period; "
                         "sharesim run shows its credits",
                     capped_groups(scenario));
  }
  return {.id = *found, .cap = caps.front(), .cap_changes = changes_cap(scenario, *found)};
}

}  // namespace sharesim::cli
