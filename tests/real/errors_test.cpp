// Does this machine's kernel answer as the table of sentences says it does? Each value that it refuses is written
// to a real file, and the sentence for the errno that comes back has to name the cause.

#include "sim/cgroup/errors.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <optional>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cgroup/cgroup_fs.hpp"
#include "tests/real/test_root.hpp"

namespace sharesim::cgroup {
namespace {

using testing::HasSubstr;
using enum Controller;

struct Refused {
  Controller controller;
  Knob knob;
  const char* value;
  int error;          ///< what the kernel answers
  const char* cause;  ///< a part of the sentence
};

// As Linux 6.1 and 6.12 answer; 17592186044416 is 2^44, a microsecond more than the largest quota.
constexpr Refused kV2[] = {
    {kCpu, Knob::kCpuWeight, "0", ERANGE, "a weight is 1 to 10000"},
    {kCpu, Knob::kCpuWeight, "10001", ERANGE, "a weight is 1 to 10000"},
    {kCpu, Knob::kCpuWeight, "100.5", EINVAL, "no whole number"},
    {kCpu, Knob::kCpuIdle, "2", EINVAL, "cpu.idle is 0 or 1"},
    {kCpu, Knob::kCpuMax, "999 100000", EINVAL, "1000 us at least"},
    {kCpu, Knob::kCpuMax, "1000 999", EINVAL, "1000 us at least"},
    {kCpu, Knob::kCpuMax, "1000 1000001", EINVAL, "the period 1000000 us at most"},
    {kCpu, Knob::kCpuMax, "17592186044416 100000", EINVAL, "quota and period"},
    {kCpu, Knob::kCpuMaxBurst, "max", EINVAL, "a burst is at most one quota"},
    {kCpu, Knob::kSubtreeControl, "+nonsense", EINVAL, "not a value of the file"},
    {kCpu, Knob::kProcs, "abc", EINVAL, "not a value of the file"},
};
constexpr Refused kV1[] = {
    {kCpu, Knob::kCpuShares, "abc", EINVAL, "a whole number from 2 to 262144"},
    {kCpu, Knob::kCfsQuota, "999", EINVAL, "a quota is 1000 us at least"},
    {kCpu, Knob::kCfsPeriod, "999", EINVAL, "a period is 1000 to 1000000 us"},
    {kCpu, Knob::kCfsPeriod, "1000001", EINVAL, "a period is 1000 to 1000000 us"},
};
constexpr Refused kBoth[] = {
    {kCpuset, Knob::kCpusetCpus, "100000", ERANGE, "there is no CPU of that number"},
    {kCpuset, Knob::kCpusetCpus, "1-0", EINVAL, "no list of CPUs"},
    {kCpuset, Knob::kCpusetMems, "63", EINVAL, "memory nodes is not there"},
};

class RealErrors : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = test::TestRoot::unavailable();
    if (!reason.empty()) GTEST_SKIP() << reason;
    root_.emplace();
  }

  std::unique_ptr<Directory> open(Controller controller, const std::string& below = "") const {
    return open_directory(root_->place(controller, below).string()).value;
  }
  std::string said(Verb verb, Knob knob, const std::string& value, int error) const {
    return sentence({verb, root_->version(), knob, root_->path(), value, error});
  }
  void expect(int got, int error, const std::string& said, const std::string& cause) const {
    EXPECT_EQ(got, error) << std::generic_category().message(got) << ": " << said;
    EXPECT_THAT(said, HasSubstr(cause));
  }

  std::optional<test::TestRoot> root_;
};

TEST_F(RealErrors, OfValuesAreTheKernelsOwn) {
  const auto ask = [&](const Refused& row) {
    const int error = open(row.controller)->write(row.knob, row.value);
    expect(error, row.error, said(Verb::kWrite, row.knob, row.value, row.error), row.cause);
  };
  for (const Refused& row : kBoth) ask(row);
  if (root_->is_v2()) {
    for (const Refused& row : kV2) ask(row);
  } else {
    for (const Refused& row : kV1) ask(row);
  }
}

// What depends on what there is: a burst above the quota, and a quota below the burst; a weight of an idle group.
TEST_F(RealErrors, OfValuesBesideOthersAreTheKernelsOwn) {
  const auto group = open(kCpu);
  const bool v2 = root_->is_v2();
  const Knob quota = v2 ? Knob::kCpuMax : Knob::kCfsQuota;
  const Knob burst = v2 ? Knob::kCpuMaxBurst : Knob::kCfsBurst;
  ASSERT_EQ(group->write(quota, "30000"), 0);
  expect(group->write(burst, "30001"), EINVAL, said(Verb::kWrite, burst, "30001", EINVAL),
         "a burst is at most one quota");
  ASSERT_EQ(group->write(burst, "20000"), 0);
  expect(group->write(quota, "10000"), EINVAL, said(Verb::kWrite, quota, "10000", EINVAL), "burst");
  if (!v2) return;
  ASSERT_EQ(group->write(Knob::kCpuIdle, "1"), 0);
  expect(group->write(Knob::kCpuWeight, "200"), EINVAL,
         said(Verb::kWrite, Knob::kCpuWeight, "200", EINVAL), "the group is idle");
}

