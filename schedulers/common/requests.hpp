#pragma once
// The length of a request, for policies that have to know it before it is served.

#include "schedulers/common/parameters.hpp"
#include "sim/registry.hpp"
#include "sim/scheduler.hpp"

namespace sharesim {

/// The parameter that Requests reads, besides `slice`.
inline ParameterInfo request_parameter() {
  return choice_parameter("request", {"slice", "burst"},
                          "the length of a request: one slice, or the whole burst, which then runs "
                          "without a break");
}

/// What entities declare: one slice, or the whole burst if it is known.
class Requests {
 public:
  explicit Requests(const SchedulerContext& context)
      : slice_(context.parameters.duration("slice")),
        whole_bursts_(context.parameters.choice("request") == "burst"),
        host_(context.host) {}

  /// The declared length of the request that `e` begins with next.
  Duration length(EntityId e) const {
    const Duration burst = declared_burst(e);
    return burst == kForever ? slice_ : burst;
  }
  /// The longest run of `e`: a whole burst has no break.
  Duration longest_run(EntityId e) const {
    return declared_burst(e) == kForever ? slice_ : kForever;
  }

 private:
  Duration declared_burst(EntityId e) const {
    return whole_bursts_ ? host_.remaining_burst(e) : kForever;
  }

  const Duration slice_;
  const bool whole_bursts_;
  const QueueHost& host_;
};

}  // namespace sharesim
