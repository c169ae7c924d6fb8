#pragma once
// From results to the exit status.

#include "sim/cli/exit_status.hpp"
#include "sim/record/result.hpp"

namespace sharesim::cli {

/// Says on standard error which expectations failed, a line each. A run that was interrupted is not
/// judged.
ExitStatus complain_of_expectations(const Result& result);

/// The process's exit status: after a signal 128 plus its number, else `status`.
int final_status(ExitStatus status);

}  // namespace sharesim::cli
