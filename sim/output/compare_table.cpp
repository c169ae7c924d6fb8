#include "sim/output/compare_table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/core/check.hpp"
#include "sim/output/text.hpp"

namespace sharesim {
namespace {

constexpr std::size_t kNameColumns = 40;

/// What a column may look at.
struct Machine {
  const Result& result;
  EntityResult root;
  Duration worst_lag{};        ///< largest lag_max of all tasks
  Duration never_served{};     ///< longest wait of a task that woke up and never ran
  Duration total_throttled{};  ///< of all tasks and groups, each by its own cap
};

using Value = std::optional<std::int64_t>;

Value root_value(const Machine& m, Metric metric) {
  return value_of(m.root, metric, false, true, m.result.end.time_since_epoch());
}

enum class Form : std::uint8_t { kDuration, kIndex, kCount };

struct ColumnSpec {
  ComparedValue info;
  Form form;
  bool higher_is_better;
  bool zero_is_nothing;  ///< a column of zeros says nothing
  Value (*value)(const Machine&);
};

const std::array<ColumnSpec, kComparedValues>& column_specs() {
  static const std::array<ColumnSpec, kComparedValues> kSpecs{{
      {{"jain", "Jain\nindex", 0},
       Form::kIndex,
       true,
       false,
       [](const Machine& m) { return root_value(m, Metric::kJain); }},
      {{"lag_max", "worst\nlag", 0},
       Form::kDuration,
       false,
       false,
       [](const Machine& m) { return Value(to_ns(m.worst_lag)); }},
      {{"starvation", "longest\nstarved", 0},
       Form::kDuration,
       false,
       false,
       [](const Machine& m) { return root_value(m, Metric::kStarvation); }},
      {{"wakeup_p99", "wakeup\np99", 1},
       Form::kDuration,
       false,
       false,
       [](const Machine& m) { return root_value(m, Metric::kWakeupP99); }},
      {{"wakeup_max", "wakeup\nmax", 3},
       Form::kDuration,
       false,
       false,
       [](const Machine& m) { return root_value(m, Metric::kWakeupMax); }},
      {{"response_p99", "response\np99", 1},
       Form::kDuration,
       false,
       false,
       [](const Machine& m) { return root_value(m, Metric::kResponseP99); }},
      {{"relative_fairness", "relative\nfairness", 2},
       Form::kDuration,
       false,
       false,
       [](const Machine& m) { return root_value(m, Metric::kRelativeFairness); }},
      {{"switches", "switches", 4},
       Form::kCount,
       false,
       false,
       [](const Machine& m) { return root_value(m, Metric::kSwitches); }},
      {{"migrations", "moves", 6},
       Form::kCount,
       false,
       true,
       [](const Machine& m) { return root_value(m, Metric::kMigrations); }},
      {{"idle", "idle", 5},
       Form::kDuration,
       false,
       false,
       [](const Machine& m) { return root_value(m, Metric::kIdle); }},
      {{"wasted_idle", "wasted\nidle", 1},
       Form::kDuration,
       false,
       false,
       [](const Machine& m) { return root_value(m, Metric::kWastedIdle); }},
      {{"throttled", "throttled", 5},
       Form::kDuration,
       false,
       true,
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
    if (row.wakeups > 0 && row.wakeup.count == 0) {
      machine.never_served = std::max(machine.never_served, row.starvation.length);
    }
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

std::string difference_text(Form form, std::int64_t value, std::int64_t base) {
  if (value == base) return "=";
  switch (form) {
    case Form::kDuration:
      return human_difference(ns(value - base));
    case Form::kIndex: {
      const std::string text = fmt::format("{:+.4f}", static_cast<double>(value - base) / 1e6);
      return text.find_first_of("123456789") == std::string::npos ? "=" : text;
    }
    case Form::kCount:
      break;
  }
  return base == 0 ? "+" + human_count(static_cast<std::uint64_t>(value))
                   : human_ratio(value, base);
}

/// Whether a value of the column is less than it would be if all that woke up had run.
bool leaves_out_waits(const CompareRow& row, std::size_t column) {
  return row.wakeup_is_bound &&
         (column == compared_column("wakeup_p99") || column == compared_column("wakeup_max"));
}

/// What is known of a value, or of a difference, where only a bound of it is known.
std::string_view bound_sign(const CompareRow& row, const CompareRow* base, std::size_t column) {
  const auto at_most = [&](const CompareRow* other) {
    return other != nullptr && column == compared_column("relative_fairness") &&
           other->fairness_is_bound;
  };
  const auto at_least = [&](const CompareRow* other) {
    return other != nullptr && leaves_out_waits(*other, column);
  };
  const bool low = at_least(&row) || at_most(base);
  const bool high = at_most(&row) || at_least(base);
  if (low && high) return "~";
  return low ? "≥" : high ? "≤" : "";
}

/// `base` is nullptr where values are shown.
std::string shown_text(const ColumnSpec& spec, const CompareRow& row, const CompareRow* base,
                       std::size_t column) {
  const bool differs = base != nullptr && base->complete && base->values[column];
  if (!row.values[column]) return "";
  const std::int64_t value = *row.values[column];
  std::string text = differs ? difference_text(spec.form, value, *base->values[column])
                             : text_of(spec.form, value);
  return text.insert(0, bound_sign(row, differs ? base : nullptr, column));
}

}  // namespace

CompareRow compare_row(const Result& result) {
  const Machine machine = look_at(result);
  CompareRow row;
  row.scheduler = result.scheduler;
  row.ran = true;
  row.complete = result.complete;
  row.fairness_is_bound = !machine.root.relative_fairness_exact;
  row.wakeup_is_bound = machine.never_served > machine.root.wakeup.max;
  if (result.complete) row.expectations = count_expectations(result);
  for (std::size_t i = 0; i < kComparedValues; ++i) {
    row.values[i] = column_specs()[i].value(machine);
  }
  return row;
}

bool is_reference(const SchedulerInfo& info) { return info.claims.has(Claim::kFluid); }

std::vector<GridCell> compared_cells(const std::vector<CompareRow>& rows, std::size_t column) {
  return column_cells(rows, column, Shown::kValues);
}

const ComparedValue& compared_value(std::size_t column) { return column_specs().at(column).info; }

std::vector<std::string> compared_names() {
  std::vector<std::string> names;
  for (const ColumnSpec& spec : column_specs()) names.emplace_back(spec.info.name);
  return names;
}

std::size_t compared_column(std::string_view name) {
  for (std::size_t column = 0; column < kComparedValues; ++column) {
    if (compared_value(column).name == name) return column;
  }
  fail_check("a column of the table has this name");
}

std::vector<std::size_t> doubled_ranks(const std::vector<CompareRow>& rows, std::size_t column) {
  const ColumnSpec& spec = column_specs().at(column);
  const auto value = [&](std::size_t i) {
    const bool counts = rows[i].complete && !leaves_out_waits(rows[i], column);
    return counts ? rows[i].values[column] : std::nullopt;
  };
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].is_reference) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (!value(a) || !value(b)) return value(a).has_value() && !value(b);
    return spec.higher_is_better ? *value(a) > *value(b) : *value(a) < *value(b);
  });
  // Values that look alike are alike: nobody should wonder why only one of them is the best.
  const auto text = [&](std::size_t i) { return value(i) ? text_of(spec.form, *value(i)) : ""; };
  std::vector<std::size_t> ranks(rows.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && text(order[end]) == text(order[first])) ++end;
    for (std::size_t k = first; k < end; ++k) ranks[order[k]] = first + 1 + end;
    first = end;
  }
  return ranks;
}

