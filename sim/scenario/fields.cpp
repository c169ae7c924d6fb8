#include "sim/scenario/fields.hpp"

#include <algorithm>
#include <charconv>

#include "sim/core/units.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string range_text(const std::string& noun, const std::string& least, const std::string& most) {
  return noun + ", from " + least + " to " + most;
}

std::string duration_text(const DurationRange& range) {
  if (range.most == Duration::max()) return "a duration such as 10ms";
  return range_text("a duration such as 10ms", to_text(range.least), to_text(range.most));
}

/// A plain scalar's text; quoted ones are text on purpose.
std::optional<std::string_view> read_number_text(Problems& problems, const At& at,
                                                 const std::string& allowed) {
  const auto text = read_text(problems, at, allowed);
  if (text && at.node().quoted) {
    problems.add(at, in_quotes(*text) + " is text, because of the quotes", allowed);
    return std::nullopt;
  }
  return text;
}

}  // namespace

Fields::Fields(Problems& problems, const At& at, const std::vector<std::string>& known)
    : problems_(problems), at_(at), is_map_(at.kind() == Node::Kind::kMap) {
  if (is_map_) {
    check_keys(known);
  } else if (const std::string kind = kind_text(at.node()); !kind.empty()) {
    problems.add(at, kind, "a map of " + word_list(known));
  }
}

void Fields::check_keys(const std::vector<std::string>& known) const {
  std::vector<const Node*> first(known.size(), nullptr);
  for (std::size_t i = 0; i < at_.size() && !problems_.full(); ++i) {
    const At value = at_.item(i);
    const std::string& key = value.node().key;
    const auto found = std::find(known.begin(), known.end(), key);
    if (found == known.end()) {
      const bool merge = key == "<<";
      problems_.add_key(
          value, merge ? "merge keys are not supported" : "unknown key" + spelling_hint(key, known),
          word_list(known));
      continue;
    }
    const Node*& earlier = first[static_cast<std::size_t>(found - known.begin())];
    if (earlier != nullptr) {
      const Place& place = earlier->key_place;
      problems_.add_key(value, "is given twice, first in line " + std::to_string(place.line));
    } else {
      earlier = &value.node();
    }
  }
}

std::optional<At> Fields::find(std::string_view key) const {
  if (!is_map_) return std::nullopt;
  const Node* node = at_.node().find(key);
  if (node == nullptr) return std::nullopt;
  return At(*node, at_, 0);
}

std::optional<At> Fields::require(std::string_view key, const std::string& allowed) const {
  auto found = find(key);
  if (!found && is_map_) problems_.add(at_, in_quotes(key) + " is missing", allowed);
  return found;
}

std::string kind_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "has no value";
    case Node::Kind::kScalar:
      return in_quotes(node.text) + " is a single value";
    case Node::Kind::kList:
      return "is a list";
    case Node::Kind::kMap:
      return "is a map";
    case Node::Kind::kBroken:
      break;
  }
  return "";
}

std::optional<std::string_view> read_text(Problems& problems, const At& at,
                                          const std::string& allowed) {
  if (at.kind() == Node::Kind::kScalar) return at.node().text;
  if (const std::string kind = kind_text(at.node()); !kind.empty()) problems.add(at, kind, allowed);
  return std::nullopt;
}

