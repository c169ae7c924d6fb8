#include "sim/cgroup/errors.hpp"

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include <fmt/format.h>

namespace sharesim::cgroup {
namespace {

/// What an errno means in one place. Seen on Linux 6.1, 6.12 and 6.18; the texts of the kernel's
/// documentation (cgroup-v2.rst, cgroup-v1/) do not have most of them.
struct Cause {
  std::optional<Verb> verb;
  std::optional<Knob> knob;
  std::optional<Version> version;
  int error;
  const char* text;  ///< the likely cause; what to do
};

constexpr auto kAny = std::nullopt;
constexpr auto kV1 = Version::kV1;
constexpr auto kV2 = Version::kV2;

/// The first that fits is used: the special before the general.
constexpr std::array kCauses{
    // cpu
    Cause{Verb::kWrite, Knob::kCpuWeight, kAny, ERANGE,
          "a weight is 1 to 10000; scale the workload's weights"},
    Cause{
        Verb::kWrite, Knob::kCpuWeight, kAny, EINVAL,
        "the group is idle (cpu.idle is 1), or this is no whole number; write 0 to cpu.idle first"},
    Cause{Verb::kWrite, Knob::kCpuIdle, kAny, EINVAL, "cpu.idle is 0 or 1"},
    Cause{Verb::kWrite, Knob::kCpuIdle, kAny, ENOENT,
          "cpu.idle came with Linux 5.15; leave idle out, or give the group the weight 1"},
    Cause{Verb::kWrite, Knob::kCpuMax, kAny, EINVAL,
          "quota and period are 1000 us at least, the period 1000000 us at most, and the quota no "
          "less "
          "than cpu.max.burst; lower the burst first"},
    Cause{Verb::kWrite, Knob::kCpuMaxBurst, kAny, EINVAL,
          "a burst is at most one quota; raise the quota, or the period with it"},
    Cause{Verb::kWrite, Knob::kCpuMaxBurst, kAny, ENOENT,
          "cpu.max.burst came with Linux 5.14; leave the burst out"},
    Cause{Verb::kWrite, Knob::kCpuShares, kAny, EINVAL,
          "cpu.shares is a whole number from 2 to 262144, and the root group has none"},
    Cause{Verb::kWrite, Knob::kCfsQuota, kAny, EINVAL,
          "a quota is 1000 us at least (or -1), no less than cpu.cfs_burst_us, and quota / period "
          "of a "
          "group may not exceed that of the group above, nor fall below that of one below"},
    Cause{
        Verb::kWrite, Knob::kCfsPeriod, kAny, EINVAL,
        "a period is 1000 to 1000000 us, and quota / period of a group may not exceed that of the "
        "group above; set the quota first"},
    Cause{Verb::kWrite, Knob::kCfsBurst, kAny, EINVAL,
          "a burst is at most one quota; raise the quota, or the period with it"},
    Cause{Verb::kWrite, Knob::kCfsBurst, kAny, ENOENT,
          "cpu.cfs_burst_us came with Linux 5.14; leave the burst out"},
    // cpuset
    Cause{Verb::kWrite, Knob::kCpusetCpus, kAny, ERANGE,
          "there is no CPU of that number; see /sys/devices/system/cpu/possible"},
    Cause{Verb::kWrite, Knob::kCpusetCpus, kAny, ENOSPC,
          "the group holds processes, and they need a CPU; move them out first"},
    Cause{Verb::kWrite, Knob::kCpusetCpus, kV1, EACCES,
          "not all of these CPUs are the group's above, or the file is not yours; take a part of "
          "cpuset.cpus of the group above"},
    Cause{Verb::kWrite, Knob::kCpusetCpus, kAny, EBUSY,
          "a group below has more CPUs than would be left; shrink that one first"},
    Cause{Verb::kWrite, Knob::kCpusetCpus, kV1, EINVAL,
          "this is no list of CPUs, or a sibling holds one of them exclusively "
          "(cpuset.cpu_exclusive)"},
    Cause{Verb::kWrite, Knob::kCpusetCpus, kAny, EINVAL, "this is no list of CPUs, such as 0-3,8"},
    Cause{Verb::kWrite, Knob::kCpusetMems, kAny, EINVAL,
          "one of these memory nodes is not there; see /sys/devices/system/node/online"},
    Cause{Verb::kWrite, Knob::kCpusetMems, kAny, ENOSPC,
          "the group holds processes, and they need a memory node; move them out first"},
    Cause{Verb::kWrite, Knob::kCpusetMems, kV1, EACCES,
          "not all of these memory nodes are the group's above, or the file is not yours"},
    // Controllers
    Cause{Verb::kEnable, kAny, kAny, ENOENT,
          "the controller is not in cgroup.controllers: the group above does not hand it down, or "
          "version 1 holds it (see /proc/cgroups); enable it above, or ask systemd with Delegate="},
    Cause{Verb::kEnable, kAny, kAny, EBUSY,
          "the group and one below it hold processes, or a group below still uses the controller; "
          "move the processes to leaves, remove what is below"},
    Cause{Verb::kEnable, kAny, kAny, EINVAL, "there is no such controller"},
    Cause{Verb::kEnable, kAny, kAny, EOPNOTSUPP,
          "the group is threaded, or below a threaded one (see cgroup.type); use another root"},
    // Processes
    Cause{Verb::kMove, kAny, kAny, ESRCH, "there is no such process any more; leave it out"},
    Cause{
        Verb::kMove, kAny, kAny, EINVAL,
        "this is a kernel thread that is bound to its CPUs, or a process that is being born; only "
        "ordinary processes can be moved"},
    Cause{Verb::kMove, kAny, kAny, EBUSY,
          "the group hands controllers to groups below it, so that it may hold no process itself; "
          "only "
          "leaves may"},
    Cause{Verb::kMove, kAny, kAny, EOPNOTSUPP,
          "the group is invalid: one above it holds processes beside its controllers (see "
          "cgroup.type); move those to a leaf"},
    Cause{Verb::kMove, kAny, kAny, ENOSPC,
          "the group's cpuset has no CPUs or no memory nodes yet; set cpuset.cpus and cpuset.mems "
          "first"},
    Cause{Verb::kMove, kAny, kV2, EACCES,
          "moving takes write access to cgroup.procs of this group and of the first group above "
          "both; "
          "start sharesim, and the process, inside of the delegated group"},
    Cause{Verb::kMove, kAny, kAny, EACCES, "this process is not yours; be its user, or root"},
    Cause{Verb::kMove, kAny, kAny, EPERM, "this process is not yours; be its user, or root"},
    // Groups
    Cause{Verb::kMake, kAny, kAny, EEXIST, "there is one already; sharesim revert, or remove it"},
    Cause{Verb::kMake, kAny, kAny, EAGAIN,
          "there are as many groups as cgroup.max.descendants or cgroup.max.depth of a group above "
          "lets there be; raise it, or remove some"},
    Cause{Verb::kMake, kAny, kAny, EINVAL, "this is not a name that sharesim gives to groups"},
    Cause{Verb::kMake, kAny, kAny, ENOENT, "the group above is gone"},
    Cause{Verb::kRemove, kAny, kAny, EBUSY,
          "it holds processes or groups; end or move the processes, remove the groups"},
    Cause{Verb::kRemove, kAny, kAny, ENOTEMPTY, "it holds groups; remove them"},
    Cause{Verb::kOpen, kAny, kAny, ENOENT, "there is no such group; make it first"},
    Cause{Verb::kOpen, kAny, kAny, ELOOP,
          "this is a symbolic link; give the path that it stands for"},
    Cause{Verb::kOpen, kAny, kAny, ENOTDIR, "this is no directory; give one of a cgroup mount"},
    Cause{Verb::kOpen, kAny, kAny, EXDEV,
          "this is not in a cgroup file system; see mount -t cgroup2,cgroup"},
    Cause{Verb::kOpen, kAny, kAny, EINVAL,
          "a root is given by its absolute path, without . and .."},
    // Everywhere
    Cause{kAny, Knob::kCpusetCpus, kV2, ENOENT,
          "the cpuset controller is not enabled for this group; write +cpuset to "
          "cgroup.subtree_control of the group above"},
    Cause{kAny, Knob::kCpusetMems, kV2, ENOENT,
          "the cpuset controller is not enabled for this group; write +cpuset to "
          "cgroup.subtree_control of the group above"},
    Cause{kAny, Knob::kProcs, kAny, ENOENT, "the group is gone"},
    Cause{kAny, Knob::kSubtreeControl, kAny, ENOENT, "the group is gone"},
    Cause{
        kAny, kAny, kV2, ENOENT,
        "the cpu controller is not enabled for this group; write +cpu to cgroup.subtree_control of "
        "the group above"},
    Cause{kAny, kAny, kV1, ENOENT,
          "this kernel does not have the file, or the group is in another mount"},
    Cause{kAny, Knob::kProcs, kAny, EOPNOTSUPP,
          "the group is threaded (see cgroup.type), its processes are those of a group above"},
    Cause{kAny, kAny, kAny, ENODEV,
          "the group, or its controller, has been taken away meanwhile; is somebody else, such as "
          "systemd, the owner of this group?"},
    Cause{kAny, kAny, kAny, E2BIG, "one write is 4095 bytes at most"},
    Cause{kAny, kAny, kAny, ERANGE, "the number is out of the file's range"},
    Cause{kAny, kAny, kAny, EINVAL, "this is not a value of the file"},
    Cause{
        kAny, kAny, kAny, EACCES,
        "you may not write here; be root, or have the group delegated (systemd-run --user --scope "
        "-p Delegate=yes) and start sharesim in it"},
    Cause{kAny, kAny, kAny, EPERM,
          "not even root may do this here; in a container, ask for a writable cgroup mount"},
    Cause{
        kAny, kAny, kAny, EROFS,
        "cgroups are mounted for reading only, as containers do; ask for a writable mount (docker "
        "--cgroupns=private with a delegated cgroup, or --privileged)"},
    Cause{kAny, kAny, kAny, ENOMEM, "the kernel has no memory left; end something"},
    Cause{kAny, kAny, kAny, ENOSPC, "the kernel has no room for it; end something"},
    Cause{kAny, kAny, kAny, EMFILE, "too many open files; raise ulimit -n"},
    Cause{kAny, kAny, kAny, EIO, "only a part of the value was taken"},
};

template <typename T>
bool fits(const std::optional<T>& wanted, T is) {
  return !wanted || *wanted == is;
}

std::string what_failed(const Failure& failure) {
  const std::string file = fmt::format("{}/{}", failure.group, file_name(failure.knob));
  switch (failure.verb) {
    case Verb::kRead:
      return fmt::format("cannot read {}", file);
    case Verb::kWrite:
    case Verb::kEnable:
      return fmt::format("cannot write '{}' to {}", failure.value, file);
    case Verb::kMove:
      return fmt::format("cannot move process {} by {}", failure.value, file);
    case Verb::kMake:
      return fmt::format("cannot make the group {}/{}", failure.group, failure.value);
    case Verb::kRemove:
      return fmt::format("cannot remove the group {}/{}", failure.group, failure.value);
    case Verb::kOpen:
      return fmt::format("cannot open the group {}{}{}", failure.group,
                         failure.value.empty() ? "" : "/", failure.value);
  }
  return "";
}

}  // namespace

std::string sentence(const Failure& failure) {
  std::string text =
      fmt::format("{}: {}", what_failed(failure), std::generic_category().message(failure.error));
  for (const Cause& cause : kCauses) {
    if (cause.error == failure.error && fits(cause.verb, failure.verb) &&
        fits(cause.knob, failure.knob) && fits(cause.version, failure.version)) {
      return text + ": " + cause.text;
    }
  }
  return text;
}

}  // namespace sharesim::cgroup
