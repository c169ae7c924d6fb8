#pragma once
// How mistakes in the choice of a scheduler are worded.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/error.hpp"
#include "sim/registry.hpp"

namespace sharesim {

inline std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

inline std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

/// "; did you mean 'x'?" or nothing.
inline std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  const std::string near = did_you_mean(word, known);
  return near.empty() ? "" : "; did you mean " + sharesim::quoted(near) + "?";
}

inline Diagnostic mistake(std::string what, std::string allowed) {
  Diagnostic diagnostic;
  diagnostic.what = std::move(what);
  diagnostic.allowed = std::move(allowed);
  return diagnostic;
}

}  // namespace sharesim