std::optional<Duration> read_duration(Problems& problems, const At& at,
                                      const DurationRange& range) {
  const auto text = read_text(problems, at, duration_text(range));
  if (!text) return std::nullopt;
  const bool minus = text->starts_with('-');
  auto parsed = parse_duration(minus ? text->substr(1) : *text);
  if (minus && parsed.value) parsed.value = -*parsed.value;
  std::string what;
  if (!parsed.value) {
    what = explain(parsed.error);
  } else if (minus && *parsed.value < range.least) {
    what = "is negative";
  } else if (*parsed.value < range.least) {
    what = "is too small";
  } else if (*parsed.value > range.most) {
    what = "is too large";
  }
  if (what.empty()) return parsed.value;
  problems.add(at, in_quotes(*text) + " " + what, duration_text(range));
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(Problems& problems, const At& at, std::int64_t least,
                                         std::int64_t most) {
  const std::string allowed = range_text("an integer", std::to_string(least), std::to_string(most));
  const auto text = read_number_text(problems, at, allowed);
  if (!text) return std::nullopt;
  const auto parsed = parse_integer(*text);
  std::string what;
  if (!parsed.value) {
    what = parsed.error == UnitError::kMalformed ? "is not an integer" : explain(parsed.error);
  } else if (*parsed.value < least) {
    what = "is too small";
  } else if (*parsed.value > most) {
    what = "is too large";
  }
  if (what.empty()) return parsed.value;
  problems.add(at, in_quotes(*text) + " " + what, allowed);
  return std::nullopt;
}

std::optional<std::int64_t> read_percent(Problems& problems, const At& at) {
  static const std::string kAllowed = "a percentage such as 30%";
  const auto text = read_text(problems, at, kAllowed);
  if (!text) return std::nullopt;
  const auto parsed = parse_percent(*text);
  if (!parsed.value) problems.add(at, in_quotes(*text) + " " + explain(parsed.error), kAllowed);
  return parsed.value;
}

std::optional<Duration> read_credits(Problems& problems, const At& at, Duration most) {
  const std::string allowed = range_text("a number of credits", "0", credits_text(most));
  const auto text = read_number_text(problems, at, allowed);
  if (!text) return std::nullopt;
  const auto parsed = parse_credits(*text);
  std::string what;
  if (!parsed.value) {
    what = parsed.error == UnitError::kMalformed ? "is not a number" : explain(parsed.error);
  } else if (*parsed.value > most) {
    what = "is too large";
  }
  if (what.empty()) return parsed.value;
  problems.add(at, in_quotes(*text) + " " + what, allowed);
  return std::nullopt;
}

std::optional<bool> read_flag(Problems& problems, const At& at) {
  static const std::string kAllowed = "true or false";
  const auto text = read_number_text(problems, at, kAllowed);
  if (!text) return std::nullopt;
  if (*text == "true") return true;
  if (*text == "false") return false;
  problems.add(at, in_quotes(*text) + " is neither", kAllowed);
  return std::nullopt;
}

std::optional<double> read_number_above(Problems& problems, const At& at, int least, int most) {
  const std::string allowed =
      "a number above " + std::to_string(least) + ", up to " + std::to_string(most);
  const auto text = read_number_text(problems, at, allowed);
  if (!text) return std::nullopt;
  double value = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value, std::chars_format::fixed);
  std::string what;
  if (text->empty() || !is_digit(text->front()) || !is_digit(text->back()) || stop != end) {
    what = "is not a number";
  } else if (error != std::errc() || value > most) {
    what = "is too large";
  } else if (value <= least) {
    what = "is too small";
  }
  if (what.empty()) return value;
  problems.add(at, in_quotes(*text) + " " + what, allowed);
  return std::nullopt;
}

std::optional<std::string> read_name(Problems& problems, const At& at) {
  static const std::string kAllowed =
      "letters, digits, '.', '_' and '-', not first '.' or '-', up to " +
      std::to_string(limits::kNameBytes);
  const auto text = read_text(problems, at, kAllowed);
  if (!text) return std::nullopt;
  const auto ordinary = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  const bool good = !text->empty() && ordinary(text->front()) &&
                    text->size() <= limits::kNameBytes &&
                    std::all_of(text->begin(), text->end(),
                                [&](char c) { return ordinary(c) || c == '.' || c == '-'; });
  if (good) return std::string(*text);
  problems.add(at, in_quotes(*text) + " is not a name", kAllowed);
  return std::nullopt;
}

bool check_list(Problems& problems, const At& at, const std::string& allowed) {
  if (at.kind() == Node::Kind::kList && at.size() > 0) return true;
  const std::string kind = at.kind() == Node::Kind::kList ? "is empty" : kind_text(at.node());
  if (!kind.empty()) problems.add(at, kind, allowed);
  return false;
}

bool check_list(Problems& problems, const At& at, std::size_t size, const std::string& allowed) {
  if (!check_list(problems, at, allowed)) return false;
  if (at.size() == size) return true;
  problems.add(at, "has " + std::to_string(at.size()) + (at.size() == 1 ? " entry" : " entries"),
               allowed);
  return false;
}

}  // namespace sharesim
