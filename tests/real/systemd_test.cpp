// Where systemd manages all groups: does sharesim get groups of its own from it, does it leave systemd's alone, and
// does systemd leave ours alone?

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cgroup/hierarchy.hpp"
#include "tests/real/real_run.hpp"
#include "tests/real/test_root.hpp"
#include "tests/real/under_systemd.hpp"

namespace sharesim {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::all_groups;
using test::CommandResult;
using test::expect_untouched;
using test::kMount;
using test::kSlice;
using test::kUnit;
using test::line_of;
using test::run_sharesim;
using test::shell;
using test::Sleeper;
using testing::HasSubstr;

using RealSystemd = test::UnderSystemd;

const fs::path kManager = kMount / "user.slice/user-1000.slice/user@1000.service";

constexpr const char* kShares = R"(
name: under-systemd
machine: {cpus: 1}
duration: 4s
tasks: [{name: web, weight: 300}, {name: hog, weight: 100}]
)";

/// The groups of a live run, wherever they are below systemd's.
std::vector<fs::path> live_groups() {
  std::vector<fs::path> found;
  for (const fs::path& group : all_groups()) {
    if (group.filename() == "sharesim--live-under-systemd") found.push_back(group);
  }
  return found;
}

// In a scope of its own, which is gone afterwards: three quarters of one CPU, and one quarter. Lag is bounded,
// whatever the length of the run: in less than half of the ten seconds that shares are elsewhere measured for it is
// worth twice the tolerance.
TEST_F(RealSystemd, ALiveRunHasAScopeOfItsOwn) {
  const fs::path out = folder_.path() / "out";
  test::RunningCommand live({"live", folder_.write("shares.yaml", kShares), "-o", out.string()});
  std::vector<fs::path> seen;
  while (seen.empty() && live.running()) {
    std::this_thread::sleep_for(milliseconds(20));
    seen = live_groups();
  }
  const CommandResult result = live.wait();
  ASSERT_EQ(result.status, 0) << result.err;
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_THAT(seen.front().parent_path().string(), testing::EndsWith(".scope"));
  // systemd takes it away as soon as it hears that it is empty.
  for (int i = 0; i < 1000 && fs::exists(seen.front().parent_path()); ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_FALSE(fs::exists(seen.front().parent_path()));
  const test::Json summary = test::Json::parse(test::read_file(out / "live.json"));
  std::map<std::string, double> used;
  for (const test::Json& entity : summary.at("entities")) {
    used[entity.at("path").get<std::string>()] = entity.at("seen_usage_ns").get<double>();
  }
  EXPECT_NEAR(used.at("/web") / used.at("/"), 0.75, 2 * 0.75 * test::share_tolerance());
}

// What apply sets stays in a unit of its own: systemd reads its units anew, changes a property of ours, and leaves
// our values as they are. revert takes back all of it, and the unit.
TEST_F(RealSystemd, WhatIsAppliedStays) {
  const Sleeper job;
  const std::string home = job.groups();
  const CommandResult applied =
      run_sharesim({"apply", workload_, "--pids", "/hog=" + std::to_string(job.pid())});
  ASSERT_EQ(applied.status, 0) << applied.err;
  const fs::path top = kUnit / "sharesim-under-systemd";
  const auto expect_values = [&] {
    EXPECT_EQ(line_of(top / "s-web/cpu.weight"), "300");
    EXPECT_EQ(line_of(top / "s-web/cpu.max"), "80000 100000");
    EXPECT_EQ(line_of(top / "cpuset.cpus.effective"), "0");
    EXPECT_THAT(job.groups(), HasSubstr("sharesim.service/sharesim-under-systemd/s-hog\n"));
  };
  expect_values();
  expect_untouched(before_);
  ASSERT_EQ(shell("systemctl daemon-reload"), 0);
  ASSERT_EQ(shell("systemctl set-property --runtime sharesim.service TasksMax=1000 CPUWeight=77"),
            0);
  expect_values();
  EXPECT_THAT(run_sharesim({"plan", workload_}).out, HasSubstr("Nothing to do"));
  EXPECT_THAT(run_sharesim({"status", "--interval", "50ms"}).out, HasSubstr("80000 100000"));
  const CommandResult reverted = run_sharesim({"revert"});
  EXPECT_EQ(reverted.status, 0) << reverted.err;
  EXPECT_EQ(job.groups(), home);
  EXPECT_THAT(run_sharesim({"revert"}).out, HasSubstr("Nothing to take back"));
}

// Killed at any time, and reverted: the unit and its groups are gone, the process is at home.
TEST_F(RealSystemd, AKilledApplyIsTakenBack) {
  const Sleeper job;
  const std::string home = job.groups();
  for (int round = 0; round < 5; ++round) {
    {
      test::RunningCommand apply(
          {"apply", workload_, "--pids", "/hog=" + std::to_string(job.pid())});
      std::this_thread::sleep_for(milliseconds(100 + 200 * round));
      apply.send(SIGKILL);
      apply.wait();
    }
    const CommandResult reverted = run_sharesim({"revert"});
    ASSERT_EQ(reverted.status, 0) << reverted.err;
    ASSERT_EQ(job.groups(), home);
  }
}

// Groups that are systemd's are not written to, whatever the command line says; and nothing is started either.
TEST_F(RealSystemd, ItsGroupsAreLeftAlone) {
  for (const std::string root :
       {"/sys/fs/cgroup", "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/init.scope"}) {
    for (const char* command : {"apply", "live"}) {
      const CommandResult refused = run_sharesim({command, workload_, "--cgroup-root", root});
      EXPECT_EQ(refused.status, 3) << root;
      EXPECT_THAT(refused.err, HasSubstr("systemd-run --scope -p Delegate=yes"));
    }
  }
  const CommandResult refused = run_sharesim({"apply", workload_, "-s", "fifo"});
  EXPECT_EQ(refused.status, 3);
}

// A unit that exists has its values set by systemd: by the command that is printed, as it is printed.
TEST_F(RealSystemd, AnExistingUnitIsSetBySystemd) {
  ASSERT_EQ(shell("systemd-run --quiet --collect --unit=shop.service sleep infinity"), 0);
  const CommandResult printed =
      run_sharesim({"plan", workload_, "--emit", "systemd", "--unit", "/hog=shop.service"});
  ASSERT_EQ(printed.status, 0) << printed.err;
  std::istringstream lines(printed.out);
  std::string command;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("systemctl set-property --runtime shop.service") != std::string::npos) {
      command = line.substr(line.find("systemctl"));
    }
  }
  ASSERT_EQ(shell(command), 0) << command;
  for (const char* reload : {"true", "systemctl daemon-reload"}) {
    ASSERT_EQ(shell(reload), 0);
    EXPECT_EQ(line_of(kSlice / "shop.service/cpu.weight"), "250");
    EXPECT_EQ(line_of(kSlice / "shop.service/cpu.max"), "20000 100000");
  }
  EXPECT_EQ(shell("systemctl stop shop.service"), 0);
}

