#pragma once
// One measure of many workloads under many schedulers in one table.

#include <cstddef>
#include <string>
#include <vector>

#include "sim/output/compare_table.hpp"

namespace sharesim {

/// A measure that `compare` knows (compared_value), workload by workload and scheduler by scheduler.
class CompareMatrix {
 public:
  explicit CompareMatrix(std::size_t column) : column_(column) {}

  /// The rows of one workload: the same schedulers in the same order each time.
  void add(const std::string& workload, const std::vector<CompareRow>& rows);
  /// A title and a row per workload; where there are more schedulers than workloads, a row per
  /// scheduler. The best of each workload are marked.
  std::string render(const TableStyle& style) const;

 private:
  const std::size_t column_;
  std::vector<std::string> schedulers_;
  std::vector<std::string> workloads_;
  std::vector<std::vector<GridCell>> cells_;  ///< by workload, then by scheduler
};

}  // namespace sharesim
