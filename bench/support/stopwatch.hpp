#pragma once
// CPU time of pieces of work, of which the best is kept: what else the machine does only ever adds.

#include <algorithm>
#include <limits>
#include <time.h>

namespace sharesim::bench {

/// CPU time of this thread so far, in seconds.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

class Stopwatch {
 public:
  /// Does the work and takes its time.
  template <typename Work>
  void time(Work work) {
    const double begin = cpu_seconds();
    work();
    best_ = std::min(best_, cpu_seconds() - begin);
  }
  /// Of the fastest so far, in seconds of CPU time.
  double best() const { return best_; }

 private:
  double best_ = std::numeric_limits<double>::infinity();
};

}  // namespace sharesim::bench
