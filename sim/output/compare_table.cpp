#include "sim/output/compare_table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/output/text.hpp"

namespace sharesim {
namespace {

constexpr std::size_t kNameColumns = 40;

/// What a column may look at.
struct Machine {
  const Result& result;
  EntityResult root;
  Duration worst_lag{};        ///< largest lag_max of all tasks
  Duration total_throttled{};  ///< of all tasks and groups, each by its own cap
};

using Value = std::optional<std::int64_t>;

Value root_value(const Machine& m, Metric metric) {
  return value_of(m.root, metric, false, true, m.result.end.time_since_epoch());
}

enum class Form : std::uint8_t { kDuration, kIndex, kCount };

struct ColumnSpec {
  const char* heading;
  Form form;
  bool higher_is_better;
  bool zero_is_nothing;  ///< a column of zeros says nothing
  int expendable;        ///< see GridColumn
  Value (*value)(const Machine&);
};

constexpr std::size_t kFairnessColumn = 6;

const std::array<ColumnSpec, kComparedValues>& column_specs() {
  static const std::array<ColumnSpec, kComparedValues> kSpecs{{
      {"Jain\nindex", Form::kIndex, true, false, 0,
       [](const Machine& m) { return root_value(m, Metric::kJain); }},
      {"worst\nlag", Form::kDuration, false, false, 0,
       [](const Machine& m) { return Value(to_ns(m.worst_lag)); }},
      {"longest\nstarved", Form::kDuration, false, false, 0,
       [](const Machine& m) { return root_value(m, Metric::kStarvation); }},
      {"wakeup\np99", Form::kDuration, false, false, 1,
       [](const Machine& m) { return root_value(m, Metric::kWakeupP99); }},
      {"wakeup\nmax", Form::kDuration, false, false, 3,
       [](const Machine& m) { return root_value(m, Metric::kWakeupMax); }},
      {"response\np99", Form::kDuration, false, false, 1,
       [](const Machine& m) { return root_value(m, Metric::kResponseP99); }},
      {"relative\nfairness", Form::kDuration, false, false, 2,
       [](const Machine& m) { return root_value(m, Metric::kRelativeFairness); }},
      {"switches", Form::kCount, false, false, 4,
       [](const Machine& m) { return root_value(m, Metric::kSwitches); }},
      {"moves", Form::kCount, false, true, 6,
       [](const Machine& m) { return root_value(m, Metric::kMigrations); }},
      {"idle", Form::kDuration, false, false, 5,
       [](const Machine& m) { return root_value(m, Metric::kIdle); }},
      {"wasted\nidle", Form::kDuration, false, false, 1,
       [](const Machine& m) { return root_value(m, Metric::kWastedIdle); }},
      {"throttled", Form::kDuration, false, true, 5,
       [](const Machine& m) { return Value(to_ns(m.total_throttled)); }},
  }};
  return kSpecs;
}

Machine look_at(const Result& result) {
  Machine machine{result, result.table->row(EntityRef::group(kRoot))};
  const Scenario& scenario = *result.scenario;
  for (GroupId group = 0; group < scenario.groups.size(); ++group) {
    machine.total_throttled += result.table->row(EntityRef::group(group)).throttled;
  }
  for (TaskId task = 0; task < scenario.task_count(); ++task) {
    const EntityResult row = result.table->row(EntityRef::task(task));
    machine.worst_lag = std::max(machine.worst_lag, row.lag_max);
    machine.total_throttled += row.throttled;
  }
  return machine;
}

std::string text_of(Form form, std::int64_t value) {
  switch (form) {
    case Form::kDuration:
      return human(ns(value), "");
    case Form::kIndex:
      return fmt::format("{:.4f}", static_cast<double>(value) / 1e6);
    case Form::kCount:
      break;
  }
  return human_count(static_cast<std::uint64_t>(value));
}

std::vector<GridCell> column_cells(const std::vector<CompareRow>& rows, std::size_t column) {
  const ColumnSpec& spec = column_specs()[column];
  Value best;
  for (const CompareRow& row : rows) {
    const Value value = row.values[column];
    if (!value || !row.complete) continue;
    if (!best || (spec.higher_is_better ? *value > *best : *value < *best)) best = value;
  }
  const bool nothing =
      spec.zero_is_nothing && std::all_of(rows.begin(), rows.end(), [&](const CompareRow& row) {
        return row.values[column].value_or(0) == 0;
      });
  // Values that look alike are alike: nobody should wonder why only one of them is the best.
  const std::string best_text = best ? text_of(spec.form, *best) : "";
  std::vector<GridCell> cells;
  std::size_t marked = 0;
  for (const CompareRow& row : rows) {
    GridCell cell;
    if (row.values[column] && !nothing) {
      cell.text = text_of(spec.form, *row.values[column]);
      cell.marked = row.complete && cell.text == best_text;
      if (column == kFairnessColumn && row.fairness_is_bound) cell.text.insert(0, "≤");
    }
    marked += cell.marked ? 1 : 0;
    cells.push_back(std::move(cell));
  }
  for (GridCell& cell : cells) {
    if (marked == rows.size()) cell.marked = false;
    if (cell.marked) cell.ink = Ink::kGood;
  }
  return cells;
}

GridCell expectation_cell(const CompareRow& row) {
  if (!row.ran) return {"did not run", Ink::kBad};
  const auto [asked, met] = row.expectations;
  if (!row.complete) return {"incomplete", Ink::kBad};
  if (asked == 0) return {};
  const bool failed = met < asked;
  return {fmt::format("{}/{}{}", met, asked, failed ? " FAILED" : ""),
          failed ? Ink::kBad : Ink::kPlain};
}

}  // namespace

CompareRow compare_row(const Result& result) {
  const Machine machine = look_at(result);
  CompareRow row;
  row.scheduler = result.scheduler;
  row.ran = true;
  row.complete = result.complete;
  row.fairness_is_bound = !machine.root.relative_fairness_exact;
  if (result.complete) row.expectations = count_expectations(result);
  for (std::size_t i = 0; i < kComparedValues; ++i) {
    row.values[i] = column_specs()[i].value(machine);
  }
  return row;
}

std::string compare_table(const Scenario& scenario, const std::vector<CompareRow>& rows,
                          const TableStyle& style) {
  std::vector<GridColumn> columns{{"scheduler", false}};
  std::vector<std::vector<GridCell>> values;
  for (std::size_t i = 0; i < kComparedValues; ++i) {
    const ColumnSpec& spec = column_specs()[i];
    columns.push_back({spec.heading, true, spec.expendable});
    values.push_back(column_cells(rows, i));
  }
  columns.push_back({"expected", false});
  Grid grid(std::move(columns));
  for (std::size_t y = 0; y < rows.size(); ++y) {
    std::vector<GridCell> cells{{shorten(rows[y].scheduler, kNameColumns)}};
    for (const auto& column : values) cells.push_back(column[y]);
    cells.push_back(expectation_cell(rows[y]));
    grid.add_row(std::move(cells));
  }
  const std::string name = printable(scenario.name);
  std::string title = inked(name, Ink::kHeading, style);
  const std::string question = headline(scenario.question);
  const std::size_t taken = display_width(name) + 2;
  if (!question.empty() && taken < style.width) {
    title += ": " + shorten(question, style.width - taken);
  }
  return title + "\n" + grid.render(style);
}

std::string compare_footer(const std::vector<CompareRow>& rows, const TableStyle& style) {
  ExpectationCount all;
  for (const CompareRow& row : rows) {
    all.asked += row.expectations.asked;
    all.met += row.expectations.met;
  }
  if (all.asked == 0) return "no expectations were asked\n";
  return inked(fmt::format("{} of {} expectations met", all.met, all.asked),
               all.met == all.asked ? Ink::kGood : Ink::kBad, style) +
         "\n";
}

}  // namespace sharesim
