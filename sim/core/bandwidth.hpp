#pragma once
// A cap on CPU time, with the words of Linux's cpu.max and cpu.max.burst.

#include "sim/core/time.hpp"

namespace sharesim {

/// At most `quota` of CPU time in each `period`; up to `burst` of unused quota is kept for later.
/// quota > 0, period > 0, 0 <= burst <= quota. `quota` may exceed `period` on several CPUs.
struct Bandwidth {
  Duration quota{};
  Duration period{};
  Duration burst{};

  friend constexpr bool operator==(const Bandwidth&, const Bandwidth&) = default;
};

}  // namespace sharesim
