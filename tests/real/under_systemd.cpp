#include "tests/real/under_systemd.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>

#include <gmock/gmock.h>

#include "sim/cgroup/hierarchy.hpp"
#include "tests/real/real_run.hpp"
#include "tests/real/test_root.hpp"

namespace sharesim::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWorkload = R"(
name: under-systemd
machine: {cpus: 1}
duration: 3s
groups:
  - {name: web, weight: 300, cap: {quota: 80ms, period: 100ms}, tasks: [{name: worker}]}
tasks: [{name: hog, weight: 250, cap: 20%}]
)";

/// What systemd's own groups say: their names, and what is in their files. Scopes that come and go with a command
/// are not of interest.
std::map<std::string, std::string> groups_of_systemd() {
  std::map<std::string, std::string> found;
  for (const fs::path& group : all_groups()) {
    for (const char* file : {"cpu.weight", "cpu.max", "cpu.max.burst", "cpu.idle", "cpuset.cpus"}) {
      // The controllers of a slice come with what asks for them, and systemd takes them away when it likes.
      if (fs::exists(group / file)) found[group / file] = line_of(group / file);
    }
  }
  return found;
}

}  // namespace

std::vector<fs::path> all_groups() {
  std::vector<fs::path> found;
  std::error_code gone;
  for (fs::recursive_directory_iterator at(kMount, gone), end; at != end; at.increment(gone)) {
    if (at->is_directory(gone)) found.push_back(at->path());
  }
  return found;
}

void expect_untouched(const std::map<std::string, std::string>& before) {
  for (const auto& [file, value] : groups_of_systemd()) {
    const auto old = before.find(file);
    if (old != before.end()) {
      EXPECT_EQ(value, old->second) << file;
    }
  }
}

int shell(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void UnderSystemd::SetUp() {
  if (!cgroup::this_machine().systemd) GTEST_SKIP() << "systemd is not the first process here";
  if (!fs::exists(kMount / "cgroup.controllers")) {
    GTEST_SKIP() << "systemd manages version 1 here, in which nothing can be delegated";
  }
  if (std::getenv("SHARESIM_REAL_REQUIRED") == nullptr) {
    GTEST_SKIP() << "these stop units and a user's manager: only in the virtual machine";
  }
  if (geteuid() != 0) GTEST_SKIP() << "these ask systemd for units: run them as root";
  workload_ = folder_.write("w.yaml", kWorkload);
  before_ = groups_of_systemd();
}
void UnderSystemd::TearDown() {
  if (IsSkipped()) return;
  expect_untouched(before_);
  EXPECT_FALSE(fs::exists(kUnit));
  EXPECT_THAT(test::left_behind(), testing::IsEmpty());
}

int UnderSystemd::run_as_somebody(const std::vector<std::string>& words, bool with_manager) const {
  return test::run_as_somebody(words, folder_.path() / "said", [with_manager] {
    if (with_manager) setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
  });
}

}  // namespace sharesim::test
