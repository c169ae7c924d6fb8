// Is the right place found to make groups in, is nobody else's place taken, and does every error say
// what to do?

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cgroup/cgroup_fs.hpp"
#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/hierarchy.hpp"
#include "sim/cgroup/mounts.hpp"
#include "sim/cgroup/processes.hpp"
#include "sim/cgroup/systemd.hpp"
#include "sim/cgroup/values.hpp"
#include "tests/support/run_command.hpp"

namespace sharesim::cgroup {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kUnified =
    "24 30 0:22 / /proc rw shared:12 - proc proc rw\n"
    "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* kHybrid =
    "35 24 0:30 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw\n"
    "36 24 0:31 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "37 24 0:32 /box /mnt/my\\040sets rw - cgroup cgroup rw,cpuset\n";

/// What open_machine() says of a machine that is not this one.
std::string refusal(const std::string& root, const Surroundings& surroundings) {
  try {
    open_machine(root, surroundings);
  } catch (const CgroupError& error) {
    return error.what();
  }
  return "";
}

Surroundings systemd_machine(const std::set<std::string>& delegated, bool privileged = true) {
  return {.mountinfo = kUnified,
          .own_groups = "0::/user.slice/user-1000.slice/session-1.scope\n",
          .systemd = true,
          .privileged = privileged,
          .delegated = [=](const std::string& path) { return delegated.count(path) > 0; }};
}

TEST(CgroupMounts, AreRead) {
  const auto mounts = read_mounts(kHybrid);
  ASSERT_EQ(mounts.size(), 3U);
  EXPECT_EQ(mounts[0].version, Version::kV2);
  EXPECT_TRUE(mounts[1].has(Controller::kCpu) && mounts[1].has(Controller::kCpuacct));
  EXPECT_EQ(mounts[2].point, "/mnt/my sets");
  EXPECT_EQ(mounts[2].root, "/box");
  const char* const groups = "12:cpuset:/box/a/b\n4:cpu,cpuacct:/jobs\n0::/x\n";
  EXPECT_EQ(group_in(mounts[0], groups), "x");
  EXPECT_EQ(group_in(mounts[1], groups), "jobs");
  EXPECT_EQ(group_in(mounts[2], groups), "a/b");
  EXPECT_EQ(group_in(mounts[2], "12:cpuset:/boxer\n"), std::nullopt);
  EXPECT_EQ(group_in(mounts[0], "0::/../outside\n"), std::nullopt);
  EXPECT_EQ(group_in(mounts[0], "0::/\n"), "");
}

// Under systemd nothing is written but below what it has handed over: not to the own session, not to a
// unit, not to the root of all groups, whatever --cgroup-root says. The recipe is in the message.
TEST(CgroupPlace, OfSystemdIsLeftAlone) {
  const Surroundings user = systemd_machine({}, false);
  EXPECT_THAT(refusal("", user), HasSubstr("systemd-run --user --scope -p Delegate=yes"));
  EXPECT_THAT(refusal("/sys/fs/cgroup", user),
              HasSubstr("is the root of all groups, and systemd's"));
  EXPECT_THAT(refusal("/sys/fs/cgroup/", user),
              HasSubstr("is the root of all groups, and systemd's"));
  const Surroundings root = systemd_machine({"/sys/fs/cgroup/system.slice/mine.service"});
  EXPECT_THAT(refusal("", root), HasSubstr("systemd-run --scope -p Delegate=yes"));
  const std::string unit = "/sys/fs/cgroup/system.slice/nginx.service";
  EXPECT_THAT(refusal(unit, root), HasSubstr(unit + " belongs to systemd"));
  EXPECT_THAT(refusal("/sys/fs/cgroup/system.slice/mine.service2", root), HasSubstr("belongs to"));
  // This one is delegated: the refusal is only that it is not there.
  EXPECT_THAT(refusal("/sys/fs/cgroup/system.slice/mine.service/sub", root),
              HasSubstr("cannot open"));
}

// All units of a user are below one that is delegated, to the user's own systemd: that one says nothing of them.
TEST(CgroupPlace, BelowAUsersManagerIsItsManagers) {
  const std::string manager = "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service";
  const Surroundings user = systemd_machine({manager, manager + "/app.slice/mine.service"}, false);
  EXPECT_THAT(refusal(manager + "/app.slice/shop.service/x", user),
              HasSubstr("belongs to systemd"));
  EXPECT_THAT(refusal(manager + "/app.slice", user), HasSubstr("belongs to systemd"));
  EXPECT_THAT(refusal(manager + "/app.slice/mine.service/x", user), HasSubstr("cannot open"));
}

// A unit or a scope is asked of systemd only where it manages the cpu controller, in version 2, and nothing
// else is at hand: no --cgroup-root, and no delegated group that sharesim was started in.
TEST(CgroupPlace, IsHadFromSystemdWhereThereIsNoOther) {
  const std::string scope = "/sys/fs/cgroup/user.slice/run-x.scope";
  Surroundings inside = systemd_machine({scope});
  inside.own_groups = "0::/user.slice/run-x.scope\n";
  EXPECT_TRUE(needs_systemd("", systemd_machine({})));
  EXPECT_FALSE(needs_systemd(scope, systemd_machine({})));
  EXPECT_FALSE(needs_systemd("", inside));
  const Surroundings first{.mountinfo = kHybrid, .systemd = true, .delegated = {}};
  EXPECT_FALSE(needs_systemd("", first));
  const Surroundings without{.mountinfo = kUnified, .delegated = {}};
  EXPECT_FALSE(needs_systemd("", without));
}

// After apply the shell is in the leaders' group of its scope, and the scope is still the root.
TEST(CgroupPlace, IsFoundFromTheLeadersGroup) {
  const std::string scope = "/sys/fs/cgroup/user.slice/run-x.scope";
  Surroundings around = systemd_machine({scope});
  around.own_groups = "0::/user.slice/run-x.scope/sharesim-leader\n";
  EXPECT_THAT(refusal("", around), HasSubstr("cannot open"));
  EXPECT_THAT(refusal("", around), testing::Not(HasSubstr("sharesim-leader")));
}

// Slashes more or less make no other place of it.
TEST(CgroupPlace, IsTheSameWithMoreSlashes) {
  EXPECT_THAT(refusal("//sys/fs//cgroup//", systemd_machine({})),
              HasSubstr("/sys/fs/cgroup is the root of all groups"));
}

// systemd keeps its units in version 1 as well.
TEST(CgroupPlace, InAUnitOfVersion1IsSystemds) {
  const Surroundings around{.mountinfo = kHybrid, .systemd = true, .delegated = {}};
  EXPECT_THAT(refusal("/sys/fs/cgroup/cpu,cpuacct/system.slice/x", around),
              HasSubstr("belongs to systemd"));
  EXPECT_THAT(refusal("/sys/fs/cgroup/cpu,cpuacct/no-such-group", around),
              testing::Not(HasSubstr("belongs to systemd")));
}

TEST(CgroupPlace, HasToBeAGroup) {
  const Surroundings none{.mountinfo = "24 30 0:22 / /proc rw - proc proc rw\n", .delegated = {}};
  EXPECT_THAT(refusal("", none), HasSubstr("no cgroup file system is mounted here"));
  const Surroundings real{.mountinfo = kUnified, .delegated = {}};
  EXPECT_THAT(refusal("/tmp", real), HasSubstr("is not in a cgroup file system"));
}

// Only literal names: no path out of the root, no symbolic link, no name of the kernel's, nothing that
// is on another file system.
TEST(CgroupDirectory, CannotBeLeft) {
  const test::ScratchFolder folder;
  fs::create_directories(folder.path() / "root" / "s-a");
  fs::create_directory_symlink(folder.path(), folder.path() / "root" / "s-link");
  fs::create_directory_symlink(folder.path() / "root", folder.path() / "way");
  const auto root = open_directory((folder.path() / "root").string(), true);
  ASSERT_TRUE(root.ok());
  EXPECT_TRUE(root.value->open("s-a").ok());
  for (const char* name : {"..", ".", "", "s-a/../..", "/etc"}) {
    EXPECT_EQ(root.value->open(name).error, EINVAL) << name;
  }
  EXPECT_NE(root.value->open("s-link").error, 0);
  EXPECT_EQ(open_directory((folder.path() / "way").string(), true).error, ELOOP);
  EXPECT_EQ(open_directory((folder.path() / "root" / ".." / "root").string(), true).error, EINVAL);
  EXPECT_EQ(open_directory("relative", true).error, EINVAL);
  EXPECT_EQ(open_directory((folder.path() / "root").string()).error, EXDEV);
  EXPECT_EQ(root.value->open("proc").error, ENOENT);
  for (const char* name : {"cpu.weight", "..", "s-", "s-a/b", "s-\n", "sharesim-", "x"}) {
    EXPECT_FALSE(is_group_name(name)) << name;
    EXPECT_EQ(root.value->make(name), EINVAL) << name;
    EXPECT_EQ(root.value->remove(name), EINVAL) << name;
  }
  EXPECT_TRUE(is_group_name("s-.."));
  EXPECT_TRUE(is_group_name("sharesim-" + std::string(64, 'x')));
  EXPECT_FALSE(is_group_name("s-" + std::string(91, 'x')));
}

// A file that is a symbolic link is not followed; a shorter value leaves nothing of a longer one; a
// directory that was removed is not reached through an old handle.
TEST(CgroupDirectory, ReadsAndWritesWholeValues) {
  const test::ScratchFolder folder;
  fs::create_directories(folder.path() / "s-a");
  folder.write("s-a/cpu.weight", "10000\n");
  fs::create_symlink("/etc/hostname", folder.path() / "s-a" / "cpu.max");
  const auto root = open_directory(folder.path().string(), true);
  const auto group = root.value->open("s-a");
  ASSERT_TRUE(group.ok());
  EXPECT_EQ(group.value->read(Knob::kCpuWeight).value, "10000");
  EXPECT_EQ(group.value->write(Knob::kCpuWeight, "50"), 0);
  EXPECT_EQ(group.value->read(Knob::kCpuWeight).value, "50");
  EXPECT_EQ(group.value->read(Knob::kCpuMax).error, ELOOP);
  EXPECT_EQ(group.value->write(Knob::kCpuMax, "max"), ELOOP);
  EXPECT_EQ(group.value->write(Knob::kCpuShares, "2"), ENOENT);
  fs::remove_all(folder.path() / "s-a");
  EXPECT_EQ(group.value->read(Knob::kCpuWeight).error, ENOENT);
}

TEST(CgroupProcess, IsKnownByItsStart) {
  const auto table = process_table();
  const auto self = table->find(getpid());
  ASSERT_TRUE(self.ok());
  EXPECT_TRUE(self.value->alive());
  EXPECT_FALSE(self.value->kernel_thread());
  EXPECT_GT(self.value->start(), 0U);
  EXPECT_EQ(table->find(0).error, EINVAL);
  EXPECT_EQ(table->find(4'194'304).error, ESRCH);  // pids end at 2^22 - 1
  const auto line = table->own_line();
  EXPECT_THAT(line, testing::Contains(getpid()));
  EXPECT_THAT(line, testing::Contains(getppid()));
  EXPECT_THAT(line, testing::Contains(1));
}

// A thread that is not the first is no process: its id finds nothing.
TEST(CgroupProcess, IsNoThread) {
  std::promise<pid_t> id;
  std::promise<void> end;
  std::thread thread([&] {
    id.set_value(gettid());
    end.get_future().wait();
  });
  EXPECT_EQ(process_table()->find(id.get_future().get()).error, ESRCH);
  end.set_value();
  thread.join();
}

TEST(CgroupProcess, ThatIsAZombieIsNotThere) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);  // it has ended, and stays
  EXPECT_EQ(process_table()->find(child).error, ESRCH);
  waitid(P_PID, static_cast<id_t>(child), &info, WEXITED);
}

