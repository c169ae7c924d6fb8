#include "sim/cgroup/plan_pids.hpp"

#include <set>
#include <string>

#include <fmt/format.h>

#include "sim/core/error.hpp"
#include "sim/wording.hpp"

namespace sharesim::cgroup {
namespace {

/// "/web/worker" is all instances of a task, "/web/worker.0" the first.
std::vector<std::size_t> leaves_named(const std::string& path, const Scenario& scenario,
                                      const Plan& plan) {
  const std::string wanted = path.starts_with('/') ? path : "/" + path;
  std::vector<std::size_t> leaves;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    const PlannedGroup& group = plan.groups[i];
    if (!group.leaf) continue;
    known.push_back(group.path);
    const bool single = scenario.spec_of(TaskId{group.entity->id}).instances() == 1;
    const std::string entry = single ? group.path : group.path.substr(0, group.path.rfind('.'));
    if (group.path == wanted || entry == wanted) leaves.push_back(i);
  }
  if (leaves.empty()) {
    throw InputError("--pids: the workload has no task " + quoted(path) + suggestion(wanted, known),
                     "the path of a task, such as " + (known.empty() ? "/hog" : known.front()));
  }
  return leaves;
}

}  // namespace

std::vector<std::pair<std::size_t, pid_t>> dealt_pids(const Scenario& scenario, const Plan& plan,
                                                      const PlanOptions& options) {
  std::vector<std::pair<std::size_t, pid_t>> dealt;
  std::set<pid_t> seen;
  for (const auto& [path, pids] : options.pids) {
    const std::vector<std::size_t> leaves = leaves_named(path, scenario, plan);
    for (std::size_t i = 0; i < pids.size(); ++i) {
      if (!seen.insert(pids[i]).second) {
        throw InputError(fmt::format("--pids: process {} is given twice", pids[i]),
                         "one task for each process");
      }
      dealt.emplace_back(leaves[i % leaves.size()], pids[i]);
    }
  }
  return dealt;
}

}  // namespace sharesim::cgroup
