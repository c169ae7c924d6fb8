// Is anything left when apply, or the revert after it, is killed at any of its writes, or at any time?

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cgroup/apply.hpp"
#include "sim/registry.hpp"
#include "sim/scenario/scenario.hpp"
#include "tests/real/real_run.hpp"
#include "tests/real/test_root.hpp"

namespace sharesim::cgroup {
namespace {

namespace fs = std::filesystem;
using test::CommandResult;
using test::Sleeper;

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

class RealApplyKilled : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = test::TestRoot::unavailable();
    if (!reason.empty()) GTEST_SKIP() << reason;
    root_.emplace();
    before_ = root_->state();
    home_ = job_.groups();
    workload_ = folder_.write("w.yaml", test::kApplied);
  }

  std::string journal() const { return (folder_.path() / "journal").string(); }
  std::vector<std::string> apply_words() const {
    return {"apply",         workload_,     "--pids",    "/hog=" + std::to_string(job_.pid()),
            "--cgroup-root", root_->path(), "--journal", journal()};
  }
  void revert_leaves_nothing(const std::string& when) const {
    if (fs::exists(journal())) {
      const CommandResult reverted =
          test::run_sharesim({"revert", "--cgroup-root", root_->path(), "--journal", journal()});
      ASSERT_EQ(reverted.status, 0) << reverted.err << when;
    }
    ASSERT_EQ(root_->state(), before_) << when;
    ASSERT_EQ(job_.groups(), home_) << when;
    ASSERT_FALSE(fs::exists(journal())) << when;
  }

  const test::ScratchFolder folder_;
  const Sleeper job_;
  std::optional<test::TestRoot> root_;
  std::string before_, home_, workload_;
};

// Signal 9 before each of its writes, and before one of those of the revert that follows: the last revert leaves
// nothing, and the moved process is at home. There are five groups to make and take away (in three trees in
// version 1, and in one in version 2), so that there are more than twenty writes, and as many kills.
TEST_F(RealApplyKilled, AtEveryWrite) {
  const Scenario scenario = load_scenario(workload_);
  PlanOptions options;
  options.pids["/hog"] = {job_.pid()};
  int kills = 0;
  for (int step = 0;; ++step) {
    const bool killed =
        killed_at(step, root_->path(), journal(), [&](Machine& machine, Journal& journal) {
          const Plan plan =
              make_plan(scenario, Registry::global().parse("sfq"), machine.facts, options);
          apply(plan, machine, *process_table(), journal);
        });
    const bool again = killed_at(
        step % 7, root_->path(), journal(),
        [&](Machine& machine, Journal& journal) { revert(machine, *process_table(), journal); });
    kills += (killed ? 1 : 0) + (again ? 1 : 0);
    revert_leaves_nothing("killed at write " + std::to_string(step));
    if (HasFatalFailure() || !killed) break;
  }
  EXPECT_GT(kills, root_->is_v2() ? 30 : 50);
}

// The program itself, killed at random times from its start to its end. Some of the kills have to come while it
// writes: else nothing was asked.
TEST_F(RealApplyKilled, AtAnyTime) {
  test::RandomKills kills(apply_words(), journal());
  revert_leaves_nothing("not killed");
  int in_the_middle = 0;
  for (int round = 0; round < test::kills() && !HasFatalFailure(); ++round) {
    in_the_middle += kills.kill() ? 1 : 0;
    revert_leaves_nothing("round " + std::to_string(round));
  }
  EXPECT_GT(in_the_middle, 0);
}

}  // namespace
}  // namespace sharesim::cgroup