// The kernel's spelling of what was written: lists of CPUs are shortened, negative quotas are -1.
TEST(CgroupValues, AreTheSameInTheKernelsSpelling) {
  EXPECT_TRUE(same_value(Knob::kCpusetCpus, "0,1,2", "0-2"));
  EXPECT_FALSE(same_value(Knob::kCpusetCpus, "0-2", "0-1"));
  EXPECT_FALSE(same_value(Knob::kCpusetCpus, "", "0-1"));
  EXPECT_TRUE(same_value(Knob::kCfsQuota, "-2", "-1"));
  EXPECT_FALSE(same_value(Knob::kCpuWeight, "144", "100"));
  EXPECT_TRUE(has_word("cpuset cpu io", "cpu"));
  EXPECT_FALSE(has_word("cpuset io", "cpu"));
}

// ---- Errors ----

/// Everything that a kernel was seen to answer (Linux 6.1 and 6.12; version 1 on 6.1 and 6.18): the
/// file, the errno, and a word of the advice.
struct Seen {
  Version version;
  Verb verb;
  Knob knob;
  int error;
  const char* advice;
};

const std::vector<Seen>& seen() {
  constexpr auto kV1 = Version::kV1;
  constexpr auto kV2 = Version::kV2;
  static const std::vector<Seen> kSeen{
      {kV2, Verb::kWrite, Knob::kCpuWeight, ERANGE, "1 to 10000"},
      {kV2, Verb::kWrite, Knob::kCpuWeight, EINVAL, "cpu.idle"},
      {kV2, Verb::kWrite, Knob::kCpuWeight, ENOENT, "write +cpu"},
      {kV2, Verb::kWrite, Knob::kCpuWeight, ENODEV, "taken away"},
      {kV2, Verb::kWrite, Knob::kCpuWeight, EACCES, "Delegate=yes"},
      {kV2, Verb::kWrite, Knob::kCpuWeight, EROFS, "reading only"},
      {kV2, Verb::kWrite, Knob::kCpuWeight, E2BIG, "4095 bytes"},
      {kV2, Verb::kWrite, Knob::kCpuIdle, EINVAL, "0 or 1"},
      {kV2, Verb::kWrite, Knob::kCpuIdle, ENOENT, "5.15"},
      {kV2, Verb::kWrite, Knob::kCpuMax, EINVAL, "lower the burst first"},
      {kV2, Verb::kWrite, Knob::kCpuMaxBurst, EINVAL, "at most one quota"},
      {kV2, Verb::kWrite, Knob::kCpuMaxBurst, ENOENT, "5.14"},
      {kV2, Verb::kWrite, Knob::kCpusetCpus, ERANGE, "no CPU of that number"},
      {kV2, Verb::kWrite, Knob::kCpusetCpus, EINVAL, "no list of CPUs"},
      {kV2, Verb::kWrite, Knob::kCpusetCpus, ENOSPC, "holds processes"},
      {kV2, Verb::kWrite, Knob::kCpusetCpus, ENOENT, "+cpuset"},
      {kV2, Verb::kWrite, Knob::kCpusetMems, EINVAL, "memory nodes"},
      {kV2, Verb::kRead, Knob::kCpusetCpusEffective, ENODEV, "taken away"},
      {kV2, Verb::kEnable, Knob::kSubtreeControl, ENOENT, "cgroup.controllers"},
      {kV2, Verb::kEnable, Knob::kSubtreeControl, EBUSY, "to leaves"},
      {kV2, Verb::kEnable, Knob::kSubtreeControl, EINVAL, "no such controller"},
      {kV2, Verb::kEnable, Knob::kSubtreeControl, EOPNOTSUPP, "threaded"},
      {kV2, Verb::kEnable, Knob::kSubtreeControl, EACCES, "delegated"},
      {kV2, Verb::kMove, Knob::kProcs, ESRCH, "no such process"},
      {kV2, Verb::kMove, Knob::kProcs, EINVAL, "kernel thread"},
      {kV2, Verb::kMove, Knob::kProcs, EBUSY, "leaves"},
      {kV2, Verb::kMove, Knob::kProcs, EOPNOTSUPP, "invalid"},
      {kV2, Verb::kMove, Knob::kProcs, EACCES, "inside of the delegated group"},
      {kV2, Verb::kMove, Knob::kProcs, ENODEV, "taken away"},
      {kV2, Verb::kRead, Knob::kProcs, EOPNOTSUPP, "threaded"},
      {kV2, Verb::kMake, Knob::kProcs, EEXIST, "already"},
      {kV2, Verb::kMake, Knob::kProcs, EAGAIN, "cgroup.max.descendants"},
      {kV2, Verb::kMake, Knob::kProcs, EINVAL, "not a name"},
      {kV2, Verb::kMake, Knob::kProcs, ENOENT, "gone"},
      {kV2, Verb::kMake, Knob::kProcs, EACCES, "Delegate=yes"},
      {kV2, Verb::kMake, Knob::kProcs, EROFS, "reading only"},
      {kV2, Verb::kRemove, Knob::kProcs, EBUSY, "holds processes or groups"},
      {kV2, Verb::kRemove, Knob::kProcs, EPERM, "container"},
      {kV2, Verb::kOpen, Knob::kProcs, ENOENT, "make it first"},
      {kV2, Verb::kOpen, Knob::kProcs, EXDEV, "cgroup file system"},
      {kV2, Verb::kOpen, Knob::kProcs, ELOOP, "symbolic link"},
      {kV1, Verb::kWrite, Knob::kCpuShares, EINVAL, "2 to 262144"},
      {kV1, Verb::kWrite, Knob::kCfsQuota, EINVAL, "of the group above"},
      {kV1, Verb::kWrite, Knob::kCfsPeriod, EINVAL, "set the quota first"},
      {kV1, Verb::kWrite, Knob::kCfsBurst, EINVAL, "at most one quota"},
      {kV1, Verb::kWrite, Knob::kCfsBurst, ENOENT, "5.14"},
      {kV1, Verb::kWrite, Knob::kCpusetCpus, EACCES, "of the group above"},
      {kV1, Verb::kWrite, Knob::kCpusetCpus, EBUSY, "below"},
      {kV1, Verb::kWrite, Knob::kCpusetCpus, EINVAL, "exclusively"},
      {kV1, Verb::kWrite, Knob::kCpusetMems, EACCES, "memory nodes"},
      {kV1, Verb::kMove, Knob::kProcs, ENOSPC, "cpuset.mems first"},
      {kV1, Verb::kMove, Knob::kProcs, EACCES, "not yours"},
      {kV1, Verb::kWrite, Knob::kCpuShares, ENOENT, "another mount"},
  };
  return kSeen;
}

