#pragma once
// What the terminal can do, and what its user wants of it.

#include <cstddef>
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

/// Small pictures of characters: on a terminal that is not dumb.
bool wants_pictures(bool is_terminal, const Environment& environment);

/// Whether the locale (LC_ALL, else LC_CTYPE, else LANG) says that text is UTF-8.
bool speaks_utf8(const Environment& environment);

/// Columns of the terminal that is standard output; 0 if that is none, or does not know.
std::size_t stdout_columns();

bool stdout_is_terminal();
bool stderr_is_terminal();

}  // namespace sharesim::cli
