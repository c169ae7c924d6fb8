// May an ordinary user do all this in a group that was handed over to it, and nothing elsewhere?

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/real/real_run.hpp"
#include "tests/real/test_root.hpp"

namespace sharesim {
namespace {

namespace fs = std::filesystem;
constexpr const char* kMount = "/sys/fs/cgroup";

class Delegation : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(fs::path(kMount) / "cgroup.controllers")) {
      GTEST_SKIP() << "version 1 cannot be handed over to a user";
    }
    if (getuid() != 0) GTEST_SKIP() << "only root can hand a group over: run it as root";
    const std::string reason = test::no_groups_because();
    if (!reason.empty()) GTEST_SKIP() << reason;
    std::ofstream(fs::path(kMount) / "cgroup.subtree_control") << "+cpu +cpuset";
    fs::create_directory(group_);
    // What is handed over is listed in /sys/kernel/cgroup/delegate; the group's own values are not.
    for (const char* name : {"", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control"}) {
      ASSERT_EQ(chown((group_ / name).c_str(), test::kSomebody, test::kSomebody), 0) << name;
    }
    chmod(folder_.path().c_str(), 0777);
    workload_ = folder_.write("workload.yaml", R"(
name: handed-over
machine: {cpus: 1}
duration: 2s
tasks: [{name: light, weight: 100}, {name: heavy, weight: 300}]
)");
  }
  void TearDown() override {
    if (IsSkipped()) return;
    EXPECT_EQ(rmdir(group_.c_str()), 0);
    std::ofstream(fs::path(kMount) / "cgroup.subtree_control") << "-cpu -cpuset";
  }

  /// Runs sharesim as somebody, started inside `group`; what it says goes to said().
  int run_as_somebody(const fs::path& group, const std::vector<std::string>& words) const {
    return test::run_as_somebody(words, folder_.path() / "out.txt",
                                 [&group] { std::ofstream(group / "cgroup.procs") << "0"; });
  }
  std::string said() const { return test::read_file(folder_.path() / "out.txt"); }

  test::ScratchFolder folder_;
  fs::path group_ = fs::path(kMount) / "sharesim-handed-over";
  std::string workload_;
};

// Weights 1:3 in a group of its own: a quarter and three quarters; and nothing is left in it.
TEST_F(Delegation, AUserRunsInItsGroup) {
  const fs::path out = folder_.path() / "out";
  ASSERT_EQ(run_as_somebody(
                group_, {"live", workload_, "--cgroup-root", group_.string(), "-o", out.string()}),
            0)
      << said();
  const test::Json live = test::Json::parse(test::read_file(out / "live.json"));
  double light = 0, all = 0;
  for (const test::Json& entity : live.at("entities")) {
    if (entity.at("path") == "/light") light = entity.at("seen_usage_ns").get<double>();
    if (entity.at("path") == "/") all = entity.at("seen_usage_ns").get<double>();
  }
  EXPECT_NEAR(light / all, 0.25, 2 * 0.25 * test::share_tolerance());
  for (const auto& entry : fs::directory_iterator(group_)) {
    EXPECT_FALSE(entry.is_directory()) << entry.path();
  }
}

/// A group of the workload's, and what its file says.
std::string value_in(const fs::path& group, const std::string& file) {
  std::string text = test::read_file(group / "sharesim-handed-over" / file);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

// apply leaves its groups there, with the user's own sharesim out of their way; status and revert follow. A process
// that is not the user's is refused, with what would be needed, and nothing is changed by that.
TEST_F(Delegation, AUserAppliesAndReverts) {
  const std::string root = group_.string();
  const std::string control = test::read_file(group_ / "cgroup.subtree_control");
  const test::Sleeper stranger;
  const std::string home = stranger.groups();
  EXPECT_EQ(run_as_somebody(group_, {"apply", workload_, "--cgroup-root", root, "--pids",
                                     "/light=" + std::to_string(stranger.pid())}),
            3);
  EXPECT_THAT(said(), testing::HasSubstr("Permission denied: moving takes write access"));
  EXPECT_EQ(stranger.groups(), home);
  EXPECT_EQ(test::read_file(group_ / "cgroup.subtree_control"), control);

  ASSERT_EQ(run_as_somebody(group_, {"apply", workload_, "--cgroup-root", root}), 0) << said();
  EXPECT_EQ(value_in(group_, "s-heavy/cpu.weight"), "300");
  // Processes may be in leaves only by now.
  const fs::path leaf = group_ / "sharesim-leader";
  EXPECT_EQ(run_as_somebody(leaf, {"status", "--interval", "50ms", "--cgroup-root", root}), 0);
  EXPECT_THAT(said(), testing::HasSubstr("300"));
  EXPECT_EQ(run_as_somebody(leaf, {"revert", "--cgroup-root", root}), 0) << said();
  EXPECT_FALSE(fs::exists(group_ / "sharesim-handed-over"));
  EXPECT_EQ(test::read_file(group_ / "cgroup.subtree_control"), control);
}

// Outside of it: status 3, why, and what would make it work; and nothing was made.
TEST_F(Delegation, AUserRunsNowhereElse) {
  EXPECT_EQ(run_as_somebody(kMount, {"live", workload_}), 3);
  EXPECT_THAT(said(), testing::HasSubstr("sharesim: "));
  EXPECT_FALSE(fs::exists(fs::path(kMount) / "sharesim--live-handed-over"));
}

}  // namespace
}  // namespace sharesim
