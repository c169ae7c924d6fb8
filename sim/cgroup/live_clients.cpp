#include "sim/cgroup/live_clients.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <linux/futex.h>
#include <linux/sched.h>
#include <new>
#include <sched.h>

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/live_burn.hpp"
#include "sim/cgroup/live_client.hpp"
#include "sim/core/error.hpp"

namespace sharesim::cgroup {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kBoardBytes = kPage;
static_assert(sizeof(LiveBoard) <= kBoardBytes);

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value) {
  return syscall(SYS_futex, &word, operation, value, nullptr, nullptr, 0);
}

std::string why(int error) { return std::strerror(error); }

/// A child that is born in the group, or -1 with errno. As clone3(2) wants it: no library wraps the call.
pid_t clone_into(int group) {
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<std::uint64_t>(group);
  return static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
}

cpu_set_t every_cpu() {
  cpu_set_t mask;
  std::memset(&mask, 0xff, sizeof mask);
  return mask;
}

}  // namespace

SharedMemory::SharedMemory(std::size_t bytes)
    : begin_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
      bytes_(bytes) {
  if (begin_ == MAP_FAILED) throw MachineError("no memory to share with processes: " + why(errno));
}
SharedMemory::~SharedMemory() { munmap(begin_, bytes_); }

LiveClients::LiveClients(const Scenario& scenario, const LiveGroups& groups)
    : scenario_(scenario),
      groups_(groups),
      switch_gap_(measure_switch_gap()),
      memory_(kBoardBytes + scenario.task_count() * sizeof(LivePage)),
      board_(*new (memory_.at(0)) LiveBoard),
      pages_(reinterpret_cast<LivePage*>(memory_.at(kBoardBytes))),
      services_(scenario.task_count()),
      pids_(scenario.task_count()) {
  for (const GroupSpec& group : scenario.groups) group_cpus_.push_back(group.cpus);
  for (TaskId task = 0; task < scenario.task_count(); ++task) {
    task_cpus_.push_back(scenario.spec_of(task).cpus);
  }
  make_services();
}

LiveClients::~LiveClients() { kill_all(); }

/// Each instance of an entry with `service:` has a queue and workers of its own.
void LiveClients::make_services() {
  for (const TaskSpec& spec : scenario_.tasks) {
    const auto* service = std::get_if<Service>(&spec.behaviour);
    if (service == nullptr) continue;
    for (TaskId first = spec.first; first < spec.first + spec.instances();
         first += service->workers) {
      auto memory = std::make_unique<SharedMemory>(LiveService::size_of(*service));
      LiveService* queue =
          LiveService::create(memory->at(0), *service, first, spec.start, scenario_.seed);
      std::fill_n(services_.begin() + first, service->workers, queue);
      service_memory_.push_back(std::move(memory));
    }
  }
}

void LiveClients::start() {
  board_.end_ns = to_ns(scenario_.duration);
  const TaskId tasks = scenario_.task_count();
  for (TaskId task = 0; task < tasks; ++task) start_client(task);
  constexpr useconds_t kPatience = 500;  // us
  while (board_.ready < tasks) {
    if (board_.refused != 0) {
      throw CgroupError(
          groups_.why_not_joined(board_.refused_task, static_cast<int>(board_.refused.load())));
    }
    check();
    usleep(kPatience);
  }
}

void LiveClients::start_client(TaskId task) {
  const pid_t parent = getpid();
  const int group = groups_.birthplace(task);
  pid_t child = group < 0 ? -1 : clone_into(group);
  if (child == 0) become(task, parent, true);
  if (child < 0) {
    // A kernel or a sandbox without the call, or a group that it does not work for.
    child = fork();
    if (child == 0) become(task, parent, false);
  }
  if (child < 0) throw MachineError("a process could not be started: " + why(errno));
  pids_[task] = child;
}

