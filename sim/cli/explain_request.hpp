#pragma once
// What is asked of explain-throttle: which workload and group, which periods to show.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/cli/arguments.hpp"
#include "sim/cli/request.hpp"
#include "sim/metrics/throttle_log.hpp"
#include "sim/output/grid.hpp"
#include "sim/registry.hpp"
#include "sim/search/throttle_remedies.hpp"

namespace sharesim::cli {

/// Which periods to show.
struct Selection {
  /// As a table or JSON, which are made in memory. CSV has all.
  static constexpr std::uint64_t kMostRows = 10'000;

  bool all = false;                                                ///< throttled or not
  std::uint64_t rows = kMostRows;                                  ///< at most
  std::optional<std::pair<std::uint64_t, std::uint64_t>> numbers;  ///< these, throttled or not

  bool wants(const ThrottlePeriod& period) const {
    if (numbers) return period.number >= numbers->first && period.number <= numbers->second;
    return all || period.was_throttled();
  }
};

struct ExplainRequest {
  WorkloadText workload;
  std::vector<SchedulerChoice> schedulers;  ///< one
  std::string group;                        ///< its path
  Selection selection;
  bool search = true;
  Format format = Format::kTable;
  TableStyle style;
};

/// Throws InputError with every mistake.
ExplainRequest read_explain_request(const Arguments& arguments);

}  // namespace sharesim::cli
