#include "sim/cgroup/errors.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <system_error>

#include <fmt/format.h>

namespace sharesim::cgroup {
namespace {

/// What one errno means.
struct Meaning {
  int error = 0;
  const char* text = nullptr;  ///< the likely cause; what to do
};

/// Where errnos mean something. Nothing, or no knob: anywhere.
struct Place {
  std::optional<Verb> verb;
  std::uint32_t knobs;  ///< see any_of()
  std::optional<Version> version;
  std::array<Meaning, 12> meanings;
};

constexpr std::uint32_t any_of(std::initializer_list<Knob> knobs) {
  std::uint32_t bits = 0;
  for (const Knob knob : knobs) bits |= std::uint32_t{1} << static_cast<unsigned>(knob);
  return bits;
}
static_assert(kKnobs <= 32);

using enum Verb;
using enum Knob;
constexpr auto kAny = std::nullopt;
constexpr std::uint32_t kAnyKnob = 0;
constexpr auto kV1 = Version::kV1;
constexpr auto kV2 = Version::kV2;

// clang-format off
/// The first that fits is used: the special before the general. Seen on Linux 6.1, 6.12 and 6.18; the texts of the
/// kernel's documentation (cgroup-v2.rst, cgroup-v1/) do not have most of them.
constexpr std::array kPlaces{
    // cpu
    Place{kWrite, any_of({kCpuWeight}), kAny, {{
        {ERANGE, "a weight is 1 to 10000; scale the workload's weights"},
        {EINVAL, "the group is idle (cpu.idle is 1), or this is no whole number; write 0 to cpu.idle first"}}}},
    Place{kWrite, any_of({kCpuIdle}), kAny, {{
        {EINVAL, "cpu.idle is 0 or 1"},
        {ENOENT, "cpu.idle came with Linux 5.15; leave idle out, or give the group the weight 1"}}}},
    Place{kWrite, any_of({kCpuMax}), kAny, {{
        {EINVAL, "quota and period are 1000 us at least, the period 1000000 us at most, and the quota no less than "
                 "cpu.max.burst; lower the burst first"}}}},
    Place{kWrite, any_of({kCpuMaxBurst, kCfsBurst}), kAny, {{
        {EINVAL, "a burst is at most one quota; raise the quota, or the period with it"},
        {ENOENT, "bursts came with Linux 5.14; leave the burst out"}}}},
    Place{kWrite, any_of({kCpuShares}), kAny, {{
        {EINVAL, "cpu.shares is a whole number from 2 to 262144, and the root group has none"}}}},
    Place{kWrite, any_of({kCfsQuota}), kAny, {{
        {EINVAL, "a quota is 1000 us at least (or -1), no less than cpu.cfs_burst_us, and quota / period of a group "
                 "may not exceed that of the group above, nor fall below that of one below"}}}},
    Place{kWrite, any_of({kCfsPeriod}), kAny, {{
        {EINVAL, "a period is 1000 to 1000000 us, and quota / period of a group may not exceed that of the group "
                 "above; set the quota first"}}}},
    // cpuset
    Place{kWrite, any_of({kCpusetCpus}), kV1, {{
        {EACCES, "not all of these CPUs are the group's above, or the file is not yours; take a part of cpuset.cpus "
                 "of the group above"},
        {EINVAL, "this is no list of CPUs, or a sibling holds one of them exclusively (cpuset.cpu_exclusive)"}}}},
    Place{kWrite, any_of({kCpusetCpus}), kAny, {{
        {ERANGE, "there is no CPU of that number; see /sys/devices/system/cpu/possible"},
        {ENOSPC, "the group holds processes, and they need a CPU; move them out first"},
        {EBUSY, "a group below has more CPUs than would be left; shrink that one first"},
        {EINVAL, "this is no list of CPUs, such as 0-3,8"}}}},
    Place{kWrite, any_of({kCpusetMems}), kV1, {{
        {EACCES, "not all of these memory nodes are the group's above, or the file is not yours"}}}},
    Place{kWrite, any_of({kCpusetMems}), kAny, {{
        {EINVAL, "one of these memory nodes is not there; see /sys/devices/system/node/online"},
        {ENOSPC, "the group holds processes, and they need a memory node; move them out first"}}}},
    // Controllers
    Place{kEnable, kAnyKnob, kAny, {{
        {ENOENT, "the controller is not in cgroup.controllers: the group above does not hand it down, or version 1 "
                 "holds it (see /proc/cgroups); enable it above, or ask systemd with Delegate="},
        {EBUSY, "the group and one below it hold processes, or a group below still uses the controller; move the "
                "processes to leaves, remove what is below"},
        {EINVAL, "there is no such controller"},
        {EOPNOTSUPP, "the group is threaded, or below a threaded one (see cgroup.type); use another root"}}}},
    // Processes
    Place{kMove, kAnyKnob, kV2, {{
        {EACCES, "moving takes write access to cgroup.procs of this group and of the first group above both; start "
                 "sharesim, and the process, inside of the delegated group"}}}},
    Place{kMove, kAnyKnob, kAny, {{
        {ESRCH, "there is no such process any more; leave it out"},
        {EINVAL, "this is a kernel thread that is bound to its CPUs, or a process that is being born; only ordinary "
                 "processes can be moved"},
        {EBUSY, "the group hands controllers to groups below it, so that it may hold no process itself; only leaves "
                "may"},
        {EOPNOTSUPP, "the group is invalid: one above it holds processes beside its controllers (see cgroup.type); "
                     "move those to a leaf"},
        {ENOSPC, "the group's cpuset has no CPUs or no memory nodes yet; set cpuset.cpus and cpuset.mems first"},
        {EACCES, "this process is not yours; be its user, or root"},
        {EPERM, "this process is not yours; be its user, or root"}}}},
    // Groups
    Place{kMake, kAnyKnob, kAny, {{
        {EEXIST, "there is one already; sharesim revert, or remove it"},
        {EAGAIN, "there are as many groups as cgroup.max.descendants or cgroup.max.depth of a group above lets there "
                 "be; raise it, or remove some"},
        {EINVAL, "this is not a name that sharesim gives to groups"},
        {ENOENT, "the group above is gone"}}}},
    Place{kRemove, kAnyKnob, kAny, {{
        {EBUSY, "it holds processes or groups; end or move the processes, remove the groups"},
        {ENOTEMPTY, "it holds groups; remove them"}}}},
    // Units of systemd
    Place{kOpen, any_of({kUnitWeight, kUnitQuota, kUnitPeriod, kUnitCpus}), kAny, {{
        {ENOENT, "systemd has loaded no unit of this name (see systemctl status); start it, or leave it out"}}}},
    Place{kAny, kAnyKnob, kAny, {{
        {EREMOTEIO, "what a unit takes is in systemd.resource-control(5), and who may set it: root, or the user "
                    "whose own manager (systemctl --user) has it"}}}},
    Place{kOpen, kAnyKnob, kAny, {{
        {ENOENT, "there is no such group; make it first"},
        {ELOOP, "this is a symbolic link; give the path that it stands for"},
        {ENOTDIR, "this is no directory; give one of a cgroup mount"},
        {EXDEV, "this is not in a cgroup file system; see mount -t cgroup2,cgroup"},
        {EINVAL, "a root is given by its absolute path, without . and .."}}}},
    // Everywhere
    Place{kAny, any_of({kCpusetCpus, kCpusetMems}), kV2, {{
        {ENOENT, "the cpuset controller is not enabled for this group; write +cpuset to cgroup.subtree_control of "
                 "the group above"}}}},
    Place{kAny, any_of({kProcs, kSubtreeControl}), kAny, {{{ENOENT, "the group is gone"}}}},
    Place{kAny, any_of({kProcs}), kAny, {{
        {EOPNOTSUPP, "the group is threaded (see cgroup.type), its processes are those of a group above"}}}},
    Place{kAny, kAnyKnob, kV2, {{
        {ENOENT, "the cpu controller is not enabled for this group; write +cpu to cgroup.subtree_control of the "
                 "group above"}}}},
    Place{kAny, kAnyKnob, kAny, {{
        {ENOENT, "this kernel does not have the file, or the group is in another mount"},
        {ENODEV, "the group, or its controller, has been taken away meanwhile; is somebody else, such as systemd, "
                 "the owner of this group?"},
        {E2BIG, "one write is 4095 bytes at most"},
        {ERANGE, "the number is out of the file's range"},
        {EINVAL, "this is not a value of the file"},
        {EACCES, "you may not write here; be root, or have the group delegated (systemd-run --user --scope "
                 "-p Delegate=yes) and start sharesim in it"},
        {EPERM, "not even root may do this here; in a container, ask for a writable cgroup mount"},
        {EROFS, "cgroups are mounted for reading only, as containers do; ask for a writable mount (docker "
                "--cgroupns=private with a delegated cgroup, or --privileged)"},
        {ENOMEM, "the kernel has no memory left; end something"},
        {ENOSPC, "the kernel has no room for it; end something"},
        {EMFILE, "too many open files; raise ulimit -n"},
        {EIO, "only a part of the value was taken"}}}},
};
// clang-format on

bool fits(const Place& place, const Failure& failure) {
  return (!place.verb || *place.verb == failure.verb) &&
         (place.knobs == kAnyKnob || (place.knobs & any_of({failure.knob})) != 0) &&
         (!place.version || *place.version == failure.version);
}

/// Null if nothing is known.
const char* cause_of(const Failure& failure) {
  for (const Place& place : kPlaces) {
    if (!fits(place, failure)) continue;
    for (const Meaning& meaning : place.meanings) {
      if (meaning.error == failure.error && meaning.text != nullptr) return meaning.text;
    }
  }
  return nullptr;
}

std::string what_failed_of_unit(const Failure& failure) {
  const std::string unit = failure.group.substr(failure.group.rfind('/') + 1);
  const char* const name = file_name(failure.knob);
  if (failure.verb != kWrite) return fmt::format("cannot read {} of {}", name, unit);
  return fmt::format("cannot set {}={} of {}", name, failure.value, unit);
}

std::string what_failed(const Failure& failure) {
  if (is_property(failure.knob)) return what_failed_of_unit(failure);
  const std::string file = fmt::format("{}/{}", failure.group, file_name(failure.knob));
  switch (failure.verb) {
    case kRead:
      return fmt::format("cannot read {}", file);
    case kWrite:
    case kEnable:
      return fmt::format("cannot write '{}' to {}", failure.value, file);
    case kMove:
      return fmt::format("cannot move process {} by {}", failure.value, file);
    case kMake:
      return fmt::format("cannot make the group {}/{}", failure.group, failure.value);
    case kRemove:
      return fmt::format("cannot remove the group {}/{}", failure.group, failure.value);
    case kOpen:
      return fmt::format("cannot open the group {}{}{}", failure.group,
                         failure.value.empty() ? "" : "/", failure.value);
  }
  return "";
}

}  // namespace

std::string sentence(const Failure& failure) {
  const std::string text = fmt::format(
      "{}: {}", what_failed(failure),
      failure.said.empty() ? std::generic_category().message(failure.error) : failure.said);
  const char* const cause = cause_of(failure);
  return cause == nullptr ? text : fmt::format("{}: {}", text, cause);
}

}  // namespace sharesim::cgroup
