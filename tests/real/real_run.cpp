#include "tests/real/real_run.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <utility>

namespace sharesim::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;

bool writable(const fs::path& path) { return access(path.c_str(), W_OK) == 0; }

/// Below /sys/fs/cgroup, as deep as groups of sharesim may be.
void add_groups(const fs::path& folder, int depth, std::vector<std::string>& found) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_directory(error) || entry.is_symlink(error)) continue;
    if (entry.path().filename().string().starts_with("sharesim-")) {
      found.push_back(entry.path().string());
    } else if (depth > 0) {
      add_groups(entry.path(), depth - 1, found);
    }
  }
}

}  // namespace

std::string no_groups_because() {
  if (std::getenv("SHARESIM_REAL_REQUIRED") != nullptr) return "";
  const fs::path mounts = "/sys/fs/cgroup";
  const bool v1 = fs::exists(mounts / "cpu/cpu.shares") || fs::exists(mounts / "cpu/cgroup.procs");
  if (v1) {
    for (const char* tree : {"cpu", "cpuacct", "cpuset"}) {
      if (!writable(mounts / tree)) {
        return "no right to make groups in " + (mounts / tree).string() + ": run it as root";
      }
    }
    return "";
  }
  const std::string controllers = read_file(mounts / "cgroup.controllers");
  if (controllers.find("cpu") == std::string::npos) {
    return "the cpu controller is in neither /sys/fs/cgroup/cpu (v1) nor /sys/fs/cgroup (v2)";
  }
  return writable(mounts) ? "" : "no right to make groups in /sys/fs/cgroup: run it as root";
}

double share_tolerance() {
  constexpr double kPercent = 100;
  constexpr double kUsual = 2 / kPercent;
  const char* text = std::getenv("SHARESIM_REAL_TOLERANCE");
  return text == nullptr ? kUsual : std::strtod(text, nullptr) / kPercent;
}

int kills() {
  const char* text = std::getenv("SHARESIM_REAL_KILLS");
  return text == nullptr ? 100 : std::atoi(text);
}

RealRun::RealRun(const std::string& text, const std::vector<std::string>& more_arguments) {
  std::vector<std::string> arguments{"live", folder_.write("workload.yaml", text), "-o",
                                     (folder_.path() / "out").string()};
  arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
  command_ = run_sharesim(arguments);
}

double RealRun::number(const std::string& path, const std::string& member) const {
  const Json live = json("live.json");
  for (const Json& entity : live.at("entities")) {
    if (entity.at("path") == path) return entity.at(member).get<double>();
  }
  throw std::out_of_range(path);
}

Json RealRun::task(const std::string& path) const {
  const Json summary = json("summary.json");
  for (const Json& task : summary.at("tasks")) {
    if (task.at("path") == path) return task;
  }
  throw std::out_of_range(path);
}

RandomKills::RandomKills(std::vector<std::string> words, fs::path begun)
    : words_(std::move(words)), begun_(std::move(begun)) {
  const auto start = std::chrono::steady_clock::now();
  RunningCommand command(words_);
  const auto before = wait_until_begun(command);
  const CommandResult result = command.wait();
  if (result.status != 0) throw std::runtime_error(result.err);
  whole_ = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start);
  rest_ = whole_ - before;
}

microseconds RandomKills::wait_until_begun(RunningCommand& command) const {
  const auto start = std::chrono::steady_clock::now();
  while (!fs::exists(begun_) && command.running()) std::this_thread::sleep_for(microseconds(100));
  return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start);
}

bool RandomKills::kill() {
  constexpr int kParts = 1'000;
  RunningCommand command(words_);
  const bool late = ++round_ % 2 == 0;
  if (late) wait_until_begun(command);
  std::this_thread::sleep_for((late ? rest_ : whole_) * (random_() % kParts) / kParts);
  command.send(SIGKILL);
  const bool killed = command.wait().status == 128 + SIGKILL;
  return killed && fs::exists(begun_);
}

std::vector<std::string> left_behind() {
  constexpr int kDepth = 3;
  std::vector<std::string> found;
  add_groups("/sys/fs/cgroup", kDepth, found);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string pid = entry.path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    std::string line = read_file(entry.path() / "cmdline");
    std::replace(line.begin(), line.end(), '\0', ' ');
    if (line.starts_with(std::string(SHARESIM_BINARY) + " ")) found.push_back(pid + ": " + line);
  }
  return found;
}

}  // namespace sharesim::test