TEST(CgroupErrors, SayTheFileTheValueTheCauseAndWhatToDo) {
  for (const Seen& one : seen()) {
    const std::string text = sentence({.verb = one.verb,
                                       .version = one.version,
                                       .knob = one.knob,
                                       .group = "/r/g",
                                       .value = "VALUE",
                                       .error = one.error});
    EXPECT_THAT(text, HasSubstr(one.advice));
    EXPECT_THAT(text, HasSubstr("/r/g"));
    const bool names_file = one.verb == Verb::kRead || one.verb == Verb::kWrite ||
                            one.verb == Verb::kEnable || one.verb == Verb::kMove;
    EXPECT_TRUE(!names_file || text.find(file_name(one.knob)) != std::string::npos) << text;
    EXPECT_TRUE(one.verb == Verb::kRead || text.find("VALUE") != std::string::npos) << text;
    EXPECT_THAT(text, HasSubstr(std::generic_category().message(one.error)));
  }
}

TEST(CgroupErrors, ReadLikeThis) {
  EXPECT_EQ(sentence({.verb = Verb::kWrite,
                      .version = Version::kV2,
                      .knob = Knob::kCpuWeight,
                      .group = "/sys/fs/cgroup/x",
                      .value = "300",
                      .error = ENOENT}),
            "cannot write '300' to /sys/fs/cgroup/x/cpu.weight: No such file or directory: the cpu "
            "controller is not enabled for this group; write +cpu to cgroup.subtree_control of the "
            "group above");
}

}  // namespace
}  // namespace sharesim::cgroup
