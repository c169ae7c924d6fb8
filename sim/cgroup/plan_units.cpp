#include "sim/cgroup/plan_units.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "sim/core/error.hpp"
#include "sim/wording.hpp"

namespace sharesim::cgroup {
namespace {

/// In hundredths of a percent, which is all that systemd takes.
std::int64_t hundredths(const KernelCap& cap) {
  return (cap.quota_us * 10'000 + cap.period_us / 2) / cap.period_us;
}

class UnitPlan {
 public:
  explicit UnitPlan(PlanDraft& draft) : draft_(draft), units_(draft.options.units) {}

  void run() {
    check_names();
    draft_.plan.units = true;
    for (std::size_t i = 0; i < draft_.plan.groups.size(); ++i) name(i);
    for (std::size_t i = 0; i < draft_.plan.groups.size(); ++i) {
      if (draft_.plan.groups[i].group.empty()) continue;
      compare_slices(i);
      add_steps(i);
    }
    draft_.note(Note::Kind::kRemark, "",
                "shares are of these units: others of the same slice compete with them as well");
  }

 private:
  const UnitFacts* unit_of(std::size_t index) const {
    const auto found = units_.find(draft_.plan.groups[index].path);
    return found == units_.end() ? nullptr : &found->second;
  }

  void check_names() const {
    std::set<std::string> seen;
    for (const auto& [path, unit] : units_) {
      const auto group = std::find_if(
          draft_.plan.groups.begin(), draft_.plan.groups.end(),
          [&, &entity = path](const PlannedGroup& other) { return other.path == entity; });
      if (group == draft_.plan.groups.end()) {
        std::vector<std::string> known;
        for (const PlannedGroup& other : draft_.plan.groups) known.push_back(other.path);
        throw InputError("--unit: the workload has no " + quoted(path) + suggestion(path, known),
                         "the path of a task or group, such as " + draft_.plan.groups.back().path);
      }
      check_unit_name(unit.name, *group);
      if (!seen.insert(unit.name).second) {
        throw InputError("--unit: " + quoted(unit.name) + " is given twice", "one entity each");
      }
    }
  }

  /// What has no unit is left as it is.
  void name(std::size_t index) {
    PlannedGroup& group = draft_.plan.groups[index];
    const UnitFacts* const unit = unit_of(index);
    group.group = unit == nullptr ? "" : unit->name;
    if (unit != nullptr) {
      look_at_own(group, *unit);
    } else if (group.parent || group.cap) {
      draft_.lose(group.path, "no unit is given for it with --unit: its values are not set");
    }
  }

  void look_at_own(const PlannedGroup& group, const UnitFacts& unit) {
    if (const std::string loss = loss_of_unit(group); !loss.empty()) draft_.lose(group.path, loss);
    if (!unit.quota.empty() && !group.cap) {
      draft_.lose(group.path, fmt::format("the workload has no cap for it, and CPUQuota={} of {} "
                                          "stays",
                                          unit.quota, unit.name));
    }
    constexpr std::size_t kDecimals = 2;
    if (group.cap && unit.quota.size() > unit.quota.find('.') + kDecimals + 2) {
      draft_.refuse(group.path, fmt::format("CPUQuota={} of {} could not be put back: systemctl "
                                            "takes hundredths of a percent",
                                            unit.quota, unit.name));
    }
    if (!unit.cpus.empty() && !cpus_of(group)) {
      draft_.lose(group.path, fmt::format("the workload has no CPUs for it, and AllowedCPUs={} of "
                                          "{} stays",
                                          unit.cpus, unit.name));
    }
  }

  /// Weights are among the units of one slice.
  void compare_slices(std::size_t index) {
    const PlannedGroup& group = draft_.plan.groups[index];
    if (!group.parent) return;
    const std::string& slice = unit_of(index)->slice;
    const UnitFacts* const above = unit_of(*group.parent);
    if (above != nullptr && slice != above->name) {
      draft_.lose(group.path, fmt::format("{} is in {}, and not in {}: what that one is given is "
                                          "not divided among its own",
                                          group.group, slice, above->name));
    }
    if (above != nullptr) return;
    for (const std::size_t other : draft_.children[*group.parent]) {
      if (other >= index || unit_of(other) == nullptr || unit_of(other)->slice == slice) continue;
      draft_.lose(group.path,
                  fmt::format("{} is in {}, and {} in {}: their weights do not meet", group.group,
                              slice, unit_of(other)->name, unit_of(other)->slice));
    }
  }

  /// Those of the workload for a unit, or for what is above it and has none.
  std::optional<CpuSet> cpus_of(const PlannedGroup& group) const {
    if (group.cpus || !group.parent || unit_of(*group.parent) != nullptr) return group.cpus;
    return cpus_of(draft_.plan.groups[*group.parent]);
  }

  void add_steps(std::size_t index) {
    PlannedGroup& group = draft_.plan.groups[index];
    group.cpus = cpus_of(group);
    for (auto& [knob, value] : unit_properties(group)) {
      draft_.plan.steps.push_back({.kind = Step::Kind::kWrite,
                                   .group = group.group,
                                   .knob = knob,
                                   .value = std::move(value)});
    }
  }

  PlanDraft& draft_;
  const std::map<std::string, UnitFacts>& units_;
};

}  // namespace

std::vector<Property> unit_properties(const PlannedGroup& group) {
  std::vector<Property> properties;
  if (group.idle) {
    properties.emplace_back(Knob::kUnitWeight, "idle");
  } else if (group.weight) {
    properties.emplace_back(Knob::kUnitWeight, std::to_string(*group.weight));
  }
  if (group.cap) {
    const std::int64_t percent = hundredths(*group.cap);
    properties.emplace_back(Knob::kUnitQuota,
                            fmt::format("{}.{:02}%", percent / 100, percent % 100));
    properties.emplace_back(Knob::kUnitPeriod, fmt::format("{}us", group.cap->period_us));
  }
  if (group.cpus) properties.emplace_back(Knob::kUnitCpus, group.cpus->to_string());
  return properties;
}

std::string loss_of_unit(const PlannedGroup& group) {
  if (!group.cap) return "";
  std::string text;
  if (group.cap->burst_us > 0) {
    text = fmt::format("A burst of {} us is lost: systemd has no property for cpu.max.burst.",
                       group.cap->burst_us);
  }
  const __int128 asked = __int128{group.cap->quota_us} * 10'000;
  if (asked % group.cap->period_us != 0) {
    text += fmt::format("{}A cap of {} us in {} us is {}.{:02} %: systemd takes hundredths.",
                        text.empty() ? "" : " ", group.cap->quota_us, group.cap->period_us,
                        hundredths(*group.cap) / 100, hundredths(*group.cap) % 100);
  }
  return text;
}

void check_unit_name(const std::string& unit, const PlannedGroup& group) {
  constexpr std::size_t kMostLetters = 255;
  const bool good = std::all_of(unit.begin(), unit.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(":-_.@\\").find(c) != std::string_view::npos;
  });
  if (!good || unit.starts_with('.') || unit.size() > kMostLetters) {
    throw InputError("--unit: " + quoted(unit) + " is not a name of a unit");
  }
  const bool slice = unit.ends_with(".slice");
  if (!slice && !unit.ends_with(".service") && !unit.ends_with(".scope")) {
    throw InputError("--unit: " + quoted(unit) + " has no resource control",
                     "the name of a .service, .scope or .slice");
  }
  if (!group.leaf && !slice) {
    throw InputError("--unit: " + quoted(unit) + " cannot hold the tasks of " + group.path,
                     "a .slice for a group; a .service or .scope for a task");
  }
}

void use_units(PlanDraft& draft) { UnitPlan(draft).run(); }

}  // namespace sharesim::cgroup
