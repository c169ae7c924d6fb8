#pragma once

#include <string_view>

namespace sharesim {

/// The version in --version and summary.json; the same as the project's in CMakeLists.txt.
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace sharesim
