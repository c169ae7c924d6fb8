#pragma once
// Holds a scheduler against a twin: the same policy as slow and plain as its paper states it, in
// exact fractions, without any queue.

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>
#include <rapidcheck.h>

#include "schedulers/common/virtual_time.hpp"
#include "sim/core/check.hpp"
#include "sim/scheduler.hpp"
#include "tests/support/scripted_queue.hpp"

namespace sharesim {

using Fraction = boost::multiprecision::cpp_rational;

inline Fraction fraction(Duration d) { return Fraction(to_ns(d)); }

/// A policy that serves the smallest key, in ns of CPU time per unit of weight.
class Twin {
 public:
  virtual ~Twin() = default;
  virtual void add(EntityId e, Weight weight, Time now) = 0;
  virtual void set_weight(EntityId e, Weight weight, Time now) = 0;
  virtual void enqueue(EntityId e, Time now) = 0;
  virtual void picked(EntityId e, Time now) = 0;
  virtual void put_prev(EntityId e, Time now, Duration ran, bool still_runnable) = 0;
  virtual Fraction key(EntityId e) const = 0;  ///< of one that is queued

  /// Throws InternalError if `e`, or kNoEntity, is not whom to pick of those queued: another has a
  /// smaller key, by more than `tolerance`, or, without one, the same and a lower id.
  virtual void check_pick(EntityId e, const std::set<EntityId>& queued, Time now,
                          const Fraction& tolerance) {
    (void)now;
    if (e == kNoEntity) return;
    for (const EntityId other : queued) {
      const Fraction lead = key(e) - key(other);
      check(lead <= tolerance, "a pick has the smallest key");
      check(tolerance > 0 || lead < 0 || e <= other, "a tie goes to the lower id");
    }
  }
};

/// Forwards each call to both, and throws InternalError when the twin does not agree with a pick.
class Shadowed final : public Scheduler {
 public:
  /// `rounding`: how far, in tag units, each call may set the two apart; 0 asks for the same picks.
  Shadowed(std::unique_ptr<Scheduler> subject, std::unique_ptr<Twin> twin, std::int64_t rounding)
      : subject_(std::move(subject)), twin_(std::move(twin)), rounding_(rounding) {}

  void add(EntityId e, Weight weight, Time now) override {
    subject_->add(e, weight, now);
    twin_->add(e, weight, now);
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
    twin_->check_pick(e, queued_, now, Fraction(rounding_ * calls_, kTagsPerNs));
    if (e == kNoEntity) return e;
    queued_.erase(e);
    twin_->picked(e, now);
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
  std::unique_ptr<Twin> twin_;
  const std::int64_t rounding_;
  std::int64_t calls_ = 1;  ///< that may have rounded
  std::set<EntityId> queued_;
};

/// A policy together with the twin `T`, which is made of its slice if it wants to know it.
template <typename T, std::int64_t kRounding>
std::unique_ptr<Scheduler> with_twin(const SchedulerContext& context,
                                     const SchedulerChoice& choice) {
  std::unique_ptr<Twin> twin;
  if constexpr (std::is_constructible_v<T, Duration>)
    twin = std::make_unique<T>(choice.duration("slice"));
  else
    twin = std::make_unique<T>();
  return std::make_unique<Shadowed>(choice.make(context), std::move(twin), kRounding);
}

/// Runs `queue` with 2 to 6 entities that run and sleep at random, and, if `changes`, change their
/// weights. Weights come from `weights`.
inline void run_at_random(ScriptedQueue& queue, const std::vector<Weight>& weights, bool sleeps,
                          bool changes) {
  const auto length = [](std::int64_t most) {
    return std::chrono::nanoseconds(
        *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::int64_t>(200'000, most)));
  };
  const EntityId count = *rc::gen::inRange<EntityId>(2, 7);
  for (EntityId e = 0; e < count; ++e) {
    const Weight weight = *rc::gen::elementOf(weights);
    if (!sleeps) {
      queue.add_hog(weight);
      continue;
    }
    std::vector<ScriptedStep> steps;
    const int bursts = *rc::gen::inRange(1, 5);
    for (int i = 0; i < bursts; ++i) steps.push_back({length(4'000'000), length(8'000'000)});
    queue.add(weight, steps, Time(length(5'000'000)), true);
  }
  for (int part = 1; part <= 4; ++part) {
    queue.run_until(Time(part * std::chrono::milliseconds(10)));
    if (changes) {
      queue.set_weight(*rc::gen::inRange<EntityId>(0, count), *rc::gen::elementOf(weights));
    }
  }
}

/// Scripts per case of a property; RapidCheck does 100 cases.
inline constexpr int kScripts = 20;

/// Divisors of kTagsPerNs: tags of whole ns are exact with these.
inline const std::vector<Weight> kExactWeights{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
/// Such that hardly any division comes out even.
inline const std::vector<Weight> kOddWeights{1, 11, 13, 100, 333, 1009, 9973};

}  // namespace sharesim
