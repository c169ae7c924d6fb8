#pragma once
// The processes of a live run: born in their groups, dead before it is over.

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "sim/cgroup/live_groups.hpp"
#include "sim/cgroup/live_page.hpp"
#include "sim/cgroup/live_service.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cgroup {

/// Memory that this process and those that it starts share; all zeros.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  std::byte* at(std::size_t offset) const { return static_cast<std::byte*>(begin_) + offset; }

 private:
  void* begin_;
  std::size_t bytes_;
};

/// The most processes that a live run starts.
inline constexpr TaskId kMostClients = 1000;

class LiveClients {
 public:
  /// Both must outlive this object.
  LiveClients(const Scenario& scenario, const LiveGroups& groups);
  /// Kills and reaps those that are left.
  ~LiveClients();
  LiveClients(const LiveClients&) = delete;
  LiveClients& operator=(const LiveClients&) = delete;

  /// Starts a process for each task, and waits until each is in its group. Throws MachineError.
  void start();
  /// The run begins.
  void open();
  /// Now, since the run began.
  Time now() const;
  /// From now on the clients see that the run ends at `end`.
  void end_at(Time end);
  /// Throws MachineError if a client has died of something else than the end of its work, or has lost records.
  void check();
  /// The entities' CPUs change. Where groups cannot hold them there, their processes are.
  void change_cpus(const std::vector<EntityRef>& entities, const CpuSet& cpus);
  void kill_all();

  LivePage& page(TaskId task) const { return pages_[task]; }

 private:
  void make_services();
  void start_client(TaskId task);
  /// In the new process; never returns.
  [[noreturn]] void become(TaskId task, pid_t parent, bool born_inside);
  void prepare(TaskId task, pid_t parent, bool born_inside);
  /// Holds the process (0: the calling one) to the task's CPUs, or to none where its group does.
  void pin(TaskId task, pid_t pid) const;

  const Scenario& scenario_;
  const LiveGroups& groups_;
  const Duration switch_gap_;
  SharedMemory memory_;  ///< the board, then the pages
  LiveBoard& board_;
  LivePage* const pages_;
  std::vector<std::unique_ptr<SharedMemory>> service_memory_;
  std::vector<LiveService*> services_;                         ///< by task; nullptr: no worker
  std::vector<pid_t> pids_;                                    ///< 0: has ended, and was reaped
  std::vector<std::optional<CpuSet>> group_cpus_, task_cpus_;  ///< of its own, by id
};

}  // namespace sharesim::cgroup
