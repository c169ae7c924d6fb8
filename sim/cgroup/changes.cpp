// What a plan would change: the plan beside what is there.

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/apply.hpp"
#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/group_paths.hpp"
#include "sim/cgroup/values.hpp"

namespace sharesim::cgroup {
namespace {

class Comparison {
 public:
  Comparison(const Plan& plan, Machine& machine, ProcessTable& processes)
      : plan_(plan), machine_(machine), processes_(processes) {}

  std::vector<Change> run() {
    own_line_ = processes_.own_line();
    for (const Step& step : plan_.steps) dispatch(step.kind, step, *this);
    return std::move(changes_);
  }

  void make(const Step& step) {
    const auto [above, name] = split_group(step.group);
    if (new_.count({step.tree, above}) == 0) {
      const auto group = open_below(*machine_.roots[step.tree], step.group);
      if (group.ok()) return;
      if (group.error != ENOENT) fail(Verb::kOpen, step, group.error);
    }
    new_.insert({step.tree, step.group});
    add(step, "").undo = undo(Undo::Kind::kRemove, step, "");
  }

  void enable(const Step& step) {
    if (!is_new(step)) {
      const auto now = open(step)->read(step.knob);
      if (!now.ok()) fail(Verb::kRead, step, now.error);
      if (has_word(now.value, std::string_view(step.value).substr(1))) return;
    }
    add(step, "").undo = undo(Undo::Kind::kDisable, step, "-" + step.value.substr(1));
    // The files of the controller come with it, in all groups below.
    fresh_.insert({step.tree, step.group});
  }

  void write(const Step& step) {
    if (is_new(step)) {
      if (!step.initial) add(step, "");
      return;
    }
    const std::string before = value_before(step);
    // A burst and a v1 quota are written twice; what is in between matters only on the way to another
    // cap, which is found when the last of them comes.
    if (same_value(step.knob, step.value, before)) return;
    if (is_way_to_another_value(step) && !cap_changes(step)) return;
    if (step.initial && before.empty()) return;
    if (step.knob == Knob::kCpuIdle && step.value == "1") keep_weight(step);
    Change& change = add(step, before);
    // A file that is not there yet comes and goes with its controller.
    if (has_file(step)) change.undo = undo(Undo::Kind::kWrite, step, before);
    values_[{{step.tree, step.group}, step.knob}] = step.value;
    if (step.knob == Knob::kCpuIdle && step.value == "0") {
      // As the kernel resets it.
      const bool v2 = plan_.version == Version::kV2;
      values_[{{step.tree, step.group}, v2 ? Knob::kCpuWeight : Knob::kCpuShares}] =
          v2 ? "100" : "1024";
    }
  }

  void move(const Step& step) {
    const auto process = processes_.find(step.pid);
    const bool to_leader = step.group == kLeaderGroup;
    if (to_leader && process.error == ESRCH) return;  // one that has ended is not in the way
    if (!process.ok()) fail(Verb::kMove, step, process.error);
    check_movable(step, *process.value, to_leader);
    const Place place{step.tree, std::to_string(step.pid)};
    std::string before;
    if (const auto moved = moved_.find(place); moved != moved_.end()) {
      before = moved->second;
    } else {
      auto now = process.value->group_in(machine_.facts.trees[step.tree].mount_point);
      if (!now.ok()) {
        throw CgroupError(
            fmt::format("process {} is not to be moved: its group in {} cannot be seen from here, "
                        "so that it could "
                        "not be put back",
                        step.pid, machine_.facts.trees[step.tree].mount_point));
      }
      before = now.value;
    }
    const std::string target = below_mount(machine_.facts, step.tree, step.group);
    if (before == target) return;
    moved_[place] = target;
    Undo home = undo(Undo::Kind::kMove, step, before);
    home.pid = step.pid;
    home.start = process.value->start();
    Change& change = add(step, std::move(before));
    change.start = home.start;
    change.undo = std::move(home);
  }

 private:
  using Place = std::pair<std::size_t, std::string>;  // tree and group

  bool is_new(const Step& step) const { return new_.count({step.tree, step.group}) > 0; }
  Change& add(const Step& step, std::string before) {
    changes_.push_back({.step = step, .before = std::move(before)});
    return changes_.back();
  }
  static Undo undo(Undo::Kind kind, const Step& step, std::string value) {
    return {.kind = kind,
            .tree = step.tree,
            .group = step.group,
            .knob = step.knob,
            .value = std::move(value)};
  }

