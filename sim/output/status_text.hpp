#pragma once
// The groups of sharesim as a table.

#include <string>
#include <vector>

#include "sim/cgroup/status.hpp"
#include "sim/core/time.hpp"

namespace sharesim {

/// `before` and `after` were read `apart` from each other (> 0): CPU use and throttling are between
/// them, everything else is as of `after`.
std::string status_text(const std::vector<cgroup::GroupStatus>& before,
                        const std::vector<cgroup::GroupStatus>& after, Duration apart);

}  // namespace sharesim
