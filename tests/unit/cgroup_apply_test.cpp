// Is a plan put on a machine all or nothing, and can it always be taken back? The machine is a model
// (tests/support/fake_cgroup.hpp), so that each of its answers can be replaced by an error.

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cgroup/apply.hpp"
#include "sim/cgroup/errors.hpp"
#include "sim/registry.hpp"
#include "tests/support/fake_cgroup.hpp"
#include "tests/support/run_command.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::cgroup {
namespace {

using namespace std::chrono_literals;
using test::FakeMachine;
using test::ScenarioBuilder;
using testing::HasSubstr;

constexpr pid_t kJob = 4711;

/// A group with a cap, a burst and a CPU set, three tasks, one of them idle.
Scenario everything() {
  ScenarioBuilder b;
  b.cpus(2);
  const GroupId web = b.group("web", 300);
  b.spec(web).cap = Bandwidth{30ms, 100ms, 10ms, {}};
  b.task("worker", 100, RunForever{}, web, 2);
  b.task("background", 100).idle = true;
  b.task("hog", 100).cpus = *CpuSet::parse("1");
  return b.build();
}

Plan plan_for(const Scenario& scenario, const Machine& machine, bool with_job = true) {
  PlanOptions options;
  if (with_job) options.pids["/hog"] = {kJob};
  return make_plan(scenario, Registry::global().parse("sfq"), machine.facts, options);
}

/// What a test begins with: a machine, where a process of a user runs, and perhaps a delegated root
/// that holds the shell (500) and sharesim (501).
struct Start {
  Version version;
  bool real_root;
};

std::unique_ptr<FakeMachine> machine_at(const Start& start) {
  auto fake = std::make_unique<FakeMachine>(start.version, start.real_root);
  fake->start(kJob);
  if (!start.real_root) {
    fake->start(500);
    fake->start(501);
  }
  return fake;
}

class CgroupApply : public testing::TestWithParam<Start> {};
INSTANTIATE_TEST_SUITE_P(Machines, CgroupApply,
                         testing::Values(Start{Version::kV2, true}, Start{Version::kV2, false},
                                         Start{Version::kV1, true}),
                         [](const testing::TestParamInfo<Start>& at) {
                           if (at.param.version == Version::kV1) return "v1";
                           return at.param.real_root ? "v2" : "v2Delegated";
                         });

TEST_P(CgroupApply, SetsWhatThePlanSaysAndTakesItBack) {
  const auto fake = machine_at(GetParam());
  const std::string before = fake->to_string();
  Machine machine = fake->open();
  const Plan plan = plan_for(everything(), machine);
  ASSERT_FALSE(plan.refused());
  MemoryJournal journal;
  const auto changes = apply(plan, machine, *fake, journal);
  EXPECT_FALSE(changes.empty());
  const bool v2 = GetParam().version == Version::kV2;
  auto& web = *fake->trees[0]->find("sharesim-test/s-web");
  EXPECT_EQ(web.files[v2 ? Knob::kCpuWeight : Knob::kCpuShares], v2 ? "300" : "3072");
  EXPECT_EQ(web.files[v2 ? Knob::kCpuMax : Knob::kCfsQuota], v2 ? "30000 100000" : "30000");
  EXPECT_EQ(web.files[v2 ? Knob::kCpuMaxBurst : Knob::kCfsBurst], "10000");
  EXPECT_EQ(fake->trees.back()->find("sharesim-test/s-hog")->files[Knob::kCpusetCpus], "1");
  for (const auto& tree : fake->trees) {
    EXPECT_THAT(tree->find("sharesim-test/s-hog")->processes, testing::ElementsAre(kJob));
  }
  const Reverted reverted = revert(machine, *fake, journal);
  EXPECT_THAT(reverted.problems, testing::IsEmpty());
  EXPECT_EQ(fake->to_string(), before);
  EXPECT_TRUE(journal.batches().empty());
}

// Every errno that any of these files was seen to answer, at every single change: after each, the
// machine is what it was, and the error names the file.
TEST_P(CgroupApply, LeavesNothingAfterAnyErrorAtAnyStep) {
  const Scenario scenario = everything();
  const auto counting = machine_at(GetParam());
  counting->before_each_change([](std::size_t) { return 0; });
  {
    Machine machine = counting->open();
    MemoryJournal journal;
    apply(plan_for(scenario, machine), machine, *counting, journal);
  }
  const std::size_t steps = counting->changes();
  ASSERT_GT(steps, 15U);
  for (const int error : {EACCES, EPERM, ENOENT, EBUSY, EINVAL, ERANGE, ENOSPC, EOPNOTSUPP, ENODEV,
                          EROFS, ESRCH, E2BIG, EAGAIN, EEXIST, ENOMEM, EIO}) {
    for (std::size_t step = 0; step < steps; ++step) {
      const auto fake = machine_at(GetParam());
      const std::string before = fake->to_string();
      Machine machine = fake->open();
      const Plan plan = plan_for(scenario, machine);
      fake->before_each_change([&](std::size_t number) { return number == step ? error : 0; });
      MemoryJournal journal;
      try {
        apply(plan, machine, *fake, journal);
        // A process in the way of a root's controllers may end meanwhile, and a process that is being
        // born is moved a moment later: no errors.
        EXPECT_TRUE(error == ESRCH || error == EINVAL) << "errno " << error << " of step " << step;
        continue;
      } catch (const CgroupError& failure) {
        EXPECT_THAT(failure.what(), HasSubstr("nothing is changed")) << "step " << step;
        EXPECT_THAT(failure.what(), HasSubstr("/fake/"));
      }
      ASSERT_EQ(fake->to_string(), before) << "errno " << error << " at step " << step;
      ASSERT_TRUE(journal.batches().empty());
    }
  }
}

/// As a signal 9 is: nothing of sharesim runs any more.
struct Killed {};

FileJournal journal_in(const test::ScratchFolder& folder, const Machine& machine) {
  std::vector<std::string> roots;
  for (const Tree& tree : machine.facts.trees) roots.push_back(tree.root);
  return {(folder.path() / "journal").string(), roots, "boot"};
}

// Killed before any change, by apply: what the journal on disk says takes it back, also if revert is
// killed at any of its own changes and called again.
TEST_P(CgroupApply, IsTakenBackAfterAKillAtAnyStep) {
  const Scenario scenario = everything();
  std::size_t kills = 0;
  for (std::size_t step = 0;; ++step) {
    const auto fake = machine_at(GetParam());
    const std::string before = fake->to_string();
    const test::ScratchFolder folder;
    bool killed = false;
    {
      Machine machine = fake->open();
      FileJournal journal = journal_in(folder, machine);
      const Plan plan = plan_for(scenario, machine);
      fake->before_each_change([&](std::size_t number) -> int {
        if (number == step) throw Killed{};
        return 0;
      });
      try {
        apply(plan, machine, *fake, journal);
      } catch (const Killed&) {
        killed = true;
      }
    }
    // Another process, with the same root: it sees the groups as they are now.
    for (std::size_t again = step % 3 == 0 ? 0 : 1000;; ++again) {
      Machine machine = fake->open();
      FileJournal journal = journal_in(folder, machine);
      fake->before_each_change([&](std::size_t number) -> int {
        if (number == again) throw Killed{};
        return 0;
      });
      try {
        const Reverted reverted = revert(machine, *fake, journal);
        ASSERT_THAT(reverted.problems, testing::IsEmpty()) << "killed at " << step;
        break;
      } catch (const Killed&) {
        ++kills;
      }
    }
    ASSERT_EQ(fake->to_string(), before) << "killed at step " << step;
    ASSERT_FALSE(std::filesystem::exists(folder.path() / "journal"));
    if (!killed) break;
    ++kills;
  }
  EXPECT_GT(kills, 60U);
}

// Applied again with other values, the plan is what differs; revert goes back to the beginning.
TEST_P(CgroupApply, ChangesWhatIsThereAndGoesAllTheWayBack) {
  const auto fake = machine_at(GetParam());
  const std::string before = fake->to_string();
  Machine machine = fake->open();
  MemoryJournal journal;
  apply(plan_for(everything(), machine), machine, *fake, journal);
  const std::string first = fake->to_string();

  // Again: nothing to do.
  Machine same = fake->open();
  EXPECT_TRUE(changes_of(plan_for(everything(), same, false), same, *fake).empty());

  // The cap shrinks below the old burst, the idle one comes back, the weight changes.
  Scenario other = everything();
  other.groups[1].cap = Bandwidth{5ms, 50ms, 2ms, {}};
  other.groups[1].weight = 500 * kWeightUnit;
  other.tasks[1].idle = false;
  other.tasks[1].weight = 700 * kWeightUnit;  // to be found again after an error
  other.tasks[2].weight = 900 * kWeightUnit;
  Machine again = fake->open();
  const auto changes = apply(plan_for(other, again, false), again, *fake, journal);
  EXPECT_LT(changes.size(), 10U);
  const bool v2 = GetParam().version == Version::kV2;
  auto& web = *fake->trees[0]->find("sharesim-test/s-web");
  EXPECT_EQ(web.files[v2 ? Knob::kCpuMax : Knob::kCfsQuota], v2 ? "5000 50000" : "5000");
  EXPECT_EQ(web.files[v2 ? Knob::kCpuMaxBurst : Knob::kCfsBurst], "2000");

  // An error in a third, at each of its steps, leaves the second as it is.
  const std::string second = fake->to_string();
  Scenario third = everything();  // the task is idle again, whose weight is kept on record
  for (std::size_t step = 0;; ++step) {
    Machine now = fake->open();
    const Plan plan = plan_for(third, now, false);
    fake->before_each_change([&](std::size_t number) { return number == step ? EIO : 0; });
    bool failed = false;
    try {
      apply(plan, now, *fake, journal);
    } catch (const CgroupError&) {
      failed = true;
    }
    if (!failed) break;
    ASSERT_EQ(fake->to_string(), second) << "step " << step;
  }
  fake->before_each_change([](std::size_t) { return 0; });
  EXPECT_EQ(fake->to_string(), first);
  Machine last = fake->open();
  EXPECT_THAT(revert(last, *fake, journal).problems, testing::IsEmpty());
  EXPECT_EQ(fake->to_string(), before);
}

// Children that were born in a group go where their parent came from; a stranger's process is not
// moved anywhere: revert says who it is, keeps its journal, and ends its work when it is called again.
TEST_P(CgroupApply, DoesNotLoseProcessesInItsGroups) {
  const auto fake = machine_at(GetParam());
  const std::string before = fake->to_string();
  Machine machine = fake->open();
  MemoryJournal journal;
  apply(plan_for(everything(), machine), machine, *fake, journal);
  const auto put = [&](pid_t pid, const std::string& group) {
    for (const auto& tree : fake->trees) {
      tree->living.push_back(pid);
      tree->find(group)->processes.push_back(pid);
    }
  };
  put(4712, "sharesim-test/s-hog");
  put(66, "sharesim-test/s-web/s-worker.0");
  const Reverted stuck = revert(machine, *fake, journal);
  ASSERT_FALSE(stuck.problems.empty());
  EXPECT_THAT(stuck.problems.front(), HasSubstr("it holds 66"));
  EXPECT_FALSE(journal.batches().empty());
  fake->end(66);
  EXPECT_THAT(revert(machine, *fake, journal).problems, testing::IsEmpty());
  fake->end(4712);
  EXPECT_EQ(fake->to_string(), before);
}

// A process that is about to end (under a cap that takes its time) is waited for, also if it is a stranger's.
TEST_P(CgroupApply, WaitsForProcessesThatEnd) {
  const auto fake = machine_at(GetParam());
  const std::string before = fake->to_string();
  Machine machine = fake->open();
  MemoryJournal journal;
  apply(plan_for(everything(), machine, false), machine, *fake, journal);
  for (const auto& tree : fake->trees) {
    tree->living.push_back(66);
    tree->find("sharesim-test/s-hog")->processes.push_back(66);
  }
  fake->while_waiting = [&] {
    if (fake->waited > 1500ms) fake->end(66);
  };
  EXPECT_THAT(revert(machine, *fake, journal).problems, testing::IsEmpty());
  EXPECT_EQ(fake->to_string(), before);
}

// Between the look at what there is and the move, a pid may be given to another process: that one is not moved.
TEST(CgroupApplyOnce, DoesNotMoveALaterProcessOfTheSamePid) {
  FakeMachine fake(Version::kV2);
  fake.start(kJob);
  Machine machine = fake.open();
  fake.before_each_change([&](std::size_t) {
    fake.starts[kJob] = 7;
    return 0;
  });
  MemoryJournal journal;
  EXPECT_THROW(apply(plan_for(everything(), machine), machine, fake, journal), CgroupError);
  EXPECT_THAT(fake.trees[0]->root().processes, testing::ElementsAre(kJob));
}

// A process whose old group is gone cannot be put back: the message names that group, not ours.
TEST(CgroupApplyOnce, NamesTheHomeThatIsGone) {
  FakeMachine fake(Version::kV2);
  fake.start(kJob);
  fake.trees[0]->make("home").processes.push_back(kJob);
  std::erase(fake.trees[0]->root().processes, kJob);
  Machine machine = fake.open();
  MemoryJournal journal;
  apply(plan_for(everything(), machine), machine, fake, journal);
  ASSERT_EQ(test::FakeTree::remove_child(fake.trees[0]->root(), "home"), 0);
  const Reverted reverted = revert(machine, fake, journal);
  ASSERT_FALSE(reverted.problems.empty());
  EXPECT_THAT(reverted.problems.front(), HasSubstr("/fake/0/home"));
}

// Values that the kernel clamps or ignores are found by reading back: here a CPU that is offline.
TEST(CgroupApplyOnce, FindsValuesThatDidNotComeTrue) {
  FakeMachine fake(Version::kV2);
  const std::string before = fake.to_string();
  Machine machine = fake.open();
  const Plan plan = plan_for(everything(), machine, false);
  fake.trees[0]->online = "0";
  MemoryJournal journal;
  try {
    apply(plan, machine, fake, journal);
    ADD_FAILURE() << "cpuset.cpus 0-1 came true with one CPU";
  } catch (const CgroupError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cpuset.cpus.effective reads '0' after '0-1' was written"));
  }
  EXPECT_EQ(fake.to_string(), before);
}

TEST(CgroupApplyOnce, DoesNotTouchProcessesThatAreNotToBeMoved) {
  FakeMachine fake(Version::kV2);
  fake.kernel_threads = {3};
  fake.start(500);
  const std::string before = fake.to_string();
  const std::vector<std::pair<pid_t, std::string>> refusals{
      {1, "it is the first process"},
      {3, "it is a kernel thread"},
      {500, "sharesim itself descends from it"},
      {99, "No such process"}};
  for (const auto& [pid, why] : refusals) {
    Machine machine = fake.open();
    PlanOptions options;
    options.pids["/hog"] = {pid};
    const Plan plan =
        make_plan(everything(), Registry::global().parse("sfq"), machine.facts, options);
    MemoryJournal journal;
    try {
      apply(plan, machine, fake, journal);
      ADD_FAILURE() << "process " << pid << " was moved";
    } catch (const CgroupError& error) {
      EXPECT_THAT(error.what(), HasSubstr(why));
    }
    EXPECT_EQ(fake.to_string(), before);
  }
}

// ---- The journal ----

std::vector<Undo> some_undos() {
  return {{Undo::Kind::kRemove, 0, "sharesim-a", Knob::kProcs, "", 0, 0},
          {Undo::Kind::kWrite, 0, "sharesim-a/s-b", Knob::kCpuMax, "max 100000", 0, 0},
          {Undo::Kind::kMove, 0, "sharesim-a/s-b", Knob::kProcs, "user.slice/x y", 77, 123456789}};
}

TEST(CgroupJournal, IsReadAgain) {
  const test::ScratchFolder folder;
  const std::string path = (folder.path() / "j").string();
  FileJournal one(path, {"/r"}, "boot");
  one.append(some_undos());
  one.append({some_undos().front()});
  const FileJournal other(path, {"/r"}, "boot");
  EXPECT_EQ(other.batches(), one.batches());
  one.drop_last();
  EXPECT_THAT(FileJournal(path, {"/r"}, "boot").batches(), testing::ElementsAre(some_undos()));
  one.clear();
  EXPECT_FALSE(std::filesystem::exists(path));
}

// A journal of another boot is about groups that are gone; one of another root is not ours to undo; and
// what is no journal is left alone.
TEST(CgroupJournal, IsOfOneRootAndOneBoot) {
  const test::ScratchFolder folder;
  const std::string path = (folder.path() / "j").string();
  FileJournal(path, {"/r"}, "boot").append(some_undos());
  EXPECT_TRUE(FileJournal(path, {"/r"}, "later").batches().empty());
  EXPECT_THROW(FileJournal(path, {"/s"}, "boot"), MachineError);
  const std::string text = folder.write("text", "hello\n");
  EXPECT_THROW(FileJournal(text, {"/r"}, "boot"), MachineError);
  const std::string bad = folder.write("bad", "sharesim journal 1\nboot\tb\nroot\t/r\nwrite\tx\n");
  EXPECT_THROW(FileJournal(bad, {"/r"}, "b"), MachineError);
  // A record of a tree that there is not.
  const std::string tree = folder.write("tree",
                                        "sharesim journal 1\nboot\tb\nroot\t/r\n"
                                        "remove\t1\tsharesim-a\tcgroup.procs\t\t0\t0\nend\n");
  EXPECT_THROW(FileJournal(tree, {"/r"}, "b"), MachineError);
}

// A journal that is named without a folder is in this one.
TEST(CgroupJournal, MayBeInThisFolder) {
  const test::ScratchFolder folder;
  const std::filesystem::path here = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  EXPECT_NO_THROW(FileJournal("my.journal", {"/r"}, "boot").append(some_undos()));
  EXPECT_TRUE(std::filesystem::exists("my.journal"));
  std::filesystem::current_path(here);
}

}  // namespace
}  // namespace sharesim::cgroup
