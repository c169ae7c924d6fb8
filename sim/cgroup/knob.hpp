#pragma once
// The files of a group that sharesim reads and writes: a fixed table, so that no text from outside
// ever becomes a file name.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sharesim::cgroup {

enum class Version : std::uint8_t { kV1 = 1, kV2 = 2 };

enum class Controller : std::uint8_t { kCpu, kCpuacct, kCpuset };

enum class Knob : std::uint8_t {
  // Both versions.
  kProcs,
  kCpuIdle,
  kCpuStat,
  kCpusetCpus,
  kCpusetMems,
  // Version 2.
  kControllers,
  kSubtreeControl,
  kType,
  kEvents,
  kKill,
  kCpuWeight,
  kCpuMax,
  kCpuMaxBurst,
  kCpusetCpusEffective,
  kCpusetMemsEffective,
  // Version 1.
  kCpuShares,
  kCfsPeriod,
  kCfsQuota,
  kCfsBurst,
  kCpuacctUsage,
  kCpusetEffectiveCpus,
  // Properties of a unit of systemd's, which it writes itself.
  kUnitWeight,
  kUnitQuota,
  kUnitPeriod,
  kUnitCpus,
};
inline constexpr std::size_t kKnobs = 25;

/// The literal name of the file, such as "cpu.weight", or of the property.
const char* file_name(Knob knob);
/// Whether it is a unit's property, and no file.
bool is_property(Knob knob);
/// The knob with this file name.
std::optional<Knob> find_knob(std::string_view file);
/// "cpu", "cpuacct" or "cpuset".
std::string_view name_of(Controller controller);

}  // namespace sharesim::cgroup
