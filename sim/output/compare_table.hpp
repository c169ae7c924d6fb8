#pragma once
// What `compare` prints: one workload under many schedulers, a row each.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/output/expectations.hpp"
#include "sim/output/grid.hpp"
#include "sim/record/result.hpp"
#include "sim/registry.hpp"

namespace sharesim {

/// Columns with numbers in the table of `compare`.
inline constexpr std::size_t kComparedValues = 12;

/// One row; small, so that the Result behind it can be dropped.
struct CompareRow {
  std::string scheduler;
  bool ran = false;       ///< false: the run failed, and there are no values
  bool complete = false;  ///< false: the run was interrupted
  std::array<std::optional<std::int64_t>, kComparedValues> values;  ///< in the columns' order
  bool fairness_is_bound = false;  ///< relative fairness is only an upper bound
  bool wakeup_is_bound =
      false;  ///< who woke up and never ran has waited longer than the latencies say
  ExpectationCount expectations;  ///< none if the run was interrupted
  bool is_reference = false;      ///< an ideal to look at, which wins nothing
};

/// Whether the policy is no competitor, but an ideal beside which the others are shown.
bool is_reference(const SchedulerInfo& info);

CompareRow compare_row(const Result& result);

/// A column with numbers: its heading, and the name that programs know it by.
struct ComparedValue {
  std::string_view name;
  std::string_view heading;  ///< two lines
  int expendable;            ///< see GridColumn
};
const ComparedValue& compared_value(std::size_t column);
/// The names of all, by column.
std::vector<std::string> compared_names();
/// The column of this name, which is one of these.
std::size_t compared_column(std::string_view name);

/// For each row whether its value in the column is marked: it is the best, to the digits that are
/// printed, and not all rows have it. References, runs that did not end, and wakeup latencies that leave
/// out a longer wait are never marked.
std::vector<bool> best_rows(const std::vector<CompareRow>& rows, std::size_t column);

/// Twice the rank of each row in the column: 2 is the first alone, 3 two that are first together.
/// Values that are printed alike are alike, and share the mean of their ranks; last are those that can
/// not be marked. 0 for references.
std::vector<std::size_t> doubled_ranks(const std::vector<CompareRow>& rows, std::size_t column);

/// What the rows of a table show.
enum class Shown : std::uint8_t {
  kValues,
  kDifferences,  ///< the first row values, the others how they differ from it
};

/// The column as the table shows it, a cell per row: marked where it is the best, empty where there is
/// no value, and all empty where the whole column says nothing.
std::vector<GridCell> column_cells(const std::vector<CompareRow>& rows, std::size_t column,
                                   Shown shown);
/// What the last column says of a row: expectations met and asked, or that it did not run to its end.
GridCell expectation_cell(const CompareRow& row);

/// A title and a row per scheduler; the best values are marked.
std::string compare_table(const Scenario& scenario, const std::vector<CompareRow>& rows,
                          const TableStyle& style, Shown shown = Shown::kValues);

/// The cells of one column, a row each; the best values are marked.
std::vector<GridCell> compared_cells(const std::vector<CompareRow>& rows, std::size_t column);

/// The last line: expectations met in all.
std::string compare_footer(const ExpectationCount& all, const TableStyle& style);

}  // namespace sharesim
