#include "sim/output/plan_text.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <fmt/format.h>

#include "sim/output/text.hpp"

namespace sharesim {
namespace {

using cgroup::Change;
using cgroup::Note;
using cgroup::Plan;
using cgroup::PlannedGroup;
using cgroup::Step;

constexpr std::size_t kColumns = 100;

bool makes_difference(const Change& change) {
  return change.step.kind != Step::Kind::kWrite || change.before != change.step.value;
}

std::string value_text(const Change& change, bool is_new) {
  const Step& step = change.step;
  const std::string value = step.value.empty() ? "(empty)" : step.value;
  switch (step.kind) {
    case Step::Kind::kMake:
      return "";
    case Step::Kind::kEnable:
      return fmt::format("{} {}", file_name(step.knob), value);
    case Step::Kind::kWrite:
      if (is_new || change.before.empty()) return fmt::format("{} {}", file_name(step.knob), value);
      return fmt::format("{} {} -> {}", file_name(step.knob), change.before, value);
    case Step::Kind::kMove:
      return fmt::format("process {} from /{}", step.pid, change.before);
  }
  return "";
}

/// One group, in all trees: "+" made, "~" changed, "=" as it should be.
class GroupLine {
 public:
  GroupLine(const std::vector<Change>& changes, const std::string& group) {
    std::vector<const Change*> mine;
    for (const Change& change : changes) {
      if (change.step.group != group || !makes_difference(change)) continue;
      is_new_ = is_new_ || change.step.kind == Step::Kind::kMake;
      mine.push_back(&change);
    }
    changed_ = !mine.empty();
    for (const Change* change : mine) add(value_text(*change, is_new_));
  }

  bool changed() const { return changed_; }
  char mark() const { return is_new_ ? '+' : changed_ ? '~' : '='; }
  const std::vector<std::string>& values() const { return values_; }

 private:
  /// The same in several trees, such as a process that is moved in each, is said once; controllers
  /// stand behind one name of a file.
  void add(std::string text) {
    if (text.empty() || std::count(values_.begin(), values_.end(), text) > 0) return;
    constexpr std::string_view kControl = "cgroup.subtree_control ";
    if (text.starts_with(kControl) && !values_.empty() && values_.back().starts_with(kControl)) {
      values_.back() += text.substr(kControl.size() - 1);
      return;
    }
    values_.push_back(std::move(text));
  }

  bool is_new_ = false;
  bool changed_ = false;
  std::vector<std::string> values_;
};

std::string name_in(const Plan& plan, const PlannedGroup& group) {
  if (plan.units) return fmt::format("{} ({})", group.group, group.path);
  return group.group.substr(group.group.rfind('/') + 1);
}

std::size_t depth_of(const std::string& group) {
  return static_cast<std::size_t>(std::count(group.begin(), group.end(), '/'));
}

/// Children after their parent, groups before tasks, as in the file.
void order_below(const Plan& plan, std::size_t index, std::vector<std::size_t>& order) {
  order.push_back(index);
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    if (plan.groups[i].parent == index) order_below(plan, i, order);
  }
}

class PlanText {
 public:
  PlanText(const Plan& plan, const std::vector<Change>& changes) : plan_(plan), changes_(changes) {
    for (const PlannedGroup& group : plan.groups) {
      if (group.group.empty()) continue;
      width_ = std::max(width_, 2 * depth_of(group.group) + name_in(plan, group).size());
    }
  }

  std::string text(const std::string& where) {
    line("", where);
    line(cgroup::kLeaderGroup, cgroup::kLeaderGroup);
    std::vector<std::size_t> order;
    if (!plan_.groups.empty()) order_below(plan_, 0, order);
    for (const std::size_t index : order) {
      if (!plan_.groups[index].group.empty()) group_line(plan_.groups[index]);
    }
    return text_;
  }

 private:
  /// For groups that are in no scenario: only if something happens to them.
  void line(const std::string& group, const std::string& name) {
    const GroupLine facts(changes_, group);
    if (!facts.changed()) return;
    text_ += fmt::format("  {} {}\n", facts.mark(), name);
    for (const std::string& value : facts.values()) text_ += fmt::format("      {}\n", value);
  }

