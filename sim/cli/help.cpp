#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/cli/command.hpp"

namespace sharesim::cli {
namespace {

std::string option_words(const OptionInfo& option) {
  const std::string letter = option.letter != 0 ? fmt::format("-{}, ", option.letter) : "    ";
  return fmt::format("{}--{}{}{}", letter, option.name, option.value.empty() ? "" : " ",
                     option.value);
}

std::string option_lines(std::vector<OptionInfo> options) {
  options.push_back({"help", 'h', "", "this text"});
  std::size_t width = 0;
  for (const OptionInfo& option : options) width = std::max(width, option_words(option).size());
  std::string text;
  for (const OptionInfo& option : options) {
    text += fmt::format("  {:<{}}  {}\n", option_words(option), width, option.help);
  }
  return text;
}

std::string indented(std::string_view lines) {
  std::string text;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    text += fmt::format("  {}\n", lines.substr(0, end));
    lines.remove_prefix(end + 1);
  }
  return text;
}

constexpr std::string_view kStatuses =
    "  0    fine\n"
    "  1    an expectation of a workload failed\n"
    "  2    wrong usage, or a wrong workload\n"
    "  3    the machine says no: a file or folder cannot be written, the disk or the memory is\n"
    "       full; or the reader of standard output has gone (then without a message)\n"
    "  4    a scheduler broke the contract, or sharesim found a mistake of its own\n"
    "  130  interrupted (143: terminated, 129: hung up): what is written is marked as incomplete;\n"
    "       a second signal ends the program at once\n";

}  // namespace

std::string help_of(const Command& command) {
  return fmt::format("sharesim {}: {}\n\nUsage: sharesim {} {}\n\n{}{}Options:\n{}\nExamples:\n{}",
                     command.name, command.summary, command.name, command.usage, command.details,
                     command.details.empty() ? "" : "\n", option_lines(command.options),
                     indented(command.examples));
}

std::string general_help() {
  std::string text =
      "sharesim simulates proportional-share CPU scheduling: workloads from YAML files, under\n"
      "schedulers to choose from, measured against the ideal of fluid sharing.\n\nUsage:\n";
  for (const Command* command : commands()) {
    text += fmt::format("  sharesim {} {}\n", command->name, command->usage);
  }
  text += "  sharesim help COMMAND\n  sharesim --version\n\nCommands:\n";
  for (const Command* command : commands()) {
    text += fmt::format("  {:<17} {}\n", command->name, command->summary);
  }
  text += "\nResults go to standard output, everything else to standard error.\n\nExit status:\n";
  text += kStatuses;
  return text +
         "\nExamples:\n"
         "  sharesim list workloads\n"
         "  sharesim run workloads/proportional-shares.yaml -s sfq\n"
         "  sharesim compare workloads/*.yaml -s rr,wfq,sfq\n";
}

}  // namespace sharesim::cli
