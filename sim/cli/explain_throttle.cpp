// sharesim explain-throttle: why a group is throttled although it uses less than its limit.

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/cli/command.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/outcome.hpp"
#include "sim/cli/request.hpp"
#include "sim/cli/scheduler_list.hpp"
#include "sim/core/error.hpp"
#include "sim/core/units.hpp"
#include "sim/engine/engine.hpp"
#include "sim/metrics/throttle_log.hpp"
#include "sim/output/throttle_report.hpp"
#include "sim/record/fanout.hpp"
#include "sim/scenario/problems.hpp"
#include "sim/scenario/source.hpp"
#include "sim/search/throttle_remedies.hpp"

namespace sharesim::cli {
namespace {

constexpr std::size_t kMostUsers = 8;
constexpr std::int64_t kMostRows = 1'000'000;
constexpr const char* kDefaultRows = "10";

/// Which periods to show.
struct Selection {
  bool all = false;
  std::uint64_t rows = 0;  ///< throttled ones, at most
  std::optional<std::pair<std::uint64_t, std::uint64_t>> numbers;

  bool wants(const ThrottlePeriod& period) const {
    if (numbers) return period.number >= numbers->first && period.number <= numbers->second;
    return all || period.was_throttled();
  }
};

struct ExplainRequest {
  WorkloadText workload;
  std::vector<SchedulerChoice> schedulers;
  std::string group;
  Selection selection;
  bool search = true;
  Format format = Format::kTable;
  TableStyle style;
};

std::optional<std::uint64_t> read_number(const std::string& text) {
  const auto number = parse_integer(text).value;
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

Selection read_selection(const Arguments& arguments, Mistakes& mistakes) {
  Selection selection;
  selection.all = arguments.has("all");
  const std::string rows = arguments.value("rows").value_or(kDefaultRows);
  const auto most = read_number(rows);
  if (!most || *most > kMostRows) {
    add_mistake(mistakes, "--rows '" + rows + "' is no number of rows",
                fmt::format("0 to {}", kMostRows));
  }
  selection.rows = most.value_or(0);
  if (const auto text = arguments.value("period")) {
    const std::size_t dash = text->find('-');
    const auto first = read_number(text->substr(0, dash));
    const auto last = dash == std::string::npos ? first : read_number(text->substr(dash + 1));
    if (!first || !last || *last < *first) {
      add_mistake(mistakes, "--period '" + *text + "' names no periods",
                  "a number from 0 on, such as 12, or two, such as 10-20");
    } else {
      selection.numbers = {*first, *last};
    }
    if (selection.all || arguments.has("rows")) {
      add_mistake(mistakes,
                  "--period says which periods to show: --all and --rows do not go with it");
    }
  }
  return selection;
}

ExplainRequest read_explain_request(const Arguments& arguments) {
  Mistakes mistakes;
  ExplainRequest request;
  load_plugins(arguments, mistakes);
  std::vector<std::string> lists = arguments.values("schedulers");
  if (lists.empty()) lists.emplace_back("sfq");
  request.schedulers = parse_schedulers(lists, Registry::global(), mistakes);
  if (mistakes.empty() && request.schedulers.size() != 1) {
    add_mistake(mistakes, fmt::format("explain-throttle takes one scheduler, and not {}",
                                      request.schedulers.size()));
  }
  for (const SchedulerChoice& scheduler : request.schedulers) {
    if (!scheduler.info().claims.has(Claim::kFluid)) continue;
    add_mistake(mistakes, scheduler.info().name + " shares without periods: nobody is throttled",
                "another scheduler");
  }
  if (const auto group = arguments.value("group")) {
    request.group = group->starts_with('/') ? *group : "/" + *group;
  } else {
    add_mistake(mistakes, "which group? give its path with --group", "such as --group /web");
  }
  request.selection = read_selection(arguments, mistakes);
  request.search = !arguments.has("no-search");
  request.format =
      static_cast<Format>(read_choice(arguments, "format", {"table", "csv", "json"}, mistakes));
  request.style = read_style(arguments, mistakes);
  request.workload.overrides = read_overrides(arguments, mistakes);
  if (arguments.rest().size() == 1) {
    request.workload.file = arguments.rest().front();
    if (auto problem = read_source(request.workload.file, request.workload.text)) {
      mistakes.push_back(*problem);
    }
  } else {
    add_mistake(mistakes, arguments.rest().empty()
                              ? "which workload? give its file"
                              : fmt::format("explain-throttle takes one workload, and not {}",
                                            arguments.rest().size()));
  }
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  return request;
}

/// The caps that a group has in the course of the run, the first one first.
std::vector<Bandwidth> caps_of(const Scenario& scenario, GroupId group) {
  std::vector<Bandwidth> caps;
  if (scenario.groups[group].cap) caps.push_back(*scenario.groups[group].cap);
  for (const ScenarioEvent& event : scenario.events) {
    const auto& targets = event.entities;
    const bool ours =
        std::find(targets.begin(), targets.end(), EntityRef::group(group)) != targets.end();
    if (ours && event.cap && *event.cap) caps.push_back(**event.cap);
  }
  return caps;
}

/// Whether an event changes the cap of the group, gives it one or takes it away.
bool changes_cap(const Scenario& scenario, GroupId group) {
  return std::any_of(scenario.events.begin(), scenario.events.end(), [&](const auto& event) {
    const auto& entities = event.entities;
    return event.cap &&
           std::find(entities.begin(), entities.end(), EntityRef::group(group)) != entities.end();
  });
}

std::string capped_groups(const Scenario& scenario) {
  std::vector<std::string> paths;
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    const std::vector<Bandwidth> caps = caps_of(scenario, id);
    const bool credits = std::any_of(caps.begin(), caps.end(),
                                     [](const auto& cap) { return cap.credits.has_value(); });
    if (!caps.empty() && !credits) paths.push_back(scenario.groups[id].path);
  }
  return paths.empty() ? "no group of this workload has one"
                       : "groups with one: " + word_list(paths);
}

/// Throws InputError unless `path` is a group whose caps have periods.
GroupId find_group(const Scenario& scenario, const std::string& path) {
  std::vector<std::string> known;
  std::optional<GroupId> found;
  for (GroupId id = 0; id < scenario.groups.size(); ++id) {
    known.push_back(scenario.groups[id].path);
    if (known.back() == path) found = id;
  }
  if (!found) {
    for (TaskId task = 0; task < scenario.task_count(); ++task) {
      if (scenario.path_of(task) != path) continue;
      throw InputError("--group " + path + " is a task, and not a group", word_list(known));
    }
    throw InputError("there is no group " + in_quotes(path) + " in " + scenario.file +
                         spelling_hint(path, known),
                     word_list(known));
  }
  const std::vector<Bandwidth> caps = caps_of(scenario, *found);
  if (caps.empty()) {
    throw InputError("group " + path + " has no cap, and is not throttled by one",
                     capped_groups(scenario));
  }
  if (std::any_of(caps.begin(), caps.end(),
                  [](const Bandwidth& cap) { return cap.credits.has_value(); })) {
    throw InputError("group " + path +
                         " has a cap of credits: it is not throttled by quota and period; "
                         "sharesim run shows its credits",
                     capped_groups(scenario));
  }
  return *found;
}

/// Hears which group above ours is throttled first.
class Above final : public RunObserver {
 public:
  Above(const Scenario& scenario, GroupId group) : scenario_(scenario), group_(group) {}
  const std::string& path() const { return path_; }

