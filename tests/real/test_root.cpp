#include "tests/real/test_root.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "sim/cgroup/hierarchy.hpp"
#include "sim/cgroup/program.hpp"
#include "sim/cgroup/values.hpp"
#include "tests/real/real_run.hpp"
#include "tests/support/run_command.hpp"

namespace sharesim::test {
namespace {

namespace fs = std::filesystem;
using cgroup::Controller;
using cgroup::Knob;
using cgroup::Version;

constexpr std::array kAll{Controller::kCpu, Controller::kCpuacct, Controller::kCpuset};
constexpr std::array kWritten{Knob::kSubtreeControl, Knob::kCpuWeight,  Knob::kCpuMax,
                              Knob::kCpuMaxBurst,    Knob::kCpuIdle,    Knob::kCpusetCpus,
                              Knob::kCpuShares,      Knob::kCfsPeriod,  Knob::kCfsQuota,
                              Knob::kCfsBurst,       Knob::kCpusetMems, Knob::kProcs};

const fs::path kMounts = "/sys/fs/cgroup";

std::string own_name() { return "sharesim-test-" + std::to_string(getpid()); }

}  // namespace

std::string line_of(const fs::path& file) {
  std::string text = read_file(file);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string TestRoot::unavailable() {
  if (geteuid() != 0) return "only root can make a group of its own here: run it as root";
  if (cgroup::this_machine().systemd) return "systemd owns the groups of this machine";
  return no_groups_because();
}

TestRoot::TestRoot()
    : version_(fs::exists(kMounts / "cgroup.controllers") ? Version::kV2 : Version::kV1) {
  if (is_v2()) {
    const std::string control = line_of(kMounts / "cgroup.subtree_control");
    for (const char* name : {"cpu", "cpuset"}) {
      if (!cgroup::has_word(control, name)) enabled_ += std::string(" -") + name;
    }
    std::ofstream(kMounts / "cgroup.subtree_control") << "+cpu +cpuset";
  }
  for (const fs::path& group : places()) {
    if (!fs::create_directory(group)) throw std::runtime_error("cannot make " + group.string());
  }
  if (is_v2()) return;
  for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
    std::ofstream(place(Controller::kCpuset) / file)
        << read_file(mount_of(Controller::kCpuset) / file);
  }
}

TestRoot::~TestRoot() {
  for (const fs::path& group : places()) rmdir(group.c_str());
  if (!enabled_.empty()) std::ofstream(kMounts / "cgroup.subtree_control") << enabled_;
}

fs::path TestRoot::mount_of(Controller controller) const {
  return is_v2() ? kMounts : kMounts / cgroup::name_of(controller);
}

fs::path TestRoot::place(Controller controller, const std::string& below) const {
  const fs::path root = mount_of(controller) / own_name();
  return below.empty() ? root : root / below;
}

std::vector<fs::path> TestRoot::places() const {
  if (is_v2()) return {place(Controller::kCpu)};
  std::vector<fs::path> all;
  for (const Controller controller : kAll) all.push_back(place(controller));
  return all;
}

std::string TestRoot::value(Controller controller, const std::string& file) const {
  return line_of(place(controller, file));
}

std::string TestRoot::state() const {
  std::string text;
  const auto add = [&](const fs::path& group) {
    text += group.string() + "\n";
    for (const Knob knob : kWritten) {
      const fs::path file = group / file_name(knob);
      if (fs::exists(file)) text += std::string(file_name(knob)) + " " + line_of(file) + "\n";
    }
  };
  for (const fs::path& root : places()) {
    add(root);
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.is_directory()) add(entry.path());
    }
  }
  return text;
}

int run_as_somebody(std::vector<std::string> words, const fs::path& out,
                    const std::function<void()>& first) {
  const pid_t child = fork();
  if (child == 0) {
    first();
    if (freopen(out.c_str(), "w", stdout) == nullptr || dup2(STDOUT_FILENO, STDERR_FILENO) < 0 ||
        setgid(kSomebody) != 0 || setuid(kSomebody) != 0) {
      _exit(99);
    }
    words.insert(words.begin(), SHARESIM_BINARY);
    execv(SHARESIM_BINARY, cgroup::pointers_to(words).data());
    _exit(99);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Sleeper::Sleeper() : pid_(fork()) {
  if (pid_ == 0) {
    pause();
    _exit(0);
  }
}

Sleeper::~Sleeper() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string Sleeper::groups() const {
  return read_file("/proc/" + std::to_string(pid_) + "/cgroup");
}

}  // namespace sharesim::test
