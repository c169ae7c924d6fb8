// What does the loader make of any bytes at all? Either a scenario, or an InputError whose every
// diagnostic says something. Any other exception, a crash or a hang is a finding.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sim/core/error.hpp"
#include "sim/scenario/scenario.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  try {
    sharesim::parse_scenario(text, "fuzz.yaml");
  } catch (const sharesim::InputError& error) {
    if (error.diagnostics().empty()) std::abort();
    for (const sharesim::Diagnostic& diagnostic : error.diagnostics()) {
      if (diagnostic.what.empty() || diagnostic.to_string().empty()) std::abort();
    }
  }
  return 0;
}
