#pragma once
// How the `expect:` lines of a workload came out, in words.

#include <cstddef>
#include <string>

#include "sim/record/result.hpp"

namespace sharesim {

/// Lines of `expect:` that were asked, and that held for every entity they name.
struct ExpectationCount {
  std::size_t asked = 0;
  std::size_t met = 0;
};
ExpectationCount count_expectations(const Result& result);

/// What was asked of which entity: "share of /web at least 29%".
std::string asked_text(const Scenario& scenario, const ExpectationResult& outcome);
/// What came out: "28.9%", or "no value".
std::string got_text(const Scenario& scenario, const ExpectationResult& outcome);
/// One line for an expectation that failed: file, line, scheduler, metric, wanted and got.
std::string failure_text(const Result& result, const ExpectationResult& outcome);

}  // namespace sharesim