// An ordinary user has all this from its own manager; without one it is refused, with what would make it work.
TEST_F(RealSystemd, AUserHasItFromItsOwnManager) {
  ASSERT_EQ(chmod(folder_.path().c_str(), 0777), 0);
  EXPECT_EQ(run_as_somebody({"live", workload_}, false), 3) << said();
  EXPECT_THAT(said(), HasSubstr("systemd-run --user --scope -p Delegate=yes"));
  ASSERT_EQ(shell("systemctl start user@1000.service"), 0);
  EXPECT_EQ(run_as_somebody({"live", workload_, "--duration", "500ms"}, true), 0) << said();
  EXPECT_EQ(run_as_somebody({"apply", workload_}, true), 0) << said();
  EXPECT_EQ(run_as_somebody({"status", "--interval", "50ms"}, true), 0) << said();
  EXPECT_THAT(said(), HasSubstr("80000 100000"));
  EXPECT_EQ(run_as_somebody({"revert"}, true), 0) << said();
  // Units of its own manager, by that one.
  const std::vector<std::string> units{workload_, "--unit", "/web=app.slice"};
  const auto with_units = [&](const char* command) {
    std::vector<std::string> words{command};
    words.insert(words.end(), units.begin(), units.end());
    return run_as_somebody(words, true);
  };
  EXPECT_EQ(with_units("apply"), 0) << said();
  EXPECT_EQ(with_units("plan"), 0) << said();
  EXPECT_THAT(said(), HasSubstr("Nothing to do"));
  EXPECT_EQ(run_as_somebody({"revert"}, true), 0) << said();
  EXPECT_EQ(with_units("plan"), 0) << said();
  EXPECT_THAT(said(), HasSubstr("CPUQuota 80.00%"));
  // What its manager owns is not its own.
  const std::string slice = (kManager / "app.slice").string();
  EXPECT_EQ(run_as_somebody({"apply", workload_, "--cgroup-root", slice}, true), 3) << said();
  EXPECT_THAT(said(), HasSubstr(slice + " belongs to systemd"));
  EXPECT_EQ(shell("systemctl stop user@1000.service"), 0);
}

}  // namespace
}  // namespace sharesim
