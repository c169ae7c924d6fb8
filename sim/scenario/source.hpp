#pragma once
// The bytes of a file, before anybody looks at their meaning.

#include <optional>
#include <string>
#include <string_view>

#include "sim/core/error.hpp"

namespace sharesim {

/// Reads a whole file ("-" is standard input), or says why not: a directory, unreadable, larger
/// than limits::kFileBytes.
std::optional<Diagnostic> read_source(const std::string& file, std::string& text);

/// What keeps `text` from being parsed at all: bytes that are not UTF-8 text, brackets nested
/// deeper than limits::kNesting.
std::optional<Diagnostic> check_source(std::string_view text, const std::string& file);

/// The comment that a workload opens with, as one paragraph, without an editor's instructions.
std::string opening_comment(std::string_view text);

/// The file `name` as seen from the folder of `file`.
std::string beside(const std::string& file, const std::string& name);

}  // namespace sharesim
