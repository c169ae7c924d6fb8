#pragma once
// The part of a plain twin of Linux's schedulers that does not depend on the policy.

#include <algorithm>

#include "sim/scheduler.hpp"

namespace sharesim {

/// Who is on the CPU, or was until this instant.
class PlainQueue : public Scheduler {
 public:
  explicit PlainQueue(const QueueHost& host) : host_(host) {}

 protected:
  static constexpr EntityId kNobody = kNoEntity;

  Duration elapsed(Time now) {
    const Duration ran = running_ ? now - std::max(began_, seen_) : Duration(0);
    seen_ = std::max(seen_, now);
    return ran;
  }
  /// What a run of `ran` in all still has to be charged with.
  Duration rest(Duration ran, Time) {
    const Duration charged = std::max(seen_ - began_, Duration(0));
    return std::max(ran - charged, Duration(0));
  }

  const QueueHost& host_;
  EntityId curr_ = kNobody;
  bool running_ = false;
  bool stays_ = false;
  Time began_ = kStart;
  Time seen_ = kStart;
  Time ended_ = kNever;
};

}  // namespace sharesim
