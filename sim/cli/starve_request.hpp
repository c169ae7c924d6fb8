#pragma once
// What `sharesim starve` is asked.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/request.hpp"
#include "sim/search/evolution.hpp"
#include "sim/search/objective.hpp"

namespace sharesim::cli {

struct StarveRequest {
  std::string file;
  std::vector<Override> overrides;
  std::vector<SchedulerChoice> schedulers;
  std::optional<std::string> attacker;
  std::optional<std::string> victim;
  Objective objective = Objective::kGap;
  SearchOptions search;
  std::uint32_t colluders = 1;
  std::optional<std::filesystem::path> output;  ///< a file, or a folder for several schedulers
  Format format = Format::kTable;
  TableStyle style;
  std::size_t jobs = 1;
  bool quiet = false;
};

/// Throws InputError with every mistake.
StarveRequest read_starve_request(const Arguments& arguments);
std::vector<OptionInfo> starve_options();

}  // namespace sharesim::cli
