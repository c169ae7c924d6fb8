#include <algorithm>

#include <fmt/format.h>

#include "sim/cgroup/plan_units.hpp"
#include "sim/core/error.hpp"
#include "sim/output/emit.hpp"
#include "sim/wording.hpp"

namespace sharesim {
namespace {

using cgroup::Plan;
using cgroup::PlannedGroup;

/// As systemd-escape(1): '-' is what separates a slice from the one above it.
std::string escaped(const std::string& name) {
  std::string text;
  for (const char c : name) text += c == '-' ? std::string("\\x2d") : std::string(1, c);
  return text;
}

std::vector<std::string> properties(const PlannedGroup& group) {
  std::vector<std::string> lines;
  for (const auto& [knob, value] : cgroup::unit_properties(group)) {
    lines.push_back(fmt::format("{}={}", file_name(knob), value));
  }
  return lines;
}

/// What systemd has no property for, as a comment.
std::string losses(const PlannedGroup& group) {
  const std::string text = cgroup::loss_of_unit(group);
  return text.empty() ? "" : "# " + text + "\n";
}

std::string section(const std::string& name, const std::vector<std::string>& lines) {
  std::string text = "[" + name + "]\n";
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

class Emitter {
 public:
  Emitter(const Plan& plan, const std::map<std::string, std::string>& units)
      : plan_(plan), units_(units) {}

  std::vector<EmittedFile> run() {
    for (std::size_t i = 0; i < plan_.groups.size(); ++i) {
      const auto unit = units_.find(plan_.groups[i].path);
      if (unit != units_.end()) {
        drop_in(i, unit->second);
      } else if (!plan_.groups[i].leaf) {
        slice(i);
      } else {
        command(i);
      }
    }
    check_units();
    files_.insert(files_.begin(), {"README", read_me()});
    return std::move(files_);
  }

 private:
  /// "sharesim_crowd-web", of sharesim_crowd-web.slice below sharesim_crowd.slice; or what --unit says.
  std::string slice_name(std::size_t index) const {
    constexpr std::string_view kEnding = ".slice";
    const PlannedGroup& group = plan_.groups[index];
    if (const auto unit = units_.find(group.path); unit != units_.end()) {
      return unit->second.substr(0, unit->second.size() - kEnding.size());
    }
    if (!group.parent) return "sharesim_" + escaped(plan_.workload);
    return slice_name(*group.parent) + "-" + escaped(group.path.substr(group.path.rfind('/') + 1));
  }

  void slice(std::size_t index) {
    const PlannedGroup& group = plan_.groups[index];
    std::string text = losses(group);
    text += fmt::format("[Unit]\nDescription=sharesim {}, {}\n\n", plan_.workload, group.path);
    text += section("Slice", properties(group));
    files_.push_back({slice_name(index) + ".slice", std::move(text)});
  }

  void drop_in(std::size_t index, const std::string& unit) {
    const PlannedGroup& group = plan_.groups[index];
    cgroup::check_unit_name(unit, group);
    const std::string kind = unit.substr(unit.rfind('.') + 1);
    std::vector<std::string> lines = properties(group);
    const bool plain = unit.find('\\') == std::string::npos;
    std::string command = "systemctl set-property --runtime " + (plain ? unit : "'" + unit + "'");
    for (const std::string& line : lines) command += " " + line;
    commands_ += "#   " + command + "\n";
    if (kind != "slice" && group.parent) {
      lines.insert(lines.begin(), "Slice=" + slice_name(*group.parent) + ".slice");
    }
    std::string title = kind;
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    files_.push_back({unit + ".d/50-sharesim.conf", losses(group) + section(title, lines)});
  }

  void command(std::size_t index) {
    const PlannedGroup& group = plan_.groups[index];
    std::string line = fmt::format("systemd-run --slice='{}.slice'", slice_name(*group.parent));
    for (const std::string& property : properties(group)) line += " -p " + property;
    starts_ += fmt::format("#   {} COMMAND      # {}\n", line, group.path);
  }

  void check_units() const {
    for (const auto& [path, unit] : units_) {
      const bool known = std::any_of(
          plan_.groups.begin(), plan_.groups.end(),
          [&, &entity = path](const PlannedGroup& group) { return group.path == entity; });
      if (!known) throw InputError("--unit: the workload has no " + quoted(path));
    }
  }

  std::string read_me() const {
    std::string text = notes_as_comment(plan_);
    text +=
        "#\n# Put the files into /etc/systemd/system (for a user: ~/.config/systemd/user), then\n"
        "#   systemctl daemon-reload\n";
    if (!commands_.empty()) {
      text +=
          "# Units keep their slice until they are started anew. To set only the values, at once "
          "and\n"
          "# until the next boot (never by writing to the unit's files: systemd would undo it):\n" +
          commands_;
    }
    if (!starts_.empty()) text += "# Tasks that are no units of yours are started as\n" + starts_;
    return text;
  }

  const Plan& plan_;
  const std::map<std::string, std::string>& units_;
  std::vector<EmittedFile> files_;
  std::string commands_;
  std::string starts_;
};

}  // namespace

std::vector<EmittedFile> emit_systemd(const Plan& plan,
                                      const std::map<std::string, std::string>& units) {
  return Emitter(plan, units).run();
}

}  // namespace sharesim
