#pragma once
// YAML text -> Node. Anchors, aliases, tags and several documents are refused.

#include <cstdint>
#include <optional>
#include <string>

#include "sim/scenario/document.hpp"
#include "sim/scenario/problems.hpp"

namespace sharesim {

/// The tree that `text` stands for; its places are of `source`. Empty (with a problem added) if it
/// is not YAML, or too large. Parts that use what is refused are kBroken.
std::optional<Node> parse_document(const std::string& text, std::uint32_t source,
                                   Problems& problems);

}  // namespace sharesim
