#pragma once
// A cgroup file system as sharesim sees it: directories held open, literal file names, one write
// for one value. Implemented by the kernel (open_directory), by systemd for its units (open_units), and, in tests, by
// models of both.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cgroup/knob.hpp"

namespace sharesim::cgroup {

/// Either a value, or the errno that stands for it.
template <typename T>
struct Got {
  T value{};
  int error = 0;  ///< 0: there is a value
  bool ok() const { return error == 0; }
};

/// One group, held open: an identity, which a new group of the same name is not reached through.
/// No method throws; errors are errno values, 0 for none.
class Directory {
 public:
  Directory() = default;
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  virtual ~Directory() = default;

  /// Opens a child group. Never follows a symbolic link (ELOOP), never leaves the file system
  /// (EXDEV).
  virtual Got<std::unique_ptr<Directory>> open(const std::string& child) = 0;
  /// Another handle on the same group.
  virtual Got<std::unique_ptr<Directory>> again() = 0;
  virtual int make(const std::string& child) = 0;
  virtual int remove(const std::string& child) = 0;
  virtual Got<std::vector<std::string>> children() = 0;  ///< sorted
  /// The whole file, without the newline at its end.
  virtual Got<std::string> read(Knob knob) = 0;
  /// One write(2) of the whole value.
  virtual int write(Knob knob, std::string_view value) = 0;
  /// Whether this user may write the file, by its permissions: 0, EACCES, ENOENT, EROFS, ...
  virtual int may_write(Knob knob) = 0;
  /// Of the directory; -1 where there is none (a model).
  virtual int descriptor() const = 0;
  /// What whoever was asked said to the last error, where it is no errno's text; else "".
  virtual std::string complaint() const { return ""; }
};

/// Opens a directory by an absolute path in which no part is a symbolic link or "..".
/// `any_file_system` lets it be something else than a cgroup file system (else EXDEV).
Got<std::unique_ptr<Directory>> open_directory(const std::string& path,
                                               bool any_file_system = false);

/// Walks down from `from` along "a/b/c" ("": the directory itself).
Got<std::unique_ptr<Directory>> open_below(Directory& from, std::string_view path);

/// A name that sharesim gives to groups: "sharesim-" or "s-", then 1 to 90 letters, digits, '.', '_'
/// and '-'. None of the kernel's files begins so.
bool is_group_name(std::string_view name);

}  // namespace sharesim::cgroup
