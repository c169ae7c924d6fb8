// A run that is stopped to look at it.

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/engine/engine.hpp"
#include "tests/support/random_scenario.hpp"
#include "tests/support/run_log.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim {
namespace {

using namespace test;

std::vector<StatePath> states_at(const Scenario& scenario, const std::string& scheduler, Time at,
                                 const std::vector<TaskId>& tasks) {
  return describe_at(scenario, Registry::global().parse(scheduler), {{at, tasks}}).front();
}

/// Who is running at `at`, once all of that instant has happened.
std::set<TaskId> running_in(const RunLog& log, Time at) {
  std::set<TaskId> tasks;
  for (const RunInterval& run : log.runs) {
    if (run.begin <= at && at < run.end) tasks.insert(run.task);
  }
  return tasks;
}

// Question: is what is seen in the second run what happened in the first? Expected: at any instant of any scenario those
// are running that the log says, and looking on the way changes nothing. (Catches: an instant that is left in its middle,
// a policy that describe() changes.)
TEST(Describe, SeesTheRunThatWasMeasured) {
  std::uint64_t seen = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Features features;
    features.costs = false;  // the log knows no CPU that is switching
    const Scenario scenario = random_scenario(seed, features);
    std::vector<TaskId> all(scenario.task_count());
    for (TaskId task = 0; task < all.size(); ++task) all[task] = task;
    for (const char* scheduler : {"sfq", "credit", "rr:scope=global"}) {
      const RunLog log = run_scenario(scenario, scheduler);
      std::vector<Moment> moments;
      for (std::int64_t part = 0; part < 20; ++part) {
        moments.push_back({kStart + scenario.duration / 20 * part, all});
      }
      for (const RunInterval& run : log.runs) {
        if (run.begin < log.end && moments.size() < 40) moments.push_back({run.begin, all});
      }
      std::stable_sort(moments.begin(), moments.end(),
                       [](const Moment& a, const Moment& b) { return a.at < b.at; });
      const auto answers = describe_at(scenario, Registry::global().parse(scheduler), moments);
      for (std::size_t i = 0; i < moments.size(); ++i) {
        const std::set<TaskId> running = running_in(log, moments[i].at);
        seen += running.size();
        for (const TaskId task : all) {
          const StatePath& path = answers[i][task];
          ASSERT_EQ(path.back().entity, EntityRef::task(task));
          EXPECT_EQ(path.back().state == "running", running.contains(task))
              << scheduler << " seed " << seed << " task " << task << " at "
              << to_ns(moments[i].at);
          if (!running.contains(task)) continue;
          for (const EntityState& level : path) EXPECT_EQ(level.state, "running");
        }
      }
    }
  }
  EXPECT_GT(seen, 1000U);
}

class Looker final : public RunWatcher {
 public:
  using Look = std::function<void(Time, const RunView&)>;
  Looker(Duration interval, Look look) : interval_(interval), look_(std::move(look)) {}
  void edge(Time now, const RunView& view) override { look_(now, view); }
  Duration interval() const override { return interval_; }

 private:
  Duration interval_;
  Look look_;
};

// Question: does a watcher change the run, and does it see what describe_at() sees? On random scenarios: the same runs
// with two watchers as without, each at its own distances from 0 on, and at each instant the paths of a second run
// that stops there.
TEST(Describe, AWatcherSeesTheSameAndChangesNothing) {
  std::size_t seen = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Scenario scenario = random_scenario(seed, Features{});
    for (const char* scheduler : {"sfq", "credit", "rr:scope=global"}) {
      const SchedulerChoice choice = Registry::global().parse(scheduler);
      std::vector<TaskId> all(scenario.task_count());
      for (TaskId task = 0; task < all.size(); ++task) all[task] = task;
      std::vector<Moment> moments;
      std::vector<std::vector<StatePath>> told;
      Looker looker(scenario.duration / 7, [&](Time at, const RunView& view) {
        moments.push_back({at, all});
        std::vector<StatePath> paths;
        for (const TaskId task : all) paths.push_back(view.path(task));
        told.push_back(std::move(paths));
      });
      std::vector<Time> also;
      Looker other(scenario.duration / 3, [&](Time at, const RunView&) { also.push_back(at); });
      RunLog looked_at(scenario);
      run_engine(scenario, choice, looked_at, {.watchers = {&looker, &other}});
      EXPECT_GE(also.size(), 3U);
      for (std::size_t i = 0; i < also.size(); ++i) {
        EXPECT_EQ(also[i], Time(i * (scenario.duration / 3)));
      }
      EXPECT_EQ(looked_at.slots(), run_scenario(scenario, scheduler).slots())
          << scheduler << " seed " << seed;
      const auto answers = describe_at(scenario, choice, moments);
      ASSERT_GE(told.size(), 7U);
      for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_EQ(moments[i].at, Time(i * (scenario.duration / 7)));
        for (std::size_t k = 0; k < all.size(); ++k, ++seen) {
          ASSERT_EQ(told[i][k].size(), answers[i][k].size());
          EXPECT_EQ(told[i][k].back().state, answers[i][k].back().state);
          EXPECT_EQ(told[i][k].back().policy, answers[i][k].back().policy);
          EXPECT_EQ(told[i][k].back().quota, answers[i][k].back().quota);
        }
      }
    }
  }
  EXPECT_GT(seen, 500U);
}

