#include "sim/cgroup/knob.hpp"

#include <algorithm>
#include <array>

namespace sharesim::cgroup {
namespace {

/// In the order of Knob.
constexpr std::array<const char*, kKnobs> kFileNames{"cgroup.procs",
                                                     "cpu.idle",
                                                     "cpu.stat",
                                                     "cpuset.cpus",
                                                     "cpuset.mems",
                                                     "cgroup.controllers",
                                                     "cgroup.subtree_control",
                                                     "cgroup.type",
                                                     "cgroup.events",
                                                     "cgroup.kill",
                                                     "cpu.weight",
                                                     "cpu.max",
                                                     "cpu.max.burst",
                                                     "cpuset.cpus.effective",
                                                     "cpuset.mems.effective",
                                                     "cpu.shares",
                                                     "cpu.cfs_period_us",
                                                     "cpu.cfs_quota_us",
                                                     "cpu.cfs_burst_us",
                                                     "cpuacct.usage",
                                                     "cpuset.effective_cpus",
                                                     "CPUWeight",
                                                     "CPUQuota",
                                                     "CPUQuotaPeriodSec",
                                                     "AllowedCPUs"};
static_assert(static_cast<std::size_t>(Knob::kUnitCpus) + 1 == kKnobs);

}  // namespace

const char* file_name(Knob knob) { return kFileNames.at(static_cast<std::size_t>(knob)); }

bool is_property(Knob knob) { return knob >= Knob::kUnitWeight; }

std::optional<Knob> find_knob(std::string_view file) {
  const auto found = std::find(kFileNames.begin(), kFileNames.end(), file);
  if (found == kFileNames.end()) return std::nullopt;
  return static_cast<Knob>(found - kFileNames.begin());
}

std::string_view name_of(Controller controller) {
  switch (controller) {
    case Controller::kCpu:
      return "cpu";
    case Controller::kCpuacct:
      return "cpuacct";
    case Controller::kCpuset:
      return "cpuset";
  }
  return "";
}

}  // namespace sharesim::cgroup
