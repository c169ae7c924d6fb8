#include "sim/cgroup/plan_events.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/caps.hpp"
#include "sim/cgroup/plan_steps.hpp"
#include "sim/cgroup/policy.hpp"
#include "sim/core/units.hpp"

namespace sharesim::cgroup {
namespace {

class EventChanges {
 public:
  explicit EventChanges(PlanDraft& draft) : draft_(draft) {}

  void run() {
    for (const ScenarioEvent& event : draft_.scenario.events) {
      for (const EntityRef entity : event.entities) {
        const std::size_t index = draft_.plan.group_of(entity).entity->is_task()
                                      ? draft_.plan.index_of_task[entity.id]
                                      : draft_.plan.index_of_group[entity.id];
        add_change(event, index);
      }
    }
    if (!draft_.scenario.events.empty()) {
      draft_.note(
          Note::Kind::kRemark, "",
          fmt::format(
              "the workload changes {} times in mid-run: apply sets what holds at its start, "
              "live makes the changes",
              draft_.scenario.events.size()));
    }
  }

 private:
  void add_change(const ScenarioEvent& event, std::size_t index) {
    const PlannedGroup& group = draft_.plan.groups[index];
    const auto later = [&](Step step) {
      draft_.plan.changes.push_back({event.at, std::move(step)});
    };
    const bool by_weight =
        group.parent &&
        mapping_of(draft_.policy_below(*group.parent).info()).mapping == Mapping::kWeights;
    if (event.weight && group.parent && !group.idle) {
      const auto scaled = draft_.scaled.find({*group.parent, *event.weight});
      if (by_weight && scaled != draft_.scaled.end()) {
        later(write_step(draft_.hierarchy, Controller::kCpu, group.group,
                         weight_knob(draft_.plan.version), std::to_string(scaled->second)));
      } else if (!by_weight) {
        draft_.lose(group.path,
                    fmt::format("its weight from {} on: what it is under this policy is set at "
                                "the start only",
                                to_text(event.at)));
      }
    }
    if (event.cap) {
      CapInKernel cap;
      if (*event.cap) cap = later_cap(index, **event.cap, event.at);
      if (cap.refused.empty()) {
        for (Step& step : cap_steps(draft_.hierarchy, group.group, cap.cap)) later(std::move(step));
      }
    }
    if (event.cpus) change_cpus(event, index);
    if (draft_.options.pins && draft_.hierarchy.version == Version::kV1)
      refuse_tied_changes(event, index);
  }

  void change_cpus(const ScenarioEvent& event, std::size_t index) {
    const PlannedGroup& group = draft_.plan.groups[index];
    if (!draft_.hierarchy.tree_of(Controller::kCpuset)) {
      if (!draft_.options.pins) {
        draft_.lose(group.path, "its CPUs from " + to_text(event.at) +
                                    " on: the cpuset controller is not to be had below this root");
      }
      return;
    }
    CpuSet cpus = draft_.real_cpus(*event.cpus);
    // In v1 a set that is not within its parent's is an error.
    if (group.parent && draft_.plan.groups[*group.parent].cpus)
      cpus = cpus & *draft_.plan.groups[*group.parent].cpus;
    draft_.plan.changes.push_back(
        {event.at, write_step(draft_.hierarchy, Controller::kCpuset, group.group, Knob::kCpusetCpus,
                              cpus.to_string())});
  }

  /// In v1 a group's CPUs and cap may not become less than what is below it has.
  void refuse_tied_changes(const ScenarioEvent& event, std::size_t index) {
    const bool cpus = event.cpus && !draft_.children[index].empty();
    if (cpus || (event.cap && has_cap_below(index))) {
      draft_.refuse(
          draft_.plan.groups[index].path,
          fmt::format("version 1 ties a group's {} to those below it: live cannot change it in "
                      "mid-run, at {}",
                      cpus ? "CPUs" : "cap", to_text(event.at)));
    }
  }

  bool has_cap_below(std::size_t index) const {
    return std::any_of(
        draft_.children[index].begin(), draft_.children[index].end(), [&](std::size_t child) {
          const EntityRef entity = *draft_.plan.groups[child].entity;
          const auto caps_child = [&](const ScenarioEvent& event) {
            return event.cap &&
                   std::count(event.entities.begin(), event.entities.end(), entity) > 0;
          };
          return draft_.cap_in(child) || draft_.plan.groups[child].cap ||
                 std::any_of(draft_.scenario.events.begin(), draft_.scenario.events.end(),
                             caps_child) ||
                 has_cap_below(child);
        });
  }

  /// Says what is lost of it; where it is refused, the group keeps the cap that it has.
  CapInKernel later_cap(std::size_t index, const Bandwidth& bandwidth, Time at) {
    const PlannedGroup& group = draft_.plan.groups[index];
    CapInKernel cap = kernel_cap(bandwidth);
    const std::string when = "cap from " + to_text(at) + " on: ";
    if (!cap.lost.empty()) draft_.lose(group.path, when + cap.lost);
    if (!cap.refused.empty()) {
      // Only live makes the change.
      draft_.note(draft_.options.pins ? Note::Kind::kRefused : Note::Kind::kLost, group.path,
                  when + cap.refused);
    }
    if (cap.cap && cap.cap->burst_us > 0 && !draft_.hierarchy.has_burst) {
      cap.cap->burst_us = 0;
      draft_.lose(group.path, when + "cpu.max.burst came with Linux 5.14: no burst");
    }
    const bool held_above = draft_.hierarchy.version == Version::kV1 && group.parent && cap.cap &&
                            rate_of(*cap.cap) >= draft_.cap_above.at(*group.parent);
    if (held_above) cap.cap.reset();  // as in set_cap()
    return cap;
  }

  PlanDraft& draft_;
};

}  // namespace

void add_changes(PlanDraft& draft) { EventChanges(draft).run(); }

}  // namespace sharesim::cgroup