// Question: may every policy be asked about everybody, whatever has become of them? One has not begun, one sleeps before it
// ever ran, one is held back by an empty group's cap, one has exited; asked 20 times. Expected: an answer for each of the
// five each time. (A policy that knows no CPU of a task that was never runnable looked for it outside of its list of CPUs.)
TEST(Describe, AnswersAboutThoseThatNeverRan) {
  ScenarioBuilder b;
  b.cpus(2).duration(200ms);
  const GroupId group = b.group("group", 1);
  b.spec(group).cap = Bandwidth{1ms, 100ms, 0ms, {}};
  b.task("later", 1).start = 150ms;
  b.task("sleeper", 1, once({sleep_for(120ms), run_for(1s)}));
  b.task("gone", 1, once({run_for(3ms)}));
  b.task("held", 1, RunForever{}, group);
  b.task("hog", 2);
  const Scenario& scenario = b.build();
  std::vector<Moment> moments;
  for (std::int64_t at = 0; at < 200; at += 10) moments.push_back({ms(at), {0, 1, 2, 3, 4}});
  for (const SchedulerInfo* info : Registry::global().all()) {
    if (info->claims.has(Claim::kFluid)) continue;
    SCOPED_TRACE(info->name);
    const auto answers = describe_at(scenario, Registry::global().choose(info->name), moments);
    ASSERT_EQ(answers.size(), moments.size());
    for (const auto& paths : answers) {
      ASSERT_EQ(paths.size(), 5U);
      for (const StatePath& path : paths) EXPECT_FALSE(path.back().state.empty());
    }
  }
}

// Question: does it say what the question is about? A saver sleeps 10 s under the credit scheduler and has saved its
// limit of 2 s (it earns half of the time) when it wakes up; then it keeps its neighbour off the CPU.
TEST(Describe, TellsTheCreditThatStarves) {
  ScenarioBuilder b;
  b.duration(20s);
  b.task("saver", 1).start = 10s;
  b.task("victim", 1);
  const auto states = states_at(b.build(), "credit:limit=2s", ms(9990), {0, 1});
  EXPECT_EQ(states[0][0].state, "absent");  // it does not exist yet, and saves nothing
  ScenarioBuilder c;
  c.duration(20s);
  c.task("saver", 1, once({run_for(10ms), sleep_for(9990ms), run_for(10s)}));
  c.task("victim", 1);
  const auto saved = states_at(c.build(), "credit:limit=2s", ms(10'050), {0, 1});
  EXPECT_EQ(saved[0][0].state, "running");
  EXPECT_EQ(saved[1][0].state, "queued");
  const auto credit = std::find_if(saved[0][0].policy.begin(), saved[0][0].policy.end(),
                                   [](const StateValue& value) { return value.name == "credit"; });
  ASSERT_NE(credit, saved[0][0].policy.end());
  EXPECT_NEAR(static_cast<double>(credit->number), 2e9, 0.1e9);
}

// Groups and their caps are on the way: 20 of 100 ms, used up by 20 ms, and refilled at 100.
TEST(Describe, GoesDownTheTree) {
  ScenarioBuilder b;
  const GroupId outer = b.group("outer", 1);
  const GroupId inner = b.group("inner", 1, outer);
  b.spec(inner).cap = Bandwidth{20ms, 100ms, 0ms, {}};
  b.task("a", 1, RunForever{}, inner);
  const auto answers = describe_at(b.build(), Registry::global().parse("sfq"),
                                   {{ms(5), {0}}, {ms(20), {0}}, {ms(50), {0}}, {ms(100), {0}}});
  const std::vector<std::string> states{"running", "throttled", "throttled", "running"};
  const std::vector<Duration> left{15ms, 0ms, 0ms, 20ms};
  for (std::size_t i = 0; i < states.size(); ++i) {
    const StatePath& path = answers[i][0];
    ASSERT_EQ(path.size(), 3U);
    EXPECT_EQ(path[0].entity, EntityRef::group(outer));
    EXPECT_EQ(path[1].entity, EntityRef::group(inner));
    EXPECT_EQ(path[1].state, states[i]) << i;
    EXPECT_EQ(path[1].quota, left[i]) << i;
    EXPECT_EQ(path[0].quota, std::nullopt);
  }
}

}  // namespace
}  // namespace sharesim
