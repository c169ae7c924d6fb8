#pragma once
// The ideal where tasks are bound to CPUs: progressive filling from scratch at each change.
//
// Tasks with the same group, weight, ceiling and set of CPUs form a class and are always served
// alike. The level of the root rises in stretches; a stretch ends when a class, a group or a set of
// CPUs freezes. A change costs O(F (C + G + S)), for F stretches, C classes with demand, G groups,
// and S pairs of a set of CPUs and a union of sets it lies in. Sharing out a lag looks at all of
// them once.

#include <map>
#include <tuple>
#include <vector>

#include "sim/metrics/ideal_clock.hpp"
#include "sim/metrics/ideal_cpu_sets.hpp"
#include "sim/metrics/ideal_solver.hpp"

namespace sharesim::ideal {

class SetSolver final : public Ideal::Solver {
 public:
  explicit SetSolver(const Scenario& scenario);

  void arrive(TaskId task, Time now) override;
  void leave(TaskId task, double service_ns, Time now) override;
  void set_weight(EntityRef entity, Weight weight, Time now) override;
  void set_cap(EntityRef entity, const Bandwidth* cap, Time now) override;
  void set_affinity(EntityRef entity, const CpuSet& cpus, Time now) override;
  double service_ns(TaskId task, Time now) const override;
  double group_service_ns(GroupId group, Time now) const override;
  double rate(TaskId task) const override;
  double group_rate(GroupId group) const override;

 private:
  using ClassId = std::uint32_t;

  /// Something that is served at a constant rate between changes.
  struct Account {
    Sum base;  ///< at `since`
    Time since{};
    double pace = 0;  ///< per ns

    Sum at(Time now) const { return base.plus(pace * ns_between(since, now)); }
    void set_pace(double to, Time now) {
      if (to == pace) return;
      base = at(now);
      since = now;
      pace = to;
    }
    void add(double step, Time now) {
      base = at(now).plus(step);
      since = now;
    }
  };

  struct Class {
    GroupId group = kRoot;
    CpuSets::SetId set = 0;
    Weight weight = 1;
    Ceiling ceiling = 0;
    std::uint32_t units = 0;  ///< tasks with demand
    Account served;           ///< per weight
    double level = 0;         ///< while filling: rate per weight
    bool frozen = false;

    double top() const { return to_cpus(ceiling) / static_cast<double>(weight); }
    /// While nothing is being filled.
    bool at_ceiling() const { return level >= top() * kNearlyAll; }
  };

  struct Group {
    GroupId parent = kRoot;
    Weight weight = 1;
    Ceiling limit = 0;
    Account served;
    // While filling:
    double rate = 0;
    double speed = 0;        ///< of rate, per level of the root
    double level_speed = 0;  ///< of what an item gets per weight
    Weight rising = 0;       ///< sum of the weights of the items that are not frozen
    bool frozen = false;

    bool at_limit() const { return rate >= to_cpus(limit) * kNearlyAll; }
  };

  /// While filling: all tasks bound to one set of CPUs.
  struct SetLoad {
    double rate = 0;
    double speed = 0;
    bool frozen = false;
  };

  ClassId class_of(GroupId group, CpuSets::SetId set, Weight weight, Ceiling ceiling);
  void join(TaskId task, Time now);
  void quit(TaskId task, Time now);
  void move(TaskId task, ClassId to, Time now);

  /// Whom the lag of a task that leaves is shared out among.
  struct Shares {
    std::vector<double> set_rates;      ///< of all tasks bound to a set of CPUs
    std::vector<std::size_t> scarcest;  ///< by set: the smallest full union of sets it lies in
    std::vector<ClassId> classes;       ///< that compete with the task
    std::vector<Weight> weights;        ///< by group: of its children that do, or hold some that do
    std::vector<double> per_weight;     ///< by group: what these get
  };
  void find_scarcest();
  void find_shares(CpuSets::SetId set);
  void share_out(GroupId group, double lag, Time now);

  void solve(Time now);
  void fill();
  void add_weights();
  void spread_speeds();
  void load_sets();
  double longest_stretch() const;
  void advance(double stretch);

  Affinity affinity_;
  std::vector<CpuSets::Constraint> constraints_;
  std::vector<TaskAccount> tasks_;
  std::vector<Class> classes_;
  std::vector<Group> groups_;
  std::vector<ClassId> demanding_;  ///< classes with demand, ascending
  std::vector<SetLoad> loads_;
  Shares shares_;  ///< of one task after the other; kept for its memory
  std::map<std::tuple<GroupId, CpuSets::SetId, Weight, Ceiling>, ClassId> ids_;
  Ceiling machine_ceiling_;
};

}  // namespace sharesim::ideal
