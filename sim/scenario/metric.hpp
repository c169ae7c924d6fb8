#pragma once
// The measures by name: what `expect:` may ask for, `list metrics` prints, and summary.json and the
// tables hold.

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sharesim {

enum class Metric : std::uint8_t {
  kShare,
  kService,
  kIdealService,
  kLag,
  kLagMax,
  kLagMin,
  kRelativeFairness,
  kJain,
  kWakeupP50,
  kWakeupP90,
  kWakeupP99,
  kWakeupP999,
  kWakeupMax,
  kResponseP50,
  kResponseP90,
  kResponseP99,
  kResponseP999,
  kResponseMax,
  kStarvation,
  kSwitches,
  kPreemptions,
  kMigrations,
  kWakeups,
  kThrottledTime,
  kThrottledPeriods,
  kDropped,
  kOverhead,
  kIdle,
  kWastedIdle,
  kCredits,
  kSurplusCredits,
  kEarnedCredits,
  kSpentCredits,
  kLostCredits,
  kChargedCredits,
  // As Linux counts in cpu.stat, where quota is handed out in slices:
  kPeriods,
  kPeriodsThrottled,
  kCpuThrottledTime,
  kBursts,
  kBurstTime,
};

/// kCredits: CPU time in ns, which people read and write in credits (see kCredit).
enum class MetricUnit : std::uint8_t { kDuration, kFraction, kCount, kCredits };

/// What expect: may ask for beside the value at the end of the run.
enum class MetricTimes : std::uint8_t {
  kEnd,      ///< nothing
  kBetween,  ///< what came between two times (from, to)
  kInstant,  ///< how it stood at a time (at)
};

struct MetricInfo {
  Metric metric;
  std::string_view name;  ///< as in expect: and summary.json (there with _ns for durations)
  MetricUnit unit;
  bool of_task;   ///< has a value for a task
  bool of_group;  ///< has a value for a group; the root's value is the machine's
  MetricTimes times;
  std::string_view meaning;  ///< one line: definition, and what is good
};

/// Some of the metrics, each the bit of its number.
using MetricSet = std::bitset<64>;

/// Whether it is one that Linux counts in cpu.stat; known only where quota is handed out in slices.
constexpr bool is_of_cpu_stat(Metric metric) { return metric >= Metric::kPeriods; }

/// All metrics, in the order of the enumeration.
const std::vector<MetricInfo>& metrics();
const MetricInfo& metric_info(Metric metric);
/// nullptr if there is none of that name.
const MetricInfo* find_metric(std::string_view name);

}  // namespace sharesim
