#pragma once
// The fluid system of wfq and wf2q (GPS) over fractions, by going through all flows at each step.

#include <algorithm>
#include <map>

#include "tests/support/shadowed.hpp"

namespace sharesim {

class ExactFluid {
 public:
  struct Flow {
    Fraction tag;  ///< F of the last request while it is away, else S of the present one
    Weight weight = 1;
    bool here = false;
    Fraction service;  ///< so far
  };

  Flow& flow(EntityId e) { return flows_[e]; }
  const Flow& flow(EntityId e) const { return flows_.at(e); }
  const Fraction& v() const { return v_; }
  void set_v(const Fraction& v) { v_ = v; }

  void set_weight(EntityId e, Weight weight, Time now) {
    advance(now);
    flows_[e].weight = weight;
  }
  /// S = max(F, V)
  void arrive(EntityId e, Time now) {
    advance(now);
    flows_[e].tag = std::max(v_, flows_[e].tag);
    flows_[e].here = true;
  }
  /// F = S + ran / w
  void end(EntityId e, Time now, Duration ran, bool stays) {
    advance(now);
    flows_[e].tag += fraction(ran) / flows_[e].weight;
    flows_[e].here = stays;
  }
  /// The finish tag of a request of this length that `e` begins with now.
  Fraction finish(EntityId e, Duration length) const {
    return flow(e).tag + fraction(length) / flow(e).weight;
  }

  void advance(Time now) {
    Fraction left = fraction(now - last_);
    last_ = now;
    while (left > 0) {
      Weight total = 0;
      const Flow* next = nullptr;  // to leave
      for (const auto& [e, flow] : flows_) {
        if (flow.here || flow.tag > v_) total += flow.weight;
        if (!flow.here && flow.tag > v_ && (next == nullptr || flow.tag < next->tag)) next = &flow;
      }
      if (total == 0) return;
      Fraction step = left;
      if (next != nullptr) step = std::min<Fraction>(step, (next->tag - v_) * total);
      for (auto& [e, flow] : flows_) {
        if (flow.here || flow.tag > v_) flow.service += step / total * flow.weight;
      }
      v_ += step / total;
      left -= step;
    }
  }

 private:
  std::map<EntityId, Flow> flows_;
  Time last_ = kStart;
  Fraction v_;
};

}  // namespace sharesim
