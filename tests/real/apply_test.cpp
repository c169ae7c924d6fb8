// Does this machine's kernel take what apply writes, and is nothing left after revert, whenever apply is
// killed? For version 1 (cpu, cpuacct and cpuset mounted, root): every group is named sharesim-test-*.

#include "sim/cgroup/apply.hpp"

#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/mounts.hpp"
#include "sim/registry.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/support/run_command.hpp"

namespace sharesim::cgroup {
namespace {

namespace fs = std::filesystem;
using test::CommandResult;
using test::ScratchFolder;
using testing::HasSubstr;

constexpr const char* kWorkload =
    "name: test-apply\n"
    "machine: {cpus: 1}\n"
    "duration: 1s\n"
    "groups:\n"
    "  - name: web\n"
    "    weight: 300\n"
    "    cap: {quota: 30ms, period: 50ms, burst: 10ms}\n"
    "    tasks: [{name: worker, count: 2, cap: 20%}]\n"
    "tasks:\n"
    "  - {name: hog, cpus: 0}\n";

/// A process that sleeps until the test ends it.
class Sleeper {
 public:
  Sleeper() : pid_(fork()) {
    if (pid_ == 0) {
      pause();
      _exit(0);
    }
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  std::string groups() const { return read_proc("/proc/" + std::to_string(pid_) + "/cgroup"); }

 private:
  const pid_t pid_;
};

class RealApply : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "making groups of version 1 needs root";
    for (const char* mount : {"cpu", "cpuacct", "cpuset"}) {
      const std::string path = std::string("/sys/fs/cgroup/") + mount;
      if (!open_directory(path).ok() || access((path + "/cgroup.procs").c_str(), W_OK) != 0) {
        GTEST_SKIP() << "version 1 of the " << mount << " controller is not mounted at " << path;
      }
    }
    if (this_machine().systemd) GTEST_SKIP() << "systemd owns the groups of this machine";
    // A root of its own in each mount, so that two runs of this test do not meet.
    for (const char* mount : {"cpu", "cpuacct", "cpuset"}) {
      fs::create_directory(fs::path("/sys/fs/cgroup") / mount / root_name());
    }
    copy_cpuset("cpuset.cpus");
    copy_cpuset("cpuset.mems");
    before_ = groups();
  }
  void TearDown() override {
    for (const char* mount : {"cpu", "cpuacct", "cpuset"}) {
      rmdir((fs::path("/sys/fs/cgroup") / mount / root_name()).c_str());
    }
  }

  static std::string root_name() { return "sharesim-test-" + std::to_string(getpid()); }
  static std::string root() { return "/sys/fs/cgroup/cpu/" + root_name(); }
  static fs::path group(const char* mount, const std::string& below) {
    return fs::path("/sys/fs/cgroup") / mount / root_name() / "sharesim-test-apply" / below;
  }
  static std::string value(const char* mount, const std::string& file) {
    std::string text = test::read_file(group(mount, file));
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }
  /// All groups below the roots.
  static std::string groups() {
    std::string text;
    for (const char* mount : {"cpu", "cpuacct", "cpuset"}) {
      for (const auto& entry :
           fs::recursive_directory_iterator(fs::path("/sys/fs/cgroup") / mount / root_name())) {
        if (entry.is_directory()) text += entry.path().string() + "\n";
      }
    }
    return text;
  }

  CommandResult sharesim(std::vector<std::string> words) const {
    words.insert(words.end(), {"--cgroup-root", root()});
    if (words.front() == "apply" || words.front() == "revert") {
      words.insert(words.end(), {"--journal", journal()});
    }
    return test::run_sharesim(words);
  }
  std::string workload() const { return folder_.write("w.yaml", kWorkload); }
  std::string journal() const { return (folder_.path() / "journal").string(); }

  const ScratchFolder folder_;
  std::string before_;

