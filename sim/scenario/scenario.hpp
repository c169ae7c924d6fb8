#pragma once
// A scenario: a workload file, read, checked and resolved. Plain data; nothing here changes after
// loading.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/core/bandwidth.hpp"
#include "sim/core/cpu_set.hpp"
#include "sim/core/ids.hpp"
#include "sim/core/time.hpp"
#include "sim/registry.hpp"
#include "sim/scenario/distribution.hpp"
#include "sim/scenario/metric.hpp"

namespace sharesim {

/// Weights of a scenario count in units of 1/256 of cpu.weight, because that holds both scales
/// exactly: cpu.weight w is 256 w (1..10000), and the kernel's nice weight n, of which 1024 equals
/// cpu.weight 100, is 25 n.
inline constexpr Weight kWeightUnit = 256;
inline constexpr Weight kDefaultWeight = 100 * kWeightUnit;
/// The weight of nice -20..19, from the kernel's sched_prio_to_weight, in units of 1/256 of
/// cpu.weight.
Weight nice_weight(int nice);
/// The weight of `idle: true`: the kernel's WEIGHT_IDLEPRIO, 3 where nice 0 is 1024.
inline constexpr Weight kIdleWeight = 3 * kDefaultWeight / 1024;

/// What a task does with its life. All times count from the task's start.
struct RunForever {};

struct Step {
  enum class Kind : std::uint8_t { kRun, kSleep } kind = Kind::kRun;
  Distribution length;
};
/// The steps in order, `repeat` times (0: for ever), then exit. Adjacent runs are separate requests
/// of one burst.
struct Sequence {
  std::vector<Step> steps;
  std::int64_t repeat = 0;
};

/// A job of `run` is released at start, start + every, ...; unfinished jobs queue up.
struct Periodic {
  Duration every{};
  Distribution run;
};

/// Requests arrive on their own (open loop) and wait in a FIFO queue for the first free of
/// `workers` worker tasks.
struct Service {
  Distribution gap;  ///< between arrivals; the first comes one gap after the start
  Distribution demand;
  std::uint32_t workers = 1;
  std::int64_t queue = 100'000;  ///< requests that may wait; further ones are dropped and counted
};

using Behaviour = std::variant<RunForever, Sequence, Periodic, Service>;

/// What a task or group says to the policies that know the word, under `hints:`.
struct Hint {
  std::string name;
  std::int64_t value = 0;  ///< in the units of Parameters
  std::string text;        ///< the value as a person writes it
};
using Hints = std::vector<Hint>;

/// One entry of a `tasks:` list; it stands for `instances()` tasks with consecutive ids.
struct TaskSpec {
  std::string name;
  GroupId group = kRoot;
  Weight weight = kDefaultWeight;
  std::optional<int> nice;  ///< set if the weight was given as nice
  bool idle = false;        ///< runs where nobody else wants to; the weight is kIdleWeight
  std::uint32_t count = 1;
  TaskId first = 0;  ///< id of the first instance
  Duration start{};
  std::optional<Duration> stop;
  Behaviour behaviour;
  std::optional<Bandwidth> cap;  ///< of each instance
  std::optional<CpuSet> cpus;  ///< as written; the effective set is also bound by the groups above
  Hints hints;

