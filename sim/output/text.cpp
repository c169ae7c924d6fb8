#include "sim/output/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "sim/core/units.hpp"

namespace sharesim {
namespace {

struct CodePoint {
  char32_t value;
  std::size_t bytes;
};

/// The first character of `text`, which is not empty. Malformed UTF-8 is taken byte by byte.
CodePoint decode(std::string_view text) {
  constexpr char32_t kReplacement = 0xFFFD;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return {kReplacement, 1};
  char32_t value = first & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {kReplacement, 1};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  return {value, bytes};
}

struct Range {
  char32_t first, last;
};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& r) { return r.first <= c && c <= r.last; });
}

// From Unicode's EastAsianWidth (W and F) and general categories (Mn, Cf), the common blocks.
constexpr std::array<Range, 7> kZeroWidth{{{0x0300, 0x036F},
                                           {0x0483, 0x0489},
                                           {0x200B, 0x200F},
                                           {0x1AB0, 0x1AFF},
                                           {0x20D0, 0x20FF},
                                           {0xFE00, 0xFE0F},
                                           {0xFE20, 0xFE2F}}};
constexpr std::array<Range, 9> kWide{{{0x1100, 0x115F},
                                      {0x2E80, 0x303E},
                                      {0x3041, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},
                                      {0x1F300, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};

std::size_t width_of(char32_t c) { return within(kZeroWidth, c) ? 0 : within(kWide, c) ? 2 : 1; }

using Wide = __int128;

/// value / unit with three significant digits; value < 1000 unit, except for the last unit of all.
std::string three_digits(Wide value, Wide unit) {
  const auto rounded = [&](Wide scale) {
    return static_cast<std::int64_t>((value * scale + unit / 2) / unit);
  };
  if (const auto hundredths = rounded(100); hundredths < 1000) {
    return fmt::format("{}.{:02}", hundredths / 100, hundredths % 100);
  }
  if (const auto tenths = rounded(10); tenths < 1000) {
    return fmt::format("{}.{}", tenths / 10, tenths % 10);
  }
  return fmt::format("{}", rounded(1));
}

struct Unit {
  std::int64_t size;
  std::string_view name;
};

/// Chooses the largest unit that `value` is at least one of, after rounding.
template <std::size_t N>
std::string with_unit(Wide value, const std::array<Unit, N>& units, std::string_view gap) {
  auto unit = units.begin();
  while (std::next(unit) != units.end() && 2 * value >= Wide{1999} * unit->size) ++unit;
  return fmt::format("{}{}{}", three_digits(value, unit->size), gap, unit->name);
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint c = decode(text);
    width += width_of(c.value);
    text.remove_prefix(c.bytes);
  }
  return width;
}

std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = decode(text);
    // C0, DEL and C1, which terminals obey, and the marks that turn the writing direction.
    const bool control = c.value < 0x20 || (c.value >= 0x7F && c.value < 0xA0) ||
                         (c.value >= 0x202A && c.value <= 0x202E) ||
                         (c.value >= 0x2066 && c.value <= 0x2069) || c.value == 0xFFFD;
    if (control) {
      clean += '?';
    } else {
      clean += text.substr(0, c.bytes);
    }
    text.remove_prefix(c.bytes);
  }
  return clean;
}

std::string shorten(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  std::string_view rest = text;
  std::size_t width = 0;
  while (!rest.empty()) {
    const CodePoint c = decode(rest);
    if (width + width_of(c.value) + 1 > columns) break;
    width += width_of(c.value);
    rest.remove_prefix(c.bytes);
  }
  return std::string(text.substr(0, text.size() - rest.size())) + "…";
}

std::string shorten_name(std::string_view name, std::size_t columns) {
  constexpr std::size_t kOfTheEnd = 3;  // a third of the columns
  if (display_width(name) <= columns) return std::string(name);
  std::string_view end = name;
  while (display_width(end) > columns / kOfTheEnd) end.remove_prefix(decode(end).bytes);
  return shorten(name, columns - display_width(end)) + std::string(end);
}

std::string wrapped(std::string_view text, std::size_t columns) {
  std::string lines;
  std::size_t taken = 0;  // of the present line
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::size_t width = display_width(word);
    const bool fits = taken + 1 + width <= columns;
    if (!lines.empty()) lines += fits ? ' ' : '\n';
    taken = lines.empty() || !fits ? width : taken + 1 + width;
    lines += word;
  }
  return lines;
}

std::string headline(std::string_view question) {
  std::size_t end = std::min(question.find('\n'), question.size());
  for (const std::string_view stop : {". ", "? ", "! "}) {
    const std::size_t at = question.find(stop);
    if (at != std::string_view::npos) end = std::min(end, at + 1);
  }
  return printable(question.substr(0, end));
}

std::string human(Duration d, std::string_view gap) {
  constexpr std::array<Unit, 4> kUnits{
      {{1, "ns"}, {1'000, "us"}, {1'000'000, "ms"}, {1'000'000'000, "s"}}};
  const Wide value = to_ns(d);
  if (value < 0) return "-" + human(ns(static_cast<std::int64_t>(-value)), gap);
  if (value == 0) return "0";
  if (value < 1'000) return fmt::format("{}{}ns", to_ns(d), gap);
  return with_unit(value, kUnits, gap);
}

std::string human_percent(std::int64_t millionths) {
  if (millionths < 0) return "-" + human_percent(-millionths);
  if (millionths == 0) return "0%";
  if (millionths == 1'000'000) return "100%";
  constexpr Wide kPercent = 10'000;
  if (millionths < 100) return "<0.01%";
  return three_digits(millionths, kPercent) + "%";
}

std::string human_count(std::uint64_t count) {
  constexpr std::uint64_t kInFull = 100'000;
  constexpr std::array<Unit, 3> kUnits{{{1'000, "k"}, {1'000'000, "M"}, {1'000'000'000, "G"}}};
  return count < kInFull ? fmt::format("{}", count) : with_unit(Wide{count}, kUnits, "");
}

std::string human_difference(Duration d) { return (d < d.zero() ? "" : "+") + human(d, ""); }

std::string human_ratio(std::int64_t count, std::int64_t base) {
  const std::string digits = three_digits(count, base);
  return count > 0 && digits == "0.00" ? "<x0.01" : "x" + digits;
}

std::string exact(MetricUnit unit, std::int64_t value) {
  switch (unit) {
    case MetricUnit::kDuration:
      return to_text(ns(value));
    case MetricUnit::kFraction: {
      const std::int64_t size = value < 0 ? -value : value;
      std::string digits =
          fmt::format("{}{}.{:04}", value < 0 ? "-" : "", size / 10'000, size % 10'000);
      digits.erase(digits.find_last_not_of('0') + 1);
      if (digits.back() == '.') digits.pop_back();
      return digits + "%";
    }
    case MetricUnit::kCredits:
      return credits_text(ns(value));
    case MetricUnit::kCount:
      break;
  }
  return fmt::format("{}", value);
}

}  // namespace sharesim
