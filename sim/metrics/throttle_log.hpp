#pragma once
// Period by period: what a group's cap gave, who used it, and when there was none left.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/core/quota.hpp"
#include "sim/record/observer.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// CPU time of one task in one period.
struct QuotaUse {
  TaskId task = kNoTask;
  Duration used{};

  friend bool operator==(const QuotaUse&, const QuotaUse&) = default;
};

/// One period of a group's cap: from a refill to the next one, or to the end of the run or a change
/// of the cap.
struct ThrottlePeriod {
  std::uint64_t number = 0;  ///< from 0, over the whole run
  Time begin{};
  Time end{};
  Duration quota{};
  Duration available{};  ///< in the pool at its beginning, after the refill
  Duration used{};       ///< by all tasks below the group
  /// In the pool at its end, before the refill; unknown if the run or a change of the cap cuts off a period of slices.
  std::optional<Duration> left{};
  /// At its end with CPUs, of slices (machine.bandwidth_slice); unknown where `left` is.
  std::optional<Duration> parked{Duration::zero()};
  Duration throttled{};            ///< time out of quota (on one CPU at least) with work to do
  Duration throttled_cpus{};       ///< with slices: time out of quota, summed over the CPUs
  std::optional<Time> used_from;   ///< when the first task ran
  std::optional<Time> first_held;  ///< when it was out of quota for the first time
  CpuSet held;                     ///< the CPUs that were taken from it, or that it could not have
  std::uint32_t at_once = 0;       ///< CPUs that it had at once, at most
  std::vector<QuotaUse> users;     ///< who used most, most first, ties by task

  /// Throttled for no time at all (at the very end of a period) does not count.
  bool was_throttled() const { return throttled > Duration::zero(); }
};

/// All periods together.
struct ThrottleSummary {
  std::uint64_t periods = 0;
  std::uint64_t throttled_periods = 0;
  std::uint64_t stranded_periods = 0;  ///< throttled, while other CPUs held quota at the end
  Duration time{};                     ///< of all periods
  Duration used{};
  Duration granted{};  ///< the quota of all periods
  Duration throttled{};
  Duration throttled_cpus{};
  Duration used_most{};    ///< in one period
  Duration parked_most{};  ///< in a stranded period
  std::uint32_t at_once = 0;
  std::optional<ThrottlePeriod> worst;  ///< throttled longest, the first of them
};

/// Which tasks lie below a group, by id.
std::vector<bool> tasks_below(const Scenario& scenario, GroupId group);

/// Watches the cap of one group. Memory does not grow with the run: each period is handed on when
/// it is over.
class ThrottleLog final : public QuietObserver {
 public:
  using Listener = std::function<void(const ThrottlePeriod&)>;

  /// The group has a cap at some time of the run, never one of credits. `most_users` are kept of
  /// each period. `per_cpu` is whether the scheduler has a queue on each CPU: without, quota is
  /// never handed out in slices.
  ThrottleLog(const Scenario& scenario, GroupId group, bool per_cpu, std::size_t most_users,
              Listener listener);

  /// After finished().
  const ThrottleSummary& summary() const { return summary_; }

  void run_begin(CpuId cpu, TaskId task, Time now) override;
  void run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) override;
  void throttled(EntityRef entity, Time now) override;
  void unthrottled(EntityRef entity, Time now) override;
  void throttled_on(EntityRef entity, CpuId cpu, Time now) override;
  void unthrottled_on(EntityRef entity, CpuId cpu, Time now) override;
  void period_ended(EntityRef entity, const PeriodEnd& end, Time now) override;
  void cap_changed(EntityRef entity, const Bandwidth* cap, Time now) override;
  void finished(Time now, bool complete) override;

 private:
  struct Cpu {
    TaskId task = kNoTask;  ///< that runs there, if it is below the group
    Time since{};           ///< up to here, what it used has been counted
    Time held_since = kNever;
    Time stopped = kNever;  ///< when the last run of a task below the group ended
  };

  bool ours(EntityRef entity) const { return entity == EntityRef::group(group_); }
  void advance(Time now);
  void pass(Time now);
  void set_cap(const Bandwidth* cap, Time now);
  void open(Time begin);
  void close(Time end);
  void charge(Cpu& cpu, Time until);
  void close_holds(Time end);
  void rank_users();
  void count(const ThrottlePeriod& period);

  GroupId group_;
  bool slices_;
  std::size_t most_users_;
  Listener listener_;
  std::vector<bool> below_;  ///< by task
  std::vector<Cpu> cpus_;
  std::uint32_t busy_ = 0;  ///< CPUs that run a task below
  Time seen_{};             ///< all has been counted up to here

  std::optional<Quota> quota_;  ///< of an exact pool; with slices only its refills are asked for
  Duration pool_{};             ///< with slices: in the pool when the period began
  bool told_ = false;           ///< with slices: how the present period ended
  ThrottlePeriod period_;       ///< the present one, if there is a cap
  Time throttled_since_ = kNever;
  std::vector<Duration> used_;  ///< by task, in this period
  std::vector<TaskId> users_;   ///< who has used any
  ThrottleSummary summary_;
};

}  // namespace sharesim