  std::uint32_t instances() const {
    const auto* service = std::get_if<Service>(&behaviour);
    return service != nullptr ? count * service->workers : count;
  }
};

struct GroupSpec {
  std::string name;         ///< "" for the root
  std::string path;         ///< "/" for the root, "/web/static"
  GroupId parent = kRoot;   ///< of the root: itself
  std::uint32_t depth = 0;  ///< of the root: 0
  Weight weight = kDefaultWeight;
  bool idle = false;  ///< as cpu.idle; the weight is kIdleWeight
  std::optional<Bandwidth> cap;
  std::optional<CpuSet> cpus;
  Hints hints;
  std::optional<SchedulerChoice> scheduler;  ///< for its direct children; else the parent's
};

/// Who decides where tasks wait and move when each CPU has its own queues.
enum class BalancerPolicy : std::uint8_t {
  kSimple,  ///< as the switches of BalancerSpec say
  kLinux,   ///< as Linux does; the switches have no meaning
};

struct BalancerSpec {
  BalancerPolicy policy = BalancerPolicy::kSimple;
  bool wake_idle = true;  ///< a woken task goes to an idle CPU if there is one
  bool steal = true;      ///< a CPU that becomes idle takes a waiting task from the busiest one
  Duration interval = ns(100'000'000);  ///< of periodic balancing of waiting weight; 0: never
};

/// What a group weighs on a CPU, where each has its own queues: the part of its weight that its load
/// there is of its load everywhere.
enum class GroupShares : std::uint8_t {
  kByDemand,  ///< the load of the tasks that have demand now
  kLinux,     ///< the load as Linux averages it
};

struct MachineSpec {
  CpuId cpus = 1;
  Duration tick{};            ///< slice ends act at ticks so far apart; 0: at once
  Duration tick_phase{};      ///< when the first tick comes, less than `tick`; 0: after one tick
  Duration context_switch{};  ///< CPU time lost when a CPU switches to another task
  Duration wakeup{};          ///< CPU time lost before the first run after a wakeup
  Duration migration{};       ///< CPU time lost before the first run on another CPU
  /// Quota is handed to CPUs in slices of this size, as Linux does (5 ms there); 0: one exact pool.
  Duration bandwidth_slice{};
  GroupShares group_shares = GroupShares::kByDemand;
  BalancerSpec balancer;
};

/// A change in mid-run. Exactly the given values change.
struct ScenarioEvent {
  Time at{};
  std::vector<EntityRef> entities;  ///< one, or all instances of a task
  std::optional<Weight> weight;
  std::optional<std::optional<Bandwidth>> cap;  ///< an empty inner value takes the cap away
  std::optional<CpuSet> cpus;
};

/// One line of `expect:`. Values are in ns, millionths (fractions) or counts, by the metric's unit.
struct Expectation {
  Metric metric = Metric::kShare;
  std::vector<EntityRef> entities;  ///< each must meet it (all instances of a task)
  std::string of;                   ///< as written, for messages
  std::optional<std::int64_t> at_least;
  std::optional<std::int64_t> at_most;
  Time from{};                          ///< windowed metrics only
  std::optional<Time> to;               ///< windowed metrics only; empty: the end of the run
  std::vector<std::string> schedulers;  ///< holds for these only; empty: for all
  int line = 0;
};

struct Scenario {
  std::string name;
  std::string file;      ///< as given on the command line
  std::string question;  ///< the comment that the file opens with, one paragraph
  MachineSpec machine;
  Duration duration{};
  Duration record_tick{};
  std::uint64_t seed = 1;
  std::vector<GroupSpec> groups;      ///< [0] is the root; a parent stands before its children
  std::vector<TaskSpec> tasks;        ///< in the order of their ids
  std::vector<ScenarioEvent> events;  ///< by time, then as written
  std::vector<Expectation> expectations;
  std::vector<SchedulerChoice> parameters;  ///< how schedulers are set up here, each at most once

  TaskId task_count() const {
    return tasks.empty() ? 0 : tasks.back().first + tasks.back().instances();
  }
  /// The entry that task `id` is an instance of.
  const TaskSpec& spec_of(TaskId id) const;
  /// "/web/worker.0"; an entry with a single instance has no number: "/hog".
  std::string path_of(TaskId id) const;
  std::string path_of(EntityRef entity) const;
  /// The scheduler as this workload sets it up; what it has been given already stays.
  SchedulerChoice set_up(SchedulerChoice scheduler) const;
};

/// Sizes that a scenario may not exceed; beyond them loading fails with a clear error.
namespace limits {
inline constexpr std::size_t kFileBytes = 16U << 20;
inline constexpr std::uint32_t kTasks = 1'000'000;
inline constexpr std::uint32_t kGroups = 100'000;
inline constexpr std::uint32_t kDepth = 32;
inline constexpr std::uint32_t kNesting = 80;     ///< of YAML lists and maps
inline constexpr std::size_t kNodes = 1'000'000;  ///< YAML values in a file
/// Of a text, a comment, or a list or map in brackets that stands where a key could stand.
inline constexpr std::size_t kValueBytes = 1U << 20;
inline constexpr std::uint32_t kEvents = 10'000;
/// Entities named by all events and expectations together (a task counts with all its instances).
inline constexpr std::size_t kTargets = 4'000'000;
inline constexpr std::size_t kRecords = 1'000'000;  ///< of a replay or an empirical distribution
inline constexpr std::size_t kNameBytes = 64;
inline constexpr Weight kWeight = 10'000;  ///< as written, in cpu.weight
inline constexpr Duration kDuration = std::chrono::hours(24 * 7);
inline constexpr Duration kCpuTime = std::chrono::hours(24 * 7 * 64);  ///< duration x CPUs
}  // namespace limits

/// Reads a workload file ("-" is standard input). Throws InputError with every mistake found.
Scenario load_scenario(const std::string& file);
/// The same from text; `file` is for messages and for files named in the text (relative to its
/// folder).
Scenario parse_scenario(const std::string& text, const std::string& file);

/// Applies `--set path=value` (such as "machine.cpus=4") to the text's document before it is
/// checked.
struct Override {
  std::string path;
  std::string value;
};
Scenario load_scenario(const std::string& file, const std::vector<Override>& overrides);
Scenario parse_scenario(const std::string& text, const std::string& file,
                        const std::vector<Override>& overrides);

}  // namespace sharesim
