#pragma once
// What Measures keeps while a run goes on. Private to measures*.cpp.
//
//   measures.cpp         demand and runs
//   measures_changes.cpp who competes, throttling, changes of weight, cap and affinity
//   measures_build.cpp   the tree, the sets of CPUs and the windows of a scenario
//   measures_edges.cpp   the edges of ticks and of windows of `expect:`
//   measures_report.cpp  the end: conservation, rows, expectations

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/check.hpp"
#include "sim/metrics/cpu_stats.hpp"
#include "sim/metrics/credits.hpp"
#include "sim/metrics/fairness.hpp"
#include "sim/metrics/ideal.hpp"
#include "sim/metrics/ideal_cpu_sets.hpp"
#include "sim/metrics/latency_histogram.hpp"
#include "sim/metrics/latency_log.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/metrics/starvation.hpp"
#include "sim/metrics/wasted_idle.hpp"

namespace sharesim {

class Measures::State {
 public:
  State(std::shared_ptr<const Scenario> scenario, const std::string& scheduler, Served served);

  // What is told; times in ns from here on
  void arrived(TaskId id, std::int64_t now);
  void left(TaskId id, std::int64_t now);
  void run_begin(CpuId cpu, TaskId id, std::int64_t now);
  void run_end(CpuId cpu, TaskId id, std::int64_t begin, std::int64_t end, StopReason why);
  void overhead(CpuId cpu, TaskId id, std::int64_t begin, std::int64_t lost);
  void completed(TaskId id, std::int64_t since, std::int64_t now);
  void dropped(TaskId first_worker, std::int64_t now);
  void throttled(EntityRef entity, std::int64_t now);
  void unthrottled(EntityRef entity, std::int64_t now);
  CpuStats& cpu_stats() { return cpu_stats_; }
  void weight_changed(EntityRef entity, Weight weight, std::int64_t now);
  void cap_changed(EntityRef entity, const Bandwidth* cap, std::int64_t now);
  void affinity_changed(EntityRef entity, const CpuSet& cpus, std::int64_t now);

  // measures_edges.cpp; progress() is at the edge that was crossed last
  void set_tick_listener(std::int64_t tick, TickListener* listener);
  void cross_edges(std::int64_t now);
  Progress progress(EntityRef entity) const;
  std::optional<CreditResult> credits(EntityRef entity) const {
    return credits_ ? credits_->at(entity, at_ns(edge_)) : std::nullopt;
  }

  // measures_report.cpp
  void finished(std::int64_t now);
  EntityResult row(EntityRef entity) const;
  std::vector<LatencyCount> wakeup_counts(EntityRef entity) const;
  std::vector<ExpectationResult> expectations() const;

 private:
  static constexpr std::int64_t kNone = -1;  ///< instead of a time
  static constexpr std::int64_t kNoEdge = std::numeric_limits<std::int64_t>::max();
  static constexpr std::uint16_t kNoLastCpu = std::numeric_limits<std::uint16_t>::max();

  /// What every run touches comes first.
  struct Task {
    std::int64_t service = 0;            ///< of runs that have ended
    double lag_max = 0, lag_min = 0;     ///< extremes so far
    std::int64_t waiting_since = kNone;  ///< the open stretch runnable without running
    std::int64_t woken_at = kNone;       ///< the wakeup that no run has followed yet
    std::int64_t starved_for = 0;        ///< the longest stretch
    GroupId group = kRoot;
    std::uint32_t child = 0;  ///< index among the children of `group`
    std::uint64_t switches = 0;

    std::uint64_t preemptions = 0, migrations = 0, wakeups = 0;
    std::int64_t runnable = 0;  ///< time with demand; while it has demand: + now
    std::int64_t starved_from = 0;
    TaskId starved_by = kNoTask;
    std::uint16_t last_cpu = kNoLastCpu;
    bool has_demand = false;
    bool throttled = false;  ///< by its own cap

    bool competes() const { return has_demand && !throttled; }
  };
  static_assert(sizeof(Task) == 112);

  /// Time throttled by an entity's own cap.
  struct Throttling {
    std::int64_t total = 0;
    std::int64_t since = kNone;
    std::uint64_t times = 0;

    std::int64_t until(std::int64_t now) const {
      return total + (since == kNone ? 0 : now - since);
    }
  };

  struct Group {
    GroupId parent = kRoot;
    std::uint32_t child = 0;        ///< index among the children of `parent`
    std::uint32_t with_demand = 0;  ///< tasks below
    std::uint32_t competing = 0;    ///< direct children that have work and are not throttled
    std::uint32_t held = 0;         ///< how many of itself and the groups above are throttled
    std::uint32_t running = 0;      ///< tasks below
    std::int64_t offset = 0;        ///< service = offset + running x now
    std::int64_t runnable = 0;      ///< as in Task, while any task below has demand
    double lag_max = 0, lag_min = 0;
    Fairness fairness;
    Throttling throttling;
    std::vector<GroupId> groups;       ///< direct children
    std::vector<std::uint32_t> specs;  ///< indices of its own entries in Scenario::tasks

    std::int64_t service(std::int64_t now) const { return offset + running * now; }
    bool throttled() const { return throttling.since != kNone; }
  };

  struct Cpu {
    TaskId last = kNoTask;         ///< whose run began last
    std::int64_t accounted = 0;    ///< up to here, its time is service, overhead or idle
    std::int64_t stretch = kNone;  ///< the stretch that the present run ended
  };

