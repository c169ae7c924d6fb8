// sharesim explain-throttle: why a group is throttled although it uses less than its limit.

#include <string>
#include <vector>

#include "sim/cli/capped_group.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/explain_request.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/outcome.hpp"
#include "sim/engine/engine.hpp"
#include "sim/metrics/throttle_log.hpp"
#include "sim/output/throttle_report.hpp"
#include "sim/record/fanout.hpp"
#include "sim/search/throttle_remedies.hpp"

namespace sharesim::cli {
namespace {

constexpr std::size_t kMostUsers = 8;

/// Hears which group above ours is throttled first.
class Above final : public QuietObserver {
 public:
  Above(const Scenario& scenario, GroupId group) : scenario_(scenario), group_(group) {}
  const std::string& path() const { return path_; }

  void throttled(EntityRef entity, Time) override {
    if (entity.is_task() || !path_.empty()) return;
    for (GroupId id = group_; id != kRoot;) {
      id = scenario_.groups[id].parent;
      if (id == entity.id) path_ = scenario_.groups[id].path;
    }
  }

 private:
  const Scenario& scenario_;
  const GroupId group_;
  std::string path_;
};

/// Keeps the periods that are asked for, or prints them at once.
class PeriodRows {
 public:
  PeriodRows(const ExplainRequest& request, ThrottleReport& report, Console& out)
      : request_(request), report_(report), out_(out) {
    if (streams()) write_throttle_csv_heading(out_);
  }

  bool streams() const { return request_.format == Format::kCsv; }
  void add(const ThrottlePeriod& period) {
    const Selection& selection = request_.selection;
    if (streams()) {
      if (selection.numbers && !selection.wants(period)) return;
      write_throttle_csv_row(out_, *report_.scenario, report_.scheduler, report_.group, period);
    } else if (selection.wants(period)) {
      if (report_.periods.size() < selection.rows) {
        report_.periods.push_back(period);
      } else {
        ++report_.hidden;
      }
    }
  }

 private:
  const ExplainRequest& request_;
  ThrottleReport& report_;
  Console& out_;
};

int explain_throttle(const Arguments& arguments, Console& out) {
  const ExplainRequest request = read_explain_request(arguments);
  const WorkloadText& workload = request.workload;
  const Scenario scenario = parse_scenario(workload.text, workload.file, workload.overrides);
  const CappedGroup group = find_capped_group(scenario, request.group);
  const SchedulerChoice scheduler = scenario.set_up(request.schedulers.front());
  const bool per_cpu = scheduler.scope() == Scope::kPerCpu;
  catch_interrupts();

  ThrottleReport report;
  report.scenario = &scenario;
  report.group = group.id;
  report.scheduler = scheduler.to_string();
  report.cap = group.cap;
  report.cap_changes = group.cap_changes;
  report.slices = per_cpu && scenario.machine.bandwidth_slice > Duration::zero();
  report.throttled_only = !request.selection.all && !request.selection.numbers;
  PeriodRows rows(request, report, out);
  ThrottleLog log(scenario, group.id, per_cpu, kMostUsers,
                  [&](const ThrottlePeriod& period) { rows.add(period); });
  Above above(scenario, group.id);
  Fanout both({&log, &above});
  const EngineSummary summary =
      run_engine(scenario, scheduler, both, {.stop = &stop_requested(), .progress = {}});
  report.complete = summary.complete;
  report.summary = log.summary();
  report.above = above.path();
  const bool would_help =
      !report.cap_changes && report.complete && report.summary.throttled_periods > 0;
  if (request.search && would_help && !rows.streams()) {
    report.remedies = find_remedies(workload, scenario, group.id, scheduler, stop_requested());
  }
  if (request.format == Format::kJson) write_throttle_json(out, report);
  if (request.format == Format::kTable) out.write(throttle_text(report, request.style));
  out.flush();
  return final_status(ExitStatus::kFine);
}

std::vector<OptionInfo> explain_options() {
  return {
      {"group", 'g', "PATH", "the group with the cap, such as /web"},
      {"schedulers", 's', "NAME", "scheduler, such as sfq:slice=4ms; sfq unless given"},
      {"period", 0, "N[-M]", "show these periods, counted from 0, throttled or not"},
      {"rows", 0, "N", "show the first N throttled periods, 10000 at most; 10 unless given"},
      {"all", 0, "", "show all periods, the first 10000 (csv: all)"},
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
