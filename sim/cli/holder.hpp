#pragma once
// Where the groups of `apply` stay: below --cgroup-root, below what this machine lets us have, or, where systemd
// manages all groups, in a unit of our own.

#include <string>

#include "sim/cgroup/hierarchy.hpp"

namespace sharesim::cli {

class Holder {
 public:
  /// `root` is --cgroup-root, or "". Asks systemd whether the unit is there, if one is needed.
  explicit Holder(std::string root);
  /// Ends the unit if start() started it, keep() was not called and no group is left there.
  ~Holder();
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  const cgroup::Surroundings& surroundings() const { return around_; }
  /// The unit is needed and not there, and systemd would be asked for it by start().
  bool absent() const { return needed_ && answers_ && root_.empty(); }
  /// For open_machine().
  const std::string& root() const { return root_; }

  /// Starts the unit if it is needed and not there; true if so. Throws CgroupError.
  bool start();
  /// The unit has to stay.
  void keep() { started_ = false; }
  /// Everything is taken back: ends the unit, if there is one. Throws CgroupError, also if somebody else's groups
  /// are there.
  void release();

 private:
  const cgroup::Surroundings around_;
  std::string root_;
  bool needed_ = false;
  bool answers_ = false;
  bool started_ = false;
};

}  // namespace sharesim::cli
