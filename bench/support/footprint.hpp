#pragma once
// Memory and CPU time of one piece of work, in a process of its own.

#include <cstdint>
#include <functional>

namespace sharesim::bench {

struct Footprint {
  std::uint64_t peak_bytes = 0;   ///< the most that was resident, the program itself included
  std::uint64_t grown_bytes = 0;  ///< the same without what was resident when the work began
  double cpu_seconds = 0;
  std::uint64_t count = 0;  ///< what the work returned
};

/// Does the work in a child process, so that nothing which was freed before is used again. Throws
/// std::runtime_error if the child fails.
Footprint footprint_of(const std::function<std::uint64_t()>& work);

}  // namespace sharesim::bench
