// Is a workload mapped to the right groups, files and values, in the right order?

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cgroup/plan.hpp"
#include "sim/cgroup/policy.hpp"
#include "sim/core/error.hpp"
#include "sim/registry.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::cgroup {
namespace {

using namespace std::chrono_literals;
using test::ScenarioBuilder;
using testing::ElementsAre;
using testing::HasSubstr;

/// Steps as a shell would write them: "group/file=value"; initial values are left out.
std::vector<std::string> lines_of(const std::vector<Step>& steps) {
  std::vector<std::string> lines;
  for (const Step& step : steps) {
    if (step.initial) continue;
    const std::string place = std::to_string(step.tree) + ":" + step.group;
    if (step.kind == Step::Kind::kMake) {
      lines.push_back("mkdir " + place);
    } else {
      lines.push_back(place + "/" + file_name(step.knob) + "=" + step.value);
    }
  }
  return lines;
}

Plan plan_of(const ScenarioBuilder& builder, const std::string& scheduler = "sfq",
             Version version = Version::kV2, CpuId cpus = 0, const PlanOptions& options = {}) {
  const Scenario& scenario = builder.build();
  return make_plan(scenario, Registry::global().parse(scheduler),
                   ideal_hierarchy(version, cpus == 0 ? scenario.machine.cpus : cpus), options);
}

std::string notes(const Plan& plan, Note::Kind kind) {
  std::string text;
  for (const Note& note : plan.notes) {
    if (note.kind == kind) text += note.path + ": " + note.text + "\n";
  }
  return text;
}

// One group 3:1 with a cap and a CPU set, on a machine of two CPUs that has four. The top takes the
// first two, controllers are handed down before they are used, processes come last.
TEST(CgroupPlan, IsMadeFromTheTopDown) {
  ScenarioBuilder b;
  b.cpus(2);
  const GroupId web = b.group("web", 300);
  b.spec(web).cap = Bandwidth{30ms, 100ms, 10ms, {}};
  b.task("worker", 100, RunForever{}, web, 2);
  b.task("hog", 100).cpus = *CpuSet::parse("1");
  PlanOptions options;
  options.pids["hog"] = {77};
  const Plan plan = plan_of(b, "sfq", Version::kV2, 4, options);
  ASSERT_FALSE(plan.refused()) << notes(plan, Note::Kind::kRefused);
  EXPECT_THAT(
      lines_of(plan.steps),
      ElementsAre("0:/cgroup.subtree_control=+cpu", "0:/cgroup.subtree_control=+cpuset",
                  "mkdir 0:sharesim-test", "0:sharesim-test/cpuset.cpus=0-1",
                  "0:sharesim-test/cgroup.subtree_control=+cpu",
                  "0:sharesim-test/cgroup.subtree_control=+cpuset", "mkdir 0:sharesim-test/s-web",
                  "0:sharesim-test/s-web/cpu.max=30000 100000",
                  "0:sharesim-test/s-web/cpu.max.burst=10000",
                  "0:sharesim-test/s-web/cpu.weight=300",
                  "0:sharesim-test/s-web/cgroup.subtree_control=+cpu",
                  "0:sharesim-test/s-web/cgroup.subtree_control=+cpuset",
                  "mkdir 0:sharesim-test/s-web/s-worker.0",
                  "0:sharesim-test/s-web/s-worker.0/cpu.weight=100",
                  "mkdir 0:sharesim-test/s-web/s-worker.1",
                  "0:sharesim-test/s-web/s-worker.1/cpu.weight=100", "mkdir 0:sharesim-test/s-hog",
                  "0:sharesim-test/s-hog/cpu.weight=100", "0:sharesim-test/s-hog/cpuset.cpus=1",
                  "0:sharesim-test/s-hog/cgroup.procs=77"));
  EXPECT_EQ(plan.leaf_of(TaskId{1}).group, "sharesim-test/s-web/s-worker.1");
  EXPECT_EQ(plan.group_of(EntityRef::group(web)).share_asked, 750'000);
}

// v1: each controller has a tree of its own; quota and period are two files; a cpuset is empty at
// first, so that each group needs one, and memory nodes.
TEST(CgroupPlan, OfVersion1FillsEachTree) {
  ScenarioBuilder b;
  b.cpus(2);
  b.task("hog", 100).cap = Bandwidth{30ms, 100ms, {}, {}};
  const Plan plan = plan_of(b, "sfq", Version::kV1, 4);
  EXPECT_THAT(lines_of(plan.steps),
              ElementsAre("mkdir 0:sharesim-test", "mkdir 0:sharesim-test/s-hog",
                          "0:sharesim-test/s-hog/cpu.cfs_period_us=100000",
                          "0:sharesim-test/s-hog/cpu.cfs_quota_us=30000",
                          "0:sharesim-test/s-hog/cpu.shares=1024", "mkdir 1:sharesim-test",
                          "mkdir 1:sharesim-test/s-hog", "mkdir 2:sharesim-test",
                          "2:sharesim-test/cpuset.mems=0", "2:sharesim-test/cpuset.cpus=0-1",
                          "mkdir 2:sharesim-test/s-hog", "2:sharesim-test/s-hog/cpuset.mems=0",
                          "2:sharesim-test/s-hog/cpuset.cpus=0-1"));
}

// v1 refuses a child's cap above its parent's, which holds for the child anyway.
TEST(CgroupPlan, OfVersion1LeavesOutCapsAboveTheParents) {
  ScenarioBuilder b;
  const GroupId web = b.group("web", 100);
  b.spec(web).cap = Bandwidth{30ms, 100ms, {}, {}};
  b.task("loose", 100, RunForever{}, web).cap = Bandwidth{50ms, 100ms, {}, {}};
  b.task("tight", 100, RunForever{}, web).cap = Bandwidth{10ms, 100ms, {}, {}};
  const Plan v1 = plan_of(b, "sfq", Version::kV1);
  EXPECT_FALSE(v1.leaf_of(0).cap.has_value());
  EXPECT_TRUE(v1.leaf_of(1).cap.has_value());
  EXPECT_TRUE(plan_of(b).leaf_of(0).cap.has_value());
}

// hardcap is a cap of each one's share: of 2 CPUs, 3:1 is 1.5 and 0.5 CPUs, in its period of 100 ms.
TEST(CgroupPlan, MakesHardLimitsOfShares) {
  ScenarioBuilder b;
  b.cpus(2);
  b.task("a", 300);
  b.task("b", 100);
  const Plan plan = plan_of(b, "hardcap");
  EXPECT_EQ(plan.leaf_of(0).cap, (KernelCap{150'000, 100'000, 0}));
  EXPECT_EQ(plan.leaf_of(1).cap, (KernelCap{50'000, 100'000, 0}));
  EXPECT_EQ(plan_of(b, "hardcap:period=20ms").leaf_of(1).cap, (KernelCap{10'000, 20'000, 0}));
}

// credit, 1:1 on one CPU: half a CPU, in the longest period, 1 s, and of the limit of 2 s one quota,
// 500 ms, as a burst: 1.5 s are lost.
TEST(CgroupPlan, MakesBurstsOfCredit) {
  ScenarioBuilder b;
  b.task("saver", 100);
  b.task("victim", 100);
  const Plan plan = plan_of(b, "credit:limit=2s");
  EXPECT_EQ(plan.leaf_of(0).cap, (KernelCap{500'000, 1'000'000, 500'000}));
  EXPECT_THAT(
      notes(plan, Note::Kind::kLost),
      HasSubstr("of 2s of saved credit the kernel keeps 500ms, because a burst is at most one "
                "quota: 1.5s are lost"));
  EXPECT_EQ(plan_of(b, "credit:limit=200ms").leaf_of(0).cap,
            (KernelCap{500'000, 1'000'000, 200'000}));
}

TEST(CgroupPlan, GivesEqualWeightsWherePoliciesIgnoreThem) {
  ScenarioBuilder b;
  b.task("a", 300);
  b.task("b", 100);
  EXPECT_EQ(plan_of(b, "rr").leaf_of(0).weight, 100);
}

// A group's own policy is for its children; a policy without a counterpart is refused for them.
TEST(CgroupPlan, GoesByTheNearestPolicy) {
  ScenarioBuilder b;
  const GroupId web = b.group("web", 300);
  b.spec(web).scheduler = Registry::global().parse("hardcap");
  b.task("a", 100, RunForever{}, web);
  b.task("b", 300, RunForever{}, web);
  b.task("hog", 100);
  const Plan plan = plan_of(b);
  EXPECT_FALSE(plan.leaf_of(2).cap.has_value());
  EXPECT_EQ(plan.leaf_of(0).cap, (KernelCap{25'000, 100'000, 0}));
  b.spec(web).scheduler = Registry::global().parse("fifo");
  const Plan refused = plan_of(b);
  EXPECT_TRUE(refused.refused());
  EXPECT_THAT(notes(refused, Note::Kind::kRefused), HasSubstr("/web: fifo: "));
  EXPECT_TRUE(refused.steps.empty());
}

// Background: cpu.idle has no weight beside it, and does not take part in the shares of the others.
TEST(CgroupPlan, MakesIdleOfBackground) {
  ScenarioBuilder b;
  b.task("hog", 100);
  b.task("background", 100).idle = true;
  const Plan plan = plan_of(b);
  EXPECT_EQ(plan.leaf_of(0).share_asked, 1'000'000);
  EXPECT_THAT(lines_of(plan.steps), testing::Contains("0:sharesim-test/s-background/cpu.idle=1"));
  EXPECT_THAT(lines_of(plan.steps),
              testing::Not(testing::Contains("0:sharesim-test/s-background/cpu.weight=100")));
}

// Hints that a policy knows and the kernel does not are refused, each with the reason.
TEST(CgroupPlan, RefusesWarps) {
  ScenarioBuilder b;
  b.task("hog", 100).hints = {{"warp", 10'000'000, "10ms"}};
  EXPECT_FALSE(plan_of(b, "sfq").refused());
  const Plan plan = plan_of(b, "bvt");
  EXPECT_TRUE(plan.refused());
  EXPECT_THAT(notes(plan, Note::Kind::kRefused), HasSubstr("/hog: warp 10ms of bvt: the warp: "));
}

// Is there an answer for every policy, and a reason with it?
TEST(CgroupPlan, HasAnAnswerForEveryScheduler) {
  std::size_t refused = 0;
  for (const SchedulerInfo* info : Registry::global().all()) {
    const PolicyMapping mapping = mapping_of(*info);
    const bool kept = info->name.starts_with("linux_");  // it is the kernel's own
    EXPECT_EQ(mapping.reason.empty(), kept) << info->name;
    ScenarioBuilder b;
    b.task("a", 300);
    b.task("b", 100);
    const Plan plan = plan_of(b, info->name);
    EXPECT_EQ(plan.refused(), mapping.mapping == Mapping::kNone) << info->name;
    EXPECT_EQ(plan.steps.empty(), plan.refused()) << info->name;
    refused += plan.refused() ? 1 : 0;
  }
  EXPECT_GE(refused, 2U);  // fifo and priority
}

// A parameter that differs from its default and has no file is named.
TEST(CgroupPlan, NamesParametersThatMakeNoDifference) {
  ScenarioBuilder b;
  b.task("a", 300);
  EXPECT_THAT(notes(plan_of(b, "sfq:slice=7ms"), Note::Kind::kLost), HasSubstr("sfq: slice=7ms: "));
  EXPECT_THAT(notes(plan_of(b, "sfq"), Note::Kind::kLost), testing::Not(HasSubstr("slice=")));
  EXPECT_THAT(notes(plan_of(b, "hardcap:period=20ms"), Note::Kind::kLost),
              testing::Not(HasSubstr("period=")));
}

TEST(CgroupPlan, NeedsTheWorkloadsCpus) {
  ScenarioBuilder b;
  b.cpus(8);
  b.task("a", 100);
  const Plan plan = plan_of(b, "sfq", Version::kV2, 2);
  EXPECT_TRUE(plan.refused());
  EXPECT_THAT(notes(plan, Note::Kind::kRefused), HasSubstr("8 CPUs, and here are 2"));
}

// Weights that come later are scaled together with those of the start: 1 and 3 become 100 and 300,
// and the 7 of second 5 becomes 700.
TEST(CgroupPlan, ScalesLaterWeightsWithTheFirst) {
  ScenarioBuilder b;
  b.task("a", 1);
  b.task("b", 3);
  b.event(test::ms(5000), EntityRef::task(0)).weight = 7 * kWeightUnit;
  const Plan plan = plan_of(b);
  EXPECT_EQ(plan.leaf_of(1).weight, 300);
  ASSERT_EQ(plan.changes.size(), 1U);
  EXPECT_EQ(plan.changes[0].at, test::ms(5000));
  EXPECT_THAT(lines_of({plan.changes[0].step}), ElementsAre("0:sharesim-test/s-a/cpu.weight=700"));
}

// The error of whole numbers: 1:10000 can only be 1:10000, and the kernel makes 10:102400 of it, which
// is 1/10241 instead of 1/10001 for the light one: -2.34 %.
TEST(CgroupPlan, SaysHowFarSharesAreOff) {
  ScenarioBuilder b;
  b.task("light", 1);
  b.task("heavy", 10000);
  const Plan plan = plan_of(b);
  EXPECT_EQ(plan.leaf_of(0).share_error, -23'435);
  EXPECT_EQ(plan.leaf_of(1).share_error, 2);
}

TEST(CgroupPlan, WantsPidsOfTasks) {
  ScenarioBuilder b;
  b.task("worker", 100, RunForever{}, kRoot, 2);
  PlanOptions options;
  options.pids["/worker"] = {10, 11, 12};
  const Plan plan = plan_of(b, "sfq", Version::kV2, 0, options);
  const std::vector<std::string> lines = lines_of(plan.steps);
  EXPECT_THAT(std::vector(lines.end() - 3, lines.end()),
              ElementsAre("0:sharesim-test/s-worker.0/cgroup.procs=10",
                          "0:sharesim-test/s-worker.1/cgroup.procs=11",
                          "0:sharesim-test/s-worker.0/cgroup.procs=12"));
  options.pids = {{"/wroker", {10}}};
  EXPECT_THROW(plan_of(b, "sfq", Version::kV2, 0, options), InputError);
  options.pids = {{"/worker.0", {10}}, {"/worker.1", {10}}};
  EXPECT_THROW(plan_of(b, "sfq", Version::kV2, 0, options), InputError);
}

/// A hog under 20 %, and from second 1 on under `later`.
ScenarioBuilder capped_later(const Bandwidth& later) {
  ScenarioBuilder b;
  b.task("hog", 100).cap = Bandwidth{20ms, 100ms, {}, {}};
  b.event(test::ms(1000), EntityRef::task(0)).cap = std::optional(later);
  return b;
}

// 0.5 ms in 1 s is less than the kernel's least, 1 ms in 1 s: live, which would have to set it, refuses; apply,
// which never makes the change, says that it is lost. Nobody takes the first cap away.
TEST(CgroupPlan, DoesNotTakeALaterCapThatCannotBeForNone) {
  const ScenarioBuilder b = capped_later(Bandwidth{500us, 1s, {}, {}});
  const Plan applied = plan_of(b);
  EXPECT_FALSE(applied.refused());
  EXPECT_TRUE(applied.changes.empty());
  EXPECT_THAT(notes(applied, Note::Kind::kLost),
              HasSubstr("/hog: cap from 1s on: less than 0.1 %"));
  const Plan live = plan_of(b, "sfq", Version::kV2, 0, {.pids = {}, .pins = true});
  EXPECT_TRUE(live.refused());
  EXPECT_TRUE(live.steps.empty());
}

// Where the kernel has no bursts, a later cap has none either: the file would not be there.
TEST(CgroupPlan, LeavesOutALaterBurstWhereThereIsNone) {
  const ScenarioBuilder b = capped_later(Bandwidth{30ms, 100ms, 10ms, {}});
  Hierarchy old = ideal_hierarchy(Version::kV2, 1);
  old.has_burst = false;
  const Plan plan = make_plan(b.build(), Registry::global().parse("sfq"), old);
  ASSERT_EQ(plan.changes.size(), 1U);
  EXPECT_THAT(lines_of({plan.changes[0].step}),
              ElementsAre("0:sharesim-test/s-hog/cpu.max=30000 100000"));
  EXPECT_THAT(notes(plan, Note::Kind::kLost), HasSubstr("came with Linux 5.14"));
}

// A CPU set that comes later needs its controller from the start, even if all CPUs are used.
TEST(CgroupPlan, HandsDownCpusetsForLaterCpus) {
  ScenarioBuilder b;
  b.cpus(2);
  b.task("hog", 100);
  b.event(test::ms(1000), EntityRef::task(0)).cpus = *CpuSet::parse("1");
  EXPECT_THAT(lines_of(plan_of(b).steps), testing::Contains("0:/cgroup.subtree_control=+cpuset"));
}

// v1 refuses to make a group's CPUs or cap less than what is below it has. What is below none is changed.
TEST(CgroupPlan, OfVersion1RefusesLaterChangesThatAreTied) {
  const PlanOptions live{.pids = {}, .pins = true};
  const auto refused = [&](bool cpus, bool child_capped, EntityRef entity) {
    ScenarioBuilder b;
    b.cpus(2);
    const GroupId web = b.group("web", 100);
    auto& hog = b.task("hog", 100, RunForever{}, web);
    if (child_capped) hog.cap = Bandwidth{50ms, 100ms, {}, {}};
    auto& event = b.event(test::ms(1000), entity);
    if (cpus) event.cpus = *CpuSet::parse("1");
    if (!cpus) event.cap = std::optional(Bandwidth{20ms, 100ms, {}, {}});
    EXPECT_FALSE(plan_of(b, "sfq", Version::kV2, 0, live).refused());
    return plan_of(b, "sfq", Version::kV1, 0, live).refused();
  };
  const EntityRef web = EntityRef::group(1);
  const EntityRef hog = EntityRef::task(0);
  EXPECT_TRUE(refused(true, false, web));
  EXPECT_FALSE(refused(true, false, hog));
  EXPECT_TRUE(refused(false, true, web));
  EXPECT_FALSE(refused(false, false, web));
  EXPECT_FALSE(refused(false, true, hog));
}

// An idle task has no share, of which a cap could be made: it has none, and that is said.
TEST(CgroupPlan, CapsNoSharesOfIdle) {
  ScenarioBuilder b;
  b.task("hog", 100);
  b.task("background", 100).idle = true;
  for (const char* scheduler : {"hardcap", "credit"}) {
    const Plan plan = plan_of(b, scheduler);
    EXPECT_FALSE(plan.refused()) << notes(plan, Note::Kind::kRefused);
    EXPECT_FALSE(plan.leaf_of(1).cap.has_value());
    EXPECT_THAT(notes(plan, Note::Kind::kLost), HasSubstr("/background: it is idle"));
  }
}

// 3:1 of 2 CPUs is 1.5 CPUs, more than one process can use; but not if a cap or a CPU set holds it to one.
TEST(CgroupPlan, RemarksOnSharesOfMoreThanOneCpu) {
  ScenarioBuilder b;
  b.cpus(2);
  b.task("small", 100);
  TaskSpec& big = b.task("big", 300);
  EXPECT_THAT(notes(plan_of(b), Note::Kind::kRemark),
              HasSubstr("/big: its share is more than one"));
  big.cpus = *CpuSet::parse("1");
  EXPECT_THAT(notes(plan_of(b), Note::Kind::kRemark), testing::Not(HasSubstr("more than one CPU")));
}

}  // namespace
}  // namespace sharesim::cgroup
