#include <algorithm>
#include <map>
#include <utility>

#include "sim/scenario/entity_index.hpp"
#include "sim/scenario/loading.hpp"

namespace sharesim {
namespace {

struct Change {
  ScenarioEvent event;
  Target target;
  Place cpus_place;
  std::string cpus_path;
};

/// Follows who may run where through the changes of a run.
class Affinity {
 public:
  explicit Affinity(Loading& loading)
      : loading_(loading), scenario_(loading.scenario), effective_(loading.group_cpus) {
    for (const GroupSpec& group : scenario_.groups) own_.push_back(group.cpus);
    for (const TaskSpec& task : scenario_.tasks) of_entry_.push_back(task.cpus);
  }

  void apply(const Change& change) {
    const CpuSet& cpus = *change.event.cpus;
    const Target& target = change.target;
    const GroupId above =
        target.group ? scenario_.groups[*target.group].parent : scenario_.tasks[target.spec].group;
    if (!cpus.subset_of(effective_[above])) {
      loading_.problems.add(change.cpus_place, change.cpus_path,
                            "CPUs " + cpus.to_string() + " are not all the group's then",
                            "within " + effective_[above].to_string());
      return;
    }
    if (!target.group) {
      set_tasks(target, cpus);
      return;
    }
    own_[*target.group] = cpus;
    descend();
    if (const std::string stranded = find_stranded(); !stranded.empty()) {
      loading_.problems.add(change.cpus_place, change.cpus_path,
                            "leaves " + stranded + " without a CPU", "a CPU of its own set");
    }
    for (GroupId id = 0; id < effective_.size(); ++id) {
      if (!scenario_.groups[id].cap) continue;
      check_vcpus(loading_, id, *scenario_.groups[id].cap, effective_[id], change.cpus_place,
                  change.cpus_path);
    }
  }

 private:
  void set_tasks(const Target& target, const CpuSet& cpus) {
    const TaskSpec& entry = scenario_.tasks[target.spec];
    if (target.count < entry.instances()) {
      of_instance_[target.first] = cpus;
      return;
    }
    of_entry_[target.spec] = cpus;
    of_instance_.erase(of_instance_.lower_bound(target.first),
                       of_instance_.lower_bound(target.first + target.count));
  }

  void descend() {
    for (GroupId id = 1; id < own_.size(); ++id) {
      const CpuSet& above = effective_[scenario_.groups[id].parent];
      effective_[id] = own_[id] ? *own_[id] & above : above;
    }
  }

  std::string find_stranded() const {
    for (GroupId id = 0; id < effective_.size(); ++id) {
      if (effective_[id].empty()) return scenario_.groups[id].path;
    }
    for (std::size_t i = 0; i < of_entry_.size(); ++i) {
      const TaskSpec& entry = scenario_.tasks[i];
      if (of_entry_[i] && !of_entry_[i]->intersects(effective_[entry.group])) {
        return scenario_.path_of(entry.first);
      }
    }
    for (const auto& [task, cpus] : of_instance_) {
      if (!cpus.intersects(effective_[scenario_.spec_of(task).group])) {
        return scenario_.path_of(task);
      }
    }
    return "";
  }

