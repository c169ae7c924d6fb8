#include "sim/search/attack_sides.hpp"

#include <algorithm>
#include <utility>

#include "sim/core/check.hpp"
#include "sim/core/error.hpp"
#include "sim/scenario/problems.hpp"
#include "sim/search/attack_space.hpp"

namespace sharesim {
namespace {

std::string entry_path(const Scenario& scenario, const TaskSpec& task) {
  const std::string& above = scenario.groups[task.group].path;
  return (above == "/" ? above : above + "/") + task.name;
}

/// What can be named.
struct Named {
  std::string path;
  std::vector<EntityRef> entities;
  std::optional<std::size_t> entry;  ///< of a whole entry of `tasks:`
};

std::vector<Named> everything_in(const Scenario& scenario) {
  std::vector<Named> all;
  for (std::size_t i = 0; i < scenario.tasks.size(); ++i) {
    const TaskSpec& task = scenario.tasks[i];
    Named entry{entry_path(scenario, task), {}, i};
    for (TaskId id = task.first; id < task.first + task.instances(); ++id) {
      entry.entities.push_back(EntityRef::task(id));
    }
    all.push_back(std::move(entry));
  }
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    all.push_back({scenario.groups[id].path, {EntityRef::group(id)}, std::nullopt});
  }
  return all;
}

/// One instance of an entry, by "/web/worker.2".
std::optional<Named> instance_in(const Scenario& scenario, const std::string& path) {
  for (const TaskSpec& task : scenario.tasks) {
    const std::string prefix = entry_path(scenario, task) + ".";
    if (task.instances() == 1 || !path.starts_with(prefix)) continue;
    const std::string number = path.substr(prefix.size());
    for (TaskId id = 0; id < task.instances(); ++id) {
      if (std::to_string(id) != number) continue;
      return Named{path, {EntityRef::task(task.first + id)}, std::nullopt};
    }
  }
  return std::nullopt;
}

std::optional<Named> find_in(const Scenario& scenario, const std::string& path) {
  for (Named& named : everything_in(scenario)) {
    if (named.path == path) return std::move(named);
  }
  return instance_in(scenario, path);
}

std::vector<std::string> paths_of(const std::vector<Named>& all, bool tasks_only) {
  std::vector<std::string> paths;
  for (const Named& named : all) {
    if (named.entry || !tasks_only) paths.push_back(named.path);
  }
  return paths;
}

Diagnostic mistake(std::string what, std::string allowed) {
  Diagnostic diagnostic;
  diagnostic.what = std::move(what);
  diagnostic.allowed = std::move(allowed);
  return diagnostic;
}

std::string with_slash(const std::string& path) {
  return path.starts_with('/') ? path : '/' + path;
}

std::size_t default_attacker(const Scenario& scenario) {
  for (std::size_t i = 0; i < scenario.tasks.size(); ++i) {
    if (scenario.tasks[i].name == "attacker") return i;
  }
  return 0;
}

std::string default_victim(const Scenario& scenario, std::size_t attacker) {
  std::optional<std::size_t> last;
  for (std::size_t i = 0; i < scenario.tasks.size(); ++i) {
    if (i == attacker) continue;
    const bool better =
        scenario.tasks[i].name == "victim" || !last || scenario.tasks[*last].name != "victim";
    if (better) last = i;
  }
  if (!last) {
    throw InputError("there is nobody to attack: " + scenario.file + " has a single entry of tasks",
                     "at least two, the attacker and its victim");
  }
  return entry_path(scenario, scenario.tasks[*last]);
}

bool lies_below(const Scenario& scenario, GroupId group, GroupId above) {
  while (group != above && group != kRoot) group = scenario.groups[group].parent;
  return group == above;
}

bool is_attacked_by_itself(const Scenario& scenario, const Named& victim, std::size_t attacker) {
  const TaskSpec& task = scenario.tasks[attacker];
  return std::any_of(victim.entities.begin(), victim.entities.end(), [&](EntityRef entity) {
    if (!entity.is_task()) return lies_below(scenario, task.group, entity.id);
    return entity.id >= task.first && entity.id < task.first + task.instances();
  });
}

}  // namespace

