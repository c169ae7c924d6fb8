#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/weights.hpp"
#include "sim/output/emit.hpp"
#include "sim/output/shares.hpp"

namespace sharesim {
namespace {

using cgroup::Plan;
using cgroup::PlannedGroup;

/// Containers are siblings: what the groups above say is multiplied into one weight. Throws
/// CgroupError if these are too far apart.
std::vector<std::int64_t> flat_weights(const Plan& plan) {
  std::vector<Weight> shares;
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    if (plan.groups[i].leaf && !is_idle(plan, i)) {
      shares.push_back(std::max<std::int64_t>(share_of_all(plan, i), 1));
    }
  }
  auto weights = cgroup::scale_weights(shares, cgroup::Version::kV2);
  if (!weights) {
    throw cgroup::CgroupError(
        "--emit docker: side by side, the heaviest task has more than 10000 times the weight of "
        "the "
        "lightest; keep the groups (--emit systemd)");
  }
  return std::move(*weights);
}

std::string container_name(const PlannedGroup& group) {
  std::string name;
  for (const char c : group.path.substr(1)) name += c == '/' ? '-' : c;
  return name;
}

std::string cpus_of(const Plan& plan, std::size_t index) {
  for (std::optional<std::size_t> i = index; i; i = plan.groups[*i].parent) {
    if (plan.groups[*i].cpus) return plan.groups[*i].cpus->to_string();
  }
  return "";
}

bool is_nested(const Plan& plan) {
  for (const PlannedGroup& group : plan.groups) {
    if (group.leaf && group.parent != std::size_t{0}) return true;
  }
  return false;
}

}  // namespace

std::vector<EmittedFile> emit_docker(const Plan& plan) {
  std::string text = "#!/bin/sh\n" + notes_as_comment(plan);
  text +=
      "#\n# --cpu-shares are those of which runc since 1.3.2 (crun since 1.23) makes the weight of "
      "the\n"
      "# plan; these runtimes do not keep ratios of shares, and older ones make something else of "
      "them.\n";
  if (is_nested(plan)) {
    text +=
        "# Containers are siblings: the weights of groups are multiplied into those of their "
        "tasks, so\n"
        "# that what one task leaves goes to all, and not to its own group first; caps of a group "
        "hold\n"
        "# for each of its tasks by itself. docker run --cgroup-parent can keep the groups.\n";
  }
  text += "set -eu\n";
  const std::vector<std::int64_t> weights = flat_weights(plan);
  std::size_t next = 0;
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    const PlannedGroup& group = plan.groups[i];
    if (!group.leaf) continue;
    std::string line = "docker update";
    std::string remark;
    if (is_idle(plan, i)) {
      line += " --cpu-shares 2";
      remark = "idle is not to be had: the least weight";
    } else {
      const std::int64_t shares = shares_for_curve(weights.at(next++));
      line += fmt::format(" --cpu-shares {}", shares);
      remark = fmt::format("cpu.weight {}, by older runtimes {}", weight_by_curve(shares),
                           weight_by_line(shares));
    }
    if (const auto* cap = tightest_cap(plan, i)) {
      line += fmt::format(" --cpu-period {} --cpu-quota {}", cap->period_us, cap->quota_us);
      if (cap->burst_us > 0) remark += fmt::format("; its burst of {} us is lost", cap->burst_us);
    }
    if (const std::string cpus = cpus_of(plan, i); !cpus.empty()) line += " --cpuset-cpus " + cpus;
    text += fmt::format("{} {} # {}\n", line, container_name(group), remark);
  }
  return {{plan.top + ".docker.sh", std::move(text)}};
}

}  // namespace sharesim