  Loading& loading_;
  const Scenario& scenario_;
  std::vector<CpuSet> effective_;  ///< by group
  std::vector<std::optional<CpuSet>> own_;
  std::vector<std::optional<CpuSet>> of_entry_;  ///< by entry of `tasks:`
  std::map<TaskId, CpuSet> of_instance_;         ///< of those set one by one
};

std::optional<Target> read_target(Loading& loading, const EntityIndex& entities,
                                  const Fields& fields) {
  const auto at = fields.require("entity", "a path such as /web or /web/worker");
  if (!at) return std::nullopt;
  const auto target = entities.read(loading, *at);
  if (target && target->group == kRoot) {
    loading.problems.add(*at, "the root cannot be changed", "a group or a task");
    return std::nullopt;
  }
  return target;
}

void read_new_weight(Loading& loading, const Fields& set, const std::optional<Target>& target,
                     ScenarioEvent& event) {
  const auto weight = set.find("weight");
  const auto nice = set.find("nice");
  if (weight) event.weight = read_weight(loading, *weight);
  if (!nice) return;
  const auto value = read_nice(loading, *nice);
  if (weight) {
    loading.problems.add_key(*nice, "weight is given too", "weight or nice");
  } else if (target && target->group) {
    loading.problems.add_key(*nice, "a group has no nice value", "weight");
  } else if (value) {
    event.weight = nice_weight(*value);
  }
}

void read_new_cap(Loading& loading, const Fields& set, ScenarioEvent& event) {
  const auto at = set.find("cap");
  if (!at) return;
  const bool none = at->kind() == Node::Kind::kScalar && at->node().text == "none";
  event.cap.emplace(none ? std::nullopt : read_cap(loading, *at));
}

void read_set(Loading& loading, const EntityIndex& entities, const At& at, Change& change) {
  const std::vector<std::string> values{"weight", "nice", "cap", "cpus"};
  const std::size_t before = loading.problems.count();
  const Fields set(loading.problems, at, {"entity", "weight", "nice", "cap", "cpus"});
  if (!set.is_map()) return;
  const auto target = read_target(loading, entities, set);
  if (target) change.target = *target;
  read_new_weight(loading, set, target, change.event);
  read_new_cap(loading, set, change.event);
  if (target && target->group && change.event.cap && *change.event.cap) {
    const At cap = *set.find("cap");
    check_vcpus(loading, *target->group, **change.event.cap, loading.group_cpus[*target->group],
                cap.node().place, cap.path());
  }
  if (const auto cpus = set.find("cpus")) {
    change.event.cpus = read_cpus(loading, *cpus);
    change.cpus_place = cpus->node().place;
    change.cpus_path = cpus->path();
  }
  const bool changes = std::any_of(values.begin(), values.end(),
                                   [&set](const std::string& key) { return set.has(key); });
  if (!changes && loading.problems.count() == before) {
    loading.problems.add(at, "changes nothing", "at least one of " + word_list(values));
  }
}

Change read_event(Loading& loading, const EntityIndex& entities, const At& at) {
  Change change;
  const Fields fields(loading.problems, at, {"at", "set"});
  if (const auto when = fields.require("at", "an instant such as 5s")) {
    const auto time = read_duration(loading.problems, *when, {ns(0), loading.scenario.duration});
    change.event.at = Time(time.value_or(ns(0)));
  }
  if (const auto set = fields.require("set", "{entity: /web, weight: 200}")) {
    read_set(loading, entities, *set, change);
  }
  return change;
}

}  // namespace

void read_events(Loading& loading, const EntityIndex& entities, const At& at) {
  if (!check_list(loading.problems, at, "a list of {at: 5s, set: {entity: /web, weight: 200}}")) {
    return;
  }
  if (at.size() > limits::kEvents) {
    loading.problems.add(at, "has " + std::to_string(at.size()) + " events",
                         "up to " + std::to_string(limits::kEvents));
    return;
  }
  const std::size_t before = loading.problems.count();
  std::vector<Change> changes;
  for (std::size_t i = 0; i < at.size(); ++i) {
    changes.push_back(read_event(loading, entities, at.item(i)));
  }
  if (loading.problems.count() > before) return;
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.event.at < b.event.at; });
  const bool moves = std::any_of(changes.begin(), changes.end(), [](const Change& change) {
    return change.event.cpus.has_value();
  });
  if (moves && loading.names_complete) {
    Affinity affinity(loading);
    for (const Change& change : changes) {
      if (change.event.cpus) affinity.apply(change);
    }
  }
  for (Change& change : changes) {
    change.event.entities = change.target.entities();
    loading.scenario.events.push_back(std::move(change.event));
  }
}

}  // namespace sharesim