 private:
  static void copy_cpuset(const char* file) {
    std::ofstream(fs::path("/sys/fs/cgroup/cpuset") / root_name() / file)
        << test::read_file(fs::path("/sys/fs/cgroup/cpuset") / file);
  }
};

TEST_F(RealApply, SetsValuesThatTheKernelReadsBack) {
  const Sleeper job;
  const std::string home = job.groups();
  const CommandResult applied =
      sharesim({"apply", workload(), "--pids", "/hog=" + std::to_string(job.pid())});
  ASSERT_EQ(applied.status, 0) << applied.err;
  EXPECT_EQ(value("cpu", "s-web/cpu.shares"), "3072");
  EXPECT_EQ(value("cpu", "s-web/cpu.cfs_quota_us"), "30000");
  EXPECT_EQ(value("cpu", "s-web/cpu.cfs_period_us"), "50000");
  EXPECT_EQ(value("cpu", "s-web/cpu.cfs_burst_us"), "10000");
  EXPECT_EQ(value("cpu", "s-web/s-worker.1/cpu.cfs_quota_us"), "20000");
  EXPECT_EQ(value("cpu", "s-hog/cpu.shares"), "1024");
  EXPECT_EQ(value("cpuset", "s-hog/cpuset.effective_cpus"), "0");
  EXPECT_THAT(job.groups(), HasSubstr("/sharesim-test-apply/s-hog\n"));
  const CommandResult status = sharesim({"status", "--interval", "50ms"});
  EXPECT_THAT(status.out, HasSubstr("30000 50000 10000"));

  // Again: all is as it should be. With another weight: that one only.
  EXPECT_THAT(sharesim({"plan", workload()}).out, HasSubstr("Nothing to do"));
  EXPECT_THAT(sharesim({"plan", workload(), "--set", "groups.web.weight=400"}).out,
              HasSubstr("cpu.shares 3072 -> 4096"));

  const CommandResult reverted = sharesim({"revert"});
  EXPECT_EQ(reverted.status, 0) << reverted.err;
  EXPECT_EQ(groups(), before_);
  EXPECT_EQ(job.groups(), home);
  EXPECT_FALSE(fs::exists(journal()));
}

// An error of the kernel's own in the middle: the root's own cap is 10 %, and version 1 takes no cap
// above that below it. Nothing is left.
TEST_F(RealApply, LeavesNothingWhereTheKernelRefuses) {
  std::ofstream(root() + "/cpu.cfs_quota_us") << "10000";
  const CommandResult applied = sharesim({"apply", workload()});
  EXPECT_EQ(applied.status, 3);
  EXPECT_THAT(applied.err, HasSubstr("s-web/cpu.cfs_quota_us: Invalid argument: a quota is"));
  EXPECT_THAT(applied.err, HasSubstr("nothing is changed"));
  EXPECT_EQ(groups(), before_);
  EXPECT_FALSE(fs::exists(journal()));
}

TEST_F(RealApply, LetsOneAtATimeWork) {
  const auto held = open_directory(root());
  ASSERT_TRUE(held.ok());
  ASSERT_EQ(flock(held.value->descriptor(), LOCK_EX | LOCK_NB), 0);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"apply", workload()}, std::vector<std::string>{"revert"}}) {
    const CommandResult second = sharesim(words);
    EXPECT_EQ(second.status, 3);
    EXPECT_THAT(second.err, HasSubstr("another sharesim is at work below " + root()));
  }
  EXPECT_EQ(groups(), before_);
}

/// A group of the kernel's where the n-th change ends the process with signal 9.
class Deadly final : public Directory {
 public:
  Deadly(std::unique_ptr<Directory> real, int& left) : real_(std::move(real)), left_(left) {}

