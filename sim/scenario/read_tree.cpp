#include <map>
#include <string>
#include <utility>

#include "sim/core/units.hpp"
#include "sim/scenario/loading.hpp"

namespace sharesim {
namespace {

/// The names of the entities directly under one group. Instances count too: a task "a.1" would have
/// the path of the second instance of a task "a".
class Siblings {
 public:
  /// Complains about `name` at `at` if it is taken.
  void add(Problems& problems, const At& at, const std::string& name, std::uint32_t instances) {
    const auto [entry, is_new] = instances_.emplace(name, instances);
    if (!is_new) {
      problems.add(at, in_quotes(name) + " is taken", "a name that no sibling has");
      return;
    }
    if (is_instance(name)) {
      problems.add(at, in_quotes(name) + " is the name of a sibling's instance",
                   "a name that no sibling has");
    } else if (const std::string taken = taken_instance(entry); !taken.empty()) {
      problems.add(at, "its instance " + in_quotes(taken) + " has the name of a sibling",
                   "a name that no sibling has");
    }
  }

 private:
  using Names = std::map<std::string, std::uint32_t>;

  static bool is_number_below(const std::string& text, std::uint32_t bound) {
    const auto number = parse_integer(text).value;
    return number && *number >= 0 && *number < bound && std::to_string(*number) == text;
  }

  bool is_instance(const std::string& name) const {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos) return false;
    const auto sibling = instances_.find(name.substr(0, dot));
    return sibling != instances_.end() && sibling->second > 1 &&
           is_number_below(name.substr(dot + 1), sibling->second);
  }

  std::string taken_instance(Names::const_iterator entry) const {
    const std::string prefix = entry->first + '.';
    if (entry->second < 2) return "";
    for (auto next = instances_.lower_bound(prefix);
         next != instances_.end() && next->first.starts_with(prefix); ++next) {
      if (is_number_below(next->first.substr(prefix.size()), entry->second)) return next->first;
    }
    return "";
  }

