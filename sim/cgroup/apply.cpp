#include "sim/cgroup/apply.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <sstream>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/group_paths.hpp"
#include "sim/cgroup/rollback.hpp"
#include "sim/cgroup/values.hpp"
#include "sim/core/check.hpp"

namespace sharesim::cgroup {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

/// Does single changes, and sees that they came true. Throws CgroupError.
class Doing {
 public:
  Doing(Machine& machine, ProcessTable& processes) : machine_(machine), processes_(processes) {}

  void make(const Change& change) const {
    const Step& step = change.step;
    const auto [above, name] = split_group(step.group);
    if (const int error = open(step, above)->make(name)) {
      throw CgroupError(sentence({.verb = Verb::kMake,
                                  .version = machine_.facts.version,
                                  .group = absolute(machine_.facts, step.tree, above),
                                  .value = name,
                                  .error = error}));
    }
  }

  void enable(const Change& change) const {
    const Step& step = change.step;
    const auto group = open(step, step.group);
    // Otherwise the kernel would take the controller, and make the groups below invalid.
    if (!step.group.empty() || !machine_.facts.root_of_all) {
      const std::string pids = read(step, *group, Knob::kProcs);
      if (!pids.empty()) fail(Verb::kEnable, step, EBUSY);
    }
    if (const int error = group->write(step.knob, step.value)) fail(Verb::kEnable, step, error);
    const std::string now = read(step, *group, step.knob);
    if (!has_word(now, std::string_view(step.value).substr(1))) {
      throw CgroupError(fmt::format("{}/{} reads '{}' after {} was written", place(step),
                                    file_name(step.knob), now, step.value));
    }
  }

  void write(const Change& change) const {
    const Step& step = change.step;
    const auto group = open(step, step.group);
    if (const int error = group->write(step.knob, step.value)) fail(Verb::kWrite, step, error);
    compare(step, *group, step.knob);
    if (step.knob != Knob::kCpusetCpus || step.value.empty()) return;
    // What was asked for is kept as a wish; CPUs that are offline or taken are not in this.
    const bool v2 = machine_.facts.version == Version::kV2;
    Step effective = step;
    effective.knob = v2 ? Knob::kCpusetCpusEffective : Knob::kCpusetEffectiveCpus;
    const auto now = group->read(effective.knob);
    if (now.error == ENOENT && !v2) return;  // of kernels before 3.17
    if (!now.ok()) fail(Verb::kRead, effective, now.error);
    compare(step, *group, effective.knob);
  }

  void move(const Change& change) const {
    const Step& step = change.step;
    const bool to_leader = step.group == kLeaderGroup;
    const auto process = processes_.find(step.pid);
    if (to_leader && process.error == ESRCH) return;
    if (!process.ok()) fail(Verb::kMove, step, process.error);
    if (process.value->start() != change.start) {  // its pid is another process's meanwhile
      if (to_leader) return;
      fail(Verb::kMove, step, ESRCH);
    }
    const auto group = open(step, step.group);
    if (machine_.facts.version == Version::kV2) {
      const std::string type = read(step, *group, Knob::kType);
      if (type != "domain") {
        throw CgroupError(
            fmt::format("{} is '{}' and takes no processes: a group above it holds "
                        "processes beside its controllers",
                        place(step), type));
      }
    }
    const int error = write_pid(*group, step.value);
    if (to_leader && error == ESRCH) return;
    if (error != 0) fail(Verb::kMove, step, error);
    // Of a zombie the kernel says that it was moved.
    if (!process.value->alive()) {
      if (to_leader) return;
      fail(Verb::kMove, step, ESRCH);
    }
    const auto now = process.value->group_in(machine_.facts.trees[step.tree].mount_point);
    if (now.value != below_mount(machine_.facts, step.tree, step.group)) {
      throw CgroupError(fmt::format("process {} is in '/{}' after it was moved to {}", step.pid,
                                    now.value, place(step)));
    }
  }

