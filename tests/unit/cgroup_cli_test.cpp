// Do plan, apply, revert and status say what they are asked, and no more? Nothing is written here: what
// a machine lets us do is asked in tests/real.

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/run_command.hpp"

namespace sharesim {
namespace {

using test::CommandResult;
using test::run_sharesim;
using testing::HasSubstr;

std::string workload(const std::string& name) {
  return std::string(SHARESIM_SOURCE_DIR) + "/workloads/" + name + ".yaml";
}

// The plan that README.md shows is the one that is printed.
TEST(CgroupCommands, ThePlanOfTheReadmeIsTrue) {
  const std::string page =
      test::read_file(std::filesystem::path(SHARESIM_SOURCE_DIR) / "README.md");
  const std::string call = "$ build/sharesim plan workloads/quota-burst.yaml --for v2\n\n";
  const std::size_t begin = page.find(call);
  ASSERT_NE(begin, std::string::npos);
  const std::string shown = page.substr(begin + call.size());
  const CommandResult result = run_sharesim({"plan", workload("quota-burst"), "--for", "v2"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(shown.substr(0, shown.find("```")), result.out);
}

// A credit limit of 2 s, half a CPU each: 0.5 s of it is kept.
TEST(CgroupCommands, PlanSaysWhatIsLost) {
  const CommandResult result =
      run_sharesim({"plan", workload("saved-credits"), "-s", "credit:limit=2s", "--for", "v2"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("cpu.max 500000 1000000, cpu.max.burst 500000"));
  EXPECT_THAT(result.out, HasSubstr("1.5s are lost"));
}

TEST(CgroupCommands, WhatCannotBeDoneIsStatus3WithTheReason) {
  const CommandResult plan =
      run_sharesim({"plan", workload("unused-share"), "-s", "fifo", "--for", "v2"});
  EXPECT_EQ(plan.status, 3);
  EXPECT_THAT(plan.out, HasSubstr("chrt --fifo"));
  const CommandResult place =
      run_sharesim({"plan", workload("unused-share"), "--cgroup-root", "/tmp"});
  EXPECT_EQ(place.status, 3);
  EXPECT_THAT(place.out, HasSubstr("cpu.weight"));  // the plan is printed all the same
  EXPECT_FALSE(place.err.empty());
  for (const char* command : {"apply", "revert", "status"}) {
    std::vector<std::string> words{command, "--cgroup-root", "/tmp"};
    if (std::string(command) == "apply") words.push_back(workload("unused-share"));
    EXPECT_EQ(run_sharesim(words).status, 3) << command;
  }
}

// Where systemd is not there to be asked, or has no such unit, nothing is set.
TEST(CgroupCommands, UnitsNeedSystemd) {
  for (const char* command : {"plan", "apply"}) {
    const CommandResult result =
        run_sharesim({command, workload("unused-share"), "--unit", "/nobody=sharesim.service"});
    EXPECT_EQ(result.status, 3) << result.err;
    EXPECT_THAT(result.err, testing::AnyOf(HasSubstr("there are no units here to set"),
                                           HasSubstr("sharesim.service is not to be set")));
  }
}

TEST(CgroupCommands, WrongUsageIsStatus2) {
  const std::string file = workload("unused-share");
  const std::vector<std::vector<std::string>> calls{
      {"plan"},
      {"plan", file, file},
      {"plan", file, "--cgroup-root", "relative"},
      {"plan", file, "--cgroup-root", "/sys/fs/cgroup/mine", "--for", "v2"},
      {"plan", file, "--cgroup-root", "/sys/fs/cgroup/mine", "--emit", "shell"},
      {"plan", file, "-s", "sfq,rr"},
      {"plan", file, "-s", "sqf"},
      {"plan", file, "--for", "v2", "--pids", "12"},
      {"plan", file, "--for", "v2", "--pids", "/hog=12x"},
      {"plan", file, "--for", "v2", "--pids", "/hog=0"},
      {"plan", file, "--for", "v2", "--pids", "/nobody=12"},
      {"plan", file, "--unit", "/web"},
      {"plan", file, "--unit", "/web=a.service", "--unit", "/web=b.service"},
      {"plan", file, "--unit", "/web=a.service", "--for", "v2"},
      {"apply", file, "--unit", "/web=a.service", "--pids", "/hog=12"},
      {"apply", file, "--unit", "/web=a.service", "--cgroup-root", "/sys/fs/cgroup/mine"},
      {"apply", file, "--unit", "/web=a.service", "--journal", "my.journal"},
      {"live", file, "--unit", "/web=a.service"},
      {"apply"},
      {"revert", file},
      {"status", file},
      {"status", "--interval", "0s"},
      {"status", "--interval", "1"}};
  for (const auto& words : calls) {
    const CommandResult result = run_sharesim(words);
    EXPECT_EQ(result.status, 2) << testing::PrintToString(words) << result.err;
  }
}

}  // namespace
}  // namespace sharesim
