#include "sim/cli/outcome.hpp"

#include "sim/cli/console.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/output/expectations.hpp"

namespace sharesim::cli {

ExitStatus complain_of_expectations(const Result& result) {
  ExitStatus status = ExitStatus::kFine;
  if (!result.complete) return status;
  for (const ExpectationResult& outcome : result.expectations) {
    if (outcome.met) continue;
    complain(failure_text(result, outcome));
    status = ExitStatus::kExpectationFailed;
  }
  return status;
}

int final_status(ExitStatus status) {
  constexpr int kKilledBySignal = 128;
  const int signal = caught_signal();
  return signal != 0 ? kKilledBySignal + signal : static_cast<int>(status);
}

}  // namespace sharesim::cli
