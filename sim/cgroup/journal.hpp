#pragma once
// What has to be undone, on disk before it is done.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sim/cgroup/knob.hpp"

namespace sharesim::cgroup {

/// How to take one step back.
struct Undo {
  enum class Kind : std::uint8_t { kRemove, kDisable, kWrite, kMove } kind = Kind::kRemove;
  std::size_t tree = 0;
  std::string group;  ///< below the root; of kMove the group that the process was moved into
  Knob knob = Knob::kProcs;
  std::string value;        ///< to write; of kMove the old group, below the mount point
  pid_t pid = 0;            ///< of kMove
  std::uint64_t start = 0;  ///< of kMove: when the process started, in ticks since boot

  friend bool operator==(const Undo&, const Undo&) = default;
};

/// Batches of undo records, each complete or not there at all.
class Journal {
 public:
  virtual ~Journal() = default;
  /// Appends a batch; when this returns it is on disk. Throws MachineError.
  virtual void append(const std::vector<Undo>& batch) = 0;
  /// Forgets the last batch.
  virtual void drop_last() = 0;
  /// All batches, the oldest first.
  virtual const std::vector<std::vector<Undo>>& batches() const = 0;
  /// Forgets everything.
  virtual void clear() = 0;
};

/// A journal that ends with the process.
class MemoryJournal final : public Journal {
 public:
  void append(const std::vector<Undo>& batch) override { batches_.push_back(batch); }
  void drop_last() override { batches_.pop_back(); }
  const std::vector<std::vector<Undo>>& batches() const override { return batches_; }
  void clear() override { batches_.clear(); }

 private:
  std::vector<std::vector<Undo>> batches_;
};

/// A journal in a file, which is made at the first append and removed by clear().
class FileJournal final : public Journal {
 public:
  /// Reads what is there. Batches of an earlier boot are forgotten: their groups went with it.
  /// `roots` (of the trees) must be those of the journal, else MachineError.
  FileJournal(std::string path, std::vector<std::string> roots, std::string boot);
  void append(const std::vector<Undo>& batch) override;
  void drop_last() override;
  const std::vector<std::vector<Undo>>& batches() const override { return batches_; }
  void clear() override;
  const std::string& path() const { return path_; }

 private:
  std::string text_of(const std::vector<std::vector<Undo>>& batches) const;
  void store() const;

  std::string path_;
  std::vector<std::string> roots_;
  std::string boot_;
  std::vector<std::vector<Undo>> batches_;
};

/// /proc/sys/kernel/random/boot_id.
std::string this_boot();
/// Where the journal of a root is kept: in /run/sharesim, $XDG_RUNTIME_DIR/sharesim or
/// /tmp/sharesim-UID, which no other user may write (else MachineError), as cgroups last as long as
/// these.
std::string journal_path(const std::string& root);

}  // namespace sharesim::cgroup
