// Does this machine's kernel take what apply writes, does it read it back, and is all as it was before
// after revert? Asked of version 2 and of version 1, whichever is here.

#include "sim/cgroup/apply.hpp"

#include <sys/file.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/real/real_run.hpp"
#include "tests/real/test_root.hpp"

namespace sharesim::cgroup {
namespace {

namespace fs = std::filesystem;
using test::CommandResult;
using test::Sleeper;
using testing::HasSubstr;
using enum Controller;

// The quota is now less than the burst was; who had a weight is idle, and who had a CPU set has none.
constexpr const char* kChanged =
    "name: test-apply\n"
    "machine: {cpus: 1}\n"
    "duration: 1s\n"
    "groups:\n"
    "  - name: web\n"
    "    weight: 400\n"
    "    cap: {quota: 5ms, period: 20ms, burst: 2ms}\n"
    "    tasks: [{name: worker, count: 2}]\n"
    "tasks:\n"
    "  - {name: hog, idle: true}\n";

class RealApply : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = test::TestRoot::unavailable();
    if (!reason.empty()) GTEST_SKIP() << reason;
    root_.emplace();
    before_ = root_->state();
  }

  CommandResult sharesim(std::vector<std::string> words) const {
    words.insert(words.end(), {"--cgroup-root", root_->path()});
    if (words.front() == "apply" || words.front() == "revert") {
      words.insert(words.end(), {"--journal", journal()});
    }
    return test::run_sharesim(words);
  }
  std::string workload(const char* text = test::kApplied) const {
    return folder_.write("w.yaml", text);
  }
  std::string journal() const { return (folder_.path() / "journal").string(); }
  /// Of a group of the workload: the file has a name for each version.
  std::string cpu(const std::string& group, const char* v2_file, const char* v1_file) const {
    return root_->value(kCpu,
                        "sharesim-test-apply/" + group + (root_->is_v2() ? v2_file : v1_file));
  }
  void expect_as_before() const {
    EXPECT_EQ(root_->state(), before_);
    EXPECT_FALSE(fs::exists(journal()));
  }
  void expect_taken_back() const {
    const CommandResult reverted = sharesim({"revert"});
    EXPECT_EQ(reverted.status, 0) << reverted.err;
    expect_as_before();
  }

  const test::ScratchFolder folder_;
  std::optional<test::TestRoot> root_;
  std::string before_;
};

TEST_F(RealApply, SetsValuesThatTheKernelReadsBack) {
  const Sleeper job;
  const std::string home = job.groups();
  const CommandResult applied =
      sharesim({"apply", workload(), "--pids", "/hog=" + std::to_string(job.pid())});
  ASSERT_EQ(applied.status, 0) << applied.err;
  if (root_->is_v2()) {
    EXPECT_EQ(cpu("s-web/", "cpu.weight", ""), "300");
    EXPECT_EQ(cpu("s-web/", "cpu.max", ""), "30000 50000");
    EXPECT_EQ(cpu("s-web/s-worker.1/", "cpu.max", ""), "20000 100000");
    EXPECT_EQ(cpu("s-hog/", "cpu.weight", ""), "100");
    EXPECT_EQ(cpu("s-hog/", "cgroup.type", ""), "domain");
  } else {
    EXPECT_EQ(cpu("s-web/", "", "cpu.shares"), "3072");
    EXPECT_EQ(cpu("s-web/", "", "cpu.cfs_quota_us"), "30000");
    EXPECT_EQ(cpu("s-web/", "", "cpu.cfs_period_us"), "50000");
    EXPECT_EQ(cpu("s-web/s-worker.1/", "", "cpu.cfs_quota_us"), "20000");
    EXPECT_EQ(cpu("s-hog/", "", "cpu.shares"), "1024");
  }
  EXPECT_EQ(cpu("s-web/", "cpu.max.burst", "cpu.cfs_burst_us"), "10000");
  EXPECT_EQ(root_->value(kCpuset,
                         std::string("sharesim-test-apply/s-hog/") +
                             (root_->is_v2() ? "cpuset.cpus.effective" : "cpuset.effective_cpus")),
            "0");
  EXPECT_THAT(job.groups(), HasSubstr("/sharesim-test-apply/s-hog\n"));
  const CommandResult status = sharesim({"status", "--interval", "50ms"});
  EXPECT_THAT(status.out, HasSubstr("30000 50000 10000"));

  // Again: all is as it should be. With another weight: that one only.
  EXPECT_THAT(sharesim({"plan", workload()}).out, HasSubstr("Nothing to do"));
  EXPECT_THAT(sharesim({"plan", workload(), "--set", "groups.web.weight=400"}).out,
              HasSubstr(root_->is_v2() ? "cpu.weight 300 -> 400" : "cpu.shares 3072 -> 4096"));

  expect_taken_back();
  EXPECT_EQ(job.groups(), home);
}

