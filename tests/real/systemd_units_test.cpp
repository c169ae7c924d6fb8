// Where systemd has units: are they set as a workload says, by systemd, and put back, whatever comes?

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/real/real_run.hpp"
#include "tests/real/test_root.hpp"
#include "tests/real/under_systemd.hpp"

namespace sharesim {
namespace {

namespace fs = std::filesystem;
using test::CommandResult;
using test::kSlice;
using test::line_of;
using test::run_sharesim;
using test::shell;
using testing::HasSubstr;

/// One of them has a cap, and both one CPU of two.
constexpr const char* kUnits = R"(
name: units
machine: {cpus: 1}
duration: 1s
tasks: [{name: web, weight: 300}, {name: batch, weight: 150, cap: {quota: 10ms, period: 50ms}}]
)";

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
class RealSystemdUnits : public test::UnderSystemd {
 protected:
  void SetUp() override {
    UnderSystemd::SetUp();
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
    UnderSystemd::TearDown();
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

}  // namespace
}  // namespace sharesim
