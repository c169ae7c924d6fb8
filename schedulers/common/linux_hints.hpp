#pragma once
// What Linux's fair schedulers want to know of single tasks.

#include <string>

#include "sim/registry.hpp"

namespace sharesim {

/// SCHED_BATCH
inline ParameterInfo batch_hint() {
  return {.name = "batch",
          .type = ParameterType::kFlag,
          .default_value = "false",
          .minimum = "",
          .maximum = "",
          .choices = {},
          .summary = "SCHED_BATCH: it does not preempt when it wakes up"};
}

/// sched_setattr(2)'s sched_runtime, since 6.12
inline ParameterInfo own_slice_hint() {
  return {.name = "slice",
          .type = ParameterType::kDuration,
          .default_value = "700us",
          .minimum = "100us",
          .maximum = "100ms",
          .choices = {},
          .summary = "its own slice, sched_setattr(2)'s sched_runtime (default: the base slice)"};
}

}  // namespace sharesim
