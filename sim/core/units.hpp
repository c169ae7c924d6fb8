#pragma once
// Quantities as text: "1m30s", "30%", "200/s". Exact decimals, no floating point.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/time.hpp"

namespace sharesim {

/// Why a text is not the quantity that was asked for.
enum class UnitError : std::uint8_t { kMalformed, kNoUnit, kUnknownUnit, kOverflow, kFraction };

/// Either a value or the reason why there is none.
template <typename T>
struct Parsed {
  std::optional<T> value;
  UnitError error = UnitError::kMalformed;
};

/// A duration with a unit on each part: ns, us, ms, s, m, h, as in "10.1ms" or "1m30s". Not
/// negative; a fraction of a nanosecond is an error (kFraction).
Parsed<Duration> parse_duration(std::string_view text);

/// A percentage such as "30%" or "12.5%", in millionths: 30% is 300000. Up to 4 decimals; not
/// negative.
Parsed<std::int64_t> parse_percent(std::string_view text);

/// Credits such as "144" or "86.4": minutes of CPU time, up to six decimals; not negative.
Parsed<Duration> parse_credits(std::string_view text);

/// A rate such as "200/s", "3/m", "0.5/ms", as the mean time between two events, rounded to the
/// next ns.
Parsed<Duration> parse_rate(std::string_view text);

/// A decimal integer with an optional sign, no unit.
Parsed<std::int64_t> parse_integer(std::string_view text);

/// The shortest text that parse_duration reads back: "1m30s", "10.1ms", "0s". A sign is printed if
/// negative.
std::string to_text(Duration d);
inline std::string to_text(Time t) { return to_text(t.time_since_epoch()); }

/// CPU time in credits, to the nearest millionth of one: "86.4".
std::string credits_text(Duration d);

/// Words for a UnitError, to follow the quoted text: "has no unit".
const char* explain(UnitError error);

}  // namespace sharesim
