#include "sim/search/rivals.hpp"

#include <algorithm>
#include <numeric>

namespace sharesim {
namespace {

bool is_plain(const Scenario& scenario) {
  const MachineSpec& machine = scenario.machine;
  const Duration costs = machine.tick + machine.context_switch + machine.wakeup + machine.migration;
  return machine.cpus == 1 && costs == Duration::zero() && scenario.groups.size() == 1 &&
         !scenario.groups.front().cap && scenario.events.empty() &&
         std::none_of(scenario.tasks.begin(), scenario.tasks.end(),
                      [](const TaskSpec& task) { return task.cap.has_value(); });
}

void add(Rivals& rivals, const Rival& rival) {
  const TaskSpec& task = *rival.spec;
  rivals.all.push_back(rival);
  rivals.total += rival.weight;
  if (rival.attacks) {
    rivals.attacking += rival.weight;
    ++rivals.attackers;
    rivals.attackers_stay &= task.start == Duration::zero();
  } else {
    rivals.others_stay &= task.start == Duration::zero();
    rivals.others_are_hogs &= rival.is_hog();
  }
  rivals.others_stay &= !task.stop;
}

}  // namespace

std::int64_t Rival::hint(std::string_view name, std::int64_t otherwise) const {
  const auto found = std::find_if(spec->hints.begin(), spec->hints.end(),
                                  [&](const Hint& hint) { return hint.name == name; });
  return found == spec->hints.end() ? otherwise : found->value;
}

std::optional<Rivals> rivals_of(const Scenario& scenario, const Sides& sides) {
  if (!is_plain(scenario)) return std::nullopt;
  const bool one = sides.victims.size() == 1;
  Weight unit = scenario.groups.front().weight;
  for (const TaskSpec& task : scenario.tasks) unit = std::gcd(unit, task.weight);
  Rivals rivals;
  rivals.run = scenario.duration;
  for (const TaskSpec& task : scenario.tasks) {
    for (TaskId id = task.first; id < task.first + task.instances(); ++id) {
      const EntityRef entity = EntityRef::task(id);
      const bool attacks = std::find(sides.attackers.begin(), sides.attackers.end(), entity) !=
                           sides.attackers.end();
      const Rival rival{.weight = task.weight / unit, .attacks = attacks, .spec = &task};
      add(rivals, rival);
      if (one && entity == sides.victims.front()) {
        rivals.victim = rival;
      } else {
        rivals.others.push_back(rival);
      }
    }
  }
  return rivals;
}

}  // namespace sharesim