  Got<std::unique_ptr<Directory>> open(const std::string& child) override {
    return wrapped(real_->open(child));
  }
  Got<std::unique_ptr<Directory>> again() override { return wrapped(real_->again()); }
  int make(const std::string& child) override {
    count();
    return real_->make(child);
  }
  int remove(const std::string& child) override {
    count();
    return real_->remove(child);
  }
  Got<std::vector<std::string>> children() override { return real_->children(); }
  Got<std::string> read(Knob knob) override { return real_->read(knob); }
  int write(Knob knob, std::string_view value) override {
    count();
    return real_->write(knob, value);
  }
  int may_write(Knob knob) override { return real_->may_write(knob); }
  int descriptor() const override { return real_->descriptor(); }

 private:
  Got<std::unique_ptr<Directory>> wrapped(Got<std::unique_ptr<Directory>> got) {
    if (!got.ok()) return got;
    return {std::make_unique<Deadly>(std::move(got.value), left_), 0};
  }
  void count() {
    if (left_-- == 0) raise(SIGKILL);
  }

  std::unique_ptr<Directory> real_;
  int& left_;
};

/// In a child: apply (or revert), killed before its change number `left`. True if it was.
template <typename Work>
bool killed_at(int left, const std::string& root, const std::string& journal_path, Work work) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      Machine machine = open_machine(root, this_machine());
      std::vector<std::string> roots;
      for (std::size_t i = 0; i < machine.roots.size(); ++i) {
        roots.push_back(machine.facts.trees[i].root);
        machine.roots[i] = std::make_unique<Deadly>(std::move(machine.roots[i]), left);
        machine.mounts[i] = std::make_unique<Deadly>(std::move(machine.mounts[i]), left);
      }
      FileJournal journal(journal_path, roots, this_boot());
      work(machine, journal);
      _exit(0);
    } catch (...) {
      _exit(9);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << "failed before it was killed";
  return WIFSIGNALED(status);
}

// Signal 9 before each of its writes, and before each of the writes of the revert that follows: the last
// revert leaves nothing, and the moved process is at home.
TEST_F(RealApply, IsTakenBackAfterSignal9AtEveryWrite) {
  const Sleeper job;
  const std::string home = job.groups();
  const Scenario scenario = load_scenario(workload());
  PlanOptions options;
  options.pids["/hog"] = {job.pid()};
  int kills = 0;
  for (int step = 0;; ++step) {
    const bool killed = killed_at(step, root(), journal(), [&](Machine& machine, Journal& journal) {
      const Plan plan =
          make_plan(scenario, Registry::global().parse("sfq"), machine.facts, options);
      apply(plan, machine, *process_table(), journal);
    });
    const bool again = killed_at(
        step % 7, root(), journal(),
        [&](Machine& machine, Journal& journal) { revert(machine, *process_table(), journal); });
    kills += (killed ? 1 : 0) + (again ? 1 : 0);
    const CommandResult reverted = sharesim({"revert"});
    ASSERT_EQ(reverted.status, 0) << reverted.err;
    ASSERT_EQ(groups(), before_) << "killed at " << step;
    ASSERT_EQ(job.groups(), home) << "killed at " << step;
    ASSERT_FALSE(fs::exists(journal()));
    if (!killed) break;
  }
  EXPECT_GT(kills, 50);
}

// The program itself, killed after a random while, sixty times.
TEST_F(RealApply, IsTakenBackAfterSignal9AtAnyTime) {
  const Sleeper job;
  const std::string home = job.groups();
  const std::string file = workload();
  std::uint64_t state = 1;
  for (int round = 0; round < 60; ++round) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    {
      test::RunningCommand apply({"apply", file, "--pids", "/hog=" + std::to_string(job.pid()),
                                  "--cgroup-root", root(), "--journal", journal()});
      std::this_thread::sleep_for(std::chrono::microseconds(4'000 + (state >> 33) % 12'000));
      apply.send(SIGKILL);
      apply.wait();
    }
    const CommandResult reverted = sharesim({"revert"});
    ASSERT_EQ(reverted.status, 0) << reverted.err;
    ASSERT_EQ(groups(), before_) << "round " << round;
    ASSERT_EQ(job.groups(), home);
  }
}

}  // namespace
}  // namespace sharesim::cgroup