  [[noreturn]] void fail(Verb verb, const Step& step, int error) const {
    throw CgroupError(sentence({.verb = verb,
                                .version = machine_.facts.version,
                                .knob = step.knob,
                                .group = absolute(machine_.facts, step.tree, step.group),
                                .value = step.value,
                                .error = error,
                                .said = machine_.roots[step.tree]->complaint()}));
  }

  std::unique_ptr<Directory> open(const Step& step) const {
    auto group = open_below(*machine_.roots[step.tree], step.group);
    if (!group.ok()) fail(Verb::kOpen, step, group.error);
    return std::move(group.value);
  }

  /// The value that the file has when the step's turn comes.
  std::string value_before(const Step& step) {
    const auto known = values_.find({{step.tree, step.group}, step.knob});
    if (known != values_.end()) return known->second;
    const auto now = open(step)->read(step.knob);
    if (now.ok()) return now.value;
    const bool comes =
        now.error == ENOENT && fresh_.count({step.tree, split_group(step.group).first});
    if (!comes) fail(Verb::kRead, step, now.error);
    return "";
  }

  bool has_file(const Step& step) const { return open(step)->read(step.knob).error != ENOENT; }

  /// Coming back from idle the kernel sets the default weight: the old one is put on record.
  void keep_weight(const Step& idle) {
    Step weight = idle;
    weight.knob = plan_.version == Version::kV2 ? Knob::kCpuWeight : Knob::kCpuShares;
    if (!has_file(weight)) return;  // it comes with its default
    weight.value = value_before(weight);
    add(weight, weight.value).undo = undo(Undo::Kind::kWrite, weight, weight.value);
  }

  /// The last step of the plan for the same file, if it is not this one.
  const Step* final_step(const Step& step) const {
    const Step* last = nullptr;
    for (const Step& other : plan_.steps) {
      const bool same_file = other.kind == Step::Kind::kWrite && other.tree == step.tree &&
                             other.group == step.group && other.knob == step.knob;
      if (same_file) last = &other;
    }
    return last == &step ? nullptr : last;
  }
  bool is_way_to_another_value(const Step& step) const { return final_step(step) != nullptr; }

  /// Whether any file of the group's cap ends up different from what it is.
  bool cap_changes(const Step& step) {
    for (const Step& other : plan_.steps) {
      const bool cap = other.knob == Knob::kCpuMax || other.knob == Knob::kCpuMaxBurst ||
                       other.knob == Knob::kCfsQuota || other.knob == Knob::kCfsPeriod ||
                       other.knob == Knob::kCfsBurst;
      if (!cap || other.kind != Step::Kind::kWrite || other.tree != step.tree ||
          other.group != step.group || final_step(other) != nullptr) {
        continue;
      }
      const auto now = open(other)->read(other.knob);
      if (!now.ok() || !same_value(other.knob, other.value, now.value)) return true;
    }
    return false;
  }

  void check_movable(const Step& step, const Process& process, bool to_leader) const {
    const char* why = nullptr;
    if (step.pid == 1) why = "it is the first process of this machine or container";
    if (process.kernel_thread()) why = "it is a kernel thread";
    const bool ours = std::find(own_line_.begin(), own_line_.end(), step.pid) != own_line_.end();
    // Whoever shares the root with us may be above us, and has to make room.
    if (why == nullptr && ours && !to_leader) why = "sharesim itself descends from it";
    if (why != nullptr) {
      throw CgroupError(fmt::format("process {} is not to be moved: {}", step.pid, why));
    }
  }

  const Plan& plan_;
  Machine& machine_;
  ProcessTable& processes_;
  std::vector<pid_t> own_line_;
  std::set<Place> new_;                                   ///< groups that the changes make
  std::set<Place> fresh_;                                 ///< groups whose children get new files
  std::map<std::pair<Place, Knob>, std::string> values_;  ///< of files that were changed on the way
  std::map<Place, std::string> moved_;                    ///< by tree and pid
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> changes_of(const Plan& plan, Machine& machine, ProcessTable& processes) {
  return Comparison(plan, machine, processes).run();
}

}  // namespace sharesim::cgroup
