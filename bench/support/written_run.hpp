#pragma once
// Runs that write their files, as `sharesim run -o DIR --schedule` does.

#include <cstdint>
#include <filesystem>

#include "bench/support/scenarios.hpp"

namespace sharesim::bench {

/// An empty folder that goes with this object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Tasks that always run on one CPU, with this recording tick.
SharedScenario recorded(std::uint32_t tasks, Duration tick, Duration duration);

/// Runs `scenario` under sfq with all files in `folder`, and returns the number of decisions.
std::uint64_t run_written(const SharedScenario& scenario, const std::filesystem::path& folder);

}  // namespace sharesim::bench
