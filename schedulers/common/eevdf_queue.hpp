#pragma once
// Who is in a queue of Linux's EEVDF: vruntimes, deadlines and lags, their average, the shortest slice.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "schedulers/common/average_vruntime.hpp"
#include "schedulers/common/deadline_queue.hpp"
#include "schedulers/common/eevdf_tuning.hpp"
#include "schedulers/common/kernel_weight.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// A task or a group (sched_entity).
struct EevdfEntity {
  KernelWeight weight;
  VirtualNs v = 0;
  VirtualNs deadline = 0;
  VirtualNs lag = 0;              ///< vlag: while away
  VirtualNs protected_until = 0;  ///< vprot; before 6.18 the deadline that it was picked with
  Duration slice{};
  std::optional<VirtualNs> relative_deadline;  ///< d - v, while away but awake
  bool on_rq = false;                          ///< counts in V: queued, delayed or on the CPU
  bool delayed = false;                        ///< sleeps, but still competes
  bool idle = false;
  bool batch = false;
  bool fresh = true;  ///< has never been queued
};

/// The entities of a queue, and those of them that are on_rq: all but the one on the CPU wait for it.
class EevdfQueue {
 public:
  explicit EevdfQueue(const EevdfTuning& tuning) : tuning_(tuning) {}

  EevdfEntity& operator[](EntityId e) { return entities_[e]; }
  const EevdfEntity& operator[](EntityId e) const { return entities_[e]; }
  void add(EntityId e, const EevdfEntity& entity) {
    if (e >= entities_.size()) entities_.resize(e + 1);
    entities_[e] = entity;
  }

  /// V
  VirtualNs average() { return average_.settle(); }
  VirtualNs average() const { return average_.value(); }
  /// How many are on_rq.
  std::uint32_t count() const { return count_; }

  // --- Waiting ---

  void wait(EntityId e) { waiting_.insert(e, entities_[e].v, entities_[e].deadline); }
  void stop_waiting(EntityId e) { waiting_.erase(e); }
  bool waits(EntityId e) const { return waiting_.contains(e); }
  /// entity_eligible(), of one that is on_rq
  bool is_eligible(const EevdfEntity& entity) const { return average_.reaches(entity.v); }
  /// The earliest deadline of the eligible that wait, or kNoEntity.
  EntityId first_eligible() {
    return waiting_.first([&](VirtualNs v) { return average_.reaches(v); });
  }

  // --- Joining and leaving ---

  void join(EntityId e) {
    EevdfEntity& entity = entities_[e];
    average_.add(entity.v, entity.weight.value());
    entity.on_rq = true;
    ++count_;
    if (entity.slice != tuning_.base_slice()) other_slices_.insert(entity.slice);
  }
  void leave(EntityId e) {
    EevdfEntity& entity = entities_[e];
    entity.lag = lag(entity, average_.settle());
    average_.remove(entity.v, entity.weight.value());
    entity.on_rq = entity.delayed = false;
    --count_;
    if (entity.slice != tuning_.base_slice()) other_slices_.erase(other_slices_.find(entity.slice));
    waiting_.erase(e);
  }
  /// entity_lag()
  VirtualNs lag(const EevdfEntity& entity, VirtualNs average) const {
    const VirtualNs bound = entity.weight.virtual_time(std::max(2 * entity.slice, tuning_.tick()));
    return std::clamp(average - entity.v, -bound, bound);
  }
  /// place_entity(): where one that is away comes in; `initial`: for the first time.
  void place(EevdfEntity& entity, bool initial) {
    VirtualNs request = entity.weight.virtual_time(entity.slice);
    const VirtualNs average = average_.settle();
    VirtualNs lag = 0;
    const Weight others = average_.weights();
    if (others > 0 && tuning_.has(EevdfFeature::kPlaceLag)) {
      lag = static_cast<VirtualNs>(static_cast<__int128>(entity.lag) *
                                   (others + entity.weight.value()) / others);
    }
    entity.v = average - lag;
    if (entity.relative_deadline) {
      entity.deadline = entity.v + *std::exchange(entity.relative_deadline, std::nullopt);
      return;
    }
    if (initial && tuning_.has(EevdfFeature::kPlaceDeadlineInitial)) request /= 2;
    entity.deadline = entity.v + request;
  }
  /// A delayed one has been picked: its time to go has come, and its debt is paid.
  void finish_delayed(EntityId e) {
    leave(e);
    EevdfEntity& entity = entities_[e];
    if (tuning_.has(EevdfFeature::kDelayZero)) entity.lag = std::min<VirtualNs>(entity.lag, 0);
  }
  /// A delayed one wakes up: where it is, or, if it is owed something by now, as if it were owed nothing.
  void requeue_delayed(EntityId e) {
    EevdfEntity& entity = entities_[e];
    entity.delayed = false;
    if (!tuning_.has(EevdfFeature::kDelayZero) || entity.v >= average_.settle()) return;
    average_.remove(entity.v, entity.weight.value());
    entity.lag = 0;
    place(entity, false);
    average_.add(entity.v, entity.weight.value());
    if (waits(e)) wait(e);
  }

  // --- What changes while it is here ---

  /// The one on the CPU has gone on by `virtual_time`.
  void advance(EevdfEntity& entity, VirtualNs virtual_time) {
    entity.v += virtual_time;
    average_.advance(virtual_time, entity.weight.value());
  }
  /// reweight_entity(): the lag stays what it is, and so does the time to the deadline.
  void reweight(EntityId e, KernelWeight next) {
    EevdfEntity& entity = entities_[e];
    const auto rescale = [&](VirtualNs distance) {
      return static_cast<VirtualNs>(static_cast<__int128>(distance) * entity.weight.value() /
                                    next.value());
    };
    if (entity.on_rq) {
      const VirtualNs average = average_.settle();
      average_.remove(entity.v, entity.weight.value());
      entity.v = average - rescale(average - entity.v);
      entity.deadline = average + rescale(entity.deadline - average);
      average_.add(entity.v, next.value());
      if (waits(e)) wait(e);
    } else {
      entity.lag = rescale(entity.lag);
      if (entity.relative_deadline) entity.relative_deadline = rescale(*entity.relative_deadline);
    }
    entity.weight = next;
  }
  void set_slice(EevdfEntity& entity, Duration slice) {
    const auto is_other = [&] { return entity.slice != tuning_.base_slice(); };
    if (entity.on_rq && is_other()) other_slices_.erase(other_slices_.find(entity.slice));
    entity.slice = slice;
    if (entity.on_rq && is_other()) other_slices_.insert(entity.slice);
  }
  Duration shortest_slice() const {
    const bool all_others = other_slices_.size() == count_;
    const Duration base = all_others ? kForever : tuning_.base_slice();
    return other_slices_.empty() ? base : std::min(base, *other_slices_.begin());
  }

 private:
  const EevdfTuning& tuning_;
  std::vector<EevdfEntity> entities_;
  AverageVruntime average_;
  DeadlineQueue waiting_;                 ///< those on_rq but the one on the CPU
  std::uint32_t count_ = 0;               ///< those on_rq
  std::multiset<Duration> other_slices_;  ///< of those on_rq, where they are not the base slice
};

}  // namespace sharesim
