// sharesim compare: many workloads under many schedulers, one table.

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sim/cli/cell_pool.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/outcome.hpp"
#include "sim/cli/progress.hpp"
#include "sim/cli/request.hpp"
#include "sim/cli/simulate.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/output/compare_table.hpp"
#include "sim/output/csv.hpp"
#include "sim/output/out_file.hpp"
#include "sim/output/summary.hpp"

namespace sharesim::cli {
namespace {

namespace fs = std::filesystem;

/// A name in `folder` for `text` that no earlier call has returned.
fs::path unused_name(const fs::path& folder, const std::string& text, std::set<fs::path>& used) {
  const std::string name = file_name_of(text);
  fs::path path = folder / name;
  for (int number = 2; !used.insert(path).second; ++number) {
    path = folder / (name + "." + std::to_string(number));
  }
  return path;
}

/// Workload by workload, each under all schedulers. Makes the folders.
std::vector<Cell> make_cells(const Request& request) {
  std::vector<Cell> cells;
  std::set<fs::path> used;
  for (const auto& scenario : request.scenarios) {
    fs::path of_workload;
    if (request.folder) of_workload = unused_name(*request.folder, scenario->name, used);
    for (const SchedulerChoice& scheduler : request.schedulers) {
      Cell cell{scenario, scheduler, std::nullopt, request.schedule};
      if (request.folder) {
        cell.folder = unused_name(of_workload, scheduler.to_string(), used);
        make_folder(*cell.folder);
      }
      cells.push_back(std::move(cell));
    }
  }
  return cells;
}

Duration total_time(const std::vector<Cell>& cells) {
  Duration total{};
  for (const Cell& cell : cells) total += cell.scenario->duration;
  return total;
}

/// Prints what comes in, cell after cell, in the format that was asked for.
class Printer {
 public:
  Printer(Console& out, const Request& request, Progress& progress)
      : out_(out), request_(request), progress_(progress) {
    if (request.folder) {
      file_.emplace(*request.folder / "compare.csv");
      write_metrics_heading(*file_);
    }
    if (request.format == Format::kCsv) write_metrics_heading(out_);
    if (request.format == Format::kJson) out_.write("[");
  }

  /// `result` is nullptr if the cell did not run to an end.
  void add(const Cell& cell, const Result* result) {
    CompareRow row;
    if (result != nullptr) row = compare_row(*result);
    row.scheduler = cell.scheduler.to_string();
    rows_.push_back(std::move(row));
    if (result != nullptr) {
      if (file_) write_metrics_csv(*file_, *result);
      if (request_.format == Format::kCsv) write_metrics_csv(out_, *result);
      if (request_.format == Format::kJson) add_json(cell, *result);
    }
    if (request_.format == Format::kTable && rows_.size() % request_.schedulers.size() == 0) {
      print_workload(*cell.scenario);
    }
  }

  void finish() {
    if (file_) file_->commit();
    if (request_.format == Format::kTable) out_.write(compare_footer(rows_, request_.style));
    if (request_.format == Format::kJson) out_.write("\n]\n");
    progress_.clear();
    out_.flush();
  }

 private:
  void add_json(const Cell& cell, const Result& result) {
    out_.write(first_ ? "\n" : ",\n");
    first_ = false;
    write_summary(out_, result, cell.scheduler);
  }

  void print_workload(const Scenario& scenario) {
    const auto count = static_cast<std::ptrdiff_t>(request_.schedulers.size());
    const std::vector<CompareRow> rows(rows_.end() - count, rows_.end());
    out_.write(compare_table(scenario, rows, request_.style) + "\n");
    progress_.clear();
    out_.flush();
  }

  Console& out_;
  const Request& request_;
  Progress& progress_;
  std::optional<OutFile> file_;  ///< compare.csv
  std::vector<CompareRow> rows_;
  bool first_ = true;
};

struct Failure {
  std::string cell;
  std::exception_ptr error;
};

int compare(const Arguments& arguments, Console& out) {
  const Request request = read_request(arguments, std::nullopt);
  const std::vector<Cell> cells = make_cells(request);
  catch_interrupts();
  Progress progress(!request.quiet && wants_progress(stderr_is_terminal(), process_environment()),
                    total_time(cells));
  Printer printer(out, request, progress);
  const std::size_t jobs =
      request.jobs != 0 ? request.jobs : std::max(1U, std::thread::hardware_concurrency());
  CellPool pool(
      cells.size(), jobs,
      [&](std::size_t i) {
        return simulate(cells[i], {.stop = &stop_requested(), .progress = progress.watch_run()});
      },
      stop_requested());

  std::vector<Failure> failures;
  std::vector<Result> unexpected;
  ExitStatus status = ExitStatus::kFine;
  try {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      CellOutcome outcome = pool.take(i);
      if (outcome.error) {
        failures.push_back(
            {cells[i].scenario->name + " under " + cells[i].scheduler.to_string(), outcome.error});
      }
      printer.add(cells[i], outcome.result ? &*outcome.result : nullptr);
      if (outcome.result && !outcome.result->expectations_met()) {
        outcome.result->table.reset();
        unexpected.push_back(std::move(*outcome.result));
      }
      // Nobody reads on, and nothing is kept in files.
      if (out.failed() && !request.folder) stop_requested() = true;
    }
    printer.finish();
  } catch (...) {
    stop_requested() = true;
    throw;
  }
  for (const Result& result : unexpected) {
    status = worse(status, complain_of_expectations(result));
  }
  for (const Failure& failure : failures) {
    status = worse(status, report(failure.error, failure.cell));
  }
  return final_status(status);
}

std::vector<OptionInfo> compare_options() {
  std::vector<OptionInfo> options = request_options();
  options.push_back({"jobs", 'j', "N", "simulate this many at a time; as many as there are CPUs"});
  return options;
}

}  // namespace

const Command& compare_command() {
  static const Command kCommand{
      .name = "compare",
      .summary = "simulate many workloads under many schedulers and print one table",
      .usage = "FILE... -s LIST [OPTION]...",
      .details =
          "-s all means every scheduler that is known. The best value of a column is marked with\n"
          "'*', unless all are alike. With -o the files of each run go to\n"
          "DIR/WORKLOAD/SCHEDULER/, and DIR/compare.csv has all values of all runs.\n",
      .examples =
          "sharesim compare workloads/*.yaml -s rr,wfq,sfq\n"
          "sharesim compare workloads/proportional-shares.yaml -s sfq:slice=1ms,sfq:slice=10ms\n"
          "sharesim compare workloads/*.yaml -s all -o out -j 4\n",
      .options = compare_options(),
      .run = compare};
  return kCommand;
}

}  // namespace sharesim::cli
