#pragma once
// The one on the CPU, as a queue of the Linux kernel sees it (cfs_rq->curr).

#include <algorithm>
#include <utility>

#include "sim/scheduler.hpp"

namespace sharesim {

/// The entity that runs, or that has come back and, until the pick of that instant, still is the current
/// one: the kernel picks before it puts the last one back. One CPU.
class CurrentEntity {
 public:
  explicit CurrentEntity(const QueueHost& host) : host_(host) {}

  EntityId id() const { return id_; }
  bool exists() const { return id_ != kNoEntity; }
  bool is(EntityId e) const { return id_ == e; }
  bool running() const { return running_; }

  /// `e` has been picked.
  void begin(EntityId e, Time now) {
    before_ = std::exchange(id_, e);
    picked_at_ = now;
    running_ = true;
    accounted_ = {};
  }
  /// The run is over.
  void end(Time now) {
    put_at_ = now;
    running_ = false;
  }
  /// `e` has left the queue.
  void forget(EntityId e) {
    if (id_ == e) id_ = kNoEntity;
    if (before_ == e) before_ = kNoEntity;
  }

  /// Service of the present run that has not been accounted for yet; it is, now.
  Duration account(Time now) {
    if (!running_) return Duration::zero();
    return account_until(host_.ran().value_or(now - picked_at_));
  }
  Duration account_until(Duration ran) {
    return std::max(ran - std::exchange(accounted_, std::max(ran, accounted_)), Duration::zero());
  }

  /// Takes the one that came back at an earlier instant, and after whom no pick came, because another
  /// group was picked above; or kNoEntity.
  EntityId take_abandoned(Time now) {
    return running_ || put_at_ == now ? kNoEntity : std::exchange(id_, kNoEntity);
  }
  /// Whether the run of a group that ends now was none: below it nobody was found.
  bool found_empty(Time now, StopReason why) const {
    return why == StopReason::kBlocked && picked_at_ == now && host_.below(id_) != nullptr;
  }
  /// Takes back such a pick. Returns who is the current one again, or kNoEntity.
  EntityId resume_before() {
    const EntityId empty = std::exchange(id_, before_);
    if (id_ == empty) id_ = kNoEntity;
    return id_;
  }

 private:
  const QueueHost& host_;
  EntityId id_ = kNoEntity;
  EntityId before_ = kNoEntity;  ///< the current one before the last pick
  Time picked_at_ = kNever;
  Time put_at_ = kNever;
  Duration accounted_{};
  bool running_ = false;
};

}  // namespace sharesim
