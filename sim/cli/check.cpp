// sharesim check: read workloads and say what is wrong with them.

#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/cli/command.hpp"
#include "sim/cli/request.hpp"
#include "sim/core/error.hpp"
#include "sim/core/units.hpp"
#include "sim/output/text.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cli {
namespace {

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string verdict(const Scenario& scenario) {
  return fmt::format("{}: ok: {}, {}, {}, {}, {}, {}\n", printable(scenario.file),
                     counted(scenario.task_count(), "task"),
                     counted(scenario.groups.size() - 1, "group"),  // the root is nobody's merit
                     counted(scenario.machine.cpus, "CPU"), to_text(scenario.duration),
                     counted(scenario.events.size(), "event"),
                     counted(scenario.expectations.size(), "expectation"));
}

int check_files(const Arguments& arguments, Console& out) {
  std::vector<Diagnostic> mistakes;
  load_plugins(arguments, mistakes);
  if (arguments.rest().empty()) throw InputError("which workloads? give their files");
  for (const std::string& file : arguments.rest()) {
    try {
      out.write(verdict(load_scenario(file)));
    } catch (const InputError& error) {
      mistakes.insert(mistakes.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  out.flush();
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  return static_cast<int>(ExitStatus::kFine);
}

}  // namespace

const Command& check_command() {
  static const Command kCommand{.name = "check",
                                .summary = "read workloads and report every mistake in them",
                                .usage = "FILE... [OPTION]...",
                                .details = "",
                                .examples =
                                    "sharesim check workloads/*.yaml\n"
                                    "sharesim check my.yaml && sharesim run my.yaml\n"
                                    "sharesim check my.yaml --plugin ./libmine.so\n",
                                .options = {kPluginOption},
                                .run = check_files};
  return kCommand;
}

}  // namespace sharesim::cli
