// Does the kernel divide its CPUs as the workload says, and does `live` see it?

#include <cmath>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/real/real_run.hpp"

namespace sharesim {
namespace {

using test::RealRun;

class Live : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = test::no_groups_because();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
  void TearDown() override {
    if (IsSkipped()) return;
    EXPECT_THAT(test::left_behind(), testing::IsEmpty());
  }
};

void expect_part(const RealRun& run, const std::string& path, double part) {
  EXPECT_NEAR(run.part(path), part, part * test::share_tolerance()) << path;
}

// Weights 1:2:4, three hogs on one CPU, 10 s: 1/7, 2/7 and 4/7 of what the three get.
TEST_F(Live, SharesFollowWeights) {
  const RealRun run(R"(
name: one-two-four
machine: {cpus: 1}
duration: 10s
tasks:
  - {name: one, weight: 100}
  - {name: two, weight: 200}
  - {name: four, weight: 400}
)");
  ASSERT_EQ(run.command().status, 0) << run.command().err;
  expect_part(run, "/one", 1.0 / 7);
  expect_part(run, "/two", 2.0 / 7);
  expect_part(run, "/four", 4.0 / 7);
}

// What processes see of their own runs is what the kernel counts for them, less the way from the switch to the first
// instruction. (If the slice before each switch were missed, or counted twice, it would be off by all of it.)
TEST_F(Live, ProcessesSeeWhatTheKernelCounts) {
  const RealRun run(R"(
name: two-hogs
machine: {cpus: 1}
duration: 4s
tasks: [{name: hog, count: 2}]
)");
  ASSERT_EQ(run.command().status, 0) << run.command().err;
  for (const char* path : {"/hog.0", "/hog.1"}) {
    const double counted = run.kernel_usage(path);
    EXPECT_NEAR(run.service(path), counted, 2 * test::share_tolerance() * counted) << path;
  }
}

// All CPUs of the machine, and no `cpus:`: no CPU set is wanted, and version 1 makes no groups for them.
TEST_F(Live, AllCpusNeedNoCpuSets) {
  const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  const RealRun run("name: everywhere\nmachine: {cpus: " + std::to_string(cpus) +
                    "}\nduration: 500ms\ntasks: [{name: hog, count: 2}]\n");
  ASSERT_EQ(run.command().status, 0) << run.command().err;
  EXPECT_GT(run.service("/hog.0"), 0);
}

// p (100) holds x (100) and y (300); q (100) is beside it: x 1/8, y 3/8, q 1/2, although p has two
// tasks and q has one.
TEST_F(Live, GroupsNest) {
  const RealRun run(R"(
name: nested
machine: {cpus: 1}
duration: 8s
groups:
  - name: p
    weight: 100
    tasks: [{name: x, weight: 100}, {name: y, weight: 300}]
tasks: [{name: q, weight: 100}]
)");
  ASSERT_EQ(run.command().status, 0) << run.command().err;
  expect_part(run, "/p/x", 1.0 / 8);
  expect_part(run, "/p/y", 3.0 / 8);
  expect_part(run, "/p", 1.0 / 2);
  expect_part(run, "/q", 1.0 / 2);
}

// 30 ms in each 100 ms, for 10 s: 100 periods of 30 ms, and one quota more because the pool is full at
// the beginning: 3.00 to 3.03 s. The cap is absolute: other load does not change it.
TEST_F(Live, ACapHolds) {
  const RealRun run(R"(
name: capped
machine: {cpus: 1}
duration: 10s
tasks:
  - {name: held, cap: {quota: 30ms, period: 100ms}}
)");
  ASSERT_EQ(run.command().status, 0) << run.command().err;
  const double asked = 3.015e9;
  EXPECT_LT(run.kernel_usage("/held"), asked * (1 + test::share_tolerance()));
  const double others = run.json("live.json").at("others_ns").get<double>() / 10e9;
  if (others > 0.4) GTEST_SKIP() << "other processes left less of the CPU than the cap allows";
  EXPECT_GT(run.kernel_usage("/held"), asked * (1 - test::share_tolerance()));
  // In almost every period, unless somebody else had the CPU when it would have been; how long it was held back
  // is the kernel's account, which depends on that as well.
  EXPECT_GE(run.number("/held", "throttled_periods"), 50);
  EXPECT_EQ(run.task("/held").at("throttled_ns"), run.number("/held", "throttled_ns"));
  EXPECT_GT(run.number("/held", "throttled_ns"), 0);
  // When it was throttled nobody saw: how long it starved for another reason has no value.
  EXPECT_TRUE(run.task("/held").at("starvation").is_null());
}

// Two groups on a CPU each: nobody ever runs on the other's.
TEST_F(Live, CpuSetsAreKept) {
  if (sysconf(_SC_NPROCESSORS_ONLN) < 2) GTEST_SKIP() << "this machine has one CPU";
  const RealRun run(R"(
name: two-places
machine: {cpus: 2}
duration: 2s
groups:
  - {name: left, cpus: 0, tasks: [{name: hog, count: 2}]}
  - {name: right, cpus: 1, tasks: [{name: hog, count: 2}]}
)",
                    {"--schedule"});
  ASSERT_EQ(run.command().status, 0) << run.command().err;
  std::istringstream rows(run.file("schedule.csv"));
  std::size_t seen = 0;
  for (std::string row; std::getline(rows, row);) {
    if (row.find("/left/") != std::string::npos) {
      EXPECT_THAT(row, testing::HasSubstr(",0,/left/"));
      ++seen;
    } else if (row.find("/right/") != std::string::npos) {
      EXPECT_THAT(row, testing::HasSubstr(",1,/right/"));
      ++seen;
    }
  }
  EXPECT_GT(seen, 100U);
}

