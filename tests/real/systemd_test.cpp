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

namespace sharesim {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::CommandResult;
using test::run_sharesim;
using test::Sleeper;
using testing::HasSubstr;

const fs::path kMount = "/sys/fs/cgroup";
const fs::path kSlice = kMount / "system.slice";
const fs::path kUnit = kSlice / "sharesim.service";
const fs::path kManager = kMount / "user.slice/user-1000.slice/user@1000.service";

constexpr const char* kWorkload = R"(
name: under-systemd
machine: {cpus: 1}
duration: 3s
groups:
  - {name: web, weight: 300, cap: {quota: 80ms, period: 100ms}, tasks: [{name: worker}]}
tasks: [{name: hog, weight: 250, cap: 20%}]
)";

constexpr const char* kShares = R"(
name: under-systemd
machine: {cpus: 1}
duration: 4s
tasks: [{name: web, weight: 300}, {name: hog, weight: 100}]
)";

/// For units that exist: one of them has a cap, and both one CPU of two.
constexpr const char* kUnits = R"(
name: units
machine: {cpus: 1}
duration: 1s
tasks: [{name: web, weight: 300}, {name: batch, weight: 150, cap: {quota: 10ms, period: 50ms}}]
)";

std::string line_of(const fs::path& file) {
  std::string text = test::read_file(file);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

/// All groups of this machine. Those that go away while they are looked at do not matter.
std::vector<fs::path> all_groups() {
  std::vector<fs::path> found;
  std::error_code gone;
  for (fs::recursive_directory_iterator at(kMount, gone), end; at != end; at.increment(gone)) {
    if (at->is_directory(gone)) found.push_back(at->path());
  }
  return found;
}

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

/// Every file that is in both says the same.
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

class RealSystemd : public testing::Test {
 protected:
  void SetUp() override {
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
  void TearDown() override {
    if (IsSkipped()) return;
    expect_untouched(before_);
    EXPECT_FALSE(fs::exists(kUnit));
    EXPECT_THAT(test::left_behind(), testing::IsEmpty());
  }

  /// Runs sharesim as somebody, with a manager of its own or without; what it says goes to said().
  int run_as_somebody(const std::vector<std::string>& words, bool with_manager) const {
    return test::run_as_somebody(words, folder_.path() / "said", [with_manager] {
      if (with_manager) setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
    });
  }
  std::string said() const { return test::read_file(folder_.path() / "said"); }

  test::ScratchFolder folder_;
  std::string workload_;
  std::map<std::string, std::string> before_;
};

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

/// What systemd has set of a unit that sharesim may set.
std::string properties(const std::string& unit) {
  const test::ScratchFolder folder;
  const fs::path out = folder.path() / "out";
  EXPECT_EQ(shell("systemctl show -p CPUWeight -p CPUQuotaPerSecUSec -p CPUQuotaPeriodUSec -p "
                  "AllowedCPUs " +
                  unit + " >" + out.string()),
            0);
  return test::read_file(out);
}

/// Two units that exist, one as it comes, and one with values of its own.
class RealSystemdUnits : public RealSystemd {
 protected:
  void SetUp() override {
    RealSystemd::SetUp();
    if (IsSkipped()) return;
    workload_ = folder_.write("units.yaml", kUnits);
    ASSERT_EQ(shell("systemd-run --quiet --collect --unit=web.service sleep infinity"), 0);
    ASSERT_EQ(
        shell("systemd-run --quiet --collect --unit=batch.service -p CPUWeight=40 -p CPUQuota=150% "
              "-p CPUQuotaPeriodSec=20ms -p AllowedCPUs=0-1 sleep infinity"),
        0);
    web_ = properties("web.service");
    batch_ = properties("batch.service");
  }
  void TearDown() override {
    if (IsSkipped()) return;
    EXPECT_FALSE(fs::exists("/run/sharesim/systemd.journal"));
    EXPECT_EQ(shell("systemctl stop web.service batch.service"), 0);
    RealSystemd::TearDown();
  }
  std::vector<std::string> words_with_units(const char* command) const {
    return {command, workload_, "--unit", "/web=web.service", "--unit", "/batch=batch.service"};
  }
  CommandResult with_units(const char* command) const {
    return run_sharesim(words_with_units(command));
  }
  void expect_as_before() const {
    EXPECT_EQ(properties("web.service"), web_);
    EXPECT_EQ(properties("batch.service"), batch_);
    EXPECT_EQ(line_of(kSlice / "batch.service/cpu.weight"), "40");
    EXPECT_EQ(line_of(kSlice / "batch.service/cpu.max"), "30000 20000");
  }

  std::string web_, batch_;
};

// Set by systemd, as the workload says, and also in the kernel's files: 10 ms of 50 ms. It stays so when systemd reads
// its units anew, and after revert each unit has what it had.
TEST_F(RealSystemdUnits, AreSetAndPutBack) {
  expect_as_before();
  EXPECT_THAT(with_units("plan").out, HasSubstr("CPUWeight 40 -> 150"));
  const CommandResult applied = with_units("apply");
  ASSERT_EQ(applied.status, 0) << applied.err;
  for (const char* reload : {"true", "systemctl daemon-reload"}) {
    ASSERT_EQ(shell(reload), 0);
    EXPECT_EQ(line_of(kSlice / "web.service/cpu.weight"), "300");
    EXPECT_EQ(line_of(kSlice / "batch.service/cpu.weight"), "150");
    EXPECT_EQ(line_of(kSlice / "batch.service/cpu.max"), "10000 50000");
    EXPECT_EQ(line_of(kSlice / "batch.service/cpuset.cpus.effective"), "0");
  }
  EXPECT_THAT(with_units("plan").out, HasSubstr("Nothing to do"));
  const CommandResult status = run_sharesim({"status", "--interval", "50ms"});
  EXPECT_THAT(status.out, HasSubstr("batch.service"));
  EXPECT_THAT(status.out, HasSubstr("10000 50000"));
  const CommandResult reverted = run_sharesim({"revert"});
  EXPECT_EQ(reverted.status, 0) << reverted.err;
  expect_as_before();
}

// Killed at any time, even while systemd is being asked: then revert waits for the answer, and puts all back.
TEST_F(RealSystemdUnits, ArePutBackAfterAKill) {
  test::RandomKills kills(words_with_units("apply"), "/run/sharesim/systemd.journal");
  ASSERT_EQ(run_sharesim({"revert"}).status, 0);
  int in_the_middle = 0;
  for (int round = 0; round < test::kills(); ++round) {
    in_the_middle += kills.kill() ? 1 : 0;
    const CommandResult reverted = run_sharesim({"revert"});
    ASSERT_EQ(reverted.status, 0) << reverted.err;
    expect_as_before();
    if (HasFailure()) FAIL() << "round " << round;
  }
  EXPECT_GT(in_the_middle, 0);
}

// Refused before anything is set: systemd's own, ours, the one that sharesim runs in, one that is not there.
TEST_F(RealSystemdUnits, ThatAreNotOursToSetAreRefused) {
  const std::map<std::string, std::string> refusals{
      {"init.scope", "all of this machine hangs on it"},
      {"sharesim.service", "it holds sharesim's own groups"},
      {"tests.service", "sharesim runs in it"},
      {"gone.service", "no unit of this name"}};
  for (const auto& [unit, why] : refusals) {
    const CommandResult refused = run_sharesim(
        {"apply", workload_, "--unit", "/web=web.service", "--unit", "/batch=" + unit});
    EXPECT_EQ(refused.status, 3) << unit;
    EXPECT_THAT(refused.err, HasSubstr(why));
  }
  expect_as_before();
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
