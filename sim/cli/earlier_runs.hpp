#pragma once
// What an earlier comparison has left in a folder.

#include <filesystem>
#include <vector>

#include "sim/cli/simulate.hpp"

namespace sharesim::cli {

/// Names, on standard error, the runs below `folder` (WORKLOAD/SCHEDULER) that are not of `cells`: what is written about these
/// does not tell of them. They stay, because nobody has asked for their removal.
void warn_of_earlier_runs(const std::filesystem::path& folder, const std::vector<Cell>& cells);

}  // namespace sharesim::cli