  Names instances_;
};

void read_members(Loading& loading, const Fields& fields, GroupId group);

/// A list of tasks or groups; false if it is none.
bool is_members(Loading& loading, const At& at) {
  if (at.kind() == Node::Kind::kList) return true;
  loading.names_complete = false;
  if (const std::string kind = kind_text(at.node()); !kind.empty()) {
    loading.problems.add(at, kind, "a list, each entry beginning with '- name: '");
  }
  return false;
}

/// The name of a group or task; "" after a mistake.
std::string read_entity_name(Loading& loading, const Fields& fields) {
  std::optional<std::string> name;
  if (const auto at = fields.require("name", "such as worker")) {
    name = read_name(loading.problems, *at);
  }
  if (!name) loading.names_complete = false;
  return name.value_or("");
}

void add_sibling(Loading& loading, Siblings& siblings, const Fields& fields,
                 const std::string& name, std::uint32_t instances) {
  if (name.empty()) return;
  siblings.add(loading.problems, *fields.find("name"), name, instances);
}

void read_task_weight(Loading& loading, const Fields& fields, TaskSpec& task) {
  const auto weight = fields.find("weight");
  const auto nice = fields.find("nice");
  if (weight) task.weight = read_weight(loading, *weight).value_or(kDefaultWeight);
  if (!nice) return;
  task.nice = read_nice(loading, *nice);
  if (weight) {
    loading.problems.add_key(*nice, "weight is given too", "weight or nice");
  } else if (task.nice) {
    task.weight = nice_weight(*task.nice);
  }
}

/// `idle: true` stands for a weight.
void read_idle(Loading& loading, const Fields& fields, bool& idle, Weight& weight) {
  const auto at = fields.find("idle");
  if (!at) return;
  idle = read_flag(loading.problems, *at).value_or(false);
  if (idle) weight = kIdleWeight;
  for (const char* other : {"weight", "nice"}) {
    if (fields.find(other)) {
      loading.problems.add_key(*at, std::string(other) + " is given too",
                               std::string(other) + " or idle");
    }
  }
}

void read_task_times(Loading& loading, const Fields& fields, TaskSpec& task) {
  const DurationRange range{ns(0), limits::kDuration};
  if (const auto start = fields.find("start")) {
    task.start = read_duration(loading.problems, *start, range).value_or(ns(0));
  }
  const auto stop = fields.find("stop");
  if (!stop) return;
  task.stop = read_duration(loading.problems, *stop, range);
  if (task.stop && *task.stop <= task.start) {
    loading.problems.add(*stop, to_text(*task.stop) + " is not after the start",
                         "later than " + to_text(task.start));
  }
}

const std::vector<std::string>& task_keys() {
  static const std::vector<std::string> kKeys = [] {
    std::vector<std::string> keys{"name", "count", "weight", "nice", "idle",
                                  "cap",  "cpus",  "start",  "stop", "hints"};
    keys.insert(keys.end(), behaviour_keys().begin(), behaviour_keys().end());
    return keys;
  }();
  return kKeys;
}

/// Gives the task its ids, unless there are too many of them.
void number_task(Loading& loading, const At& at, TaskSpec& task) {
  const auto* const service = std::get_if<Service>(&task.behaviour);
  const std::uint64_t instances =
      std::uint64_t{task.count} * (service != nullptr ? service->workers : 1);
  const bool fitted = loading.tasks <= limits::kTasks;
  loading.tasks += instances;
  if (loading.tasks <= limits::kTasks) {
    task.first = static_cast<TaskId>(loading.tasks - instances);
    return;
  }
  loading.names_complete = false;
  if (fitted) {
    loading.problems.add(at, "all tasks together, with their instances, are too many",
                         "up to " + std::to_string(limits::kTasks));
  }
}

void read_task(Loading& loading, const At& at, GroupId group, Siblings& siblings) {
  const Fields fields(loading.problems, at, task_keys());
  if (!fields.is_map()) {
    loading.names_complete = false;
    return;
  }
  TaskSpec task;
  task.group = group;
  task.name = read_entity_name(loading, fields);
  read_task_weight(loading, fields, task);
  read_idle(loading, fields, task.idle, task.weight);
  read_task_times(loading, fields, task);
  if (const auto cap = fields.find("cap")) task.cap = read_cap(loading, *cap);
  if (const auto hints = fields.find("hints")) task.hints = read_hints(loading, *hints);
  if (const auto cpus = fields.find("cpus")) {
    task.cpus = read_cpus_within(loading, *cpus, loading.group_cpus[group]);
  }

  const std::size_t before = loading.problems.count();
  if (const auto count = fields.find("count")) {
    const auto number = read_integer(loading.problems, *count, 1, limits::kTasks);
    task.count = static_cast<std::uint32_t>(number.value_or(1));
  }
  task.behaviour = read_behaviour(loading, fields);
  if (loading.problems.count() > before) loading.names_complete = false;  // how many instances?
  number_task(loading, at, task);
  if (loading.tasks > limits::kTasks) return;
  add_sibling(loading, siblings, fields, task.name, task.instances());
  loading.scenario.tasks.push_back(std::move(task));
}

/// Whether there is room for one more group below `parent`.
bool fits(Loading& loading, const At& at, const GroupSpec& parent) {
  std::string what;
  if (parent.depth >= limits::kDepth) {
    what = "groups are nested more than " + std::to_string(limits::kDepth) + " deep";
  } else if (loading.scenario.groups.size() > limits::kGroups) {
    what = "there are more than " + std::to_string(limits::kGroups) + " groups";
  }
  if (what.empty()) return true;
  loading.names_complete = false;
  ++loading.task_entries;  // it may well have tasks
  loading.problems.add(at, what);
  return false;
}

void read_group(Loading& loading, const At& at, GroupId parent, Siblings& siblings) {
  const Fields fields(
      loading.problems, at,
      {"name", "weight", "idle", "cap", "cpus", "hints", "scheduler", "groups", "tasks"});
  std::vector<GroupSpec>& groups = loading.scenario.groups;
  if (!fields.is_map() || !fits(loading, at, groups[parent])) {
    loading.names_complete = false;
    return;
  }
  const std::size_t before = loading.problems.count();
  GroupSpec group;
  group.parent = parent;
  group.depth = groups[parent].depth + 1;
  group.name = read_entity_name(loading, fields);
  group.path = (parent == kRoot ? "/" : groups[parent].path + "/") + group.name;
  add_sibling(loading, siblings, fields, group.name, 1);
  if (const auto weight = fields.find("weight")) {
    group.weight = read_weight(loading, *weight).value_or(kDefaultWeight);
  }
  read_idle(loading, fields, group.idle, group.weight);
  if (const auto cap = fields.find("cap")) group.cap = read_cap(loading, *cap);
  if (const auto hints = fields.find("hints")) group.hints = read_hints(loading, *hints);
  if (const auto cpus = fields.find("cpus")) {
    group.cpus = read_cpus_within(loading, *cpus, loading.group_cpus[parent]);
  }
  if (const auto scheduler = fields.find("scheduler")) {
    group.scheduler = read_scheduler(loading, *scheduler);
    if (group.scheduler) group.scheduler = loading.scenario.set_up(std::move(*group.scheduler));
  }

  const auto id = static_cast<GroupId>(groups.size());
  const CpuSet above = loading.group_cpus[parent];
  loading.group_cpus.push_back(group.cpus ? *group.cpus & above : above);
  groups.push_back(std::move(group));
  read_members(loading, fields, id);
  if (const std::optional<Bandwidth> cap = groups[id].cap;
      cap && loading.problems.count() == before) {
    const At cap_at = *fields.find("cap");
    check_vcpus(loading, id, *cap, loading.group_cpus[id], cap_at.node().place, cap_at.path());
  }
}

/// The tasks and groups of a group, in the order of the file.
void read_members(Loading& loading, const Fields& fields, GroupId group) {
  const std::size_t problems_before = loading.problems.count();
  const std::size_t tasks_before = loading.task_entries;
  Siblings siblings;
  const Node* const tasks = fields.at().node().find("tasks");
  const Node* const sub_groups = fields.at().node().find("groups");
  for (std::size_t i = 0; i < fields.at().size(); ++i) {
    const At list = fields.at().item(i);
    const bool of_tasks = &list.node() == tasks;
    if ((!of_tasks && &list.node() != sub_groups) || !is_members(loading, list)) continue;
    for (std::size_t k = 0; k < list.size(); ++k) {
      if (of_tasks) {
        ++loading.task_entries;
        read_task(loading, list.item(k), group, siblings);
      } else {
        read_group(loading, list.item(k), group, siblings);
      }
    }
  }
  if (loading.task_entries == tasks_before && loading.problems.count() == problems_before) {
    loading.problems.add(fields.at(), "has no task", "tasks: with at least one entry");
  }
}

}  // namespace

void read_tree(Loading& loading, const Fields& root) {
  GroupSpec group;
  group.path = "/";
  loading.scenario.groups.push_back(std::move(group));
  loading.group_cpus.push_back(loading.machine_cpus);
  read_members(loading, root, kRoot);
}

}  // namespace sharesim