 private:
  std::string place(const Step& step) const {
    return absolute(machine_.facts, step.tree, step.group);
  }
  [[noreturn]] void fail(Verb verb, const Step& step, int error) const {
    throw CgroupError(sentence({.verb = verb,
                                .version = machine_.facts.version,
                                .knob = step.knob,
                                .group = place(step),
                                .value = step.value,
                                .error = error,
                                .said = machine_.roots[step.tree]->complaint()}));
  }
  std::unique_ptr<Directory> open(const Step& step, const std::string& group) const {
    auto found = open_below(*machine_.roots[step.tree], group);
    if (!found.ok()) fail(Verb::kOpen, step, found.error);
    return std::move(found.value);
  }
  std::string read(const Step& step, Directory& group, Knob knob) const {
    auto got = group.read(knob);
    Step at = step;
    at.knob = knob;
    if (!got.ok()) fail(Verb::kRead, at, got.error);
    return std::move(got.value);
  }

  void compare(const Step& step, Directory& group, Knob knob) const {
    const std::string now = read(step, group, knob);
    if (same_value(step.knob, step.value, now)) return;
    throw CgroupError(fmt::format(
        "{}/{} reads '{}' after '{}' was written to {}: the kernel has clamped or ignored it, or "
        "somebody else, such as systemd, writes here too",
        place(step), file_name(knob), now, step.value, file_name(step.knob)));
  }

  /// A process that is being born cannot be moved for a moment: EINVAL.
  static int write_pid(Directory& group, const std::string& pid) {
    constexpr int kTries = 5;
    constexpr auto kPause = std::chrono::milliseconds(30);
    int error = 0;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      if (attempt > 0) std::this_thread::sleep_for(kPause);
      error = group.write(Knob::kProcs, pid);
      if (error != EINVAL) break;
    }
    return error;
  }

  Machine& machine_;
  ProcessTable& processes_;
};

}  // namespace

RootLock::RootLock(const Machine& machine, std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kPause{20};
  for (std::size_t i = 0; i < machine.roots.size(); ++i) {
    const int root = machine.roots[i]->descriptor();
    // A descriptor of its own: a lock belongs to what was opened, and goes when that is closed.
    const int fd = root < 0 ? -1 : openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) continue;
    descriptors_.push_back(fd);
    int error = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    for (; error == EWOULDBLOCK && patience >= kPause; patience -= kPause) {
      std::this_thread::sleep_for(kPause);
      error = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    }
    if (error == 0) continue;
    for (const int held : descriptors_) close(held);
    throw CgroupError(
        error == EWOULDBLOCK
            ? fmt::format("another sharesim is at work below {}: wait for its end, or give another "
                          "--cgroup-root",
                          machine.facts.trees[i].root)
            : fmt::format("cannot lock {}: {}", machine.facts.trees[i].root,
                          std::generic_category().message(error)));
  }
}

RootLock::~RootLock() {
  for (const int fd : descriptors_) close(fd);
}

std::vector<Change> apply(const Plan& plan, Machine& machine, ProcessTable& processes,
                          Journal& journal) {
  check(!plan.refused(), "a plan that is refused is not applied");
  std::vector<Change> changes = changes_of(plan, machine, processes);
  if (changes.empty()) return changes;
  std::vector<Undo> batch;
  for (const Change& change : changes) {
    if (change.undo) batch.push_back(*change.undo);
  }
  journal.append(batch);
  try {
    const Doing doing(machine, processes);
    for (const Change& change : changes) dispatch(change.step.kind, change, doing);
  } catch (const CgroupError& error) {
    const std::vector<std::string> problems = roll_back(batch, machine, processes);
    if (!problems.empty()) {
      throw CgroupError(
          fmt::format("{}\nand not all could be put back (sharesim revert tries again):\n{}",
                      error.what(), joined(problems)));
    }
    journal.drop_last();
    throw CgroupError(
        fmt::format("{}\nnothing is changed: what was done before is taken back", error.what()));
  }
  return changes;
}

Reverted revert(Machine& machine, ProcessTable& processes, Journal& journal) {
  Reverted result;
  const auto batches = journal.batches();
  for (std::size_t left = batches.size(); left-- > 0;) {
    for (std::string& problem : roll_back(batches[left], machine, processes)) {
      result.problems.push_back(std::move(problem));
    }
    result.undone += batches[left].size();
  }
  if (result.problems.empty() && !batches.empty()) journal.clear();
  return result;
}

}  // namespace sharesim::cgroup
