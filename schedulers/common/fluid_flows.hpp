#pragma once
// What wfq and wf2q have in common: the start tag of each flow by the clock of the fluid system.

#include <cstdint>
#include <vector>

#include "schedulers/common/fluid_clock.hpp"
#include "schedulers/common/virtual_time.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// The flows of a queue, in this system and in the fluid one. A flow is backlogged in the fluid
/// system while it is here (queued or running), and after that until V reaches its F.
class FluidFlows {
 public:
  explicit FluidFlows(CpuId cpus) : fluid_(cpus) {}

  void add(EntityId e, Weight weight) {
    if (e >= flows_.size()) flows_.resize(e + 1);
    flows_[e] = {.tag = {}, .weight = weight};
  }

  void remove(EntityId e, Time now) {
    fluid_.advance(now);
    if (fluid_.stay(e)) fluid_.leave(flows_[e].weight);
  }

  void set_weight(EntityId e, Weight weight, Time now) {
    Flow& flow = flows_[e];
    fluid_.advance(now);
    const bool leaving = fluid_.stay(e);
    if (leaving || flow.here) {
      fluid_.join(weight);
      fluid_.leave(flow.weight);
    }
    if (leaving) fluid_.leave_at(e, weight, flow.tag.tag);
    flow.tag.reweigh(flow.weight, weight);
    flow.weight = weight;
  }

  /// S = max(F, V), unless it is here already.
  void arrive(EntityId e, Time now) {
    Flow& flow = flows_[e];
    if (flow.here) return;
    flow.here = true;
    fluid_.advance(now);
    flow.tag.raise_to(fluid_.v());
    if (!fluid_.stay(e)) fluid_.join(flow.weight);
  }

  /// Its request is withdrawn without having been served: F = S.
  void withdraw(EntityId e, Time now) {
    if (flows_[e].runs == 0) leave(e, now);
  }

  void begin(EntityId e) { ++flows_[e].runs; }
  /// What it has used counts: F = S + ran / w. If it `stays`, that is the S of its next request.
  void end(EntityId e, Time now, Duration ran, bool stays) {
    Flow& flow = flows_[e];
    --flow.runs;
    flow.tag.charge(ran, flow.weight);
    if (!stays && flow.runs == 0) leave(e, now);
  }

  /// S of the present request; F of the last one while it is away.
  Tag start(EntityId e) const { return flows_[e].tag.tag; }
  /// F = S + l / w
  Tag finish(EntityId e, Duration length) const {
    VirtualTime finish = flows_[e].tag;
    finish.charge(length, flows_[e].weight);
    return finish.tag;
  }

  /// V when the clock was last advanced.
  Tag v() const { return fluid_.v(); }
  Tag v_at(Time now) {
    fluid_.advance(now);
    return fluid_.v();
  }
  /// V = max(V, floor)
  void raise_v(Tag floor) { fluid_.raise_to(floor); }

 private:
  struct Flow {
    VirtualTime tag;  ///< F of the last request while it is away, else S of the present one
    Weight weight = 1;
    std::uint32_t runs = 0;  ///< picks that have not come back
    bool here = false;       ///< queued or running
  };

  void leave(EntityId e, Time now) {
    Flow& flow = flows_[e];
    flow.here = false;
    fluid_.advance(now);
    if (flow.tag.tag > fluid_.v())
      fluid_.leave_at(e, flow.weight, flow.tag.tag);
    else
      fluid_.leave(flow.weight);
  }

  std::vector<Flow> flows_;
  FluidClock fluid_;
};

}  // namespace sharesim
