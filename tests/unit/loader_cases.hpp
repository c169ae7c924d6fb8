#pragma once
// Wrong workloads and what the loader says about them.

#include <string>
#include <vector>

#include "sim/scenario/scenario.hpp"

namespace sharesim {

/// A wrong piece of a workload, and every diagnostic, one a line, in the file called "w". An
/// expectation that ends in "..." is the beginning of what is said.
struct WrongCase {
  const char* text;
  const char* said;
};

/// Everything that the loader says about `text` as the file "w"; "accepted" if nothing.
std::string mistakes_in(const std::string& text, const std::vector<Override>& overrides = {});

/// Checks all cases, each put between `before` and `after`.
void expect_mistakes(const std::string& before, const std::vector<WrongCase>& cases,
                     const std::string& after);

/// A workload of 10 s on four CPUs with the tasks /a (two instances), /g/b, and `rest` below.
std::string small_workload(const std::string& rest);

}  // namespace sharesim
