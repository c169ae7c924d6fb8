#include "sim/output/compare_matrix.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sharesim {
namespace {

constexpr std::size_t kStarvation = 2;

CompareRow row(const std::string& scheduler, std::optional<std::int64_t> starved_ms) {
  CompareRow row;
  row.scheduler = scheduler;
  row.ran = row.complete = starved_ms.has_value();
  if (starved_ms) row.values[kStarvation] = *starved_ms * 1'000'000;
  return row;
}

// Two workloads under two schedulers: a line each, and the smaller of each line marked; who did not
// run has no value.
TEST(CompareMatrix, HasALineForEachWorkload) {
  CompareMatrix matrix(kStarvation);
  matrix.add("burst", {row("credit", 2400), row("sfq", 3)});
  matrix.add("trap", {row("credit", std::nullopt), row("sfq", 3)});
  EXPECT_EQ(matrix.render({}),
            "longest starved, workload by workload\n"
            "workload  credit     sfq\n"
            "burst      2.40s  3.00ms*\n"
            "trap           -  3.00ms*\n");
}

// With more schedulers than workloads the schedulers stand below each other, so that the table does
// not grow too wide; the marks are those of the workload still.
TEST(CompareMatrix, TurnsWhenThereAreMoreSchedulers) {
  CompareMatrix matrix(kStarvation);
  matrix.add("a-workload-with-words", {row("credit:limit=1s", 1000), row("sfq", 3)});
  EXPECT_EQ(matrix.render({}),
            "longest starved, workload by workload\n"
            "                 a-workload-\n"
            "scheduler         with-words\n"
            "credit:limit=1s        1.00s\n"
            "sfq                   3.00ms*\n");
}

}  // namespace
}  // namespace sharesim
