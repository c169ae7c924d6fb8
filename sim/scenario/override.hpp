#pragma once
// `--set path=value`: changes a document before it is checked.

#include <cstdint>
#include <string>

#include "sim/scenario/document.hpp"
#include "sim/scenario/problems.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// As the user wrote it: "--set machine.cpus=4".
std::string option_text(const Override& change);

/// Puts the value (YAML) where the path says: keys, and in lists names or indices, separated by
/// dots. Missing keys of maps are created; `source` is the option's number in `problems`.
void apply_override(Node& root, const Override& change, std::uint32_t source, Problems& problems);

}  // namespace sharesim