std::vector<bool> best_rows(const std::vector<CompareRow>& rows, std::size_t column) {
  const std::vector<std::size_t> ranks = doubled_ranks(rows, column);
  std::size_t least = 0;
  std::size_t most = 0;
  for (const std::size_t rank : ranks) {
    if (rank == 0) continue;
    least = least == 0 ? rank : std::min(least, rank);
    most = std::max(most, rank);
  }
  std::vector<bool> best(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) best[i] = ranks[i] == least && least < most;
  return best;
}

std::vector<GridCell> column_cells(const std::vector<CompareRow>& rows, std::size_t column,
                                   Shown shown) {
  const ColumnSpec& spec = column_specs()[column];
  const bool nothing =
      spec.zero_is_nothing && std::all_of(rows.begin(), rows.end(), [&](const CompareRow& row) {
        return row.values[column].value_or(0) == 0;
      });
  if (nothing) return std::vector<GridCell>(rows.size());
  const std::vector<bool> best = best_rows(rows, column);
  std::vector<GridCell> cells;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool differs = shown == Shown::kDifferences && i > 0;
    cells.push_back({shown_text(spec, rows[i], differs ? &rows.front() : nullptr, column),
                     best[i] ? Ink::kGood : Ink::kPlain, best[i]});
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

std::string compare_table(const Scenario& scenario, const std::vector<CompareRow>& rows,
                          const TableStyle& style, Shown shown) {
  std::vector<GridColumn> columns{{"scheduler", false}};
  std::vector<std::vector<GridCell>> values;
  for (std::size_t i = 0; i < kComparedValues; ++i) {
    const ComparedValue& info = compared_value(i);
    columns.push_back({std::string(info.heading), true, info.expendable});
    values.push_back(column_cells(rows, i, shown));
  }
  columns.push_back({"expected", false});
  Grid grid(std::move(columns));
  for (std::size_t y = 0; y < rows.size(); ++y) {
    std::vector<GridCell> cells{{shorten(rows[y].scheduler, kNameColumns)}};
    if (shown == Shown::kDifferences && y == 0) cells.front().text += " (baseline)";
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

std::string compare_footer(const ExpectationCount& all, const TableStyle& style) {
  if (all.asked == 0) return "no expectations were asked\n";
  return inked(fmt::format("{} of {} expectations met", all.met, all.asked),
               all.met == all.asked ? Ink::kGood : Ink::kBad, style) +
         "\n";
}

}  // namespace sharesim