/// CPU time of the entity in the ticks that begin in [from, to), in seconds of the run.
double allocated(const RealRun& run, const std::string& path, double from, double to) {
  constexpr double kSecond = 1e9;
  std::istringstream rows(run.file("allocations.csv"));
  double sum = 0;
  for (std::string row; std::getline(rows, row);) {
    std::vector<std::string> fields;
    std::istringstream line(row);
    for (std::string field; std::getline(line, field, ',');) fields.push_back(field);
    if (fields.size() < 5 || fields[2] != path) continue;
    const double begin = std::strtod(fields[0].c_str(), nullptr) / kSecond;
    if (begin >= from && begin < to) sum += std::strtod(fields[4].c_str(), nullptr);
  }
  return sum;
}

// 1:1 for five seconds, then 3:1. A second from the change on is left out. Lag is bounded, whatever the length of
// the run: half the time of the other tests' ten seconds is worth twice their tolerance.
TEST_F(Live, WeightsChangeInMidRun) {
  const RealRun run(R"(
name: promoted
machine: {cpus: 1}
duration: 11s
record: {tick: 100ms}
tasks: [{name: a}, {name: b}]
events:
  - {at: 5s, set: {entity: /a, weight: 300}}
)");
  ASSERT_EQ(run.command().status, 0) << run.command().err;
  const auto ratio = [&](double from, double to) {
    return allocated(run, "/a", from, to) / allocated(run, "/b", from, to);
  };
  EXPECT_NEAR(ratio(0, 5), 1, 2 * test::share_tolerance());
  EXPECT_NEAR(ratio(6, 11), 3, 2 * 3 * test::share_tolerance());
}

// A job of 1 ms every 10 ms: 200 in 2 s. Each is a wakeup, unless other load has kept it from being done before the
// next one; its latency is seen by the process itself.
TEST_F(Live, JobsWakeUpOnTime) {
  const RealRun run(R"(
name: beat
machine: {cpus: 1}
duration: 2s
tasks: [{name: beat, periodic: {every: 10ms, run: 1ms}}]
)");
  ASSERT_EQ(run.command().status, 0) << run.command().err;
  const test::Json beat = run.task("/beat");
  EXPECT_LE(beat.at("wakeups").get<double>(), 200);
  EXPECT_GE(beat.at("wakeups").get<double>(), 100);
  EXPECT_NEAR(beat.at("service_ns").get<double>(), 200e6, 200e6 * 2 * test::share_tolerance());
  EXPECT_GT(beat.at("wakeup_p50_ns").get<double>(), 0);
  EXPECT_GT(beat.at("response_p50_ns").get<double>(), 1e6 - 1);
}

// 100 requests per second of 1 ms, two workers, nobody else: about 200 in 2 s, about 0.2 s of CPU time.
// The draws are those of the simulation: the same seed, the same requests.
TEST_F(Live, AServiceServesTheRequestsOfItsSeed) {
  const std::string workload = R"(
name: api
machine: {cpus: 1}
duration: 2s
seed: 7
tasks:
  - {name: api, service: {arrivals: {poisson: 100/s}, demand: {exponential: 1ms}, workers: 2}}
)";
  const RealRun run(workload, {"--compare-with", "eevdf"});
  ASSERT_EQ(run.command().status, 0) << run.command().err;
  const test::Json simulated = test::Json::parse(run.file("eevdf/summary.json"));
  double asked = 0;
  for (const test::Json& task : simulated.at("tasks")) asked += task.at("service_ns").get<double>();
  EXPECT_NEAR(run.service("/"), asked, 2 * test::share_tolerance() * asked);
  EXPECT_THAT(run.command().out, testing::HasSubstr("eevdf  differs"));
}

// A task that comes at 1 s and goes at 2 s has nothing before, nothing after, and half of the time between.
TEST_F(Live, TasksComeAndGo) {
  const RealRun run(R"(
name: guest
machine: {cpus: 1}
duration: 3s
record: {tick: 100ms}
tasks:
  - {name: host}
  - {name: guest, start: 1s, stop: 2s}
)");
  ASSERT_EQ(run.command().status, 0) << run.command().err;
  EXPECT_EQ(allocated(run, "/guest", 0, 1), 0);
  const double guest = allocated(run, "/guest", 1, 2);
  EXPECT_NEAR(guest / (guest + allocated(run, "/host", 1, 2)), 0.5, 0.1);
  EXPECT_EQ(allocated(run, "/guest", 2, 3), 0);
}

// An expectation that fails is exit status 1; one that cannot be measured is not judged.
TEST_F(Live, ExpectationsAreJudged) {
  const RealRun run(R"(
name: demanding
machine: {cpus: 1}
duration: 500ms
tasks: [{name: hog}]
expect:
  - {share: {of: /hog, at_most: 1%}}
  - {wasted_idle: {of: /, at_most: 0s}}
)");
  EXPECT_EQ(run.command().status, 1);
  EXPECT_THAT(run.command().err, testing::HasSubstr("expectation failed under live"));
  EXPECT_THAT(run.command().err,
              testing::HasSubstr("not judged, because it cannot be measured: wasted_idle"));
}

}  // namespace
}  // namespace sharesim
