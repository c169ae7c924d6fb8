#include "sim/output/listing.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "sim/core/error.hpp"
#include "sim/output/csv.hpp"
#include "sim/output/text.hpp"
#include "sim/scenario/problems.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kBetweenNames = ", ";

std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(kBetweenNames), text.size());
    names.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + kBetweenNames.size(), text.size()));
  }
  return names;
}

std::string in_markdown(const std::string& text, Holds holds) {
  std::string cell;
  for (const char c : text) {
    const bool special = c == '|' || (holds == Holds::kText && (c == '<' || c == '*' || c == '_'));
    if (special) cell += '\\';
    cell += c;
  }
  if (holds == Holds::kText) return cell;
  std::string names;
  for (const std::string& name : names_in(cell)) {
    names += (names.empty() ? "`" : " `") + name + "`";
  }
  return names;
}

}  // namespace

Listing with_columns(const Listing& listing, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const ListingColumn& column : listing.columns) known.push_back(column.name);
  std::vector<Diagnostic> mistakes;
  std::vector<std::size_t> chosen;
  for (const std::string& name : names) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      Diagnostic mistake;
      mistake.what = "there is no column " + in_quotes(name) + spelling_hint(name, known);
      mistake.allowed = word_list(known);
      mistakes.push_back(std::move(mistake));
    } else {
      chosen.push_back(static_cast<std::size_t>(found - known.begin()));
    }
  }
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  Listing part;
  for (const std::size_t i : chosen) part.columns.push_back(listing.columns[i]);
  for (const auto& row : listing.rows) {
    part.rows.emplace_back();
    for (const std::size_t i : chosen) part.rows.back().push_back(row[i]);
  }
  return part;
}

std::string listing_table(const Listing& listing, const TableStyle& style) {
  std::vector<GridColumn> columns;
  for (const ListingColumn& column : listing.columns) {
    columns.push_back({column.name, false, column.expendable});
  }
  Grid grid(std::move(columns));
  for (const auto& row : listing.rows) {
    std::vector<GridCell> cells;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t wrap = listing.columns[i].wrap;
      cells.push_back({wrap == 0 ? row[i] : wrapped(row[i], wrap)});
    }
    grid.add_row(std::move(cells));
  }
  return grid.render(style);
}

std::string listing_csv(const Listing& listing) {
  std::string text;
  const auto add = [&text](std::size_t i, const std::string& field) {
    text += (i == 0 ? "" : ",") + csv_field(field);
  };
  for (std::size_t i = 0; i < listing.columns.size(); ++i) add(i, listing.columns[i].name);
  text += "\n";
  for (const auto& row : listing.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) add(i, row[i]);
    text += "\n";
  }
  return text;
}

std::string listing_markdown(const Listing& listing) {
  std::string text = "|";
  for (const ListingColumn& column : listing.columns) text += " " + column.name + " |";
  text += "\n|";
  for (std::size_t i = 0; i < listing.columns.size(); ++i) text += "---|";
  for (const auto& row : listing.rows) {
    text += "\n|";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = in_markdown(row[i], listing.columns[i].holds);
      text += cell.empty() ? " |" : " " + cell + " |";
    }
  }
  return text + "\n";
}

std::string listing_json(const Listing& listing) {
  using Json = nlohmann::ordered_json;
  std::string text = "[";
  for (const auto& row : listing.rows) {
    Json object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const ListingColumn& column = listing.columns[i];
      object[column.name] = column.holds == Holds::kNames ? Json(names_in(row[i])) : Json(row[i]);
    }
    text += (text.size() == 1 ? "\n" : ",\n") +
            object.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return text + "\n]\n";
}

}  // namespace sharesim
