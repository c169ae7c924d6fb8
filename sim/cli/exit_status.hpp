#pragma once

namespace sharesim::cli {

/// What the shell sees. After SIGINT or SIGTERM it is 128 plus the signal's number instead.
enum class ExitStatus : int {
  kFine = 0,
  kExpectationFailed = 1,
  kInput = 2,      ///< wrong usage or input
  kMachine = 3,    ///< a file, the disk, memory; also standard output closed by its reader
  kScheduler = 4,  ///< a scheduler broke the contract, or sharesim found a mistake of its own
};

/// The graver of two: the larger number.
constexpr ExitStatus worse(ExitStatus a, ExitStatus b) { return a < b ? b : a; }

}  // namespace sharesim::cli
