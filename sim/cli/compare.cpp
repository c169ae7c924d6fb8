// sharesim compare: many workloads under many schedulers, one table.

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sim/cli/cell_pool.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/earlier_runs.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/outcome.hpp"
#include "sim/cli/progress.hpp"
#include "sim/cli/request.hpp"
#include "sim/cli/simulate.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/output/compare_matrix.hpp"
#include "sim/output/compare_table.hpp"
#include "sim/output/csv.hpp"
#include "sim/output/out_file.hpp"
#include "sim/output/ranking.hpp"
#include "sim/output/report_page.hpp"
#include "sim/output/share_pictures.hpp"
#include "sim/output/summary.hpp"

namespace sharesim::cli {
namespace {

namespace fs = std::filesystem;

constexpr TaskId kComparedTasks = 4;  // that are pictured, at most

/// A name in `folder` for `text` that no earlier call has returned.
fs::path unused_name(const fs::path& folder, const std::string& text, std::set<fs::path>& used) {
  const std::string name = file_name_of(text);
  fs::path path = folder / name;
  for (int number = 2; !used.insert(path).second; ++number) {
    path = folder / (name + "." + std::to_string(number));
  }
  return path;
}

/// The fluid ideal, first of all in a table of values that does not have it anyway. Nobody has asked for it, so
/// it writes no files, and no expectation is held against it.
std::optional<SchedulerChoice> added_reference(const Request& request) {
  const auto named = [](const SchedulerChoice& choice) { return is_reference(choice.info()); };
  if (request.format != Format::kTable || request.has_baseline ||
      std::any_of(request.schedulers.begin(), request.schedulers.end(), named)) {
    return std::nullopt;
  }
  return Registry::global().choose("gps");
}

/// Workload by workload, each under all schedulers. Makes the folders.
std::vector<Cell> make_cells(const Request& request,
                             const std::optional<SchedulerChoice>& reference) {
  const ReportSize size =
      ReportSize::of_one_in(request.scenarios.size() * request.schedulers.size());
  std::vector<Cell> cells;
  std::set<fs::path> used;
  for (const auto& scenario : request.scenarios) {
    fs::path of_workload;
    if (request.folder) of_workload = unused_name(*request.folder, scenario->name, used);
    const auto history = [&]() -> std::shared_ptr<ShareHistory> {
      if (!request.style.pictures || request.format != Format::kTable) return nullptr;
      return std::make_shared<ShareHistory>(*scenario, kComparedTasks);
    };
    if (reference) {
      cells.push_back({scenario, *reference, std::nullopt, false});
      cells.back().history = history();
    }
    for (const SchedulerChoice& scheduler : request.schedulers) {
      Cell cell{scenario, scheduler, std::nullopt, request.schedule};
      cell.history = history();
      if (request.folder) {
        cell.folder = unused_name(of_workload, scheduler.to_string(), used);
        make_folder(*cell.folder);
        if (request.report) cell.report = std::make_shared<CellReport>(CellReport{size});
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
  /// `metric` is the one column to print, if only one was asked for.
  Printer(Console& out, const Request& request, Progress& progress, bool has_added_reference,
          std::optional<std::size_t> metric)
      : out_(out),
        request_(request),
        progress_(progress),
        metric_(metric),
        has_added_reference_(has_added_reference),
        matrix_(metric.value_or(compared_column("starvation"))) {
    if (request.folder) {
      file_.emplace(*request.folder / "compare.csv");
      write_metrics_heading(*file_, request.has_baseline);
    }
    if (request.report) {
      report_file_.emplace(*request.folder / "report.html");
      page_.emplace(*report_file_);
    }
    if (request.format == Format::kCsv) write_metrics_heading(out_, request.has_baseline);
    if (request.format == Format::kJson) out_.write("{\"runs\": [");
  }

  /// `result` is nullptr if the cell did not run to an end.
  /// What has to be run once more is run by `pool`.
  void add(const Cell& cell, const Result* result, CellPool& pool) {
    const bool is_added = has_added_reference_ && rows_.empty();
    if (result != nullptr && cell.history) pictures_.add(*result, *cell.history);
    if (request_.has_baseline && rows_.empty()) {
      baseline_.reset();
      if (result != nullptr && result->complete) baseline_ = *result;
    }
    CompareRow row;
    if (result != nullptr) row = compare_row(*result);
    const std::size_t added = has_added_reference_ ? 1 : 0;
    row.scheduler = cell.scheduler.to_string();
    row.is_reference = is_reference(cell.scheduler.info());
    expectations_.asked += row.expectations.asked;
    expectations_.met += row.expectations.met;
    if (page_) add_to_page(cell, result, row);
    rows_.push_back(std::move(row));
    if (result != nullptr && !is_added) {
      if (file_) add_csv(*file_, *result);
      if (request_.format == Format::kCsv) add_csv(out_, *result);
      if (request_.format == Format::kJson) add_json(cell, *result);
    }
    if (rows_.size() == request_.schedulers.size() + added) end_workload(*cell.scenario, pool);
  }

  void finish() {
    const bool ranked = request_.scenarios.size() > 1 && ranking_.competitors() > 1;
    if (ranked && file_) write_ranking_csv(*file_, ranking_, request_.has_baseline);
    if (file_) file_->commit();
    if (page_) {
      page_->finish(ranked ? &ranking_ : nullptr);
      report_file_->commit();
    } else if (request_.folder) {
      std::error_code ignored;
      fs::remove(*request_.folder / "report.html", ignored);  // of an earlier comparison
    }
    switch (request_.format) {
      case Format::kTable:
        if (metric_ || request_.scenarios.size() > 1)
          out_.write(matrix_.render(request_.style) + "\n");
        if (ranked && !metric_) out_.write(ranking_table(ranking_, request_.style) + "\n");
        out_.write(compare_footer(expectations_, request_.style));
        break;
      case Format::kCsv:
        if (ranked) write_ranking_csv(out_, ranking_, request_.has_baseline);
        break;
      case Format::kJson:
        out_.write("\n]");
        if (ranked) {
          out_.write(",\n\"ranking\": ");
          write_ranking_json(out_, ranking_);
        }
        out_.write("}\n");
        break;
    }
    progress_.clear();
    out_.flush();
  }

 private:
  void add_csv(Sink& sink, const Result& result) {
    std::optional<Comparison> comparison;
    if (request_.has_baseline) comparison.emplace(Comparison{baseline()});
    write_metrics_csv(sink, result, comparison);
  }

  /// A run without a result has a row as well.
  void add_to_page(const Cell& cell, const Result* result, const CompareRow& values) {
    ReportRow row;
    if (result != nullptr) row = report_row(*result);
    row.values = values;
    row.has_charts = result != nullptr && cell.report;
    report_rows_.push_back(std::move(row));
    report_cells_.push_back(&cell);
  }

  /// Only now is known whom all runs of the workload are to show.
  void end_page(const Scenario& scenario, CellPool& pool) {
    run_again(named_entities(report_rows_), pool);
    for (std::size_t i = 0; i < report_rows_.size(); ++i) {
      if (!report_rows_[i].has_charts) continue;
      const Cell& cell = *report_cells_[i];
      page_->add_run(i, cell.report->json);
      cell.report->json = {};
    }
    report_cells_.clear();
    page_->end_workload(scenario, std::exchange(report_rows_, {}));
  }

  /// Those runs of the workload whose reports do not show all of `named`.
  void run_again(const std::vector<EntityRef>& named, CellPool& pool) {
    std::vector<const Cell*> again;
    for (std::size_t i = 0; i < report_rows_.size(); ++i) {
      const Cell& cell = *report_cells_[i];
      if (!report_rows_[i].has_charts || shows_in_report(cell, named)) continue;
      again.push_back(&cell);
      progress_.expect(cell.scenario->duration);
    }
    pool.run_first(again.size(), [&](std::size_t i) {
      run_again_for_report(*again[i], named,
                           {.stop = &stop_requested(), .progress = progress_.watch_run()});
    });
  }

  void add_json(const Cell& cell, const Result& result) {
    out_.write(first_ ? "\n" : ",\n");
    first_ = false;
    write_summary(out_, result, cell.scenario->set_up(cell.scheduler), baseline());
  }

  void end_workload(const Scenario& scenario, CellPool& pool) {
    ranking_.add(rows_);
    if (request_.format == Format::kTable) matrix_.add(scenario.name, rows_);
    if (page_) end_page(scenario, pool);
    if (request_.format == Format::kTable && !metric_) {
      const Shown shown = request_.has_baseline ? Shown::kDifferences : Shown::kValues;
      out_.write(compare_table(scenario, rows_, request_.style, shown) + "\n");
      const std::string pictures = pictures_.take(request_.style);
      if (!pictures.empty()) out_.write(pictures + "\n");
      progress_.clear();
      out_.flush();
    }
    rows_.clear();
  }

  const Result* baseline() const { return baseline_ ? &*baseline_ : nullptr; }

  Console& out_;
  const Request& request_;
  Progress& progress_;
  const std::optional<std::size_t> metric_;
  const bool has_added_reference_;
  std::optional<OutFile> file_;  ///< compare.csv
  std::optional<OutFile> report_file_;
  std::optional<ReportPage> page_;         ///< report.html
  std::vector<ReportRow> report_rows_;     ///< of the present workload
  std::vector<const Cell*> report_cells_;  ///< of the present workload, one for each row
  std::vector<CompareRow> rows_;           ///< of the present workload
  std::optional<Result> baseline_;         ///< of the present workload, if it came to its end
  ComparePictures pictures_;               ///< of the present workload
  ExpectationCount expectations_;
  Ranking ranking_;
  CompareMatrix matrix_;
  bool first_ = true;
};

/// --metric, as a column.
std::optional<std::size_t> read_metric(const Arguments& arguments, const Request& request) {
  if (!arguments.has("metric")) return std::nullopt;
  Mistakes mistakes;
  const std::size_t column = read_choice(arguments, "metric", compared_names(), mistakes);
  if (request.format != Format::kTable) {
    add_mistake(mistakes, "--metric is for tables", "csv and json have every metric");
  }
  if (request.has_baseline) {
    add_mistake(mistakes, "--metric shows values, and no differences",
                "one of --metric and --baseline");
  }
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  return column;
}

struct Failure {
  std::string cell;
  std::exception_ptr error;
};

int compare(const Arguments& arguments, Console& out) {
  const Request request = read_request(arguments, std::nullopt);
  const std::optional<std::size_t> metric = read_metric(arguments, request);
  const std::optional<SchedulerChoice> reference = added_reference(request);
  const bool has_reference = reference.has_value();
  const std::vector<Cell> cells = make_cells(request, reference);
  catch_interrupts();
  Progress progress(!request.quiet && wants_progress(stderr_is_terminal(), process_environment()),
                    total_time(cells));
  Printer printer(out, request, progress, has_reference, metric);
  const std::size_t jobs =
      request.jobs != 0 ? request.jobs : std::max(1U, std::thread::hardware_concurrency());
  const std::size_t rows = request.schedulers.size() + (has_reference ? 1 : 0);
  CellPool pool(
      cells.size(), jobs,
      [&](std::size_t i) {
        Result result =
            simulate(cells[i], {.stop = &stop_requested(), .progress = progress.watch_run()});
        if (has_reference && i % rows == 0) result.expectations.clear();
        return result;
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
      printer.add(cells[i], outcome.result ? &*outcome.result : nullptr, pool);
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
  if (request.folder) warn_of_earlier_runs(*request.folder, cells);
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
  options.push_back({"baseline", 0, "SCHEDULER",
                     "show how the others differ from this one, such as sfq or sfq:slice=5ms"});
  options.push_back({"jobs", 'j', "N", "simulate this many at a time; as many as there are CPUs"});
  options.push_back({"metric", 0, "NAME",
                     "one table of this only, workloads by schedulers: starvation, lag_max, jain, "
                     "wakeup_p99, ..."});
  return options;
}

}  // namespace

const Command& compare_command() {
  static const Command kCommand{
      .name = "compare",
      .summary = "simulate many workloads under many schedulers and print one table",
      .usage = "FILE... -s LIST [OPTION]...",
      .details =
          "-s all means every scheduler that is known. Tables show the fluid ideal, gps, above "
          "the\n"
          "others; files and the formats csv and json have it where -s names it. The best value of "
          "a column is marked with\n"
          "'*', unless all are alike. Several workloads end with the longest starvation of each "
          "in\n"
          "one table, and a ranking that counts the marks: first is who met the largest part of\n"
          "its expectations, of these who has the best mean rank.\n"
          "\n"
          "With --baseline that scheduler stands first, whether -s names it or not. Of the others\n"
          "durations and the Jain index are differences (+1.20ms, -0.0310), counts are ratios\n"
          "(x2.10) or, beside 0, differences (+3); '=' is no difference.\n"
          "\n"
          "With -o the files of each run go to DIR/WORKLOAD/SCHEDULER/, and DIR/compare.csv has\n"
          "all values of all runs. DIR/report.html shows all of them in a browser. Runs of an "
          "earlier\n"
          "comparison that are still in DIR are named in a warning, and stay.\n",
      .examples =
          "sharesim compare workloads/proportional-shares.yaml -s sfq:slice=1ms,sfq:slice=10ms\n"
          "sharesim compare workloads/starvation/*.yaml -s credit,sfq,eevdf --metric starvation\n"
          "sharesim compare workloads/*.yaml -s all --baseline sfq -o out -j 4\n",
      .options = compare_options(),
      .run = compare};
  return kCommand;
}

}  // namespace sharesim::cli
