#pragma once
// Units of systemd that exist, to be planned for, set and put back.

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/cgroup/apply.hpp"
#include "sim/cgroup/status.hpp"
#include "sim/cgroup/units.hpp"
#include "sim/cli/real_request.hpp"

namespace sharesim::cli {

class UnitTarget {
 public:
  /// `units` of --unit. Throws CgroupError where there is no systemd to ask.
  explicit UnitTarget(std::map<std::string, std::string> units = {});

  /// Whether there may be something of ours to put back: a journal, which only this makes.
  static bool has_journal();

  cgroup::Machine& machine() { return machine_; }
  /// Throws CgroupError for a unit that is not there, or not to be touched.
  cgroup::Plan make_plan(const RealRequest& request);
  /// Keeps every other sharesim off all units from now on. Throws CgroupError if one is at work for longer than
  /// `patience`.
  void lock(std::chrono::milliseconds patience = std::chrono::milliseconds{0});
  cgroup::FileJournal open_journal() const;
  /// What the units of the journal are doing.
  std::vector<cgroup::GroupStatus> status();

 private:
  const cgroup::Surroundings around_;
  const std::map<std::string, std::string> units_;
  const std::unique_ptr<cgroup::UnitControl> control_;
  cgroup::Machine machine_;
  std::optional<cgroup::RootLock> lock_;
};

}  // namespace sharesim::cli
