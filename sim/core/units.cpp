#include "sim/core/units.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sharesim {
namespace {

__extension__ using Wide = __int128;  // a product of two 64-bit numbers

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
/// The most decimals that a 64-bit fraction holds.
constexpr int kMostDecimals = 18;
constexpr int kPercentDecimals = 4;
constexpr int kCreditDecimals = 6;
constexpr std::int64_t kMillionthOfCredit = 60'000;  // a credit is a minute, in ns

/// whole + fraction / 10^decimals.
struct Decimal {
  std::int64_t whole = 0;
  std::int64_t fraction = 0;
  int decimals = 0;
};

struct Unit {
  std::string_view name;
  std::int64_t ns;
};

/// From large to small: the order in which the parts of a duration stand.
constexpr std::array<Unit, 6> kUnits{{{"h", 3'600'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"s", 1'000'000'000},
                                      {"ms", 1'000'000},
                                      {"us", 1'000},
                                      {"ns", 1}}};

template <typename T>
Parsed<T> wrong(UnitError error) {
  return {std::nullopt, error};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::int64_t power_of_ten(int exponent) {
  std::int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// Takes the longest prefix whose characters are `wanted` off the front of `text`.
template <typename Predicate>
std::string_view take_while(std::string_view& text, Predicate wanted) {
  const auto end = std::find_if_not(text.begin(), text.end(), wanted);
  const auto size = static_cast<std::size_t>(end - text.begin());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

/// Empty if the number does not fit.
std::optional<std::int64_t> number_of(std::string_view digits) {
  std::int64_t value = 0;
  for (const char digit : digits) {
    if (__builtin_mul_overflow(value, 10, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, digit - '0', &value)) return std::nullopt;
  }
  return value;
}

/// Takes "12" or "12.5" off the front of `text`.
Parsed<Decimal> take_decimal(std::string_view& text) {
  const std::string_view whole = take_while(text, is_digit);
  if (whole.empty()) return wrong<Decimal>(UnitError::kMalformed);
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_while(text, is_digit);
    if (fraction.empty()) return wrong<Decimal>(UnitError::kMalformed);
    while (fraction.ends_with('0')) fraction.remove_suffix(1);
  }
  const auto value = number_of(whole);
  if (!value) return wrong<Decimal>(UnitError::kOverflow);
  if (fraction.size() > kMostDecimals) return wrong<Decimal>(UnitError::kFraction);
  return {Decimal{*value, *number_of(fraction), static_cast<int>(fraction.size())}, {}};
}

/// decimal * unit, which must be whole.
Parsed<std::int64_t> multiply(const Decimal& decimal, std::int64_t unit) {
  const Wide scale = power_of_ten(decimal.decimals);
  const Wide part = Wide{decimal.fraction} * unit;
  if (part % scale != 0) return wrong<std::int64_t>(UnitError::kFraction);
  const Wide product = Wide{decimal.whole} * unit + part / scale;
  if (product > kMax) return wrong<std::int64_t>(UnitError::kOverflow);
  return {static_cast<std::int64_t>(product), {}};
}

/// The place of a unit in kUnits, or kUnits.size().
std::size_t find_unit(std::string_view name) {
  const auto* const found = std::find_if(kUnits.begin(), kUnits.end(),
                                         [name](const Unit& unit) { return unit.name == name; });
  return static_cast<std::size_t>(found - kUnits.begin());
}

/// `value` in units of 1 / 10^decimals, without trailing zeros: 10100000 with 6 is "10.1".
std::string decimal_text(std::uint64_t value, int decimals) {
  std::string digits = std::to_string(value);
  const auto places = static_cast<std::size_t>(decimals);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places == 0) return digits;
  digits.insert(digits.size() - places, 1, '.');
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
  return digits;
}

}  // namespace

Parsed<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return wrong<Duration>(UnitError::kMalformed);
  std::int64_t sum = 0;
  std::size_t next_unit = 0;  // parts stand from large to small, each unit once
  while (!text.empty()) {
    const auto number = take_decimal(text);
    if (!number.value) return wrong<Duration>(number.error);
    const std::string_view name = take_while(text, is_letter);
    if (name.empty()) {
      return wrong<Duration>(text.empty() ? UnitError::kNoUnit : UnitError::kMalformed);
    }
    const std::size_t unit = find_unit(name);
    if (unit == kUnits.size()) return wrong<Duration>(UnitError::kUnknownUnit);
    if (unit < next_unit) return wrong<Duration>(UnitError::kMalformed);
    next_unit = unit + 1;
    const auto part = multiply(*number.value, kUnits[unit].ns);
    if (!part.value) return wrong<Duration>(part.error);
    if (__builtin_add_overflow(sum, *part.value, &sum)) {
      return wrong<Duration>(UnitError::kOverflow);
    }
  }
  return {ns(sum), {}};
}

Parsed<std::int64_t> parse_percent(std::string_view text) {
  const auto number = take_decimal(text);
  if (!number.value) return wrong<std::int64_t>(number.error);
  if (text.empty()) return wrong<std::int64_t>(UnitError::kNoUnit);
  if (text != "%") {
    const bool unit = std::all_of(text.begin(), text.end(), is_letter);
    return wrong<std::int64_t>(unit ? UnitError::kUnknownUnit : UnitError::kMalformed);
  }
  return multiply(*number.value, power_of_ten(kPercentDecimals));
}

Parsed<Duration> parse_credits(std::string_view text) {
  const auto number = take_decimal(text);
  if (!number.value) return wrong<Duration>(number.error);
  if (!text.empty()) return wrong<Duration>(UnitError::kMalformed);
  const auto millionths = multiply(*number.value, power_of_ten(kCreditDecimals));
  if (!millionths.value) return wrong<Duration>(millionths.error);
  if (*millionths.value > kMax / kMillionthOfCredit) return wrong<Duration>(UnitError::kOverflow);
  return {ns(*millionths.value * kMillionthOfCredit), {}};
}

Parsed<Duration> parse_rate(std::string_view text) {
  const auto number = take_decimal(text);
  if (!number.value) return wrong<Duration>(number.error);
  if (text.empty()) return wrong<Duration>(UnitError::kNoUnit);
  if (!text.starts_with('/')) return wrong<Duration>(UnitError::kMalformed);
  const std::size_t unit = find_unit(text.substr(1));
  if (unit == kUnits.size()) return wrong<Duration>(UnitError::kUnknownUnit);

  // gap = unit / (whole + fraction / scale), rounded to the nearest ns.
  const Wide scale = power_of_ten(number.value->decimals);
  const Wide scaled_rate = number.value->whole * scale + number.value->fraction;
  if (scaled_rate == 0) return wrong<Duration>(UnitError::kMalformed);
  const Wide gap = (kUnits[unit].ns * scale + scaled_rate / 2) / scaled_rate;
  if (gap == 0) return wrong<Duration>(UnitError::kOverflow);
  if (gap > kMax) return wrong<Duration>(UnitError::kFraction);
  return {ns(static_cast<std::int64_t>(gap)), {}};
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = take_while(text, is_digit);
  if (digits.empty()) return wrong<std::int64_t>(UnitError::kMalformed);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::string_view fraction = take_while(text, is_digit);
    const bool decimal = !fraction.empty() && text.empty();
    return wrong<std::int64_t>(decimal ? UnitError::kFraction : UnitError::kMalformed);
  }
  if (!text.empty()) return wrong<std::int64_t>(UnitError::kMalformed);
  const auto value = number_of(digits);
  if (!value) return wrong<std::int64_t>(UnitError::kOverflow);
  return {negative ? -*value : *value, {}};
}

std::string to_text(Duration d) {
  constexpr std::uint64_t kMinute = 60'000'000'000;
  constexpr std::uint64_t kMinutesInHour = 60;
  const std::int64_t count = to_ns(d);
  if (count == 0) return "0s";
  std::string text = count < 0 ? "-" : "";
  // The negation is done without sign: the smallest Duration has no positive twin.
  auto rest = count < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(count)
                        : static_cast<std::uint64_t>(count);
  if (const std::uint64_t minutes = rest / kMinute; minutes > 0) {
    if (minutes >= kMinutesInHour) text += std::to_string(minutes / kMinutesInHour) + 'h';
    if (minutes % kMinutesInHour > 0) text += std::to_string(minutes % kMinutesInHour) + 'm';
    rest %= kMinute;
    if (rest > 0) text += decimal_text(rest, 9) + 's';
    return text;
  }
  if (rest >= 1'000'000'000) return text + decimal_text(rest, 9) + 's';
  if (rest >= 1'000'000) return text + decimal_text(rest, 6) + "ms";
  if (rest >= 1'000) return text + decimal_text(rest, 3) + "us";
  return text + std::to_string(rest) + "ns";
}

std::string credits_text(Duration d) {
  const std::int64_t size = to_ns(d) < 0 ? -to_ns(d) : to_ns(d);
  const auto millionths =
      static_cast<std::uint64_t>((size + kMillionthOfCredit / 2) / kMillionthOfCredit);
  return (to_ns(d) < 0 && millionths > 0 ? "-" : "") + decimal_text(millionths, kCreditDecimals);
}

const char* explain(UnitError error) {
  switch (error) {
    case UnitError::kMalformed:
      return "cannot be read";
    case UnitError::kNoUnit:
      return "has no unit";
    case UnitError::kUnknownUnit:
      return "has an unknown unit";
    case UnitError::kOverflow:
      return "is too large";
    case UnitError::kFraction:
      return "has too many decimals";
  }
  return "cannot be read";
}

}  // namespace sharesim
