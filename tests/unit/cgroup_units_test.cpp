// Are units of systemd set all or nothing, and can they always be put back? systemd is a model, which answers as
// systemctl 252 prints, so that each of its answers can be replaced by a failure.

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cgroup/apply.hpp"
#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/units.hpp"
#include "sim/core/error.hpp"
#include "sim/output/plan_text.hpp"
#include "sim/registry.hpp"
#include "tests/support/fake_cgroup.hpp"
#include "tests/support/fake_systemd.hpp"
#include "tests/support/run_command.hpp"
#include "tests/support/scenario_builder.hpp"

namespace sharesim::cgroup {
namespace {

using namespace std::chrono_literals;
using test::FakeSystemd;
using test::ScenarioBuilder;
using testing::HasSubstr;
using testing::IsEmpty;

/// As a signal 9 is: nothing of sharesim runs any more.
struct Killed {};

Surroundings under_systemd() {
  return {.mountinfo = "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
          .own_groups = "0::/user.slice/user-0.slice/session-1.scope\n",
          .systemd = true,
          .privileged = true,
          .delegated = [](const std::string&) { return false; }};
}

/// A shop with a cap and a CPU set for its batch work, 3:1, and what is idle.
Scenario shop() {
  ScenarioBuilder b;
  b.cpus(2);
  b.task("web", 300);
  b.task("batch", 100).cap = Bandwidth{10ms, 50ms, {}, {}};
  b.task("backup", 100).idle = true;
  return b.build();
}

const std::map<std::string, std::string> kUnits{
    {"/web", "web.service"}, {"/batch", "batch.service"}, {"/backup", "backup.service"}};

/// web is as it was installed; batch has values of its own, which have to come back.
std::unique_ptr<FakeSystemd> systemd() {
  auto fake = std::make_unique<FakeSystemd>();
  fake->units["web.service"];
  fake->units["batch.service"].set = {{"CPUWeight", "50"},
                                      {"CPUQuota", "150.00%"},
                                      {"CPUQuotaPeriodSec", "20000us"},
                                      {"AllowedCPUs", "0-1,3"}};
  fake->units["backup.service"].set = {{"CPUWeight", "20"}};
  return fake;
}

Plan plan_for(FakeSystemd& fake, const Machine& machine, const Scenario& scenario = shop(),
              const std::map<std::string, std::string>& units = kUnits) {
  PlanOptions options;
  options.units = look_at(units, fake, under_systemd());
  return make_plan(scenario, Registry::global().parse("sfq"), machine.facts, options);
}

void apply_to(FakeSystemd& fake, Journal& journal) {
  test::FakeMachine nobody(Version::kV2);
  Machine machine = open_units(fake, under_systemd());
  apply(plan_for(fake, machine), machine, nobody, journal);
}

Reverted revert_from(FakeSystemd& fake, Journal& journal) {
  test::FakeMachine nobody(Version::kV2);
  Machine machine = open_units(fake, under_systemd());
  return revert(machine, nobody, journal);
}

std::string notes(const Plan& plan, Note::Kind kind) { return notes_text(plan, kind, ""); }

// Two CPUs of four for all of them; weights as asked; 10 ms of 50 ms are 20 %. A second apply finds nothing to do.
TEST(CgroupUnits, AreSetAndPutBack) {
  const auto fake = systemd();
  const std::string before = fake->to_string();
  MemoryJournal journal;
  apply_to(*fake, journal);
  EXPECT_EQ(fake->to_string(),
            "backup.service AllowedCPUs=0-1\n"
            "backup.service CPUWeight=idle\n"
            "batch.service AllowedCPUs=0-1\n"
            "batch.service CPUQuota=20.00%\n"
            "batch.service CPUQuotaPeriodSec=50000us\n"
            "batch.service CPUWeight=100\n"
            "web.service AllowedCPUs=0-1\n"
            "web.service CPUWeight=300\n");
  const std::size_t sets = fake->sets;
  EXPECT_EQ(sets, 8U);
  apply_to(*fake, journal);
  EXPECT_EQ(fake->sets, sets);
  EXPECT_THAT(revert_from(*fake, journal).problems, IsEmpty());
  EXPECT_EQ(fake->to_string(), before);
  EXPECT_TRUE(journal.batches().empty());
}

// Each call of systemctl fails in turn, before it does anything or after: all old values are back, and the message has
// what systemd said.
TEST(CgroupUnits, AreAsBeforeAfterAnyFailure) {
  const auto counting = systemd();
  MemoryJournal counted;
  apply_to(*counting, counted);
  ASSERT_GT(counting->sets, 5U);
  int failures = 0;
  for (const bool done_already : {false, true}) {
    for (std::size_t call = 0; call < counting->calls; ++call) {
      const auto fake = systemd();
      const std::string before = fake->to_string();
      (done_already ? fake->after : fake->before) = [&](std::size_t number) {
        return number == call ? "Access denied" : "";
      };
      MemoryJournal journal;
      try {
        apply_to(*fake, journal);
        EXPECT_TRUE(done_already) << "call " << call << " is not one that sets anything";
        continue;
      } catch (const CgroupError& error) {
        EXPECT_THAT(error.what(), HasSubstr("Access denied")) << call;
        ++failures;
      }
      ASSERT_EQ(fake->to_string(), before) << "call " << call;
      ASSERT_TRUE(journal.batches().empty());
    }
  }
  EXPECT_EQ(failures, static_cast<int>(counting->calls + counting->sets));
}

// Killed at each call, before systemd does it or after, and so is the revert that follows, at another: the one that is
// called then puts all of it back.
TEST(CgroupUnits, ArePutBackAfterAKillAtAnyCall) {
  int kills = 0;
  for (const bool done_already : {false, true}) {
    for (std::size_t call = 0;; ++call) {
      const auto fake = systemd();
      const std::string before = fake->to_string();
      const test::ScratchFolder folder;
      const std::string path = (folder.path() / "journal").string();
      const auto killed_at = [&](std::size_t last, void (*work)(FakeSystemd&, Journal&)) {
        fake->calls = 0;
        (done_already ? fake->after : fake->before) = [last](std::size_t number) -> std::string {
          if (number >= last) throw Killed{};
          return "";
        };
        try {
          FileJournal journal(path, {kUnitsRoot}, "boot");
          work(*fake, journal);
        } catch (const Killed&) {
          return true;
        }
        return false;
      };
      const bool killed = killed_at(call, apply_to);
      const auto take_back = [](FakeSystemd& machine, Journal& journal) {
        EXPECT_THAT(revert_from(machine, journal).problems, IsEmpty());
      };
      kills += (killed ? 1 : 0) + (killed_at(call % 17, take_back) ? 1 : 0);
      ASSERT_FALSE(killed_at(1'000, take_back));
      ASSERT_EQ(fake->to_string(), before) << "killed at call " << call;
      ASSERT_FALSE(std::filesystem::exists(path));
      if (!killed) break;
    }
  }
  EXPECT_GT(kills, 100);
}

// systemd takes a CPU that is not there, and a user's manager takes what it has no controller for: the kernel's own
// file tells. What was set before is put back.
TEST(CgroupUnits, AreComparedWithWhatTheKernelHas) {
  const auto fake = systemd();
  const std::string before = fake->to_string();
  Machine machine = open_units(*fake, under_systemd());
  const Plan plan = plan_for(*fake, machine);
  fake->cpus = "1-3";
  MemoryJournal journal;
  test::FakeMachine nobody(Version::kV2);
  try {
    apply(plan, machine, nobody, journal);
    ADD_FAILURE() << "CPU 0 came true where there is none";
  } catch (const CgroupError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("cannot set AllowedCPUs=0-1 of web.service: systemd has "
                          "it, but cpuset.cpus.effective of /system.slice/web.service "
                          "reads '1', and not '0-1'"));
  }
  EXPECT_EQ(fake->to_string(), before);
}

TEST(CgroupUnits, ThatAreNotOursToSetAreRefused) {
  const std::vector<std::pair<std::string, std::string>> refusals{
      {"sharesim.service", "it holds sharesim's own groups"},
      {"init.scope", "all of this machine hangs on it"},
      {"session-1.scope", "sharesim runs in it"},
      {"gone.service", "systemd has loaded no unit of this name"},
      {"alias.service", "its own name is web.service"}};
  for (const auto& [name, why] : refusals) {
    const auto fake = systemd();
    fake->units["alias.service"].id = "web.service";
    try {
      look_at({{"/web", name}}, *fake, under_systemd());
      ADD_FAILURE() << name << " was taken";
    } catch (const CgroupError& error) {
      EXPECT_THAT(error.what(), HasSubstr(name + " is not to be set: " + why));
    }
    EXPECT_EQ(fake->sets, 0U);
  }
  Surroundings without = under_systemd();
  without.systemd = false;
  const auto fake = systemd();
  EXPECT_THROW(open_units(*fake, without), CgroupError);
}

// Names that cannot be units', a path that is no entity's, one unit for two.
TEST(CgroupUnits, AreNamedExactly) {
  const std::vector<std::map<std::string, std::string>> mistakes{
      {{"/web", "web.service; true"}},
      {{"/web", ".service"}},
      {{"/web", "../web.service"}},
      {{"/web", "web.socket"}},
      {{"/nobody", "web.service"}},
      {{"/", "web.service"}},
      {{"/web", "web.service"}, {"/batch", "web.service"}}};
  const auto fake = systemd();
  for (const auto& units : mistakes) {
    for (const auto& [path, name] : units) fake->units[name];
    const Machine machine = open_units(*fake, under_systemd());
    EXPECT_THROW(plan_for(*fake, machine, shop(), units), InputError)
        << units.begin()->first << "=" << units.begin()->second;
  }
}

// What is lost is said: a burst, thousandths of a percent, weights across slices, what has no unit, what stays.
TEST(CgroupUnits, APlanSaysWhatIsLost) {
  const auto fake = systemd();
  fake->units["batch.service"].slice = "user.slice";
  fake->units["web.service"].set = {{"CPUQuota", "50.00%"}, {"AllowedCPUs", "3"}};
  Scenario scenario = shop();
  scenario.machine.cpus = 4;
  scenario.tasks[1].cap = Bandwidth{10ms, 30ms, 5ms, {}};
  const Machine machine = open_units(*fake, under_systemd());
  const auto units =
      std::map<std::string, std::string>{{"/web", "web.service"}, {"/batch", "batch.service"}};
  const Plan plan = plan_for(*fake, machine, scenario, units);
  EXPECT_FALSE(plan.refused());
  const std::string lost = notes(plan, Note::Kind::kLost);
  EXPECT_THAT(lost, HasSubstr("systemd has no property for cpu.max.burst"));
  EXPECT_THAT(lost, HasSubstr("33.33 %"));
  EXPECT_THAT(lost, HasSubstr("batch.service is in user.slice, and web.service in system.slice"));
  EXPECT_THAT(lost, HasSubstr("/backup: no unit is given for it"));
  EXPECT_THAT(lost, HasSubstr("CPUQuota=50.00% of web.service stays"));
  EXPECT_THAT(lost, HasSubstr("AllowedCPUs=3 of web.service stays"));
  EXPECT_THAT(plan_text(plan, all_changes(plan), kUnitsRoot), HasSubstr("batch.service (/batch)"));
}

// A third of a CPU exactly, as another program may have set it over D-Bus, is 333.333 ms of a second: systemctl could
// not put that back.
TEST(CgroupUnits, ThatCouldNotBePutBackAreRefused) {
  const auto fake = systemd();
  fake->units["batch.service"].set["CPUQuota"] = "33.3333%";
  const Machine machine = open_units(*fake, under_systemd());
  const Plan plan = plan_for(*fake, machine);
  EXPECT_TRUE(plan.refused());
  EXPECT_THAT(notes(plan, Note::Kind::kRefused),
              HasSubstr("CPUQuota=33.3333% of batch.service could not be put back"));
}

// As systemd 252 prints them: 1 min 4 s of CPU in a second are 64 CPUs.
TEST(CgroupUnits, AreReadAsSystemctlPrints) {
  const auto value = [](const std::string& line, Knob knob) {
    return read_unit(line + "\n").values.at(knob);
  };
  EXPECT_EQ(value("CPUWeight=[not set]", Knob::kUnitWeight), "");
  EXPECT_EQ(value("CPUWeight=idle", Knob::kUnitWeight), "idle");
  EXPECT_EQ(value("CPUQuotaPerSecUSec=infinity", Knob::kUnitQuota), "");
  EXPECT_EQ(value("CPUQuotaPerSecUSec=333.300ms", Knob::kUnitQuota), "33.33%");
  EXPECT_EQ(value("CPUQuotaPerSecUSec=1min 4s", Knob::kUnitQuota), "6400.00%");
  EXPECT_EQ(value("CPUQuotaPerSecUSec=1.500000s", Knob::kUnitQuota), "150.00%");
  EXPECT_EQ(value("CPUQuotaPeriodUSec=50ms", Knob::kUnitPeriod), "50000us");
  EXPECT_EQ(value("AllowedCPUs=0-1 3", Knob::kUnitCpus), "0-1,3");
  EXPECT_FALSE(read_unit("LoadState=not-found\n").loaded);
}

// A systemctl that outlives a sharesim that was killed has its lock: what is asked for with a descriptor has it open,
// and nothing else has.
TEST(CgroupUnits, AreLockedUntilSystemdHasAnswered) {
  const test::ScratchFolder folder;
  const auto place = open_directory(folder.path().string(), true);
  ASSERT_TRUE(place.ok());
  const int fd = place.value->descriptor();
  const std::vector<std::string> question{"readlink", fmt::format("/proc/self/fd/{}", fd)};
  EXPECT_EQ(ask(question, Complaints::kDropped, fd).text, folder.path().string());
  EXPECT_NE(ask(question, Complaints::kDropped).status, 0);
}

// Who has to wait for that waits, and gets it; who does not is refused.
TEST(CgroupUnits, AreWaitedForWhereThatIsAskedFor) {
  const test::ScratchFolder folder;
  Machine machine;
  machine.facts.trees = {{{}, kUnitsRoot, kUnitsRoot}};
  machine.roots.push_back(open_directory(folder.path().string(), true).value);
  ASSERT_TRUE(machine.roots.front());
  auto first = std::make_optional<RootLock>(machine);
  EXPECT_THROW(RootLock{machine}, CgroupError);
  const auto open_files = [] {
    const std::filesystem::directory_iterator files("/proc/self/fd");
    return std::distance(begin(files), end(files));
  };
  const auto before = open_files();
  std::atomic<bool> over = false;
  std::thread other([&] {
    while (!over && open_files() == before)
      std::this_thread::yield();  // until it has opened what it wants
    std::this_thread::sleep_for(50ms);
    first.reset();
  });
  EXPECT_NO_THROW(RootLock(machine, std::chrono::seconds(60)));
  over = true;
  other.join();
}

}  // namespace
}  // namespace sharesim::cgroup
