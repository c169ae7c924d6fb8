#pragma once
// Numbers and text into a buffer that has room for them.

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sharesim {

/// Room for one int64 with its sign.
inline constexpr std::size_t kMaxDigits = 20;

/// Writes at `out` and returns the place behind it.
inline char* put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}
inline char* put(char* out, char c) {
  *out = c;
  return out + 1;
}
inline char* put(char* out, std::int64_t number) {
  return std::to_chars(out, out + kMaxDigits, number).ptr;
}

}  // namespace sharesim
