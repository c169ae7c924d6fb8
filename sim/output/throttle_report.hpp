#pragma once
// What `explain-throttle` prints: why a group is throttled, its periods, and what would help.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/metrics/throttle_log.hpp"
#include "sim/output/grid.hpp"
#include "sim/output/sink.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/search/throttle_remedies.hpp"

namespace sharesim {

struct ThrottleReport {
  const Scenario* scenario = nullptr;
  GroupId group = kRoot;
  std::string scheduler;     ///< as written: "sfq:slice=10ms"
  Bandwidth cap;             ///< at the start, or the first that it gets
  bool slices = false;       ///< quota is handed out to CPUs in slices
  bool cap_changes = false;  ///< an event changes the cap, so no other one can be tried
  bool complete = true;      ///< false: interrupted
  std::string above;         ///< the first group above it that was throttled as well; or ""
  ThrottleSummary summary;
  std::vector<ThrottlePeriod> periods;  ///< those to show
  bool throttled_only = true;           ///< others have not been asked for
  std::uint64_t hidden = 0;             ///< more of those that were asked for
  std::optional<Remedies> remedies;     ///< empty: nothing was tried
};

/// Why it is throttled, or that it is not, in sentences; lines that end.
std::string throttle_story(const ThrottleReport& report);
/// What to write into a real group's files to change its cap so, or "".
std::string control_file_text(const Remedy& remedy, const Bandwidth& cap);
/// The story, the periods as a table, and what would help.
std::string throttle_text(const ThrottleReport& report, const TableStyle& style);
void write_throttle_json(Sink& sink, const ThrottleReport& report);

/// A row per period: workload,scheduler,group,period,begin_ns,end_ns,quota_ns,available_ns,used_ns,left_ns,parked_ns,
/// throttled_ns,throttled_cpus_ns,throttled_from_ns,cpus,cpus_at_once,users. `cpus` are those that it lost; `users` are
/// path=ns, with blanks between.
void write_throttle_csv_heading(Sink& sink);
void write_throttle_csv_row(Sink& sink, const Scenario& scenario, const std::string& scheduler,
                            GroupId group, const ThrottlePeriod& period);

}  // namespace sharesim
