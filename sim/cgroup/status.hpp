#pragma once
// What the groups of sharesim are doing now.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/cgroup/hierarchy.hpp"
#include "sim/cgroup/units.hpp"

namespace sharesim::cgroup {

struct GroupStatus {
  std::string group;   ///< below the root; or a unit
  std::string weight;  ///< as the file reads; "idle"; "" if there is no such file
  std::string cap;     ///< "30000 100000 10000": quota, period, burst in us; "max" without one
  std::string cpus;    ///< effective; "" if there is no cpuset
  std::int64_t usage_us = 0;
  std::int64_t periods = 0;  ///< of the cap in which the group ran
  std::int64_t throttled_periods = 0;
  std::int64_t throttled_us = 0;
  std::size_t processes = 0;
};

/// All groups below the root whose names are sharesim's, a parent before its children. A group that
/// goes away meanwhile is left out.
std::vector<GroupStatus> read_status(Machine& machine);

/// The same of units, by name, in their order and each once; one that does not run is left out.
std::vector<GroupStatus> read_status(std::vector<std::string> units, UnitControl& control,
                                     const Hierarchy& facts);

}  // namespace sharesim::cgroup
