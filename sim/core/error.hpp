#pragma once
// What can go wrong, sorted by who is to blame: the input, the machine, a scheduler, or ourselves.

#include <stdexcept>
#include <string>
#include <vector>

#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"

namespace sharesim {

/// One mistake in an input: printed as `file:line:col: path: what (allowed)`.
struct Diagnostic {
  std::string file;
  int line =
      0;  ///< 1-based; 0 if the mistake has no place (an unreadable file, a command-line option)
  int column = 0;       ///< 1-based; 0 if there is no line
  std::string path;     ///< where in the document, such as "groups[0].weight"; may be empty
  std::string what;     ///< what is wrong
  std::string allowed;  ///< what would be right; may be empty

  std::string to_string() const;
};

/// The input (a workload, an option) is wrong: exit status 2. Carries every mistake that was found.
class InputError : public std::runtime_error {
 public:
  explicit InputError(std::vector<Diagnostic> diagnostics);
  /// A mistake that is in no file, such as a wrong option.
  explicit InputError(const std::string& what, const std::string& allowed = "");
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

/// The machine says no (a file cannot be written, the disk is full): exit status 3.
class MachineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A scheduler broke the contract of sim/scheduler.hpp: exit status 4.
class SchedulerFault : public std::runtime_error {
 public:
  SchedulerFault(std::string scheduler, Time time, std::string entity, std::string rule);
  const std::string& scheduler() const { return scheduler_; }
  Time time() const { return time_; }
  const std::string& entity() const { return entity_; }
  const std::string& rule() const { return rule_; }

 private:
  std::string scheduler_;
  Time time_;
  std::string entity_;
  std::string rule_;
};

}  // namespace sharesim
