#pragma once
// A table of text for a terminal: aligned columns, no lines.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sharesim {

/// How tables may look.
struct TableStyle {
  bool color = false;       ///< with ANSI escape sequences
  std::size_t width = 120;  ///< columns that a table may take
  bool pictures = false;    ///< with small pictures below
  bool unicode = false;     ///< which may be of other characters than ASCII's
};

enum class Ink : std::uint8_t { kPlain, kHeading, kGood, kBad };

/// `text` in `ink`, if the style has colours.
std::string inked(const std::string& text, Ink ink, const TableStyle& style);

struct GridCell {
  std::string text;  ///< UTF-8; may have several lines; empty: no value
  Ink ink = Ink::kPlain;
  bool marked = false;  ///< with a trailing '*'
};

struct GridColumn {
  std::string heading;  ///< may have several lines
  bool right = true;    ///< numbers stand at the right
  /// What goes first when the table is too wide: the largest number. 0 always stays.
  int expendable = 0;
};

class Grid {
 public:
  explicit Grid(std::vector<GridColumn> columns) : columns_(std::move(columns)) {}
  /// One cell per column.
  void add_row(std::vector<GridCell> cells);
  /// The headings and rows, each line ended. A column without any value is left out; so are
  /// expendable ones as long as the table is wider than the style allows: a last line names them.
  std::string render(const TableStyle& style) const;

 private:
  struct Shape {
    bool shown = false;
    std::size_t width = 0;  ///< without a mark, which stands in the gap
  };
  std::vector<Shape> shapes() const;
  static std::size_t width_of(const std::vector<Shape>& shapes);
  /// Takes columns away until the others fit.
  void fit(std::vector<Shape>& shapes, std::size_t width) const;
  std::string headings(const std::vector<Shape>& shapes, const TableStyle& style) const;
  std::string row_text(const std::vector<GridCell>& row, const std::vector<Shape>& shapes,
                       const TableStyle& style) const;
  std::string left_out(const std::vector<Shape>& wanted, const std::vector<Shape>& shown) const;

  std::vector<GridColumn> columns_;
  std::vector<std::vector<GridCell>> rows_;
};

}  // namespace sharesim
