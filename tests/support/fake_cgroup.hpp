#pragma once
// A model of cgroup file systems: what the kernel answers to each file, without the kernel. And a
// wrapper that refuses the n-th call with an errno of choice, or ends the process there.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/cgroup/apply.hpp"
#include "sim/cgroup/cgroup_fs.hpp"
#include "sim/cgroup/hierarchy.hpp"
#include "sim/cgroup/processes.hpp"

namespace sharesim::test {

/// One group of the model.
struct FakeGroup {
  std::map<cgroup::Knob, std::string> files;
  std::map<std::string, std::shared_ptr<FakeGroup>> children;
  std::vector<pid_t> processes;
  FakeGroup* parent = nullptr;
  bool removed = false;
};

/// One mounted hierarchy of the model.
class FakeTree {
 public:
  /// `real_root`: the root of all, which may hold processes beside its controllers.
  FakeTree(cgroup::Version version, std::vector<cgroup::Controller> controllers, bool real_root);

  FakeGroup& root() { return *root_; }
  cgroup::Version version() const { return version_; }
  const std::vector<cgroup::Controller>& controllers() const { return controllers_; }
  std::unique_ptr<cgroup::Directory> open_root();
  /// Makes a group below the root, "a/b", for a test to begin with.
  FakeGroup& make(const std::string& path);
  FakeGroup* find(const std::string& path);

  // What the kernel does; errno or 0.
  int make_child(FakeGroup& group, const std::string& name);
  static int remove_child(FakeGroup& group, const std::string& name);
  int write(FakeGroup& group, cgroup::Knob knob, const std::string& value);
  cgroup::Got<std::string> read(FakeGroup& group, cgroup::Knob knob);
  bool has(const FakeGroup& group, cgroup::Controller controller) const;

  /// All values, groups and processes, for comparing before and after.
  std::string to_string() const;

  /// Called before every call that changes something; its errno is the answer unless 0.
  std::function<int()> before_change;
  std::vector<pid_t> living{};  ///< pids that there are
  std::string online = "0-3";   ///< CPUs that a cpuset can have

 private:
  int set_subtree_control(FakeGroup& group, const std::string& words);
  int move(FakeGroup& group, const std::string& text);
  int set_cap(FakeGroup& group, cgroup::Knob knob, const std::string& value);
  int set_cpus(FakeGroup& group, cgroup::Knob knob, const std::string& value);
  void add_files(FakeGroup& group);
  void refresh_files(FakeGroup& group);

  cgroup::Version version_;
  std::vector<cgroup::Controller> controllers_;
  bool real_root_;
  std::shared_ptr<FakeGroup> root_;
};

/// The trees of a whole machine, and the processes in them.
class FakeMachine final : public cgroup::ProcessTable {
 public:
  explicit FakeMachine(cgroup::Version version, bool real_root = true);

  std::vector<std::unique_ptr<FakeTree>> trees;
  /// The facts, as they would be read from the trees.
  cgroup::Machine open();
  /// A process in the root of all trees.
  void start(pid_t pid);
  void end(pid_t pid);
  std::string to_string() const;
  /// `hook` is called before each change in any tree, with its number from 0.
  void before_each_change(const std::function<int(std::size_t)>& hook);
  std::size_t changes() const { return *changes_; }

  cgroup::Got<std::unique_ptr<cgroup::Process>> find(pid_t pid) override;
  std::vector<pid_t> own_line() override { return {1, 500, 501}; }
  /// No time passes; `while_waiting` may let processes end.
  void pause(std::chrono::milliseconds time) override {
    waited += time;
    if (while_waiting) while_waiting();
  }

  std::function<void()> while_waiting;
  std::chrono::milliseconds waited{0};
  std::map<pid_t, std::uint64_t> starts;  ///< where it is another one than usual

  std::vector<pid_t> kernel_threads;

 private:
  cgroup::Version version_;
  std::shared_ptr<std::size_t> changes_ = std::make_shared<std::size_t>(0);
};

}  // namespace sharesim::test
