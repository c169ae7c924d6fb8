#pragma once
// What a group's cap would have to be, or how many tasks it could have, for it never to be throttled:
// found by replaying the workload.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/registry.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// The value nearest to one that fails at which something holds.
struct Edge {
  std::optional<std::int64_t> value;  ///< it holds here, and not one step nearer; empty: nowhere
  bool monotone = true;  ///< false: it also held at a value nearer than one at which it did not
};

/// Looks between `fails`, at which `holds` is false, and `limit` (on either side of it) by bisection,
/// then at a few values between `fails` and what was found; if it holds there, goes on from there.
Edge nearest(std::int64_t fails, std::int64_t limit,
             const std::function<bool(std::int64_t)>& holds);

/// One way to change the workload.
struct Remedy {
  enum class Kind : std::uint8_t { kQuota, kBurst, kTasks } kind = Kind::kQuota;
  std::string of;          ///< the path of what is changed
  std::int64_t now = 0;    ///< its present value: ns, or how many tasks
  std::int64_t step = 1;   ///< values are tried in steps of this
  std::int64_t limit = 0;  ///< the last value that was tried
  Edge edge;               ///< at this value it is not throttled; the value is in ns, or a count
  std::string change;      ///< "groups.web.cap={quota: 160ms, period: 100ms}": for --set
  std::string problem;     ///< why it could not be tried, such as an event that names a task; or ""
};

/// A replay of the workload with some changes.
struct Replay {
  bool throttled = false;
  Duration used{};  ///< by the group, up to the end or to the first throttling
};

struct Remedies {
  /// Without its cap (as far as the machine goes): what it would use. Nothing if interrupted.
  std::optional<Replay> uncapped;
  std::vector<Remedy> ways;
  int replays = 0;
};

/// The text of a workload and what has been changed in it.
struct WorkloadText {
  std::string text;
  std::string file;  ///< for messages and for files that it names
  std::vector<Override> overrides;
};

/// `group` of the scenario in `workload` is throttled now and then. Tries a larger quota, a larger
/// burst, and fewer tasks of each entry below it that has several. What changes the cap in mid-run
/// stays as it is. Ends early, with what has been found, when `stop` is set.
Remedies find_remedies(const WorkloadText& workload, const Scenario& scenario, GroupId group,
                       const SchedulerChoice& scheduler, const std::atomic<bool>& stop);

}  // namespace sharesim
