#pragma once
// The group that explain-throttle is asked about.

#include <string>

#include "sim/scenario/scenario.hpp"

namespace sharesim::cli {

struct CappedGroup {
  GroupId id = kRoot;
  Bandwidth cap;             ///< at the start, or the first that an event gives it
  bool cap_changes = false;  ///< an event changes it, gives it one or takes it away
};

/// Throws InputError unless `path` is a group whose caps have periods.
CappedGroup find_capped_group(const Scenario& scenario, const std::string& path);

}  // namespace sharesim::cli