  /// What the ideal gives a task until the ideal's next change: at_start + rate x now.
  struct Line {
    double at_start = 0;
    double rate = 0;
    std::uint64_t change = 0;  ///< as of this many changes
  };

  /// A line of `expect:` about a part of the run.
  struct Window {
    std::size_t expectation = 0;
    EntityRef entity;
    std::int64_t from = 0;
    std::int64_t to = kNoEdge;  ///< kNoEdge: the end of the run
    Progress at_from, at_to;
    std::optional<CreditResult> credits_at_from, credits_at_to;
  };

  // Construction
  void build_groups();
  void build_windows(const std::string& scheduler);

  // Runs
  void pass_edges(std::int64_t now) {
    if (now > next_edge_) [[unlikely]]
      cross_edges(now);
  }
  void close_stretch(TaskId id, Task& task, std::int64_t now);
  void starves_most(TaskId id, Task& task, std::int64_t now);
  void note_wait(TaskId id, const Task& task, std::int64_t now);
  void sample_task(TaskId id, Task& task, std::int64_t now) {
    const double lag = ideal_service(id, now) - static_cast<double>(task.service);
    task.lag_max = lag > task.lag_max ? lag : task.lag_max;
    task.lag_min = lag < task.lag_min ? lag : task.lag_min;
  }
  void sample_groups_above(const Task& task, std::int64_t now);
  void sample_group(GroupId id, std::int64_t now);
  double ideal_service(TaskId id, std::int64_t now) {
    if (unsettled_ > 0) {
      --unsettled_;
      return ideal_.service_ns(id, at_ns(now));
    }
    if (lines_.empty() || lines_[id].change != ideal_changes_) [[unlikely]]
      draw_line(id, now);
    return lines_[id].at_start + lines_[id].rate * static_cast<double>(now);
  }
  void ideal_changed();
  void draw_line(TaskId id, std::int64_t now);
  bool is_running(TaskId id, const Task& task) const {
    return task.last_cpu != kNoLastCpu && open_[task.last_cpu].task == id;
  }

  // Waiting, competing, and where
  void bind_tasks(std::int64_t now);
  void starts_waiting(TaskId id, Task& task, std::int64_t now);
  void stops_waiting(TaskId id, Task& task, std::int64_t now);
  void demand_changes(const Task& task, std::int32_t by, std::int64_t now);
  void start_competing(GroupId group, std::uint32_t child, std::int64_t now);
  void stop_competing(GroupId group, std::uint32_t child, std::int64_t now);
  void hold_tasks(GroupId group, std::int64_t now);
  void release_tasks(GroupId group, std::int64_t now);
  template <typename Visit>
  void for_each_own_task(const Group& group, Visit visit) const;
  template <typename Visit>
  void for_each_spec_below(GroupId group, Visit visit) const;
  template <typename Visit>
  void for_each_task_below(GroupId group, Visit visit) const;

  // Edges
  void cross(std::int64_t edge);
  void cross_last(std::int64_t end);
  void find_next_edge();
  void take_windows(std::int64_t edge);

  // Report
  EntityResult task_row(TaskId id) const;
  EntityResult group_row(GroupId id) const;
  void set_fairness(EntityResult& row, const Group& group) const;
  void conserve() const;
  std::optional<std::int64_t> value_at_end(Metric metric, EntityRef entity) const;
  std::optional<std::int64_t> value_in(const Window& window) const;

  // What has been given up to `now`, by runs that have ended and by the one that has not
  std::int64_t service_at(TaskId id, std::int64_t now) const;
  std::int64_t group_service_at(GroupId id, std::int64_t now) const;

  std::shared_ptr<const Scenario> scenario_;
  const bool fluid_;
  std::int64_t next_edge_ = kNoEdge;
  std::vector<Task> tasks_;
  LatencyLog wakeups_, responses_;  ///< of these
  std::vector<OpenRun> open_;       ///< by CPU
  std::vector<Cpu> cpus_;
  std::vector<Group> groups_;
  Ideal ideal_;
  std::vector<Line> lines_;  ///< by task; empty until the ideal has been quiet for a while
  std::uint64_t ideal_changes_ = 0;
  std::uint64_t unsettled_ = 0;  ///< questions until the ideal counts as quiet
  RecentRuns recent_;
  std::int64_t idle_ = 0;
  std::int64_t overhead_ = 0;
  WastedIdle wasted_;
  std::int64_t wasted_idle_ = 0;                  ///< once the run is over
  std::optional<ideal::Affinity> affinity_;       ///< only if somebody is ever bound to CPUs
  std::map<TaskId, Throttling> throttled_tasks_;  ///< those that ever were
  CpuStats cpu_stats_;
  std::optional<CreditAccounts> credits_;  ///< only if somebody ever has any
  std::vector<std::uint64_t> dropped_;     ///< by entry of Scenario::tasks

  TickListener* listener_ = nullptr;
  /// By task: the longest stretch without running that ended in the present tick; empty unless there
  /// is a listener.
  std::vector<std::int64_t> waited_;
  std::int64_t tick_ = 0;
  std::int64_t tick_edge_ = kNoEdge;        ///< the end of the present tick
  std::int64_t edge_ = 0;                   ///< the edge that was crossed last
  std::vector<std::int64_t> window_edges_;  ///< ascending
  std::size_t next_window_edge_ = 0;
  std::vector<Window> windows_;
  std::vector<std::size_t> expected_;  ///< expectations that apply to this scheduler
  std::int64_t end_ = kNone;           ///< of the run, once it is over
};

}  // namespace sharesim
