#pragma once
// A host for tests of the queues in schedulers/common, with an affinity that is easy to foresee.

#include "sim/scheduler.hpp"

namespace sharesim {

/// Entity e may run on CPU c where e + c is even, or everywhere.
class EvenHost final : public QueueHost {
 public:
  explicit EvenHost(bool affinity) : affinity_(affinity) {}
  Duration remaining_burst(EntityId) const override { return kForever; }
  bool allowed(EntityId e, CpuId cpu) const override { return !affinity_ || (e + cpu) % 2 == 0; }
  bool has_affinity() const override { return affinity_; }
  const Bandwidth* cap(EntityId) const override { return nullptr; }

 private:
  bool affinity_;
};

}  // namespace sharesim
