#pragma once
// A cgroup plan for other programs that turn the same knobs.

#include <map>
#include <string>
#include <vector>

#include "sim/cgroup/hierarchy.hpp"
#include "sim/cgroup/plan.hpp"

namespace sharesim {

struct EmittedFile {
  std::string name;  ///< relative
  std::string text;
};

/// "systemd", "docker", "kubernetes", "shell".
std::vector<std::string> emit_targets();

/// The plan, which is not refused, for one of the targets. `units` gives existing systemd units by the
/// path of the entity that they are.
std::vector<EmittedFile> emit(const std::string& target, const cgroup::Plan& plan,
                              const cgroup::Hierarchy& facts,
                              const std::map<std::string, std::string>& units);

// The targets.
std::vector<EmittedFile> emit_systemd(const cgroup::Plan& plan,
                                      const std::map<std::string, std::string>& units);
std::vector<EmittedFile> emit_docker(const cgroup::Plan& plan);
std::vector<EmittedFile> emit_kubernetes(const cgroup::Plan& plan);
std::vector<EmittedFile> emit_shell(const cgroup::Plan& plan, const cgroup::Hierarchy& facts);

/// What the plan loses, as comment lines that begin with '#'.
std::string notes_as_comment(const cgroup::Plan& plan);

/// The share of a group of the whole workload: those of all groups above it multiplied, in millionths.
std::int64_t share_of_all(const cgroup::Plan& plan, std::size_t index);

/// The tightest cap of a group and the groups above it; null if there is none.
const cgroup::KernelCap* tightest_cap(const cgroup::Plan& plan, std::size_t index);

/// Whether the group, or one above it, only gets what all others leave.
bool is_idle(const cgroup::Plan& plan, std::size_t index);

}  // namespace sharesim
