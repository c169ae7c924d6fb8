#include "sim/output/grid.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/core/check.hpp"
#include "sim/output/text.hpp"

namespace sharesim {
namespace {

constexpr std::size_t kGap = 2;  // between columns; a mark stands in it

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (;;) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

/// Collects one line of a table; blanks are only written when something follows them.
class Line {
 public:
  explicit Line(const TableStyle& style) : style_(style) {}

  void add(const GridCell& cell, bool right, std::size_t width) {
    const std::size_t taken = display_width(cell.text);
    const std::size_t blanks = width - std::min(taken, width);
    if (right) blanks_ += blanks;
    if (!cell.text.empty()) {
      text_.append(std::exchange(blanks_, 0), ' ');
      text_ += inked(cell.text + (cell.marked ? "*" : ""), cell.ink, style_);
    }
    if (!right) blanks_ += blanks;
    if (!cell.marked) blanks_ += 1;
    blanks_ += kGap - 1;
  }

  std::string end() {
    blanks_ = 0;
    return std::exchange(text_, {}) + "\n";
  }

 private:
  const TableStyle& style_;
  std::string text_;
  std::size_t blanks_ = 0;
};

}  // namespace

std::string inked(const std::string& text, Ink ink, const TableStyle& style) {
  if (!style.color || ink == Ink::kPlain) return text;
  const char* const begin = ink == Ink::kHeading ? "\x1b[1m"
                            : ink == Ink::kGood  ? "\x1b[1;32m"
                                                 : "\x1b[1;31m";
  return begin + text + "\x1b[0m";
}

void Grid::add_row(std::vector<GridCell> cells) {
  check(cells.size() == columns_.size(), "a row of a table has a cell per column");
  rows_.push_back(std::move(cells));
}

std::vector<Grid::Shape> Grid::shapes() const {
  std::vector<Shape> shapes(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    for (const std::string& line : lines_of(columns_[i].heading)) {
      shapes[i].width = std::max(shapes[i].width, display_width(line));
    }
    for (const auto& row : rows_) {
      shapes[i].shown |= !row[i].text.empty();
      for (const std::string& line : lines_of(row[i].text)) {
        shapes[i].width = std::max(shapes[i].width, display_width(line));
      }
    }
  }
  return shapes;
}

std::size_t Grid::width_of(const std::vector<Shape>& shapes) {
  std::size_t total = 0;
  for (const Shape& shape : shapes) {
    if (shape.shown) total += shape.width + (total == 0 ? 0 : kGap);
  }
  return total;
}

void Grid::fit(std::vector<Shape>& shapes, std::size_t width) const {
  while (width_of(shapes) > width) {
    std::size_t victim = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const int expendable = columns_[i].expendable;
      if (!shapes[i].shown || expendable == 0) continue;
      if (victim == columns_.size() || expendable > columns_[victim].expendable) victim = i;
    }
    if (victim == columns_.size()) return;
    shapes[victim].shown = false;
  }
}

std::string Grid::headings(const std::vector<Shape>& shapes, const TableStyle& style) const {
  std::vector<std::vector<std::string>> columns;
  std::size_t height = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    columns.push_back(lines_of(columns_[i].heading));
    if (shapes[i].shown) height = std::max(height, columns.back().size());
  }
  std::string text;
  for (std::size_t y = 0; y < height; ++y) {
    Line line(style);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!shapes[i].shown) continue;
      // A heading of fewer lines stands at the bottom.
      const std::size_t above = height - std::min(height, columns[i].size());
      line.add({y < above ? "" : columns[i][y - above], Ink::kHeading}, columns_[i].right,
               shapes[i].width);
    }
    text += line.end();
  }
  return text;
}

std::string Grid::row_text(const std::vector<GridCell>& row, const std::vector<Shape>& shapes,
                           const TableStyle& style) const {
  std::vector<std::vector<std::string>> cells;
  std::size_t height = 1;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    cells.push_back(lines_of(row[i].text.empty() ? "-" : row[i].text));
    if (shapes[i].shown) height = std::max(height, cells.back().size());
  }
  std::string text;
  for (std::size_t y = 0; y < height; ++y) {
    Line line(style);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!shapes[i].shown) continue;
      GridCell cell{"", row[i].ink, row[i].marked && y == 0};
      if (y < cells[i].size()) cell.text = cells[i][y];
      line.add(cell, columns_[i].right, shapes[i].width);
    }
    text += line.end();
  }
  return text;
}

std::string Grid::left_out(const std::vector<Shape>& wanted,
                           const std::vector<Shape>& shown) const {
  std::string names;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!wanted[i].shown || shown[i].shown) continue;
    std::string name = columns_[i].heading;
    std::replace(name.begin(), name.end(), '\n', ' ');
    names += (names.empty() ? "" : ", ") + name;
  }
  if (names.empty()) return "";
  return fmt::format("no room for: {} (--width {} shows all)\n", names, width_of(wanted));
}

std::string Grid::render(const TableStyle& style) const {
  const std::vector<Shape> wanted = shapes();
  std::vector<Shape> shown = wanted;
  fit(shown, style.width);
  std::string text = headings(shown, style);
  for (const auto& row : rows_) text += row_text(row, shown, style);
  return text + left_out(wanted, shown);
}

}  // namespace sharesim