// Groups: twice the same, one that is not there, one with a group below.
TEST_F(RealErrors, OfGroupsAreTheKernelsOwn) {
  const auto root = open(kCpu);
  ASSERT_EQ(root->make("s-a"), 0);
  ASSERT_EQ(root->open("s-a").value->make("s-b"), 0);
  expect(root->make("s-a"), EEXIST, said(Verb::kMake, Knob::kProcs, "s-a", EEXIST), "revert");
  expect(root->open("s-c").error, ENOENT, said(Verb::kOpen, Knob::kProcs, "s-c", ENOENT),
         "no such group");
  expect(root->remove("s-a"), EBUSY, said(Verb::kRemove, Knob::kProcs, "s-a", EBUSY),
         "processes or groups");
  const auto held = open(kCpu, "s-a/s-b");
  ASSERT_EQ(root->open("s-a").value->remove("s-b"), 0);
  ASSERT_EQ(root->remove("s-a"), 0);
  expect(held->write(Knob::kProcs, "0"), ENOENT, said(Verb::kMove, Knob::kProcs, "0", ENOENT),
         "the group is gone");
}

// Processes: none of that number, one that has ended and is still a zombie (which the kernel "moves").
TEST_F(RealErrors, OfProcessesAreTheKernelsOwn) {
  const auto root = open(kCpu);
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(root->write(Knob::kProcs, std::to_string(child)), 0);
  waitpid(child, nullptr, 0);
  expect(root->write(Knob::kProcs, std::to_string(child)), ESRCH,
         said(Verb::kMove, Knob::kProcs, "1", ESRCH), "no such process any more");
}

// Version 2: controllers, and the rule that only leaves hold processes.
TEST_F(RealErrors, OfControllersAreTheKernelsOwn) {
  if (!root_->is_v2()) GTEST_SKIP() << "version 1 hands no controllers on";
  const auto root = open(kCpu);
  ASSERT_EQ(root->make("s-a"), 0);
  const auto a = root->open("s-a");
  const auto enable = [&](Directory& group, const char* what, int error, const char* cause) {
    expect(group.write(Knob::kSubtreeControl, what), error,
           said(Verb::kEnable, Knob::kSubtreeControl, what, error), cause);
  };
  // The root hands nothing on: no file of the controller, and nothing to hand on from below.
  expect(a.value->write(Knob::kCpuWeight, "1"), ENOENT,
         said(Verb::kWrite, Knob::kCpuWeight, "1", ENOENT), "the cpu controller is not enabled");
  enable(*a.value, "+cpu", ENOENT, "the controller is not in cgroup.controllers");
  enable(*root, "+nonsense", EINVAL, "there is no such controller");
  ASSERT_EQ(root->write(Knob::kSubtreeControl, "+cpu +cpuset"), 0);
  ASSERT_EQ(a.value->write(Knob::kSubtreeControl, "+cpu"), 0);
  enable(*root, "-cpu", EBUSY, "a group below still uses the controller");
  {
    const test::Sleeper job;
    ASSERT_EQ(root->make("s-leaf"), 0);
    const auto leaf = root->open("s-leaf");
    ASSERT_EQ(leaf.value->write(Knob::kProcs, std::to_string(job.pid())), 0);
    expect(root->write(Knob::kProcs, std::to_string(job.pid())), EBUSY,
           said(Verb::kMove, Knob::kProcs, "1", EBUSY), "only leaves may");
    // A CPU set is not emptied while somebody is in it.
    ASSERT_EQ(leaf.value->write(Knob::kCpusetCpus, "0"), 0);
    expect(leaf.value->write(Knob::kCpusetCpus, ""), ENOSPC,
           said(Verb::kWrite, Knob::kCpusetCpus, "", ENOSPC), "the group holds processes");
  }
  // The sleeper is gone from here on.
  for (int i = 0; i < 1000 && root->remove("s-leaf") == EBUSY; ++i) usleep(1000);
  ASSERT_EQ(root->remove("s-a"), 0);
  ASSERT_EQ(root->write(Knob::kSubtreeControl, "-cpu -cpuset"), 0);
}

// Version 2: `+cpu` on a group with a process succeeds, and makes the groups below take nobody.
TEST_F(RealErrors, OfInvalidGroupsAreTheKernelsOwn) {
  if (!root_->is_v2()) GTEST_SKIP() << "version 1 hands no controllers on";
  const auto root = open(kCpu);
  ASSERT_EQ(root->make("s-a"), 0);
  {
    const test::Sleeper job;
    ASSERT_EQ(root->write(Knob::kProcs, std::to_string(job.pid())), 0);
    ASSERT_EQ(root->write(Knob::kSubtreeControl, "+cpu"), 0);
    EXPECT_EQ(root->read(Knob::kType).value, "domain threaded");
    expect(root->open("s-a").value->write(Knob::kProcs, std::to_string(job.pid())), EOPNOTSUPP,
           said(Verb::kMove, Knob::kProcs, "1", EOPNOTSUPP), "the group is invalid");
    std::ofstream("/sys/fs/cgroup/cgroup.procs") << job.pid();
  }
  ASSERT_EQ(root->write(Knob::kSubtreeControl, "-cpu"), 0);
  ASSERT_EQ(root->remove("s-a"), 0);
}

}  // namespace
}  // namespace sharesim::cgroup
