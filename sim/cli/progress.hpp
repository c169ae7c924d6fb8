#pragma once
// The line on a terminal that tells how far a long run has come.

#include <chrono>
#include <functional>
#include <mutex>

#include "sim/core/time.hpp"

namespace sharesim::cli {

/// Drawn on standard error, at most ten times a second, from any thread.
class Progress {
 public:
  /// `total` is the simulated time of all runs together.
  Progress(bool shown, Duration total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// There are more runs than was known at first, of so much simulated time.
  void expect(Duration more);
  /// What the engine is to call in one run; empty if nothing is shown. Must not outlive this.
  std::function<void(Time)> watch_run();
  /// Takes the line away, so that something else can be printed; the next step draws it again.
  void clear();

 private:
  void advance(Duration step);

  const bool shown_;
  std::mutex mutex_;  ///< guards everything below
  Duration total_;
  Duration done_{};
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;  ///< not drawn before
};

}  // namespace sharesim::cli
