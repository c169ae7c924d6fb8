#pragma once
// The virtual time of ideal (fluid) sharing, by which wfq and wf2q stamp their requests.

#include <cstdint>
#include <limits>
#include <vector>

#include "schedulers/common/ready_tree.hpp"
#include "schedulers/common/virtual_time.hpp"

namespace sharesim {

/// V of the fluid system. Between events it grows by 1 per sum of weights and unit of work.
class FluidClock {
 public:
  explicit FluidClock(CpuId cpus) : cpus_(cpus) {}

  Tag v() const { return v_; }

  /// `e`, of this weight, is backlogged from now on, without a known end. It was not before.
  void join(Weight weight) { set_total(total_ + weight); }
  void leave(Weight weight) { set_total(total_ - weight); }
  /// `e` stays backlogged only until V reaches `finish`, which is > v().
  void leave_at(EntityId e, Weight weight, Tag finish) {
    if (e >= weights_.size()) weights_.resize(e + 1);
    weights_[e] = weight;
    leaving_.set(e, finish);
  }
  /// Takes leave_at() back. False if `e` has left already, or never was to leave.
  bool stay(EntityId e) {
    const bool there = leaving_.contains(e);
    leaving_.clear(e);
    return there;
  }

  void advance(Time now) {
    work_ += static_cast<__int128>(to_ns(now - last_)) * kTagsPerNs * cpus_;
    last_ = now;
    for (EntityId e = leaving_.first(); e != kNoEntity; e = leaving_.first()) {
      const __int128 needed = static_cast<__int128>(leaving_.key(e) - v_) * total_;
      if (work_ < needed) break;
      work_ -= needed;
      v_ = leaving_.key(e);
      leaving_.clear(e);
      total_ -= weights_[e];
    }
    if (total_ == 0) {  // idle: V stays where it is
      work_ = 0;
    } else if (work_ <= std::numeric_limits<std::int64_t>::max()) [[likely]] {
      const auto work = static_cast<std::int64_t>(work_);
      v_ += work / total_;
      work_ = work % total_;
    } else {
      v_ += static_cast<Tag>(work_ / total_);
      work_ %= total_;
    }
  }

  /// V = max(V, floor): the fluid system skips work that nobody has for it. Whoever was to leave
  /// until then has left.
  void raise_to(Tag floor) {
    if (floor <= v_) return;
    v_ = floor;
    work_ = 0;
    for (EntityId e = leaving_.first(); e != kNoEntity && leaving_.key(e) <= v_;
         e = leaving_.first()) {
      leaving_.clear(e);
      total_ -= weights_[e];
    }
  }

 private:
  void set_total(Weight total) {
    if (total_ > 0) work_ = work_ * total / total_;  // the same fraction of a tag unit
    total_ = total;
  }

  const CpuId cpus_;
  Time last_ = kStart;
  Tag v_ = 0;
  __int128 work_ = 0;            ///< in weight x tag units: the true V is v_ + work_ / total_
  Weight total_ = 0;             ///< of the flows backlogged in the fluid system
  ReadyTree leaving_;            ///< of those that are not runnable here any more, by F
  std::vector<Weight> weights_;  ///< theirs
};

}  // namespace sharesim
