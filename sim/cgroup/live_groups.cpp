#include "sim/cgroup/live_groups.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/group_paths.hpp"
#include "sim/core/error.hpp"

namespace sharesim::cgroup {
namespace {

std::vector<std::string> roots_of(const Hierarchy& facts) {
  std::vector<std::string> roots;
  for (const Tree& tree : facts.trees) roots.push_back(tree.root);
  return roots;
}

std::vector<CpuId> first_cpus(const CpuSet& set, CpuId count) {
  std::vector<CpuId> cpus;
  for (CpuId cpu = set.next(0); cpu != kNoCpu && cpus.size() < count; cpu = set.next(cpu + 1)) {
    cpus.push_back(cpu);
  }
  return cpus;
}

/// The number behind `key ` in a file of lines "key number"; 0 if there is no such line.
std::int64_t number_of(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    at += line.size() + 1;
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') continue;
    std::int64_t number = 0;
    std::from_chars(line.data() + key.size() + 1, line.data() + line.size(), number);
    return number;
  }
  return 0;
}

/// No workload has a name that begins with '-': so groups of live runs are told from applied plans.
constexpr const char* kLivePrefix = "-live-";
constexpr const char* kLiveTop = "sharesim--live-";

Scenario renamed(const Scenario& scenario) {
  Scenario live = scenario;
  live.name = kLivePrefix + scenario.name;
  return live;
}

/// Every group is held open, in every tree.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

LiveGroups::LiveGroups(const Scenario& scenario, const SchedulerChoice& scheduler,
                       const std::string& root)
    : machine_(open_machine(root, this_machine())),
      lock_(machine_),
      processes_(process_table()),
      journal_(journal_path(machine_.facts.trees.front().root), roots_of(machine_.facts),
               this_boot()) {
  take_away_leftovers();
  const Hierarchy& facts = machine_.facts;
  if (facts.version == Version::kV1 && !facts.tree_of(Controller::kCpuacct)) {
    throw CgroupError(fmt::format(
        "there is no group beside {} in the mount of cpuacct, so that CPU time could not "
        "be counted; make it first",
        facts.trees.front().root));
  }
  plan_ = make_plan(renamed(scenario), scheduler, machine_.facts, {.pins = true});
  std::vector<Diagnostic> refusals;
  for (const Note& note : plan_.notes) {
    if (note.kind != Note::Kind::kRefused) continue;
    Diagnostic diagnostic;
    diagnostic.file = scenario.file;
    diagnostic.path = note.path;
    diagnostic.what = note.text;
    refusals.push_back(diagnostic);
  }
  if (!refusals.empty()) throw InputError(std::move(refusals));
  cpus_ = first_cpus(machine_.facts.cpus, scenario.machine.cpus);
}

LiveGroups::~LiveGroups() {
  try {
    remove();
  } catch (const std::exception&) {
    // The journal keeps what is left; there is an error on its way to the user already.
    made_ = false;
  }
}

void LiveGroups::take_away_leftovers() {
  if (journal_.batches().empty()) return;
  const auto is_live = [](const std::vector<Undo>& batch) {
    return std::any_of(batch.begin(), batch.end(),
                       [](const Undo& undo) { return undo.group.starts_with(kLiveTop); });
  };
  const auto& batches = journal_.batches();
  if (!std::all_of(batches.begin(), batches.end(), is_live)) {
    throw CgroupError(
        fmt::format("a plan is applied below {} already; `sharesim revert` takes it back",
                    machine_.facts.trees.front().root));
  }
  const Reverted reverted = revert(machine_, *processes_, journal_);
  if (!reverted.problems.empty()) throw CgroupError(reverted.problems.front());
}

void LiveGroups::make() {
  made_ = true;
  allow_many_files();
  apply(plan_, machine_, *processes_, journal_);
  for (const PlannedGroup& group : plan_.groups) {
    std::vector<Handles>& all = group.entity->is_task() ? tasks_ : groups_;
    all.resize(std::max<std::size_t>(all.size(), group.entity->id + 1));
    all[group.entity->id] = open_group(group.group);
  }
}

LiveGroups::Handles LiveGroups::open_group(const std::string& group) const {
  Handles handles;
  for (std::size_t tree = 0; tree < machine_.roots.size(); ++tree) {
    auto opened = open_below(*machine_.roots[tree], group);
    const Tree& facts = machine_.facts.trees[tree];
    const bool only_cpusets = !facts.has(Controller::kCpu) && !facts.has(Controller::kCpuacct);
    if (opened.error == ENOENT && only_cpusets) {
      handles.push_back(nullptr);  // of version 1: no group was made where no cpuset is wanted
      continue;
    }
    if (!opened.ok()) {
      throw CgroupError(sentence({.verb = Verb::kOpen,
                                  .version = machine_.facts.version,
                                  .group = machine_.facts.trees[tree].root,
                                  .value = group,
                                  .error = opened.error}));
    }
    handles.push_back(std::move(opened.value));
  }
  return handles;
}

const LiveGroups::Handles& LiveGroups::handles(EntityRef entity) const {
  return entity.is_task() ? tasks_.at(entity.id) : groups_.at(entity.id);
}

int LiveGroups::birthplace(TaskId task) const {
  return machine_.facts.version == Version::kV2 ? tasks_.at(task).front()->descriptor() : -1;
}

std::string LiveGroups::why_not_joined(TaskId task, int error) const {
  return sentence({.verb = Verb::kMove,
                   .version = plan_.version,
                   .group = absolute(machine_.facts, 0, plan_.leaf_of(task).group),
                   .value = "of " + plan_.leaf_of(task).path,
                   .error = error});
}

int LiveGroups::join(TaskId task) const {
  for (const auto& directory : tasks_.at(task)) {
    if (!directory) continue;
    const int error = directory->write(Knob::kProcs, "0");
    if (error != 0) return error;
  }
  return 0;
}

void LiveGroups::write(const Step& step) {
  auto opened = open_below(*machine_.roots.at(step.tree), step.group);
  const int error = opened.ok() ? opened.value->write(step.knob, step.value) : opened.error;
  if (error == 0) return;
  throw CgroupError(sentence({.verb = Verb::kWrite,
                              .version = machine_.facts.version,
                              .knob = step.knob,
                              .group = machine_.facts.trees[step.tree].root + "/" + step.group,
                              .value = step.value,
                              .error = error}));
}

KernelUsage LiveGroups::usage(EntityRef entity) const {
  const Handles& group = handles(entity);
  const auto read = [&](Controller controller, Knob knob) {
    const auto tree = machine_.facts.tree_of(controller);
    return tree ? group[*tree]->read(knob).value : std::string();
  };
  constexpr std::int64_t kMicro = 1000;
  KernelUsage usage;
  if (machine_.facts.version == Version::kV2) {
    const std::string stat = group.front()->read(Knob::kCpuStat).value;
    usage.cpu_time = ns(kMicro * number_of(stat, "usage_usec"));
    usage.throttled = ns(kMicro * number_of(stat, "throttled_usec"));
    usage.throttled_periods = static_cast<std::uint64_t>(number_of(stat, "nr_throttled"));
    return usage;
  }
  const std::string used = read(Controller::kCpuacct, Knob::kCpuacctUsage);
  std::int64_t used_ns = 0;
  std::from_chars(used.data(), used.data() + used.size(), used_ns);
  const std::string stat = read(Controller::kCpu, Knob::kCpuStat);
  usage.cpu_time = ns(used_ns);
  usage.throttled = ns(number_of(stat, "throttled_time"));
  usage.throttled_periods = static_cast<std::uint64_t>(number_of(stat, "nr_throttled"));
  return usage;
}

std::vector<std::string> LiveGroups::remove() {
  if (!made_) return {};
  tasks_.clear();
  groups_.clear();
  std::vector<std::string> problems = revert(machine_, *processes_, journal_).problems;
  made_ = false;
  return problems;
}

}  // namespace sharesim::cgroup
