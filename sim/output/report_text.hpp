#pragma once
// Text as it may stand in the page of the report.

#include <string>
#include <string_view>

#include "sim/core/time.hpp"
#include "sim/output/scenario_json.hpp"

namespace sharesim {

/// `text` as it may stand between tags and in quoted attributes. Control characters become '?'.
std::string html_text(std::string_view text);

/// As human() has it, with a narrow space before the unit: "1.23 ms".
std::string in_words(Duration d);

/// `json` for a script element: nothing in it ends the element or opens a comment. What is not UTF-8
/// is replaced.
std::string script_text(const Json& json);

/// Appends "[1,2,3]".
template <typename Numbers>
void append_numbers(std::string& out, const Numbers& numbers) {
  out += '[';
  bool first = true;
  for (const auto number : numbers) {
    if (!first) out += ',';
    first = false;
    out += std::to_string(number);
  }
  out += ']';
}

}  // namespace sharesim
