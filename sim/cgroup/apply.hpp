#pragma once
// Puts a plan on a machine, all or nothing, and takes it back.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/cgroup/hierarchy.hpp"
#include "sim/cgroup/journal.hpp"
#include "sim/cgroup/plan.hpp"
#include "sim/cgroup/processes.hpp"

namespace sharesim::cgroup {

/// Keeps every other sharesim off the same root, for as long as it lives.
class RootLock {
 public:
  /// Takes the lock (flock on the roots' directories). Throws CgroupError if another one holds it for longer than
  /// `patience`.
  explicit RootLock(const Machine& machine,
                    std::chrono::milliseconds patience = std::chrono::milliseconds{0});
  ~RootLock();
  RootLock(const RootLock&) = delete;
  RootLock& operator=(const RootLock&) = delete;
  /// Whoever has the first of these open holds the lock; -1 if there is nothing to lock.
  int descriptor() const { return descriptors_.empty() ? -1 : descriptors_.front(); }

 private:
  std::vector<int> descriptors_;
};

/// What a plan changes on a machine as it stands: steps that are not needed are left out, and what a
/// cap needs in between is put in. Throws CgroupError if something there cannot be read.
struct Change {
  Step step;
  std::string before;       ///< the value that it replaces; of kMove the old group; "" for kMake
  std::uint64_t start = 0;  ///< of kMove: when the process started, in ticks since boot
  /// How to take it back; nothing where it goes with its group or its controller.
  std::optional<Undo> undo{};
};
std::vector<Change> changes_of(const Plan& plan, Machine& machine, ProcessTable& processes);

/// Records all of it in the journal, then does it, then reads every value back. On an error
/// everything is put back as it was, and CgroupError is thrown. Returns the changes made.
/// `plan` must not be refused.
std::vector<Change> apply(const Plan& plan, Machine& machine, ProcessTable& processes,
                          Journal& journal);

/// What revert() did.
struct Reverted {
  std::size_t undone = 0;             ///< records of the journal
  std::vector<std::string> problems;  ///< what could not be put back, a sentence each
};
/// Undoes what the journal says, the last first. May be called again, and after a crash at any
/// point. The journal is emptied if there are no problems.
Reverted revert(Machine& machine, ProcessTable& processes, Journal& journal);

}  // namespace sharesim::cgroup
