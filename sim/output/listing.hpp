#pragma once
// What `list` prints: rows of texts, as a table or for programs.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/output/grid.hpp"

namespace sharesim {

/// What a column holds: text to read, or what the command line and workloads know by this name.
enum class Holds : std::uint8_t {
  kText,
  kName,
  kNames,  ///< ", " between them
};

struct ListingColumn {
  std::string name;
  Holds holds = Holds::kText;
  std::size_t wrap = 0;  ///< columns of the terminal that it takes at most; 0: what it needs
  int expendable = 0;    ///< see GridColumn
};

struct Listing {
  std::vector<ListingColumn> columns;
  std::vector<std::vector<std::string>> rows;  ///< a text per column
};

/// The listing with only the columns of these names, in this order. Throws InputError with every
/// name that is unknown.
Listing with_columns(const Listing& listing, const std::vector<std::string>& names);

/// Aligned, long texts in several lines.
std::string listing_table(const Listing& listing, const TableStyle& style);
std::string listing_csv(const Listing& listing);
/// A table of GitHub's Markdown; names in backquotes.
std::string listing_markdown(const Listing& listing);
/// A list of objects, one a line; columns of names hold lists.
std::string listing_json(const Listing& listing);

}  // namespace sharesim
