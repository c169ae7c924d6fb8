#pragma once
// From errno to a sentence: which file, which value, the likely cause, and what to do.

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/cgroup/knob.hpp"
#include "sim/core/error.hpp"

namespace sharesim::cgroup {

/// The machine, or who owns its groups, says no: exit status 3.
class CgroupError : public MachineError {
 public:
  using MachineError::MachineError;
};

/// What was tried.
enum class Verb : std::uint8_t { kRead, kWrite, kEnable, kMove, kMake, kRemove, kOpen };

struct Failure {
  Verb verb = Verb::kWrite;
  Version version = Version::kV2;
  Knob knob = Knob::kProcs;  ///< of kRead to kMove
  std::string group;         ///< absolute path
  std::string value;         ///< as written; of kMake, kRemove, kOpen the child's name
  int error = 0;
  std::string said{};  ///< by whoever was asked, instead of the errno's own text
};

/// "cannot write 300 to /sys/fs/cgroup/x/cpu.weight: No such file or directory: the cpu controller is
/// not enabled for this group; write +cpu to cgroup.subtree_control of the group above".
std::string sentence(const Failure& failure);

}  // namespace sharesim::cgroup
