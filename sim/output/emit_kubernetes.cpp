#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "sim/output/emit.hpp"
#include "sim/output/shares.hpp"

namespace sharesim {
namespace {

using cgroup::Plan;
using cgroup::PlannedGroup;

constexpr std::int64_t kMilli = 1'000;
constexpr std::int64_t kLeastRequest = 2;  ///< milli-CPUs that become cpu.shares 2, the least
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kPeriodUs = 100'000;  ///< cpuCFSQuotaPeriod of the kubelet

/// A name as RFC 1123 has it.
std::string resource_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      name += static_cast<char>(c - 'A' + 'a');
    } else {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      name += plain ? c : '-';
    }
  }
  while (name.starts_with('-')) name.erase(0, 1);
  while (name.ends_with('-')) name.pop_back();
  return name;
}

/// CPUs of the workload: what its top may use.
std::int64_t milli_of(const Plan& plan, std::size_t index, std::int64_t cpus) {
  return std::max<std::int64_t>(
      1, (share_of_all(plan, index) * cpus * kMilli + kMillion / 2) / kMillion);
}

std::string container(const Plan& plan, std::size_t index, std::int64_t cpus) {
  const PlannedGroup& group = plan.groups[index];
  const auto* const cap = tightest_cap(plan, index);
  const std::int64_t limit =
      cap == nullptr ? std::numeric_limits<std::int64_t>::max()
                     : std::max<std::int64_t>(1, cap->quota_us * kMilli / cap->period_us);
  // The API server refuses a request above its limit.
  const std::int64_t request =
      std::min(limit, is_idle(plan, index) ? kLeastRequest : milli_of(plan, index, cpus));
  // As the kubelet does (pkg/kubelet/cm/helpers_linux.go).
  const std::int64_t shares = std::max<std::int64_t>(2, request * 1024 / kMilli);
  std::string text = fmt::format("    - name: {}\n", resource_name(group.path));
  text += "      image: IMAGE\n      resources:\n        requests:\n";
  text += fmt::format(
      "          cpu: {}m  # cpu.shares {}: cpu.weight {} by runc since 1.3.2, {} before\n",
      request, shares, weight_by_curve(shares), weight_by_line(shares));
  if (cap != nullptr) {
    const std::int64_t quota = std::max<std::int64_t>(kMilli, limit * kPeriodUs / kMilli);
    text += fmt::format("        limits:\n          cpu: {}m  # cpu.max {} {}\n", limit, quota,
                        kPeriodUs);
  }
  return text;
}

std::string pod(const Plan& plan, std::size_t group, std::int64_t cpus) {
  std::string containers;
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    if (plan.groups[i].leaf && plan.groups[i].parent == group)
      containers += container(plan, i, cpus);
  }
  if (containers.empty()) return "";
  const std::string suffix = group == 0 ? "" : plan.groups[group].path;
  return fmt::format(
      "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {}\nspec:\n  containers:\n{}",
      resource_name(plan.workload + suffix), containers);
}

}  // namespace

std::vector<EmittedFile> emit_kubernetes(const Plan& plan) {
  const std::int64_t cpus = plan.cpus;
  std::string text = notes_as_comment(plan);
  text += fmt::format(
      "#\n# A pod for each group that has tasks, a container for each task. A request is the "
      "task's\n"
      "# share of {} CPUs; the pod's weight is that of the sum of its requests. Requests are not "
      "kept\n"
      "# in proportion: runc since 1.3.2 (crun since 1.23) bends the curve from cpu.shares to\n"
      "# cpu.weight so that 1024 is 100, and 1:4 becomes about 1:3. Older ones keep ratios, but "
      "make 39\n"
      "# of 1024. The weight of a pod itself is set by the kubelet, in proportion.\n"
      "# A request is its limit at most, and a group's cap holds for each of its containers by "
      "itself.\n"
      "# Not to be had: bursts (cpu.max.burst), CPU sets (but for the static CPU manager), "
      "cpu.idle,\n"
      "# weights of nested groups; a limit's period is {} us.\n",
      cpus, kPeriodUs);
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    if (!plan.groups[i].leaf) text += pod(plan, i, cpus);
  }
  return {{plan.top + ".yaml", std::move(text)}};
}

}  // namespace sharesim
