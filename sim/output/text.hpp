#pragma once
// Numbers and names for human readers.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/core/time.hpp"
#include "sim/scenario/metric.hpp"

namespace sharesim {

/// Columns that UTF-8 text takes on a terminal: combining marks none, East Asian wide characters
/// and emoji two, a byte that is not UTF-8 one.
std::size_t display_width(std::string_view text);

/// `text` without control characters, so that a name cannot steer the terminal: each becomes '?'.
std::string printable(std::string_view text);

/// The first `columns` columns of `text`, with an ellipsis if that is not all.
std::string shorten(std::string_view text, std::size_t columns);
/// `name` in so many columns, at least 4: its beginning, an ellipsis, and its end, which tells "worker.0" from "worker.1".
std::string shorten_name(std::string_view name, std::size_t columns);

/// `text` in lines of at most so many columns, broken at blanks; a longer word has a line of its own.
std::string wrapped(std::string_view text, std::size_t columns);

/// The first sentence or line of a workload's question, whichever ends earlier.
std::string headline(std::string_view question);

/// Three significant digits and a unit: "1.23 ms", "500 ns", "0". `gap` stands before the unit.
std::string human(Duration d, std::string_view gap = " ");
/// Millionths as a percentage of three significant digits: "33.3%".
std::string human_percent(std::int64_t millionths);
/// A count, in full below 100,000, above with three significant digits: "123k", "1.23M".
std::string human_count(std::uint64_t count);

/// `d` with its sign and without a gap: "+1.23ms", "-500ns", "+0".
std::string human_difference(Duration d);
/// How many times `count` is `base`, which is > 0: "x2.10", "x0.50"; "<x0.01".
std::string human_ratio(std::int64_t count, std::int64_t base);

/// A metric's value as exactly as it is known: "12.345678ms", "28.9999%", "17".
std::string exact(MetricUnit unit, std::int64_t value);

}  // namespace sharesim
