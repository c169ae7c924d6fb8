// Is anything left behind: by a run that is interrupted, refused, or killed at any moment?

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/real/real_run.hpp"

namespace sharesim {
namespace {

using std::chrono::milliseconds;
using test::CommandResult;
using test::left_behind;
using test::run_sharesim;
using test::RunningCommand;
using testing::IsEmpty;

constexpr const char* kWorkload = R"(
name: left-behind
machine: {cpus: 1}
duration: 20s
groups:
  - {name: web, weight: 300, cap: 50%, tasks: [{name: worker, count: 2, do: [{run: 2ms}, {sleep: 8ms}]}]}
tasks: [{name: beat, periodic: {every: 20ms, run: 1ms}}]
)";

class LeftBehind : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = test::no_groups_because();
    if (!reason.empty()) GTEST_SKIP() << reason;
    workload_ = folder_.write("workload.yaml", kWorkload);
  }
  /// After a kill: what sharesim started goes with it (the kernel needs a moment), and revert takes its groups.
  void expect_revert_leaves_nothing() {
    for (int i = 0; i < 5000 && processes_left(); ++i) std::this_thread::sleep_for(milliseconds(1));
    const CommandResult reverted = run_sharesim({"revert"});
    EXPECT_EQ(reverted.status, 0) << reverted.err;
    EXPECT_THAT(left_behind(), IsEmpty());
  }

  /// How long the command takes here: what is killed at random is killed within some of these.
  static std::chrono::microseconds time_of(const std::vector<std::string>& words) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(run_sharesim(words).status, 0);
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 begin);
  }

  static bool processes_left() {
    const std::vector<std::string> found = left_behind();
    return std::any_of(found.begin(), found.end(),
                       [](const std::string& what) { return what.front() != '/'; });
  }

  test::ScratchFolder folder_;
  std::string workload_;
};

// A terminal that is closed is an interrupt as well.
TEST_F(LeftBehind, NothingByAHangUp) {
  RunningCommand live({"live", workload_});
  std::this_thread::sleep_for(milliseconds(1000));
  live.send(SIGHUP);
  EXPECT_EQ(live.wait().status, 128 + SIGHUP);
  EXPECT_THAT(left_behind(), IsEmpty());
}

TEST_F(LeftBehind, NothingByAnInterrupt) {
  RunningCommand live({"live", workload_, "-o", (folder_.path() / "out").string()});
  std::this_thread::sleep_for(milliseconds(1500));
  live.send(SIGINT);
  const CommandResult result = live.wait();
  EXPECT_EQ(result.status, 130) << result.err;
  EXPECT_THAT(result.out, testing::HasSubstr("INCOMPLETE"));
  const auto summary = test::Json::parse(test::read_file(folder_.path() / "out/summary.json"));
  EXPECT_FALSE(summary.at("complete").get<bool>());
  EXPECT_GT(summary.at("machine").at("service_ns").get<double>(), 0);
  EXPECT_THAT(left_behind(), IsEmpty());
}

// From the first instruction to well into the run.
TEST_F(LeftBehind, NothingByALiveRunThatIsKilled) {
  std::mt19937 random(1);
  const auto latest = 8 * time_of({"plan", workload_});  // well into the run
  for (int i = 0; i < test::kills(); ++i) {
    RunningCommand live({"live", workload_});
    std::this_thread::sleep_for(latest * (random() % 1000) / 1000);
    live.send(SIGKILL);
    live.wait();
    expect_revert_leaves_nothing();
    if (HasFailure()) FAIL() << "kill number " << i;
  }
}

TEST_F(LeftBehind, NothingByAnApplyThatIsKilled) {
  std::mt19937 random(2);
  const auto latest = 2 * time_of({"plan", workload_});
  for (int i = 0; i < test::kills(); ++i) {
    RunningCommand apply({"apply", workload_});
    std::this_thread::sleep_for(latest * (random() % 1000) / 1000);
    apply.send(SIGKILL);
    apply.wait();
    expect_revert_leaves_nothing();
    if (HasFailure()) FAIL() << "kill number " << i;
  }
}

// The next live run takes away what a killed one left, without being told to.
TEST_F(LeftBehind, TheNextRunTakesItAway) {
  {
    RunningCommand live({"live", workload_});
    std::this_thread::sleep_for(milliseconds(1000));
    live.send(SIGKILL);
    live.wait();
  }
  EXPECT_THAT(left_behind(), testing::Not(IsEmpty()));
  const CommandResult next = run_sharesim({"live", workload_, "--duration", "200ms"});
  EXPECT_EQ(next.status, 0) << next.err;
  EXPECT_THAT(left_behind(), IsEmpty());
}

// A process of the workload that somebody kills ends the run: what was measured would not be the workload.
TEST_F(LeftBehind, NothingWhenATaskIsKilled) {
  RunningCommand live({"live", workload_});
  std::this_thread::sleep_for(milliseconds(1000));
  const std::vector<std::string> found = left_behind();
  // sharesim comes first, as it was started first; its children follow.
  pid_t last = 0;
  for (const std::string& line : found) {
    if (line.front() != '/') last = std::max(last, static_cast<pid_t>(std::stol(line)));
  }
  ASSERT_GT(last, 0);
  kill(last, SIGKILL);
  const CommandResult result = live.wait();
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, testing::HasSubstr("was killed by signal 9"));
  EXPECT_THAT(left_behind(), IsEmpty());
}

// A plan that somebody applied is not taken for leftovers, and a second sharesim does not interfere.
TEST_F(LeftBehind, OthersAreLeftAlone) {
  ASSERT_EQ(run_sharesim({"apply", workload_}).status, 0);
  const CommandResult refused = run_sharesim({"live", workload_, "--duration", "200ms"});
  EXPECT_EQ(refused.status, 3);
  EXPECT_THAT(refused.err, testing::HasSubstr("sharesim revert"));
  expect_revert_leaves_nothing();

  // Also if there is something of a live run that was killed beside it.
  {
    RunningCommand killed({"live", workload_});
    std::this_thread::sleep_for(milliseconds(1000));
    killed.send(SIGKILL);
    killed.wait();
  }
  ASSERT_EQ(run_sharesim({"apply", workload_}).status, 0);
  EXPECT_EQ(run_sharesim({"live", workload_, "--duration", "200ms"}).status, 3);
  expect_revert_leaves_nothing();

  RunningCommand first({"live", workload_, "--duration", "2s"});
  std::this_thread::sleep_for(milliseconds(700));
  const CommandResult second = run_sharesim({"live", workload_, "--duration", "200ms"});
  EXPECT_EQ(second.status, 3) << second.err;
  EXPECT_EQ(first.wait().status, 0);
  EXPECT_THAT(left_behind(), IsEmpty());
}

}  // namespace
}  // namespace sharesim
