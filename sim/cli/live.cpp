// sharesim live: a workload as real processes in real groups.

#include "sim/cgroup/live.hpp"

#include <sys/utsname.h>

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "sim/cgroup/live_table.hpp"
#include "sim/cgroup/systemd.hpp"
#include "sim/cli/cell_files.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/outcome.hpp"
#include "sim/cli/progress.hpp"
#include "sim/cli/real_request.hpp"
#include "sim/cli/request.hpp"
#include "sim/cli/scheduler_list.hpp"
#include "sim/cli/simulate.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/core/error.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/output/beside_table.hpp"
#include "sim/output/csv.hpp"
#include "sim/output/expectations.hpp"
#include "sim/output/live_report.hpp"
#include "sim/output/run_table.hpp"
#include "sim/output/summary.hpp"
#include "sim/record/fanout.hpp"

namespace sharesim::cli {
namespace {

constexpr const char* kSpelling = "live";  ///< in the place of a scheduler's name

/// The kernel's account of throttling, until the files have been written up to there.
class ThrottlingHistory {
 public:
  void add(const cgroup::LiveSample& sample) { samples_.push_back(sample); }
  /// As of the last sample that is not later; `edge` never goes back.
  std::int64_t throttled_ns(EntityRef entity, Time edge) {
    while (samples_.size() > 1 && samples_[1].at <= edge) samples_.pop_front();
    return samples_.empty() || samples_.front().at > edge
               ? 0
               : to_ns(samples_.front().of(entity).throttled);
  }

 private:
  std::deque<cgroup::LiveSample> samples_;
};

/// The files of -o beside those that every run has.
struct LiveFiles {
  LiveFiles(const std::filesystem::path& folder, const Scenario& scenario, bool schedule,
            Measures& measures, ThrottlingHistory& history)
      : cell(folder, scenario, kSpelling, schedule, measures,
             [&](EntityRef entity, Time edge) {
               sharesim::Progress progress = measures.progress(entity);
               progress.throttled_ns = history.throttled_ns(entity, edge);
               return progress;
             }),
        usage_file(folder / "usage.csv"),
        usage(usage_file, std::make_shared<CsvPaths>(scenario)),
        live_file(folder / "live.json") {}

