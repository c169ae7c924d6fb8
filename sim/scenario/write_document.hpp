#pragma once
// Node -> YAML text that parse_document() reads back.

#include <string>

#include "sim/scenario/document.hpp"

namespace sharesim {

/// In the house style: an entry of a list on a line of its own, in brackets where it fits there.
/// Comments are not part of a document.
std::string write_document(const Node& root);

}  // namespace sharesim
