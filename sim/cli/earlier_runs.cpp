#include "sim/cli/earlier_runs.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/cli/console.hpp"

namespace sharesim::cli {
namespace {

namespace fs = std::filesystem;

/// Sorted, and without `folder`.
std::vector<std::string> earlier_runs(const fs::path& folder, const std::vector<Cell>& cells) {
  std::set<fs::path> own;
  for (const Cell& cell : cells) {
    if (cell.folder) own.insert(*cell.folder);
  }
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& workload : fs::directory_iterator(folder, ignored)) {
    for (const auto& run : fs::directory_iterator(workload.path(), ignored)) {
      if (own.contains(run.path()) || !fs::exists(run.path() / "summary.json", ignored)) continue;
      found.push_back(run.path().lexically_relative(folder).string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

void warn_of_earlier_runs(const fs::path& folder, const std::vector<Cell>& cells) {
  constexpr std::size_t kNamed = 5;
  const std::vector<std::string> found = earlier_runs(folder, cells);
  if (found.empty()) return;
  const auto named = found.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, found.size()));
  std::string line = fmt::format(
      "warning: {} also holds {} of an earlier comparison, which compare.csv and the report are "
      "not about: {}",
      folder.string(), found.size() == 1 ? "a run" : "runs", fmt::join(found.begin(), named, ", "));
  if (named != found.end()) line += fmt::format(" and {} more", found.end() - named);
  complain(line + " (remove them, or choose another -o)");
}

}  // namespace sharesim::cli
