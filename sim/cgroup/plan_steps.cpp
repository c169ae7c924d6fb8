#include "sim/cgroup/plan_steps.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/core/check.hpp"

namespace sharesim::cgroup {
namespace {

class StepList {
 public:
  StepList(const Plan& plan, const Hierarchy& hierarchy) : plan_(plan), hierarchy_(hierarchy) {
    needs_cpuset_ = std::any_of(plan.groups.begin(), plan.groups.end(),
                                [](const PlannedGroup& group) { return group.cpus.has_value(); });
  }

  std::vector<Step> take() { return std::move(steps_); }

  /// v2: a group with controllers for its children may hold no process; the root of all may.
  void clear_root() {
    if (hierarchy_.version == Version::kV1) return;
    if (!hierarchy_.processes.empty()) {
      add({.kind = Step::Kind::kMake, .group = kLeaderGroup});
      for (const pid_t pid : hierarchy_.processes) move(0, kLeaderGroup, pid);
    }
    enable("");
  }

  void make_groups() {
    for (std::size_t tree = 0; tree < hierarchy_.trees.size(); ++tree) {
      if (!is_used(tree)) continue;
      for (const PlannedGroup& group : plan_.groups) {
        add({.kind = Step::Kind::kMake, .tree = tree, .group = group.group});
        if (hierarchy_.trees[tree].has(Controller::kCpu)) set_cpu(group);
        if (hierarchy_.trees[tree].has(Controller::kCpuset) && needs_cpuset(tree))
          set_cpuset(group);
        if (hierarchy_.version == Version::kV2 && !group.leaf) enable(group.group);
      }
    }
  }

  void move_to_leaf(std::size_t index, pid_t pid) {
    for (std::size_t tree = 0; tree < hierarchy_.trees.size(); ++tree) {
      if (is_used(tree)) move(tree, plan_.groups[index].group, pid);
    }
  }

 private:
  void add(Step step) { steps_.push_back(std::move(step)); }
  void move(std::size_t tree, const std::string& group, pid_t pid) {
    add({.kind = Step::Kind::kMove,
         .tree = tree,
         .group = group,
         .value = std::to_string(pid),
         .pid = pid});
  }
  void write(Controller controller, const std::string& group, Knob knob, std::string value,
             bool initial = false) {
    Step step = write_step(hierarchy_, controller, group, knob, std::move(value));
    step.initial = initial;
    add(std::move(step));
  }

  /// A v1 mount with nothing but cpusets is left alone where no cpuset is wanted.
  bool is_used(std::size_t tree) const {
    const Tree& facts = hierarchy_.trees[tree];
    return facts.has(Controller::kCpu) || facts.has(Controller::kCpuacct) || needs_cpuset_;
  }
  /// In v1 nobody can join a group whose cpuset is empty, as it is at first.
  bool needs_cpuset(std::size_t tree) const {
    return needs_cpuset_ ||
           (hierarchy_.version == Version::kV1 && hierarchy_.trees[tree].controllers.size() > 1);
  }

  void enable(const std::string& group) {
    for (const Controller controller : {Controller::kCpu, Controller::kCpuset}) {
      if (controller == Controller::kCpuset && !needs_cpuset_) continue;
      if (!hierarchy_.tree_of(controller)) continue;
      add({.kind = Step::Kind::kEnable,
           .group = group,
           .knob = Knob::kSubtreeControl,
           .value = fmt::format("+{}", name_of(controller))});
    }
  }

  void set_cpu(const PlannedGroup& group) {
    std::vector<Step> cap = cap_steps(hierarchy_, group.group, group.cap);
    for (Step& step : cap) {
      // A new group has no cap and no burst.
      const bool resets = !group.cap || step.value == "0" || step.value == "-1";
      step.initial = resets;
      add(std::move(step));
    }
    if (hierarchy_.has_idle) {
      write(Controller::kCpu, group.group, Knob::kCpuIdle, group.idle ? "1" : "0", !group.idle);
    }
    if (group.weight && !group.idle) {
      write(Controller::kCpu, group.group, weight_knob(plan_.version),
            std::to_string(*group.weight));
    }
  }

  void set_cpuset(const PlannedGroup& group) {
    const bool first_version = hierarchy_.version == Version::kV1;
    if (first_version) {
      write(Controller::kCpuset, group.group, Knob::kCpusetMems, hierarchy_.mems);
    }
    if (group.cpus) {
      write(Controller::kCpuset, group.group, Knob::kCpusetCpus, group.cpus->to_string());
    } else if (first_version) {
      write(Controller::kCpuset, group.group, Knob::kCpusetCpus, hierarchy_.cpus.to_string());
    } else {
      write(Controller::kCpuset, group.group, Knob::kCpusetCpus, "", true);
    }
  }

  const Plan& plan_;
  const Hierarchy& hierarchy_;
  bool needs_cpuset_ = false;
  std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> steps_of(const Plan& plan, const Hierarchy& hierarchy,
                           const std::vector<std::pair<std::size_t, pid_t>>& pids) {
  StepList list(plan, hierarchy);
  list.clear_root();
  list.make_groups();
  for (const auto& [index, pid] : pids) list.move_to_leaf(index, pid);
  return list.take();
}

std::vector<Step> cap_steps(const Hierarchy& hierarchy, const std::string& group,
                            const std::optional<KernelCap>& cap) {
  const auto step = [&](Knob knob, std::string value) {
    return write_step(hierarchy, Controller::kCpu, group, knob, std::move(value));
  };
  constexpr std::int64_t kUsualPeriodUs = 100'000;
  const std::int64_t period = cap ? cap->period_us : kUsualPeriodUs;
  std::vector<Step> steps;
  const bool second_version = hierarchy.version == Version::kV2;
  const Knob burst = second_version ? Knob::kCpuMaxBurst : Knob::kCfsBurst;
  if (hierarchy.has_burst) steps.push_back(step(burst, "0"));
  if (second_version) {
    steps.push_back(step(Knob::kCpuMax, cap ? fmt::format("{} {}", cap->quota_us, period)
                                            : fmt::format("max {}", period)));
  } else {
    // Quota and period are two files, and their ratio may not exceed the parent's in between.
    steps.push_back(step(Knob::kCfsQuota, "-1"));
    if (cap) {
      steps.push_back(step(Knob::kCfsPeriod, std::to_string(period)));
      steps.push_back(step(Knob::kCfsQuota, std::to_string(cap->quota_us)));
    }
  }
  if (cap && cap->burst_us > 0) steps.push_back(step(burst, std::to_string(cap->burst_us)));
  return steps;
}

Step write_step(const Hierarchy& hierarchy, Controller controller, const std::string& group,
                Knob knob, std::string value) {
  const auto tree = hierarchy.tree_of(controller);
  check(tree.has_value(), "a value is written where its controller is");
  return {.kind = Step::Kind::kWrite,
          .tree = *tree,
          .group = group,
          .knob = knob,
          .value = std::move(value)};
}

Knob weight_knob(Version version) {
  return version == Version::kV2 ? Knob::kCpuWeight : Knob::kCpuShares;
}

}  // namespace sharesim::cgroup
