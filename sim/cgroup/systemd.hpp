#pragma once
// A group of our own from systemd, where it manages all groups: a scope for one run, or a unit that holds
// the groups of an applied plan. Asked by its own programs, so that it checks by itself who may have one.

#include <optional>
#include <string>
#include <vector>

#include "sim/cgroup/hierarchy.hpp"

namespace sharesim::cgroup {

/// The unit that holds applied plans.
inline constexpr const char* kHolderUnit = "sharesim.service";

/// `words` of a command of systemd's to the manager that is asked: the machine's, or the user's own.
std::vector<std::string> to_manager(const Surroundings& surroundings,
                                    std::vector<std::string> words);

/// Where version 2 is mounted; "" if it is not.
std::string unified_mount(const Surroundings& surroundings);

/// Whether systemd has handed the group at this absolute path to somebody (Delegate=yes).
bool delegated_by_systemd(const std::string& path);

/// Whether a root has to be had from systemd: it manages this machine's groups (version 2), none was given
/// (`root`), and the own group was not handed over to us.
bool needs_systemd(const std::string& root, const Surroundings& surroundings);

/// The group of the holder, as an absolute path; "" if it is not there, nothing if systemd does not answer.
std::optional<std::string> find_holder(const Surroundings& surroundings);

/// The same, and started first if it is not there (systemd-run). Throws CgroupError with what systemd says.
std::string start_holder(const Surroundings& surroundings);

/// Whether anything that was applied is in this group.
bool holds_groups(const std::string& path);

/// Ends the holder, and its group with it.
void stop_holder(const Surroundings& surroundings);

/// Starts this program anew, with the same arguments, in a delegated scope of its own (systemd-run --scope),
/// which ends with it. Does not return: throws CgroupError with what systemd says.
[[noreturn]] void restart_in_scope(const Surroundings& surroundings);

}  // namespace sharesim::cgroup
