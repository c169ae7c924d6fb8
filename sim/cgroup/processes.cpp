#include "sim/cgroup/processes.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>

#include "sim/cgroup/mounts.hpp"

namespace sharesim::cgroup {
namespace {

constexpr unsigned long kKernelThread = 0x00200000;  // PF_KTHREAD of include/linux/sched.h

/// What /proc/PID/stat says (man 5 proc).
struct Stat {
  char state = '?';
  pid_t parent = 0;
  unsigned long flags = 0;
  std::uint64_t start = 0;
};

std::optional<Stat> read_stat(pid_t pid) {
  const std::string text = read_proc("/proc/" + std::to_string(pid) + "/stat");
  // The name stands in parentheses and may hold anything, so that the last one ends it.
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(end + 1));
  Stat stat;
  std::string skipped;
  fields >> stat.state >> stat.parent;
  for (int field = 5; field < 9; ++field) fields >> skipped;
  fields >> stat.flags;
  for (int field = 10; field < 22; ++field) fields >> skipped;
  fields >> stat.start;
  if (!fields) return std::nullopt;
  return stat;
}

class KernelProcess final : public Process {
 public:
  KernelProcess(pid_t pid, int pidfd, const Stat& stat) : pid_(pid), pidfd_(pidfd), stat_(stat) {}
  KernelProcess(const KernelProcess&) = delete;
  KernelProcess& operator=(const KernelProcess&) = delete;
  ~KernelProcess() override {
    if (pidfd_ >= 0) close(pidfd_);
  }

  pid_t pid() const override { return pid_; }
  std::uint64_t start() const override { return stat_.start; }
  bool alive() const override {
    const bool there = syscall(SYS_pidfd_send_signal, pidfd_, 0, nullptr, 0) == 0 || errno == EPERM;
    const auto now = read_stat(pid_);
    return there && now && now->start == stat_.start && now->state != 'Z' && now->state != 'X';
  }
  bool kernel_thread() const override { return (stat_.flags & kKernelThread) != 0; }
  Got<std::string> group_in(const std::string& mount_point) const override {
    const std::string groups = read_proc("/proc/" + std::to_string(pid_) + "/cgroup");
    if (groups.empty()) return {"", ESRCH};
    for (const Mount& mount : read_mounts(read_proc("/proc/self/mountinfo"))) {
      if (mount.point != mount_point) continue;
      if (auto group = cgroup::group_in(mount, groups)) return {std::move(*group), 0};
    }
    return {"", ENOENT};
  }

 private:
  const pid_t pid_;
  const int pidfd_;
  const Stat stat_;
};

class KernelProcessTable final : public ProcessTable {
 public:
  Got<std::unique_ptr<Process>> find(pid_t pid) override {
    if (pid <= 0) return {nullptr, EINVAL};
    const auto pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    // A thread that is not the first of its process is ENOENT or, before Linux 6.15, EINVAL.
    if (pidfd < 0) return {nullptr, errno == ENOENT || errno == EINVAL ? ESRCH : errno};
    const auto stat = read_stat(pid);
    auto process = std::make_unique<KernelProcess>(pid, pidfd, stat.value_or(Stat{}));
    // What stat says is about this process if it is there now: its pid is not given away until then.
    if (!stat || !process->alive()) return {nullptr, ESRCH};
    return {std::move(process), 0};
  }

  std::vector<pid_t> own_line() override {
    std::vector<pid_t> line{1};
    for (pid_t pid = getpid(); pid > 1;) {
      line.push_back(pid);
      const auto stat = read_stat(pid);
      pid = stat ? stat->parent : 0;
    }
    return line;
  }

  void pause(std::chrono::milliseconds time) override { std::this_thread::sleep_for(time); }
};

}  // namespace

std::unique_ptr<ProcessTable> process_table() { return std::make_unique<KernelProcessTable>(); }

}  // namespace sharesim::cgroup
