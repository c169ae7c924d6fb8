#pragma once
// The commands: what --help knows about them, and how to run them.

#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/arguments.hpp"
#include "sim/cli/console.hpp"
#include "sim/cli/exit_status.hpp"

namespace sharesim::cli {

struct Command {
  std::string_view name;
  std::string_view summary;   ///< one line
  std::string_view usage;     ///< what follows "sharesim NAME"
  std::string_view details;   ///< lines for --help; may be empty
  std::string_view examples;  ///< three lines to copy
  std::vector<OptionInfo> options;
  /// Returns the exit status; throws what report() knows.
  int (*run)(const Arguments& arguments, Console& out);
};

const Command& run_command();
const Command& compare_command();
const Command& starve_command();
const Command& explain_throttle_command();
const Command& live_command();
const Command& list_command();
const Command& check_command();
const Command& plan_command();
const Command& apply_command();
const Command& revert_command();
const Command& status_command();

/// All of them, in the order of --help.
std::vector<const Command*> commands();

/// What `sharesim COMMAND --help` prints, and what `sharesim --help` prints.
std::string help_of(const Command& command);
std::string general_help();

/// Everything behind main(): `words` are the arguments without the program's name.
int run_cli(const std::vector<std::string>& words);

}  // namespace sharesim::cli
