#include "sim/output/compare_matrix.hpp"

#include <string_view>
#include <utility>

#include "sim/output/text.hpp"

namespace sharesim {
namespace {

constexpr std::size_t kNameColumns = 40;
constexpr std::size_t kHeadingColumns = 11;

/// A name over a narrow column: broken after punctuation, into lines that are no longer than needs be.
std::string stacked(std::string_view name) {
  std::string text;
  std::size_t line = 0;
  while (!name.empty()) {
    const std::string_view piece = name.substr(0, name.find_first_of(":,-_"));
    const std::string_view whole =
        name.substr(0, piece.size() + (piece.size() < name.size() ? 1 : 0));
    if (line > 0 && line + whole.size() > kHeadingColumns) {
      text += '\n';
      line = 0;
    }
    text += whole;
    line += whole.size();
    name.remove_prefix(whole.size());
  }
  return text;
}

std::string joined_lines(std::string_view heading) {
  std::string text(heading);
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

}  // namespace

void CompareMatrix::add(const std::string& workload, const std::vector<CompareRow>& rows) {
  if (workloads_.empty()) {
    for (const CompareRow& row : rows) schedulers_.push_back(row.scheduler);
  }
  workloads_.push_back(workload);
  cells_.push_back(compared_cells(rows, column_));
}

std::string CompareMatrix::render(const TableStyle& style) const {
  const bool across = schedulers_.size() <= workloads_.size();
  const std::vector<std::string>& lines = across ? workloads_ : schedulers_;
  const std::vector<std::string>& columns = across ? schedulers_ : workloads_;
  std::vector<GridColumn> headings{{across ? "workload" : "scheduler", false}};
  for (std::size_t x = 0; x < columns.size(); ++x) {
    headings.push_back({stacked(printable(columns[x])), true, static_cast<int>(x)});
  }
  Grid grid(std::move(headings));
  for (std::size_t y = 0; y < lines.size(); ++y) {
    std::vector<GridCell> cells{{shorten(printable(lines[y]), kNameColumns)}};
    for (std::size_t x = 0; x < columns.size(); ++x) {
      cells.push_back(across ? cells_[y][x] : cells_[x][y]);
    }
    grid.add_row(std::move(cells));
  }
  return inked(joined_lines(compared_value(column_).heading), Ink::kHeading, style) +
         ", workload by workload\n" + grid.render(style);
}

}  // namespace sharesim
