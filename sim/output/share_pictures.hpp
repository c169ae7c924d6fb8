#pragma once
// Shares as small pictures of characters, for a terminal.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/metrics/share_history.hpp"
#include "sim/output/grid.hpp"
#include "sim/record/result.hpp"

namespace sharesim {

/// Tasks that have a line of their own under a run's table.
inline constexpr TaskId kPicturedTasks = 16;

/// A horizontal bar of `part` millionths of `columns`, to an eighth of a column with Unicode, else to a whole one.
std::string share_bar(std::int64_t part, std::size_t columns, bool unicode);
/// A character per value, higher for larger ones; `most` is the highest.
std::string sparkline(const std::vector<std::int64_t>& values, std::int64_t most, bool unicode);

/// For a run's table: a line per task with its share of the machine and how that went over time.
std::string run_pictures(const Result& result, const ShareHistory& history,
                         const TableStyle& style);

/// For a table of many schedulers over one workload.
class ComparePictures {
 public:
  /// `result` and `history` are those of one row.
  void add(const Result& result, const ShareHistory& history);
  /// A line per row, a column per task, as many as the style has room for; nothing if there is no row. Forgets the rows.
  std::string take(const TableStyle& style);

 private:
  struct Row {
    std::string scheduler;
    std::shared_ptr<const Scenario> scenario;
    std::vector<std::vector<std::int64_t>> rates;  ///< by task
    std::vector<std::int64_t> shares;              ///< by task, in millionths
  };
  std::vector<Row> rows_;
};

}  // namespace sharesim
