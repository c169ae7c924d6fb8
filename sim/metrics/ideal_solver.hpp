#pragma once
// What both ways of computing the ideal have in common.

#include <memory>

#include "sim/metrics/ideal.hpp"

namespace sharesim {

/// The verbs of Ideal; see there.
class Ideal::Solver {
 public:
  Solver() = default;
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;
  virtual ~Solver() = default;

  virtual void arrive(TaskId task, Time now) = 0;
  virtual void leave(TaskId task, double service_ns, Time now) = 0;
  virtual void set_weight(EntityRef entity, Weight weight, Time now) = 0;
  virtual void set_cap(EntityRef entity, const Bandwidth* cap, Time now) = 0;
  virtual void set_affinity(EntityRef entity, const CpuSet& cpus, Time now) = 0;
  virtual double service_ns(TaskId task, Time now) const = 0;
  virtual double group_service_ns(GroupId group, Time now) const = 0;
  virtual double rate(TaskId task) const = 0;
  virtual double group_rate(GroupId group) const = 0;
};

namespace ideal {

/// Ideal::Method::kIncremental.
std::unique_ptr<Ideal::Solver> make_tree_solver(const Scenario& scenario);
/// Ideal::Method::kFromScratch.
std::unique_ptr<Ideal::Solver> make_set_solver(const Scenario& scenario);

}  // namespace ideal
}  // namespace sharesim
