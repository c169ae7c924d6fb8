#include "sim/cgroup/rollback.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/group_paths.hpp"
#include "sim/cgroup/values.hpp"

namespace sharesim::cgroup {
namespace {

using std::chrono::milliseconds;

/// A process that is ending is in the way for a while: under a cap, until its next period (1 s at the
/// longest). So long is waited for all groups together.
constexpr milliseconds kPatience{4'000};

class RollBack {
 public:
  RollBack(const std::vector<Undo>& batch, Machine& machine, ProcessTable& processes)
      : batch_(batch), machine_(machine), processes_(processes) {}

  std::vector<std::string> run() {
    for (std::size_t left = batch_.size(); left-- > 0;) {
      const Undo& undo = batch_[left];
      switch (undo.kind) {
        case Undo::Kind::kRemove:
          remove(undo);
          break;
        case Undo::Kind::kDisable:
          disable(undo);
          break;
        case Undo::Kind::kWrite:
          write(undo);
          break;
        case Undo::Kind::kMove:
          move_back(undo);
          break;
      }
    }
    return std::move(problems_);
  }

 private:
  void complain(Verb verb, const Undo& undo, const std::string& value, int error) {
    problems_.push_back(sentence({.verb = verb,
                                  .version = machine_.facts.version,
                                  .knob = undo.knob,
                                  .group = absolute(machine_.facts, undo.tree, undo.group),
                                  .value = value,
                                  .error = error,
                                  .said = machine_.roots[undo.tree]->complaint()}));
  }

  /// Empty if the group is gone, or could not be opened (then there is a problem).
  std::unique_ptr<Directory> open(const Undo& undo, const std::string& group) {
    auto found = open_below(*machine_.roots[undo.tree], group);
    if (!found.ok() && found.error != ENOENT) complain(Verb::kOpen, undo, "", found.error);
    return std::move(found.value);
  }

  void write(const Undo& undo) {
    const auto group = open(undo, undo.group);
    if (!group) return;
    const auto now = group->read(undo.knob);
    if (now.error == ENOENT) return;  // its controller is off, and its value with it
    if (now.ok() && same_value(undo.knob, undo.value, now.value)) return;
    if (const int error = group->write(undo.knob, undo.value)) {
      complain(Verb::kWrite, undo, undo.value, error);
      return;
    }
    const auto after = group->read(undo.knob);
    if (!after.ok()) {
      complain(Verb::kRead, undo, undo.value, after.error);
    } else if (!same_value(undo.knob, undo.value, after.value)) {
      problems_.push_back(fmt::format("{}/{} was {}, and after writing that it reads {}",
                                      absolute(machine_.facts, undo.tree, undo.group),
                                      file_name(undo.knob), undo.value, after.value));
    }
  }

  void disable(const Undo& undo) {
    const auto group = open(undo, undo.group);
    if (!group) return;
    const auto now = group->read(undo.knob);
    const std::string_view controller = std::string_view(undo.value).substr(1);
    if (now.ok() && !has_word(now.value, controller)) return;
    if (const int error = now.ok() ? group->write(undo.knob, undo.value) : now.error) {
      complain(Verb::kEnable, undo, undo.value, error);
    }
  }

  /// The home of a process, `path` below the mount point.
  int put(const Undo& undo, pid_t pid, const std::string& path) {
    auto home = open_below(*machine_.mounts[undo.tree], path);
    if (!home.ok()) return home.error;
    return home.value->write(Knob::kProcs, std::to_string(pid));
  }

  void move_back(const Undo& undo) {
    const auto process = processes_.find(undo.pid);
    if (!process.ok() || process.value->start() != undo.start) return;  // it has ended
    const auto now = process.value->group_in(machine_.facts.trees[undo.tree].mount_point);
    // Whoever moved it on, or did not move it yet, knows better.
    if (now.value != below_mount(machine_.facts, undo.tree, undo.group)) return;
    if (const int error = put(undo, undo.pid, undo.value); error != 0 && error != ESRCH) {
      const std::string& mount = machine_.facts.trees[undo.tree].mount_point;
      problems_.push_back(sentence({.verb = Verb::kMove,
                                    .version = machine_.facts.version,
                                    .knob = undo.knob,
                                    .group = mount + (undo.value.empty() ? "" : "/") + undo.value,
                                    .value = std::to_string(undo.pid),
                                    .error = error}));
    }
  }

  /// Where the processes of a group came from, and so belong their children.
  std::optional<std::string> origin_of(const Undo& group) const {
    for (const Undo& undo : batch_) {
      if (undo.kind == Undo::Kind::kMove && undo.tree == group.tree && undo.group == group.group) {
        return undo.value;
      }
    }
    return std::nullopt;
  }

  /// Children that were born in the group go where their parents went.
  void send_home(const Undo& undo, Directory& group) {
    const auto origin = origin_of(undo);
    if (!origin) return;
    std::istringstream pids(group.read(Knob::kProcs).value);
    for (pid_t pid = 0; pids >> pid;) put(undo, pid, *origin);
  }

  /// Once the processes that can be put elsewhere are gone; the rest may be ending. Returns an errno.
  int remove_when_empty(const Undo& undo, Directory& parent, const std::string& name) {
    for (milliseconds pause{0};; pause = std::max(milliseconds{1}, 2 * pause)) {
      const int error = parent.remove(name);
      if (error != EBUSY) return error;
      const auto group = parent.open(name);
      if (group.ok() && !group.value->children().value.empty()) return error;
      if (group.ok()) send_home(undo, *group.value);
      if (pause == milliseconds{0}) continue;
      if (patience_ == milliseconds{0}) return error;
      pause = std::min(pause, patience_);
      patience_ -= pause;
      processes_.pause(pause);
    }
  }

  void remove(const Undo& undo) {
    const auto [above, name] = split_group(undo.group);
    const auto parent = open(undo, above);
    if (!parent) return;
    const int error = remove_when_empty(undo, *parent, name);
    if (error == 0 || error == ENOENT) return;
    Undo at = undo;
    at.group = above;
    complain(Verb::kRemove, at, name, error);
    if (const auto group = parent->open(name); error == EBUSY && group.ok()) {
      std::string pids = group.value->read(Knob::kProcs).value;
      for (char& c : pids) c = c == '\n' ? ' ' : c;
      if (!pids.empty()) problems_.back() += " (it holds " + pids + ")";
    }
  }

  const std::vector<Undo>& batch_;
  Machine& machine_;
  ProcessTable& processes_;
  milliseconds patience_ = kPatience;  ///< what is left of it
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> roll_back(const std::vector<Undo>& batch, Machine& machine,
                                   ProcessTable& processes) {
  return RollBack(batch, machine, processes).run();
}

}  // namespace sharesim::cgroup
