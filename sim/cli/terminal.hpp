#pragma once
// What the terminal can do, and what its user wants of it.

#include <functional>
#include <string>

namespace sharesim::cli {

/// Looks up a variable of the environment; nullptr if it is not there.
using Environment = std::function<const char*(const char* name)>;
Environment process_environment();

/// Colours or not: `option` (auto, always, never) decides, then NO_COLOR, then CLICOLOR_FORCE, both
/// if they are not empty, then whether the output is a terminal that is not dumb.
bool wants_color(const std::string& option, bool is_terminal, const Environment& environment);

/// A progress line: on a terminal, unless a build robot is watching.
bool wants_progress(bool is_terminal, const Environment& environment);

bool stdout_is_terminal();
bool stderr_is_terminal();

}  // namespace sharesim::cli
