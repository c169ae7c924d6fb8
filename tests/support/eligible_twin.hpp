#pragma once
// Holds a scheduler that serves the smallest finish tag among the eligible against a twin: the same
// policy as slow and plain as its paper states it, in exact fractions.

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "tests/support/shadowed.hpp"

namespace sharesim {

/// Tags in ns of CPU time per unit of weight.
class EligibleTwin {
 public:
  virtual ~EligibleTwin() = default;
  virtual void add(EntityId e, Weight weight) = 0;
  virtual void set_weight(EntityId e, Weight weight, Time now) = 0;
  virtual void enqueue(EntityId e, Time now) = 0;
  virtual void put_prev(EntityId e, Time now, Duration ran, bool still_runnable) = 0;
  virtual Fraction start(EntityId e) const = 0;   ///< of one that is queued
  virtual Fraction finish(EntityId e) const = 0;  ///< of one that is queued
  virtual Fraction v(Time now) = 0;
  virtual void raise_v(const Fraction& v) = 0;
};

/// Forwards each call to both, and throws InternalError when a pick is not eligible, or another
/// that is has a smaller finish tag.
class EligibleShadowed final : public Scheduler {
 public:
  /// `rounding`: how far, in tag units, each call may set the two apart; 0 asks for the same picks.
  EligibleShadowed(std::unique_ptr<Scheduler> subject, std::unique_ptr<EligibleTwin> twin,
                   std::int64_t rounding)
      : subject_(std::move(subject)), twin_(std::move(twin)), rounding_(rounding) {}

  void add(EntityId e, Weight weight, Time now) override {
    subject_->add(e, weight, now);
    twin_->add(e, weight);
  }
  void remove(EntityId e, Time now) override { subject_->remove(e, now); }
  void set_weight(EntityId e, Weight weight, Time now) override {
    subject_->set_weight(e, weight, now);
    twin_->set_weight(e, weight, now);
    ++calls_;
  }
  void enqueue(EntityId e, Time now, EnqueueReason why) override {
    subject_->enqueue(e, now, why);
    twin_->enqueue(e, now);
    queued_.insert(e);
    ++calls_;
  }
  void dequeue(EntityId e, Time now) override { subject_->dequeue(e, now); }
  EntityId pick_next(CpuId cpu, Time now) override {
    const EntityId e = subject_->pick_next(cpu, now);
    if (e == kNoEntity) {
      check(queued_.empty(), "work does not wait");
      return e;
    }
    Fraction smallest = twin_->start(e);
    for (const EntityId other : queued_) smallest = std::min(smallest, twin_->start(other));
    const Fraction v = std::max(twin_->v(now), smallest);
    twin_->raise_v(v);
    const Fraction tolerance(rounding_ * calls_, kTagsPerNs);
    check(twin_->start(e) <= v + tolerance, "a pick is eligible");
    for (const EntityId other : queued_) {
      const bool surely_eligible =
          rounding_ == 0 ? twin_->start(other) <= v : twin_->start(other) < v - tolerance;
      if (!surely_eligible) continue;
      const Fraction lead = twin_->finish(e) - twin_->finish(other);
      check(lead <= tolerance, "a pick has the smallest finish tag of the eligible");
      check(rounding_ > 0 || lead < 0 || e <= other, "a tie goes to the lower id");
    }
    queued_.erase(e);
    return e;
  }
  void put_prev(EntityId e, Time now, Duration ran, StopReason why) override {
    subject_->put_prev(e, now, ran, why);
    twin_->put_prev(e, now, ran, still_runnable(why));
    if (still_runnable(why)) queued_.insert(e);
    if (!still_runnable(why)) ++calls_;
  }
  Duration slice(EntityId e, Time now) override { return subject_->slice(e, now); }

 private:
  std::unique_ptr<Scheduler> subject_;
  std::unique_ptr<EligibleTwin> twin_;
  const std::int64_t rounding_;
  std::int64_t calls_ = 1;  ///< that may have rounded
  std::set<EntityId> queued_;
};

}  // namespace sharesim