  void group_line(const PlannedGroup& group) {
    const GroupLine facts(changes_, group.group);
    const std::string name = std::string(2 * depth_of(group.group), ' ') + name_in(plan_, group);
    std::string share;
    if (group.idle) share = "idle";
    if (group.weight && !group.idle) {
      const std::int64_t tenths = (group.share_asked + 500) / 1'000;
      share = fmt::format("{}.{} %", tenths / 10, tenths % 10);
    }
    text_ += fmt::format("  {} {:<{}} {:>7}", facts.mark(), name, width_, share);
    const std::size_t indent = width_ + 12;
    std::size_t column = indent;
    bool first = true;
    for (const std::string& value : facts.values()) {
      if (!first) text_ += ',';
      if (!first && column + 2 + value.size() > kColumns) {
        text_ += fmt::format("\n{:>{}}", "", indent);
        column = indent;
      }
      text_ += (column == indent ? "  " : " ") + value;
      column += 2 + value.size();
      first = false;
    }
    text_ += '\n';
  }

  const Plan& plan_;
  const std::vector<Change>& changes_;
  std::size_t width_ = 0;
  std::string text_;
};

/// The worst that whole numbers do to a share.
std::string rounding_text(const Plan& plan) {
  const PlannedGroup* worst = nullptr;
  for (const PlannedGroup& group : plan.groups) {
    if (!group.weight || group.idle) continue;
    if (worst == nullptr || std::abs(group.share_error) > std::abs(worst->share_error)) {
      worst = &group;
    }
  }
  if (worst == nullptr) return "";
  const std::string file = file_name(
      plan.version == cgroup::Version::kV2 ? cgroup::Knob::kCpuWeight : cgroup::Knob::kCpuShares);
  if (worst->share_error == 0) return fmt::format("Shares by {} are exact.\n", file);
  const std::int64_t error = worst->share_error;
  return fmt::format("Shares by {} are off by {}{}.{:04} % at most (of the share of {}).\n", file,
                     error < 0 ? "-" : "+", std::abs(error) / 10'000, std::abs(error) % 10'000,
                     worst->path);
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : noun.ends_with("s") ? "es" : "s");
}

}  // namespace

std::string notes_text(const Plan& plan, Note::Kind kind, std::string_view heading) {
  std::string text;
  for (const Note& note : plan.notes) {
    if (note.kind != kind) continue;
    const std::string paragraph = note.path.empty() ? note.text : note.path + ": " + note.text;
    std::istringstream lines(wrapped(paragraph, kColumns - 4));
    std::string line;
    for (bool first = true; std::getline(lines, line); first = false) {
      text += (first ? "  - " : "    ") + line + '\n';
    }
  }
  return text.empty() ? "" : fmt::format("\n{}\n{}", heading, text);
}

std::string counts_text(const std::vector<Change>& changes) {
  std::vector<pid_t> pids;
  std::size_t values = 0;
  std::vector<std::string> made;
  for (const Change& change : changes) {
    const cgroup::Step& step = change.step;
    if (step.kind == cgroup::Step::Kind::kMake) made.push_back(step.group);
    if (step.kind == cgroup::Step::Kind::kMove) pids.push_back(step.pid);
    const bool in_new = std::count(made.begin(), made.end(), step.group) > 0;
    const bool value =
        step.kind == cgroup::Step::Kind::kWrite || step.kind == cgroup::Step::Kind::kEnable;
    if (value && !in_new && makes_difference(change)) ++values;
  }
  const auto different = [](auto& list) {
    std::sort(list.begin(), list.end());
    return static_cast<std::size_t>(std::unique(list.begin(), list.end()) - list.begin());
  };
  return fmt::format("{} to make, {} to change, {} to move", counted(different(made), "group"),
                     counted(values, "value"), counted(different(pids), "process"));
}

std::vector<Change> all_changes(const Plan& plan) {
  std::vector<Change> changes;
  for (const cgroup::Step& step : plan.steps) {
    if (!step.initial) changes.push_back({step, ""});
  }
  return changes;
}

std::string plan_text(const Plan& plan, const std::vector<Change>& changes,
                      const std::string& where) {
  std::string text = fmt::format("{} under {}, as ", plan.workload, plan.scheduler);
  text += plan.units ? "properties of systemd's units\n\n"
                     : fmt::format("cgroups (version {}) in {}\n\n", static_cast<int>(plan.version),
                                   where);
  if (!plan.refused()) {
    text += PlanText(plan, changes).text(where);
    text += '\n' + rounding_text(plan);
    text +=
        changes.empty() ? "Nothing to do: all is as it should be.\n" : counts_text(changes) + ".\n";
  }
  text += notes_text(plan, Note::Kind::kRefused, "Refused:");
  text += notes_text(plan, Note::Kind::kLost, "Lost:");
  text += notes_text(plan, Note::Kind::kRemark, "Remarks:");
  return text;
}

}  // namespace sharesim
