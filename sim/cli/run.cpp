// sharesim run: one workload under one scheduler.

#include <algorithm>
#include <filesystem>
#include <optional>

#include "sim/cli/command.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/outcome.hpp"
#include "sim/cli/progress.hpp"
#include "sim/cli/request.hpp"
#include "sim/cli/simulate.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/core/error.hpp"
#include "sim/output/csv.hpp"
#include "sim/output/out_file.hpp"
#include "sim/output/report_page.hpp"
#include "sim/output/run_table.hpp"
#include "sim/output/share_pictures.hpp"
#include "sim/output/summary.hpp"

namespace sharesim::cli {
namespace {

void print(Console& out, const Request& request, const Cell& cell, const Result& result) {
  const SchedulerChoice in_force = cell.scenario->set_up(cell.scheduler);
  switch (request.format) {
    case Format::kTable:
      out.write(run_table(result, request.style, in_force.to_string()));
      if (cell.history) out.write(run_pictures(result, *cell.history, request.style));
      break;
    case Format::kCsv:
      write_metrics_heading(out);
      write_metrics_csv(out, result);
      break;
    case Format::kJson:
      out.write("{\"runs\": [\n");
      write_summary(out, result, in_force);
      out.write("\n]}\n");
      break;
  }
}

/// The file of --trace, by whose name its format is known.
std::optional<std::filesystem::path> read_trace(const Arguments& arguments) {
  const auto file = arguments.value("trace");
  if (!file) return std::nullopt;
  const std::vector<std::string>& suffixes = trace_suffixes();
  const std::filesystem::path path(*file);
  if (std::find(suffixes.begin(), suffixes.end(), path.extension()) == suffixes.end()) {
    throw InputError(
        "--trace '" + *file + "': what kind of trace?",
        "a name that ends with .pftrace (Perfetto) or .ftrace (text of Linux's ftrace)");
  }
  return path;
}

/// A page about one run, which may have to be made once more for it.
void write_report(OutFile& file, const Cell& cell, const Result& result, bool shows_progress) {
  ReportPage page(file);
  ReportRow row = report_row(result);
  row.has_charts = true;
  const std::vector<EntityRef> named = named_entities({row});
  if (!shows_in_report(cell, named)) {
    Progress progress(shows_progress, cell.scenario->duration);
    run_again_for_report(cell, named,
                         {.stop = &stop_requested(), .progress = progress.watch_run()});
  }
  page.add_run(0, cell.report->json);
  page.end_workload(*cell.scenario, {row});
  page.finish(nullptr);
  file.commit();
}

int run(const Arguments& arguments, Console& out) {
  if (arguments.rest().size() > 1) {
    throw InputError("run takes one workload, and not " + std::to_string(arguments.rest().size()),
                     "sharesim compare takes many");
  }
  const auto trace = read_trace(arguments);
  const Request request = read_request(arguments, "sfq");
  if (request.schedulers.size() != 1) {
    throw InputError(
        "run takes one scheduler, and not " + std::to_string(request.schedulers.size()),
        "sharesim compare takes many");
  }
  catch_interrupts();
  const auto& scenario = request.scenarios.front();
  Cell cell{scenario,         request.schedulers.front(), request.folder,
            request.schedule, arguments.has("explain"),   trace};
  if (request.style.pictures && request.format == Format::kTable) {
    cell.history = std::make_shared<ShareHistory>(*cell.scenario, kPicturedTasks);
  }
  std::optional<OutFile> report;
  if (request.report) {
    report.emplace(*request.folder / "report.html");
    cell.report = std::make_shared<CellReport>();
  }
  const bool shows_progress =
      !request.quiet && wants_progress(stderr_is_terminal(), process_environment());
  std::optional<Result> result;
  {
    Progress progress(shows_progress, cell.scenario->duration);
    result = simulate(cell, {.stop = &stop_requested(), .progress = progress.watch_run()});
  }
  if (report) write_report(*report, cell, *result, shows_progress);
  print(out, request, cell, *result);
  out.flush();
  return final_status(complain_of_expectations(*result));
}

std::vector<OptionInfo> options() {
  std::vector<OptionInfo> all = request_options();
  all.push_back({"explain", 0, "",
                 "run it twice, and show how things stood when the longest starvation began"});
  all.push_back(
      {"trace", 0, "FILE",
       "write a trace: FILE.pftrace for ui.perfetto.dev, or FILE.ftrace, text as Linux's ftrace"});
  return all;
}

}  // namespace

const Command& run_command() {
  static const Command kCommand{
      .name = "run",
      .summary = "simulate one workload under one scheduler",
      .usage = "FILE [-s SCHEDULER] [OPTION]...",
      .details = "The scheduler is sfq unless -s says otherwise. FILE - is standard input.\n",
      .examples =
          "sharesim run workloads/saved-credits.yaml -s credit --explain\n"
          "sharesim run workloads/proportional-shares.yaml -s rr:slice=10ms --format csv\n"
          "sharesim run workloads/proportional-shares.yaml -s stride -o out --schedule\n",
      .options = options(),
      .run = run};
  return kCommand;
}

}  // namespace sharesim::cli