Roles choose_roles(const Scenario& scenario, const std::optional<std::string>& attacker,
                   const std::optional<std::string>& victim) {
  const std::vector<Named> all = everything_in(scenario);
  std::vector<Diagnostic> mistakes;
  Roles roles;
  roles.attacker = default_attacker(scenario);
  if (attacker) {
    const std::vector<std::string> paths = paths_of(all, true);
    const auto found = std::find(paths.begin(), paths.end(), with_slash(*attacker));
    if (found == paths.end()) {
      mistakes.push_back(mistake("--attacker " + in_quotes(*attacker) +
                                     " is no task of the workload" +
                                     spelling_hint(with_slash(*attacker), paths),
                                 word_list(paths)));
    } else {
      roles.attacker = static_cast<std::size_t>(found - paths.begin());  // entries come first
    }
  }
  roles.attacker_path = entry_path(scenario, scenario.tasks[roles.attacker]);
  roles.victim_path = victim ? with_slash(*victim) : default_victim(scenario, roles.attacker);
  const auto named = find_in(scenario, roles.victim_path);
  if (!named) {
    const std::vector<std::string> paths = paths_of(all, false);
    mistakes.push_back(mistake("--victim " + in_quotes(*victim) + " is nothing in the workload" +
                                   spelling_hint(roles.victim_path, paths),
                               word_list(paths)));
  } else if (mistakes.empty() && is_attacked_by_itself(scenario, *named, roles.attacker)) {
    mistakes.push_back(mistake("the victim " + in_quotes(roles.victim_path) +
                                   " is, or holds, the attacker " + in_quotes(roles.attacker_path),
                               "two different tasks, or a group without the attacker"));
  }
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  roles.several_victims = named->entities.size() > 1;
  return roles;
}

Sides sides_of(const Scenario& scenario, const Roles& roles) {
  const auto victim = find_in(scenario, roles.victim_path);
  const auto attacker = find_in(scenario, roles.attacker_path);
  check(victim && attacker, "an attack leaves the names of a workload as they are");
  Sides sides;
  sides.victims = victim->entities;
  sides.attackers = attacker->entities;
  return sides;
}

bool any_victim_sleeps(const Scenario& scenario, const Roles& roles) {
  const std::vector<EntityRef> victims = sides_of(scenario, roles).victims;
  return std::any_of(victims.begin(), victims.end(), [&](EntityRef victim) {
    return std::any_of(scenario.tasks.begin(), scenario.tasks.end(), [&](const TaskSpec& task) {
      const bool concerned =
          victim.is_task() ? victim.id >= task.first && victim.id - task.first < task.instances()
                           : lies_below(scenario, task.group, victim.id);
      return concerned && !std::holds_alternative<RunForever>(task.behaviour);
    });
  });
}

std::vector<Attack> known_attacks(const TaskSpec& spec, Duration duration) {
  const auto* const sequence = std::get_if<Sequence>(&spec.behaviour);
  if (sequence == nullptr || sequence->repeat != 0) return {};
  Attack attack;
  attack.rounds = 0;
  for (const Step& step : sequence->steps) {
    if (step.length.kind != Distribution::Kind::kConstant) return {};
    attack.legs.push_back({step.kind, step.length.a});
    if (step.kind != Step::Kind::kRun || step.length.a < duration) continue;
    attack.legs.pop_back();
    attack.rounds = 1;
    break;
  }
  const auto same_kind = [](const Leg& a, const Leg& b) { return a.kind == b.kind; };
  const bool in_turn =
      std::adjacent_find(attack.legs.begin(), attack.legs.end(), same_kind) == attack.legs.end();
  const bool usable = in_turn && !attack.legs.empty() && attack.legs.size() <= kMostLegs &&
                      (attack.rounds == 1 || attack.legs.size() % 2 == 0) &&
                      std::all_of(attack.legs.begin(), attack.legs.end(),
                                  [](const Leg& leg) { return leg.length >= kShortestLeg; });
  return usable ? std::vector{attack} : std::vector<Attack>{};
}

}  // namespace sharesim