  CellFiles cell;
  OutFile usage_file;
  UsageWriter usage;
  OutFile live_file;
};

struct Measurement {
  Result result;
  LiveReport report;
};

std::string kernel_release() {
  utsname names{};
  return uname(&names) == 0 ? names.release : "";
}

/// An expectation of something that cannot be measured is neither met nor failed.
void keep_measured_expectations(Result& result, const cgroup::LiveTable& table) {
  std::vector<ExpectationResult> judged;
  for (const ExpectationResult& outcome : result.expectations) {
    const Metric metric = result.scenario->expectations.at(outcome.index).metric;
    if (table.measured(metric, outcome.entity)) {
      judged.push_back(outcome);
    } else {
      complain("not judged, because it cannot be measured: " +
               asked_text(*result.scenario, outcome));
    }
  }
  result.expectations = std::move(judged);
}

Measurement measure(const Request& request, const std::string& root) {
  const std::shared_ptr<const Scenario> scenario = request.scenarios.front();
  const SchedulerChoice scheduler = scenario->set_up(request.schedulers.front());
  cgroup::LiveGroups groups(*scenario, scheduler, root);
  const auto measures = std::make_shared<Measures>(scenario, scheduler.info().name);
  ThrottlingHistory history;
  std::optional<LiveFiles> files;
  if (request.folder) {
    files.emplace(*request.folder, *scenario, request.schedule, *measures, history);
    measures->set_tick_listener(scenario->record_tick, &files->cell);
  }
  cgroup::LiveSample last;
  std::vector<RunObserver*> observers{measures.get()};
  if (files && files->cell.observer() != nullptr) observers.push_back(files->cell.observer());
  Fanout observer(observers);
  Progress progress(!request.quiet && wants_progress(stderr_is_terminal(), process_environment()),
                    scenario->duration);
  const auto keep = [&](const cgroup::LiveSample& sample) {
    if (files) {
      history.add(sample);
      files->usage.add(sample);
    }
    last = sample;
  };
  const cgroup::LiveSummary summary =
      run_live(*scenario, groups, observer,
               {.stop = &stop_requested(), .progress = progress.watch_run(), .sample = keep});
  progress.clear();
  const auto table = std::make_shared<cgroup::LiveTable>(*scenario, groups.plan(), measures, last);
  Measurement measurement{.result = {.scenario = scenario,
                                     .scheduler = kSpelling,
                                     .end = summary.end,
                                     .complete = summary.complete,
                                     .decisions = summary.runs,
                                     .table = table,
                                     .expectations = measures->expectations(),
                                     .starvation_states = {}},
                          .report = {.kernel = kernel_release(),
                                     .version = groups.facts().version,
                                     .cpus = groups.cpus(),
                                     .last = last,
                                     .summary = summary}};
  keep_measured_expectations(measurement.result, *table);
  if (files) {
    files->usage_file.commit();
    write_live_json(files->live_file, measurement.result, measurement.report);
    files->live_file.commit();
    files->cell.commit(measurement.result, scheduler);
  }
  return measurement;
}

/// The same workload, as long as it was measured, under the schedulers to compare with.
std::vector<Result> simulate_beside(const Request& request,
                                    const std::vector<SchedulerChoice>& schedulers) {
  std::vector<Result> results;
  for (const SchedulerChoice& scheduler : schedulers) {
    Cell cell{request.scenarios.front(), scheduler, std::nullopt, request.schedule};
    if (request.folder) {
      cell.folder = *request.folder / file_name_of(scheduler.to_string());
      make_folder(*cell.folder);
    }
    results.push_back(simulate(cell, {.stop = &stop_requested()}));
  }
  return results;
}

void print(Console& out, const Request& request, const Measurement& live,
           const std::vector<Result>& simulated, const std::vector<SchedulerChoice>& schedulers) {
  switch (request.format) {
    case Format::kTable: {
      out.write(live_table_text(live.result, live.report, request.style));
      std::vector<const Result*> beside;
      beside.reserve(simulated.size());
      for (const Result& result : simulated) beside.push_back(&result);
      if (!beside.empty()) out.write("\n" + beside_table(live.result, beside, request.style));
      break;
    }
    case Format::kCsv:
      write_metrics_heading(out, !simulated.empty());
      write_metrics_csv(out, live.result,
                        simulated.empty() ? std::nullopt : std::optional(Comparison{&live.result}));
      for (const Result& result : simulated) {
        write_metrics_csv(out, result, Comparison{&live.result});
      }
      break;
    case Format::kJson:
      out.write("{\"runs\": [\n");
      write_summary(out, live.result,
                    request.scenarios.front()->set_up(request.schedulers.front()));
      for (std::size_t i = 0; i < simulated.size(); ++i) {
        out.write(",\n");
        write_summary(out, simulated[i], request.scenarios.front()->set_up(schedulers[i]),
                      &live.result);
      }
      out.write("\n]}\n");
      break;
  }
}

int run(const Arguments& arguments, Console& out) {
  if (arguments.rest().size() > 1) {
    throw InputError("live takes one workload, and not " + std::to_string(arguments.rest().size()));
  }
  Mistakes mistakes;
  const std::string root = read_root(arguments, mistakes);
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  const cgroup::Surroundings surroundings = cgroup::this_machine();
  // Before the workload is read, which may come through a pipe.
  if (cgroup::needs_systemd(root, surroundings)) cgroup::restart_in_scope(surroundings);
  const Request request = read_request(arguments, "eevdf");
  const std::vector<SchedulerChoice> beside =
      parse_schedulers(arguments.values("compare-with"), Registry::global(), mistakes);
  if (request.schedulers.size() != 1) {
    add_mistake(mistakes,
                "live takes one scheduler, and not " + std::to_string(request.schedulers.size()),
                "--compare-with takes many");
  }
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  catch_interrupts();
  const Measurement live = measure(request, root);
  const std::vector<Result> simulated =
      live.result.complete ? simulate_beside(request, beside) : std::vector<Result>{};
  print(out, request, live, simulated, beside);
  out.flush();
  ExitStatus status = complain_of_expectations(live.result);
  for (const std::string& problem : live.report.summary.problems) {
    complain(problem);
    status = worse(status, ExitStatus::kMachine);
  }
  return final_status(status);
}

std::vector<OptionInfo> options() {
  std::vector<OptionInfo> all = request_options();
  all.push_back({"compare-with", 0, "LIST",
                 "simulate it as well under these schedulers, and show them beside it", true});
  all.push_back(kRootOption);
  return all;
}

}  // namespace

const Command& live_command() {
  static const Command kCommand{
      .name = "live",
      .summary = "run one workload as real processes in cgroups, and measure it",
      .usage = "FILE [-s SCHEDULER] [--compare-with LIST] [OPTION]...",
      .details =
          "It takes as long as the workload says. The scheduler (eevdf unless -s says otherwise) "
          "is\n"
          "mapped to groups as `sharesim plan` shows; the kernel's own does the work. Nothing is\n"
          "left behind: processes end with sharesim, and groups go at its end, or at the next\n"
          "`sharesim live` or `sharesim revert` if it was killed. Under systemd it starts itself "
          "anew in\n"
          "a scope of its own (systemd-run --scope).\n",
      .examples =
          "sharesim live workloads/proportional-shares.yaml --duration 10s\n"
          "sharesim live workloads/proportional-shares.yaml --compare-with eevdf,sfq -o out\n"
          "sharesim live workloads/proportional-shares.yaml --cgroup-root /sys/fs/cgroup/mine\n",
      .options = options(),
      .run = run};
  return kCommand;
}

}  // namespace sharesim::cli
