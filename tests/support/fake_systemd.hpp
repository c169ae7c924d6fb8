#pragma once
// A model of systemd, as far as units need it: it answers as systemctl 252 prints, and each of its answers can be
// replaced by a failure.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "sim/cgroup/units.hpp"

namespace sharesim::test {

/// What systemd has of a unit, as it is set: "CPUWeight" and "300".
struct FakeUnit {
  std::string id = "";  ///< if it is not the one that it is asked by
  std::string slice = "system.slice";
  std::map<std::string, std::string> set;
};

class FakeSystemd final : public cgroup::UnitControl {
 public:
  std::map<std::string, FakeUnit> units;
  std::string cpus = "0-3";  ///< that units can have
  /// Called before each call with its number; a text is a failure that changes nothing.
  std::function<std::string(std::size_t)> before = [](std::size_t) { return ""; };
  /// Called when a property is set and the answer is on its way.
  std::function<std::string(std::size_t)> after = [](std::size_t) { return ""; };
  std::size_t calls = 0;
  std::size_t sets = 0;

  cgroup::Answer show(const std::string& name) override;
  cgroup::Answer set(const std::string& name, const std::string& assignment) override;
  cgroup::Got<std::unique_ptr<cgroup::Directory>> group_at(const std::string& path) override;
  void pause(std::chrono::milliseconds /*time*/) override {}

  /// All that is set, for comparing before and after. What was set back to its default is not set.
  std::string to_string() const;
};

}  // namespace sharesim::test
