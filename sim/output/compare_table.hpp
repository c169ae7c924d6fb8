#pragma once
// What `compare` prints: one workload under many schedulers, a row each.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/output/expectations.hpp"
#include "sim/output/grid.hpp"
#include "sim/record/result.hpp"

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
  ExpectationCount expectations;   ///< none if the run was interrupted
};

CompareRow compare_row(const Result& result);

/// A title and a row per scheduler; the best values are marked unless all are alike to the digits
/// that are printed.
std::string compare_table(const Scenario& scenario, const std::vector<CompareRow>& rows,
                          const TableStyle& style);

/// The last line: expectations met in all.
std::string compare_footer(const std::vector<CompareRow>& rows, const TableStyle& style);

}  // namespace sharesim