  void arrived(TaskId, Time) override {}
  void left(TaskId, Time) override {}
  void run_begin(CpuId, TaskId, Time) override {}
  void run_end(CpuId, TaskId, Time, Time, StopReason) override {}
  void overhead(CpuId, TaskId, Time, Duration) override {}
  void completed(TaskId, Time, Time) override {}
  void dropped(TaskId, Time) override {}
  void throttled(EntityRef entity, Time) override {
    if (entity.is_task() || !path_.empty()) return;
    for (GroupId id = group_; id != kRoot;) {
      id = scenario_.groups[id].parent;
      if (id == entity.id) path_ = scenario_.groups[id].path;
    }
  }
  void unthrottled(EntityRef, Time) override {}
  void weight_changed(EntityRef, Weight, Time) override {}
  void cap_changed(EntityRef, const Bandwidth*, Time) override {}
  void affinity_changed(EntityRef, const CpuSet&, Time) override {}
  void finished(Time, bool) override {}

 private:
  const Scenario& scenario_;
  const GroupId group_;
  std::string path_;
};

int explain_throttle(const Arguments& arguments, Console& out) {
  const ExplainRequest request = read_explain_request(arguments);
  const WorkloadText& workload = request.workload;
  const Scenario scenario = parse_scenario(workload.text, workload.file, workload.overrides);
  const GroupId group = find_group(scenario, request.group);
  const SchedulerChoice scheduler = scenario.set_up(request.schedulers.front());
  const bool per_cpu = scheduler.scope() == Scope::kPerCpu;
  catch_interrupts();

  ThrottleReport report;
  report.scenario = &scenario;
  report.group = group;
  report.scheduler = scheduler.to_string();
  report.cap = caps_of(scenario, group).front();
  report.cap_changes = changes_cap(scenario, group);
  report.slices = per_cpu && scenario.machine.bandwidth_slice > Duration::zero();
  const bool streams = request.format == Format::kCsv;
  if (streams) write_throttle_csv_heading(out);
  ThrottleLog log(scenario, group, per_cpu, kMostUsers, [&](const ThrottlePeriod& period) {
    const Selection& selection = request.selection;
    if (streams) {
      if (!selection.numbers || selection.wants(period)) {
        write_throttle_csv_row(out, scenario, report.scheduler, group, period);
      }
      return;
    }
    if (!selection.wants(period)) return;
    const bool room = selection.all || selection.numbers || report.periods.size() < selection.rows;
    if (room) {
      report.periods.push_back(period);
    } else {
      ++report.hidden;
    }
  });
  Above above(scenario, group);
  Fanout both({&log, &above});
  const EngineSummary summary =
      run_engine(scenario, scheduler, both, {.stop = &stop_requested(), .progress = {}});
  report.complete = summary.complete;
  report.summary = log.summary();
  report.above = above.path();
  if (!streams) {
    if (request.search && !report.cap_changes && report.complete &&
        report.summary.throttled_periods > 0) {
      report.remedies = find_remedies(workload, scenario, group, scheduler, stop_requested());
    }
    if (request.format == Format::kJson) {
      write_throttle_json(out, report);
    } else {
      out.write(throttle_text(report, request.style));
    }
  }
  out.flush();
  return final_status(ExitStatus::kFine);
}

std::vector<OptionInfo> explain_options() {
  return {
      {"group", 'g', "PATH", "the group with the cap, such as /web"},
      {"schedulers", 's', "NAME", "scheduler, such as sfq:slice=4ms; sfq unless given"},
      {"period", 0, "N[-M]", "show these periods, counted from 0, throttled or not"},
      {"rows", 0, "N", "show the first N throttled periods; 10 unless given"},
      {"all", 0, "", "show all periods"},
      {"no-search", 0, "", "do not look for a quota, a burst or a number of tasks that would do"},
      {"duration", 0, "TIME", "simulate this long, such as 30s, whatever the workload says"},
      {"set", 0, "KEY=VALUE", "change the workload, such as machine.cpus=4; may be repeated", true},
      {"format", 0, "FORMAT", "table, csv (a row per period, all of them) or json"},
      kPluginOption,
      kColorOption,
      kWidthOption};
}

}  // namespace

const Command& explain_throttle_command() {
  static const Command kCommand{
      .name = "explain-throttle",
      .summary = "why a group is throttled although it uses less than its limit",
      .usage = "FILE --group PATH [-s SCHEDULER] [OPTION]...",
      .details =
          "Replays the workload and shows, period by period, what the group's cap gave, who used\n"
          "it, and when there was none left; then replays it with larger quotas, larger bursts "
          "and\n"
          "fewer tasks, and says from which on it would never be throttled.\n",
      .examples =
          "sharesim explain-throttle workloads/throttled-threads.yaml --group /web\n"
          "sharesim explain-throttle workloads/throttled-service.yaml -g /limited --rows 3\n"
          "sharesim explain-throttle workloads/throttled-service.yaml -g /limited --format csv\n",
      .options = explain_options(),
      .run = explain_throttle};
  return kCommand;
}

}  // namespace sharesim::cli
