#include "sim/cgroup/units.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/mounts.hpp"
#include "sim/cgroup/roots.hpp"
#include "sim/cgroup/systemd.hpp"
#include "sim/cgroup/values.hpp"
#include "sim/core/units.hpp"

namespace sharesim::cgroup {
namespace {

using std::chrono::milliseconds;

/// systemd answers before it writes to the kernel; so long it may take.
constexpr milliseconds kPatience{3'000};

/// What the kernel's file for a cap should say: "20000 100000"; "" if that is not known.
std::string cpu_max_of(const UnitState& unit) {
  constexpr std::int64_t kUsPerSecond = 1'000'000;
  constexpr std::int64_t kUsualPeriodUs = 100'000;
  const auto us_per_second = parse_percent(unit.values.at(Knob::kUnitQuota)).value;
  if (!us_per_second) return "";
  const std::string& period = unit.values.at(Knob::kUnitPeriod);
  const std::int64_t period_us = period.empty() ? kUsualPeriodUs : std::stoll(period);
  const std::int64_t quota_us = *us_per_second * period_us / kUsPerSecond;
  // The kernel takes no less: systemd makes the period longer, in a way of its own.
  constexpr std::int64_t kLeastQuotaUs = 1'000;
  return quota_us < kLeastQuotaUs ? "" : fmt::format("{} {}", quota_us, period_us);
}

/// The kernel's file for a property, and what it should say; "": whatever it says.
std::pair<Knob, std::string> in_kernel(const UnitState& unit, Knob property) {
  const std::string& value = unit.values.at(property);
  if (property == Knob::kUnitCpus) return {Knob::kCpusetCpusEffective, value};
  if (property != Knob::kUnitWeight) return {Knob::kCpuMax, cpu_max_of(unit)};
  if (value == "idle") return {Knob::kCpuIdle, "1"};
  return {Knob::kCpuWeight, value};
}

/// What systemd said last that was no answer. All directories of a tree have the same.
struct Complaint {
  std::string text;
  /// Keeps the text, for an errno that only says that there is one.
  int keep(std::string words) {
    text = std::move(words);
    return EREMOTEIO;
  }
};

/// One unit, as it was when it was opened or last written.
class Unit final : public Directory {
 public:
  Unit(UnitControl& control, Complaint& complaint, std::string name, UnitState state)
      : control_(control),
        complaint_(complaint),
        name_(std::move(name)),
        state_(std::move(state)) {}

  Got<std::unique_ptr<Directory>> open(const std::string& /*child*/) override {
    return {nullptr, ENOENT};
  }
  Got<std::unique_ptr<Directory>> again() override {
    return {std::make_unique<Unit>(control_, complaint_, name_, state_), 0};
  }
  int make(const std::string& /*child*/) override { return EPERM; }
  int remove(const std::string& /*child*/) override { return EPERM; }
  Got<std::vector<std::string>> children() override { return {}; }
  Got<std::string> read(Knob knob) override {
    const auto found = state_.values.find(knob);
    if (found == state_.values.end()) return {"", ENOENT};
    return {found->second, 0};
  }
  int write(Knob knob, std::string_view value) override {
    const Answer answer = control_.set(name_, fmt::format("{}={}", file_name(knob), value));
    if (answer.status != 0) return complaint_.keep(answer.text);
    const Answer now = control_.show(name_);
    if (now.status != 0) return complaint_.keep(now.text);
    state_ = read_unit(now.text);
    return value.empty() ? 0 : wait_for_kernel(knob);
  }
  int may_write(Knob knob) override { return state_.values.count(knob) > 0 ? 0 : ENOENT; }
  int descriptor() const override { return -1; }
  std::string complaint() const override { return complaint_.text; }

 private:
  /// A property that systemd has taken may come to nothing: a user's manager without the controller, a CPU that is
  /// not there, a unit above that has less.
  int wait_for_kernel(Knob knob) {
    if (state_.control_group.empty()) return 0;  // set when it is started
    const auto [file, value] = in_kernel(state_, knob);
    if (value.empty()) return 0;
    std::string now;
    for (milliseconds waited{0}, pause{1}; waited < kPatience; waited += pause, pause *= 2) {
      const auto group = control_.group_at(state_.control_group);
      const auto got = group.ok() ? group.value->read(file) : Got<std::string>{"", group.error};
      const Knob kind = file == Knob::kCpusetCpusEffective ? Knob::kCpusetCpus : file;
      if (got.ok() && same_value(kind, value, got.value)) return 0;
      now = got.ok() ? fmt::format("reads '{}'", got.value) : "is not there";
      control_.pause(pause);
    }
    return complaint_.keep(fmt::format("systemd has it, but {} of {} {}, and not '{}'",
                                       file_name(file), state_.control_group, now, value));
  }

  UnitControl& control_;
  Complaint& complaint_;
  const std::string name_;
  UnitState state_;
};

class Units final : public Directory {
 public:
  explicit Units(UnitControl& control) : control_(control) {}

  Got<std::unique_ptr<Directory>> open(const std::string& child) override {
    const Answer answer = control_.show(child);
    if (answer.status != 0) return {nullptr, complaint_->keep(answer.text)};
    complaint_->text.clear();
    UnitState state = read_unit(answer.text);
    if (!state.loaded) return {nullptr, ENOENT};
    return {std::make_unique<Unit>(control_, *complaint_, child, std::move(state)), 0};
  }
  Got<std::unique_ptr<Directory>> again() override {
    auto other = std::make_unique<Units>(control_);
    other->complaint_ = complaint_;
    return {std::move(other), 0};
  }
  int make(const std::string& /*child*/) override { return EPERM; }
  int remove(const std::string& /*child*/) override { return EPERM; }
  Got<std::vector<std::string>> children() override { return {}; }
  Got<std::string> read(Knob /*knob*/) override { return {"", ENOENT}; }
  int write(Knob /*knob*/, std::string_view /*value*/) override { return EPERM; }
  int may_write(Knob /*knob*/) override { return EPERM; }
  int descriptor() const override { return control_.descriptor(); }
  std::string complaint() const override { return complaint_->text; }

 private:
  UnitControl& control_;
  std::shared_ptr<Complaint> complaint_ = std::make_shared<Complaint>();
};

/// Of the whole machine: units may run where sharesim may not.
CpuSet cpus_of(UnitControl& control) {
  const auto all = control.group_at("");
  const auto text =
      all.ok() ? all.value->read(Knob::kCpusetCpusEffective) : Got<std::string>{"", all.error};
  return CpuSet::parse(text.value).value_or(CpuSet{});
}

/// Why the values of this unit are not to be set; "" if they may be.
std::string why_not(const std::string& name, const Surroundings& surroundings) {
  if (name == kHolderUnit) return "it holds sharesim's own groups";
  if (name == "init.scope" || name == "-.slice") return "all of this machine hangs on it";
  std::istringstream lines(surroundings.own_groups);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream groups(line.substr(line.rfind(':') + 1));
    for (std::string group; std::getline(groups, group, '/');) {
      if (group != name) continue;
      return "sharesim runs in it, and would slow down what has to take it back; start it "
             "elsewhere: "
             "systemd-run --scope --slice=sharesim.slice sharesim ...";
    }
  }
  return "";
}

}  // namespace

Machine open_units(UnitControl& control, const Surroundings& surroundings) {
  if (!manages_version_2(surroundings)) {
    throw CgroupError(
        "there are no units here to set: systemd does not manage this machine's groups, or only "
        "those of version 1; leave out --unit, or have the commands for another machine: "
        "sharesim plan ... --emit systemd --unit ...");
  }
  Machine machine;
  machine.roots.push_back(std::make_unique<Units>(control));
  machine.facts = {
      .version = Version::kV2,
      .trees = {{{Controller::kCpu, Controller::kCpuset}, kUnitsRoot, kUnitsRoot}},
      .cpus = cpus_of(control),
      .has_idle = true,
      .has_burst = true,  // of the kernel; the plan says that units have none
  };
  return machine;
}

std::map<std::string, UnitFacts> look_at(const std::map<std::string, std::string>& units,
                                         UnitControl& control, const Surroundings& surroundings) {
  std::map<std::string, UnitFacts> facts;
  for (const auto& [path, name] : units) {
    std::string why = why_not(name, surroundings);
    const Answer answer = why.empty() ? control.show(name) : Answer{};
    const UnitState state = read_unit(answer.text);
    if (why.empty() && answer.status != 0) why = answer.text;
    if (why.empty() && !state.loaded) why = "systemd has loaded no unit of this name";
    if (why.empty() && state.name != name) why = "its own name is " + state.name;
    if (!why.empty()) throw CgroupError(fmt::format("{} is not to be set: {}", name, why));
    const auto value = [&](Knob knob) {
      const auto found = state.values.find(knob);
      return found == state.values.end() ? "" : found->second;
    };
    facts[path] = {name, state.slice, value(Knob::kUnitQuota), value(Knob::kUnitCpus)};
  }
  return facts;
}

}  // namespace sharesim::cgroup