void LiveClients::become(TaskId task, pid_t parent, bool born_inside) {
  prepare(task, parent, born_inside);
  ++board_.ready;
  while (board_.open == 0) futex(board_.open, FUTEX_WAIT, 0);
  LiveClient(scenario_.spec_of(task), task, scenario_.seed, pages_[task], board_, services_[task],
             switch_gap_)
      .live();
  _exit(0);
}

/// First into the group, then the CPUs: before Linux 6.2 joining undid them.
void LiveClients::prepare(TaskId task, pid_t parent, bool born_inside) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it has died before it could have been noticed
  // A terminal tells all of its processes; sharesim alone decides what comes of it.
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  const int error = born_inside ? 0 : groups_.join(task);
  if (error != 0) {
    board_.refused_task = task;
    board_.refused = static_cast<std::uint32_t>(error);
    _exit(1);
  }
  // Of sharesim's files it needs none any more; one of them is the lock on the root, which is to be free as soon as
  // sharesim is dead.
  syscall(SYS_close_range, STDERR_FILENO + 1, UINT_MAX, 0);
  prctl(PR_SET_TIMERSLACK, 1);  // ns
  pin(task, 0);
}

void LiveClients::pin(TaskId task, pid_t pid) const {
  cpu_set_t mask = every_cpu();
  // Since Linux 6.2 what a process was bound to before it joined binds it still: with sets every CPU is asked for.
  if (!groups_.facts().tree_of(Controller::kCpuset)) {
    CpuSet cpus = CpuSet::first(scenario_.machine.cpus);
    if (task_cpus_[task]) cpus = cpus & *task_cpus_[task];
    for (GroupId group = scenario_.spec_of(task).group;; group = scenario_.groups[group].parent) {
      if (group_cpus_[group]) cpus = cpus & *group_cpus_[group];
      if (group == kRoot) break;
    }
    CPU_ZERO(&mask);
    for (CpuId k = 0; k < groups_.cpus().size(); ++k) {
      if (cpus.contains(k) && groups_.cpus()[k] < CPU_SETSIZE) CPU_SET(groups_.cpus()[k], &mask);
    }
  }
  sched_setaffinity(pid, sizeof mask, &mask);
}

void LiveClients::change_cpus(const std::vector<EntityRef>& entities, const CpuSet& cpus) {
  for (const EntityRef entity : entities) {
    (entity.is_task() ? task_cpus_ : group_cpus_)[entity.id] = cpus;
  }
  for (TaskId task = 0; task < pids_.size(); ++task) {
    if (pids_[task] != 0) pin(task, pids_[task]);
  }
}

void LiveClients::open() {
  constexpr Duration kNotice = std::chrono::milliseconds(20);  // for all of them to wake up
  board_.zero_ns = to_ns(live_now(0) + kNotice);
  board_.open = 1;
  futex(board_.open, FUTEX_WAKE, INT_MAX);
}

Time LiveClients::now() const { return live_now(board_.zero_ns); }
void LiveClients::end_at(Time end) { board_.end_ns = to_ns(end); }

void LiveClients::check() {
  for (TaskId task = 0; task < pids_.size(); ++task) {
    int status = 0;
    if (pids_[task] != 0 && waitpid(pids_[task], &status, WNOHANG) == pids_[task]) {
      pids_[task] = 0;
      if (WIFSIGNALED(status)) {
        throw MachineError(fmt::format("the process of {} was killed by signal {}",
                                       scenario_.path_of(task), WTERMSIG(status)));
      }
    }
    if (pages_[task].overrun()) {
      throw MachineError(
          fmt::format("{} does more than {} things between two looks: it is too fast "
                      "to be followed",
                      scenario_.path_of(task), LivePage::kRecords));
    }
  }
}

void LiveClients::kill_all() {
  for (const pid_t pid : pids_) {
    if (pid != 0) kill(pid, SIGKILL);
  }
  for (pid_t& pid : pids_) {
    if (pid != 0) waitpid(pid, nullptr, 0);
    pid = 0;
  }
}

}  // namespace sharesim::cgroup
