#include "sim/cgroup/systemd.hpp"

#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/mounts.hpp"
#include "sim/cgroup/plan.hpp"
#include "sim/cgroup/program.hpp"
#include "sim/cgroup/roots.hpp"

namespace sharesim::cgroup {
namespace {

/// Set in what is started anew, so that it is not started again.
constexpr const char* kStartedAnew = "SHARESIM_IN_SCOPE";

[[noreturn]] void fail(const std::string& wanted, const std::string& why,
                       const Surroundings& surroundings) {
  throw CgroupError(
      fmt::format("systemd owns the groups of this machine, and does not give {}: "
                  "{}\n{}",
                  wanted, why, scope_recipe(surroundings)));
}

std::vector<std::string> own_words() {
  std::vector<std::string> words;
  const std::string text = read_proc("/proc/self/cmdline");
  for (std::size_t at = 0; at < text.size(); at += words.back().size() + 1) {
    words.emplace_back(text.c_str() + at);
  }
  return words;
}

std::string own_program() {
  constexpr std::size_t kLongest = 4096;
  std::string path(kLongest, '\0');
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return path;
}

}  // namespace

std::string unified_mount(const Surroundings& surroundings) {
  for (const Mount& mount : read_mounts(surroundings.mountinfo)) {
    if (mount.version == Version::kV2) return mount.point;
  }
  return "";
}

std::vector<std::string> to_manager(const Surroundings& surroundings,
                                    std::vector<std::string> words) {
  if (!surroundings.privileged) words.insert(words.begin() + 1, "--user");
  return words;
}

bool delegated_by_systemd(const std::string& path) {
  // Marked since version 251 so that everybody may read it.
  for (const char* name : {"user.delegate", "trusted.delegate"}) {
    char value = 0;
    if (lgetxattr(path.c_str(), name, &value, 1) == 1 && value == '1') return true;
  }
  // A user's manager does not mark anything.
  if (path.find("/user@") == std::string::npos) return false;
  const Answer answer = ask({"systemctl", "--user", "show", "--property=Delegate", "--value", "--",
                             path.substr(path.rfind('/') + 1)},
                            Complaints::kDropped);
  return answer.status == 0 && answer.text == "yes";
}

bool needs_systemd(const std::string& root, const Surroundings& surroundings) {
  return root.empty() && surroundings.systemd && !own_delegated_group(surroundings) &&
         manages_version_2(surroundings);
}

std::optional<std::string> find_holder(const Surroundings& surroundings) {
  const Answer answer =
      ask(to_manager(surroundings,
                     {"systemctl", "show", "--property=ControlGroup", "--value", kHolderUnit}),
          Complaints::kDropped);
  if (answer.status != 0) return std::nullopt;
  if (!answer.text.starts_with('/')) return "";
  return unified_mount(surroundings) + answer.text;
}

std::string start_holder(const Surroundings& surroundings) {
  if (auto there = find_holder(surroundings); there && !there->empty()) return std::move(*there);
  // exec: not before its process is settled in its group. process: whoever was moved there outlives the unit.
  const Answer answer = ask(
      to_manager(surroundings,
                 {"systemd-run", "--quiet", "--collect", fmt::format("--unit={}", kHolderUnit),
                  "--description=holds the groups of sharesim apply", "--service-type=exec",
                  "--property=KillMode=process", "--property=Delegate=yes", "sleep", "infinity"}),
      Complaints::kKept);
  if (answer.status != 0) fail(fmt::format("a unit {}", kHolderUnit), answer.text, surroundings);
  auto path = find_holder(surroundings);
  if (!path || path->empty()) fail(kHolderUnit, "it ended at once", surroundings);
  return std::move(*path);
}

bool holds_groups(const std::string& path) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.is_directory(error) && entry.path().filename() != kLeaderGroup) return true;
  }
  return false;
}

void stop_holder(const Surroundings& surroundings) {
  const Answer answer =
      ask(to_manager(surroundings, {"systemctl", "stop", kHolderUnit}), Complaints::kKept);
  if (answer.status != 0) {
    throw CgroupError(fmt::format("cannot stop {}: {}", kHolderUnit, answer.text));
  }
}

void restart_in_scope(const Surroundings& surroundings) {
  std::vector<std::string> words = to_manager(
      surroundings,
      {"systemd-run", "--quiet", "--collect", "--scope", "--property=Delegate=yes", "--"});
  const char* const again = std::getenv(kStartedAnew);
  if (again != nullptr) {
    fail("a scope", "this one is not delegated: " + surroundings.own_groups, surroundings);
  }
  // systemd-run becomes what it starts, so that its own exit status would be taken for ours: it is asked first.
  std::vector<std::string> trial = words;
  trial.emplace_back("true");
  if (const Answer answer = ask(trial, Complaints::kKept); answer.status != 0) {
    fail("a scope", answer.text, surroundings);
  }
  const std::vector<std::string> own = own_words();
  words.push_back(own_program());
  words.insert(words.end(), own.begin() + (own.empty() ? 0 : 1), own.end());
  setenv(kStartedAnew, "1", 1);
  execvp(words.front().c_str(), pointers_to(words).data());
  fail("a scope", fmt::format("systemd-run: {}", std::generic_category().message(errno)),
       surroundings);
}

}  // namespace sharesim::cgroup
