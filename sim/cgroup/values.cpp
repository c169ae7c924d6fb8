#include "sim/cgroup/values.hpp"

#include "sim/core/cpu_set.hpp"

namespace sharesim::cgroup {

bool same_value(Knob knob, std::string_view asked, std::string_view read) {
  if (asked == read) return true;
  switch (knob) {
    case Knob::kCpusetCpus:
    case Knob::kCpusetMems:
    case Knob::kUnitCpus: {
      if (asked.empty() || read.empty()) return false;
      const auto one = CpuSet::parse(asked);
      const auto other = CpuSet::parse(read);
      return one && other && *one == *other;
    }
    case Knob::kCfsQuota:
      return asked.starts_with('-') && read.starts_with('-');
    case Knob::kCpuMax:
      // "max" alone keeps the period.
      return asked == "max" && read.starts_with("max ");
    default:
      return false;
  }
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = list.find_first_of(" \n");
    if (list.substr(0, end) == word) return true;
    if (end == std::string_view::npos) break;
    list.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace sharesim::cgroup
