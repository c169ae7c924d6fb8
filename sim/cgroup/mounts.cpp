#include "sim/cgroup/mounts.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace sharesim::cgroup {
namespace {

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  std::string part;
  std::istringstream stream{std::string(text)};
  while (std::getline(stream, part, at)) parts.push_back(part);
  return parts;
}

/// mountinfo writes blanks and backslashes as three octal digits.
std::string without_escapes(std::string_view text) {
  constexpr std::size_t kDigits = 3;
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + kDigits < text.size()) {
      plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, kDigits)), nullptr, 8));
      i += kDigits;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::optional<Mount> read_mount(std::string_view line) {
  constexpr std::size_t kRoot = 3;
  constexpr std::size_t kPoint = 4;
  const std::vector<std::string> fields = split(line, ' ');
  const auto dash = std::find(fields.begin(), fields.end(), "-");
  if (fields.end() - dash < 4) return std::nullopt;
  const std::string& type = dash[1];
  if (type != "cgroup2" && type != "cgroup") return std::nullopt;
  Mount mount;
  mount.version = type == "cgroup2" ? Version::kV2 : Version::kV1;
  mount.root = without_escapes(fields[kRoot]);
  mount.point = without_escapes(fields[kPoint]);
  if (mount.version == Version::kV1) mount.controllers = split(dash[3], ',');
  return mount;
}

}  // namespace

bool Mount::has(Controller controller) const {
  return std::find(controllers.begin(), controllers.end(), name_of(controller)) !=
         controllers.end();
}

std::vector<Mount> read_mounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const std::string& line : split(mountinfo, '\n')) {
    if (auto mount = read_mount(line)) mounts.push_back(std::move(*mount));
  }
  return mounts;
}

std::optional<std::string> group_in(const Mount& mount, std::string_view groups) {
  for (const std::string& line : split(groups, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::vector<std::string> controllers =
        split(line.substr(first + 1, second - first - 1), ',');
    const bool ours =
        mount.version == Version::kV2
            ? line.starts_with("0::")
            : std::any_of(controllers.begin(), controllers.end(), [&](const auto& name) {
                return std::find(mount.controllers.begin(), mount.controllers.end(), name) !=
                       mount.controllers.end();
              });
    if (!ours) continue;
    std::string path = line.substr(second + 1);
    if (mount.root != "/") {
      if (path != mount.root && !path.starts_with(mount.root + "/")) return std::nullopt;
      path.erase(0, mount.root.size());
    }
    if (path.starts_with("/..")) return std::nullopt;  // outside of our cgroup namespace
    path.erase(0, path.starts_with('/') ? 1 : 0);
    return path;
  }
  return std::nullopt;
}

std::string read_proc(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace sharesim::cgroup
