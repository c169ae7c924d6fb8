#include "bench/support/written_run.hpp"

#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <system_error>

#include "sim/cli/simulate.hpp"
#include "sim/registry.hpp"

namespace sharesim::bench {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "sharesim_bench_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

SharedScenario recorded(std::uint32_t tasks, Duration tick, Duration duration) {
  Scenario scenario = *flat(mixed_weights(tasks), 1, duration);
  scenario.record_tick = tick;
  return std::make_shared<const Scenario>(std::move(scenario));
}

std::uint64_t run_written(const SharedScenario& scenario, const fs::path& folder) {
  const cli::Cell cell{.scenario = scenario,
                       .scheduler = Registry::global().choose("sfq"),
                       .folder = folder,
                       .schedule = true};
  return cli::simulate(cell, {}).decisions;
}

}  // namespace sharesim::bench