// A second apply over the first, on the way to which the burst is more than the new quota; revert takes both back.
TEST_F(RealApply, ChangesWhatIsThere) {
  ASSERT_EQ(sharesim({"apply", workload()}).status, 0);
  const CommandResult second = sharesim({"apply", workload(kChanged)});
  ASSERT_EQ(second.status, 0) << second.err;
  if (root_->is_v2()) {
    EXPECT_EQ(cpu("s-web/", "cpu.weight", ""), "400");
    EXPECT_EQ(cpu("s-web/", "cpu.max", ""), "5000 20000");
    EXPECT_EQ(cpu("s-web/s-worker.1/", "cpu.max", ""), "max 100000");
  } else {
    EXPECT_EQ(cpu("s-web/", "", "cpu.cfs_quota_us"), "5000");
    EXPECT_EQ(cpu("s-web/s-worker.1/", "", "cpu.cfs_quota_us"), "-1");
  }
  EXPECT_EQ(cpu("s-web/", "cpu.max.burst", "cpu.cfs_burst_us"), "2000");
  EXPECT_EQ(cpu("s-hog/", "cpu.idle", "cpu.idle"), "1");
  EXPECT_THAT(sharesim({"status", "--interval", "50ms"}).out, HasSubstr("idle"));
  expect_taken_back();
}

// An error of the kernel's own in the middle. Version 1: the root's cap is 10 %, and there is none above that
// below it. Version 2: three groups may be made below the root, and five are wanted. Nothing is left.
TEST_F(RealApply, LeavesNothingWhereTheKernelRefuses) {
  std::ofstream(root_->place(kCpu, root_->is_v2() ? "cgroup.max.descendants" : "cpu.cfs_quota_us"))
      << (root_->is_v2() ? "3" : "10000");
  before_ = root_->state();
  const CommandResult applied = sharesim({"apply", workload()});
  EXPECT_EQ(applied.status, 3);
  EXPECT_THAT(
      applied.err,
      HasSubstr(root_->is_v2()
                    ? "s-web/s-worker.1: Resource temporarily unavailable: there are as many "
                      "groups as cgroup.max.descendants"
                    : "s-web/cpu.cfs_quota_us: Invalid argument: a quota is"));
  EXPECT_THAT(applied.err, HasSubstr("nothing is changed"));
  expect_as_before();
}

// Version 2: a group of the workload's is there and holds a process, so that its controllers cannot be handed on
// (the kernel would do it, and make the groups below invalid). What was done before is taken back.
TEST_F(RealApply, RefusesAProcessInAnInnerGroup) {
  if (!root_->is_v2()) GTEST_SKIP() << "in version 1 any group may hold processes";
  const Sleeper job;
  const fs::path web = root_->place(kCpu, "sharesim-test-apply/s-web");
  fs::create_directories(web);
  std::ofstream(web / "cgroup.procs") << job.pid();
  before_ = root_->state();
  const CommandResult applied = sharesim({"apply", workload()});
  EXPECT_EQ(applied.status, 3);
  EXPECT_THAT(applied.err, HasSubstr("s-web/cgroup.subtree_control: Device or resource busy"));
  expect_as_before();
  std::ofstream("/sys/fs/cgroup/cgroup.procs") << job.pid();
  fs::remove(web);
  fs::remove(web.parent_path());
}

// A journal that is named and is not there is a mistake: nothing would be taken back, and nobody would know.
TEST_F(RealApply, ANamedJournalHasToBeThere) {
  const CommandResult reverted = sharesim({"revert"});
  EXPECT_EQ(reverted.status, 2);
  EXPECT_THAT(reverted.err, HasSubstr("there is no journal '" + journal() + "'"));
}

// Two at once on one root: the second says so, and touches nothing.
TEST_F(RealApply, LetsOneAtATimeWork) {
  ASSERT_EQ(sharesim({"apply", workload()}).status, 0);
  const std::string applied = root_->state();
  const auto held = open_directory(root_->path());
  ASSERT_TRUE(held.ok());
  ASSERT_EQ(flock(held.value->descriptor(), LOCK_EX | LOCK_NB), 0);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"apply", workload()}, std::vector<std::string>{"revert"}}) {
    const CommandResult second = sharesim(words);
    EXPECT_EQ(second.status, 3);
    EXPECT_THAT(second.err, HasSubstr("another sharesim is at work below " + root_->path()));
  }
  EXPECT_EQ(root_->state(), applied);
  ASSERT_EQ(flock(held.value->descriptor(), LOCK_UN), 0);
  expect_taken_back();
}

}  // namespace
}  // namespace sharesim::cgroup
