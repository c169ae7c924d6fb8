#pragma once
// Existing units of systemd as a tree of groups, whose files are the units' properties. systemd reads and sets them
// itself (systemctl(1)): neither its groups nor its configuration are ever written to.

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "sim/cgroup/cgroup_fs.hpp"
#include "sim/cgroup/hierarchy.hpp"
#include "sim/cgroup/plan.hpp"
#include "sim/cgroup/program.hpp"

namespace sharesim::cgroup {

/// The root of the tree, for messages and the journal.
inline constexpr const char* kUnitsRoot = "systemd";

/// systemd, as far as units need it. Tests have a model of it.
class UnitControl {
 public:
  virtual ~UnitControl() = default;
  /// A line NAME=VALUE for each of the properties that UnitState has; also of a unit that is not there.
  virtual Answer show(const std::string& unit) = 0;
  /// Sets a property ("CPUWeight=300"; "CPUWeight=" is the default again) until the next boot.
  virtual Answer set(const std::string& unit, const std::string& assignment) = 0;
  /// The kernel's group of a unit, which is only read.
  virtual Got<std::unique_ptr<Directory>> group_at(const std::string& control_group) = 0;
  /// Waits for systemd to write.
  virtual void pause(std::chrono::milliseconds time) = 0;
  /// Of what is locked while units are set; -1 where nothing is.
  virtual int descriptor() const { return -1; }
  /// Whatever sets properties keeps this descriptor open: the lock lasts until systemd has answered, though
  /// sharesim were killed.
  virtual void hold(int /*lock*/) {}
};

/// By systemctl, as this user. Throws MachineError if there is no place for a journal.
std::unique_ptr<UnitControl> systemctl(const Surroundings& surroundings);

/// What systemd says of a unit; values as they are set ("" where they are not).
struct UnitState {
  std::string name;           ///< its own, where it was asked for by another
  bool loaded = false;        ///< else there is no such unit
  std::string slice;          ///< that it is in
  std::string control_group;  ///< "/system.slice/nginx.service"; "" while it does not run
  std::map<Knob, std::string> values;
};
/// From the text of UnitControl::show().
UnitState read_unit(const std::string& text);

/// The tree of all units, below which nothing can be made or moved. `control` must outlive it. Throws CgroupError
/// where systemd does not manage version 2.
Machine open_units(UnitControl& control, const Surroundings& surroundings);

/// What a plan has to know of units, by the path of the entity that each one is. Throws CgroupError for a unit that is
/// not there, or not to be touched: systemd's own, sharesim's, and those that this process is in.
std::map<std::string, UnitFacts> look_at(const std::map<std::string, std::string>& units,
                                         UnitControl& control, const Surroundings& surroundings);

}  // namespace sharesim::cgroup
