#pragma once
// Who is in a queue of Linux's CFS: vruntimes, their minimum, weights, buddies.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "schedulers/common/cfs_tuning.hpp"
#include "schedulers/common/kernel_weight.hpp"
#include "sim/core/tournament_tree.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// A task or a group (sched_entity).
struct CfsEntity {
  KernelWeight weight;
  VirtualNs v = 0;
  bool on_rq = false;
  bool idle = false;
  bool batch = false;
  bool fresh = true;  ///< has never been queued
};

/// The entities of a queue, and those of them that are on_rq: all but the one on the CPU wait. Who that is
/// (`curr`, or kNoEntity), the policy knows.
class CfsQueue {
 public:
  explicit CfsQueue(const CfsTuning& tuning) : tuning_(tuning) {}

  CfsEntity& operator[](EntityId e) { return entities_[e]; }
  const CfsEntity& operator[](EntityId e) const { return entities_[e]; }
  void add(EntityId e, const CfsEntity& entity) {
    if (e >= entities_.size()) entities_.resize(e + 1);
    entities_[e] = entity;
  }
  void set_weight(EntityId e, KernelWeight weight) {
    CfsEntity& entity = entities_[e];
    if (entity.on_rq) weights_ += weight.value() - entity.weight.value();
    entity.weight = weight;
  }

  /// How many are on_rq.
  std::uint32_t count() const { return count_; }
  bool has_busy() const { return idle_ < count_; }  ///< not only idle ones
  bool is_crowded() const { return count_ >= CfsTuning::kTasksInLatency; }
  /// min_vruntime
  VirtualNs least_v() const { return least_v_; }
  /// What part of `whole` is due to `e` by its weight, beside those that are here.
  Duration part_of(Duration whole, EntityId e) const {
    const Weight weight = entities_[e].weight.value();
    const Weight all = weights_ + (entities_[e].on_rq ? 0 : weight);
    return ns(static_cast<std::int64_t>(static_cast<__int128>(to_ns(whole)) * weight / all));
  }

  void wait(EntityId e) { waiting_.set(e, entities_[e].v); }
  void stop_waiting(EntityId e) { waiting_.clear(e); }
  /// The smallest vruntime that waits, or kNoEntity.
  EntityId first() { return waiting_.first(); }

  /// `e`, which waits from now on.
  void join(EntityId e) {
    CfsEntity& entity = entities_[e];
    entity.on_rq = true;
    ++count_;
    if (entity.idle) ++idle_;
    weights_ += entity.weight.value();
    wait(e);
  }
  void leave(EntityId e) {
    CfsEntity& entity = entities_[e];
    forget(e);
    waiting_.clear(e);
    entity.on_rq = false;
    --count_;
    if (entity.idle) --idle_;
    weights_ -= entity.weight.value();
  }
  /// update_min_vruntime()
  void update_least(EntityId curr) {
    const EntityId first = waiting_.first();
    const bool has_curr = curr != kNoEntity && entities_[curr].on_rq;
    if (first == kNoEntity && !has_curr) return;
    VirtualNs least = entities_[first != kNoEntity ? first : curr].v;
    if (has_curr) least = std::min(least, entities_[curr].v);
    least_v_ = std::max(least_v_, least);
  }

  // --- Buddies ---

  /// wakeup_preempt_entity(a, b) == 1: `a` is further ahead of `b` than b's granularity.
  bool is_ahead_of(EntityId a, EntityId b) const {
    return entities_[a].v - entities_[b].v > entities_[b].weight.virtual_time(tuning_.wakeup);
  }
  void set_next(EntityId e) { next_ = e; }
  void set_last(EntityId e) { last_ = e; }
  /// clear_buddies()
  void forget(EntityId e) {
    if (next_ == e) next_ = kNoEntity;
    if (last_ == e) last_ = kNoEntity;
  }
  /// pick_next_entity(): the smallest vruntime, or a buddy that is not too far ahead of it.
  EntityId pick(EntityId curr) {
    EntityId left = waiting_.first();
    if (curr != kNoEntity && (left == kNoEntity || entities_[curr].v < entities_[left].v))
      left = curr;
    for (const EntityId buddy : {next_, last_}) {
      if (buddy != kNoEntity && !is_ahead_of(buddy, left)) return buddy;
    }
    return left;
  }

 private:
  const CfsTuning& tuning_;
  std::vector<CfsEntity> entities_;
  TournamentTree waiting_;   ///< those on_rq but the one on the CPU, by v
  std::uint32_t count_ = 0;  ///< those on_rq
  std::uint32_t idle_ = 0;   ///< of these, the idle ones
  Weight weights_ = 0;       ///< of these
  VirtualNs least_v_ = 0;
  EntityId next_ = kNoEntity;  ///< who has just preempted
  EntityId last_ = kNoEntity;  ///< who was preempted
};

}  // namespace sharesim
