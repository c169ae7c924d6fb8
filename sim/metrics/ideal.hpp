#pragma once
// The yardstick: what fluid sharing would have given each task and group.
//
// At every instant the tasks that have demand share the CPUs by progressive filling: the level of
// the root rises from 0; a child of the root that is not frozen gets weight x level; inside a
// group, the children that are not frozen share by weight what the frozen ones leave of the group's
// rate. A task freezes at one CPU or at its cap, a group at its cap or when everything in it is
// frozen, and all tasks that may only run on a set of CPUs freeze when that set is full. On one CPU
// this is GPS; without affinity it is weighted max-min at each level of the tree.
//
// Lag leaves with the task. What a task that leaves is owed (ideal - service; negative: what it has
// had too much) is not a debt that anybody will pay later: its ideal becomes its service, and the
// difference goes by weight to the siblings that compete with it, as in Stoica and Abdel-Wahab's
// earliest eligible virtual deadline first (1995). A child with demand competes unless it is at its
// own ceiling (a task at one CPU or its cap, a group at its cap or with all of its children at
// theirs); where tasks are bound to CPUs, only those compete whose smallest full set of CPUs is the
// leaver's. A group passes what it gets on to its own children in the same way. If no sibling
// competes, the difference is the group's, and is shared out among the group's siblings, and so on;
// past the root it is dropped. So the ideals of the children of a group always add up to the
// group's, a task or group without demand has no lag, and on one CPU that is never idle while there
// is demand, without caps, the lags of the tasks add up to 0.
//
// The rate of a cap is quota / period, rounded down to whole millionths of a millionth of a CPU. So a
// machine with credits is entitled to its baseline, also while it has credits: what it spends beyond
// that is its lead over the ideal (negative lag), and its neighbours' lag. An unlimited one is entitled
// to what its weight gives it.

#include <cstdint>
#include <memory>

#include "sim/core/bandwidth.hpp"
#include "sim/core/cpu_set.hpp"
#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// Cumulative ideal service, kept as demand comes and goes. A change costs O(depth log siblings),
/// plus what it freezes or thaws, where tasks of one group with equal weight and cap count as one;
/// where affinity is in use, everything is solved anew at each change. `now` never goes back, not
/// even behind that of a question.
class Ideal {
 public:
  /// How the rates are found. They are the same either way.
  enum class Method : std::uint8_t {
    kAutomatic,    ///< kIncremental where the scenario leaves every task all CPUs, always
    kIncremental,  ///< only what a change touches; knows no affinity
    kFromScratch,  ///< everything at each change
  };

  /// Throws InputError if the sets of CPUs that tasks are bound to overlap in too many ways.
  explicit Ideal(const Scenario& scenario, Method method = Method::kAutomatic);
  ~Ideal();
  Ideal(const Ideal&) = delete;
  Ideal& operator=(const Ideal&) = delete;

  /// The task, which had none, has demand. Tasks start without.
  void arrive(TaskId task, Time now);
  /// Its demand ends after `service_ns` of CPU time since the start of the run: its lag leaves with
  /// it.
  void leave(TaskId task, double service_ns, Time now);
  void set_weight(EntityRef entity, Weight weight, Time now);
  /// nullptr: no cap.
  void set_cap(EntityRef entity, const Bandwidth* cap, Time now);
  /// Throws InternalError if that binds a task, and nothing in the scenario ever did.
  void set_affinity(EntityRef entity, const CpuSet& cpus, Time now);

  /// CPU time in ns that the ideal has given up to `now`. Lag that is shared out moves it up or
  /// down at once.
  double service_ns(TaskId task, Time now) const;
  double group_service_ns(GroupId group, Time now) const;
  /// The present rate, in CPUs.
  double rate(TaskId task) const;
  double group_rate(GroupId group) const;

  /// One of the two methods; known to ideal*.cpp only.
  class Solver;

 private:
  std::unique_ptr<Solver> solver_;
};

}  // namespace sharesim
