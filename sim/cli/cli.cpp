#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sim/cli/command.hpp"
#include "sim/core/error.hpp"
#include "sim/output/version.hpp"
#include "sim/scenario/problems.hpp"

namespace sharesim::cli {
namespace {

constexpr int kFine = static_cast<int>(ExitStatus::kFine);

bool asks_for_help(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::any_of(words.begin(), end,
                     [](const std::string& word) { return word == "-h" || word == "--help"; });
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command* command : commands()) names.emplace_back(command->name);
  return names;
}

const Command& find_command(const std::string& name) {
  for (const Command* command : commands()) {
    if (command->name == name) return *command;
  }
  throw InputError("there is no command '" + name + "'" + spelling_hint(name, command_names()),
                   word_list(command_names()));
}

int help(const std::vector<std::string>& words, Console& out) {
  if (words.size() > 1) throw InputError("help takes one command");
  out.write(words.empty() ? general_help() : help_of(find_command(words.front())));
  return kFine;
}

/// The options before a command.
int general_option(const std::vector<std::string>& words, Console& out) {
  const Arguments arguments =
      Arguments::parse({{"help", 'h', "", ""}, {"version", 'V', "", ""}}, {words.front()});
  if (arguments.has("version")) {
    out.write(fmt::format("sharesim {}\n", kVersion));
  } else {
    out.write(general_help());
  }
  return kFine;
}

int dispatch(const std::vector<std::string>& words, Console& out) {
  if (words.empty()) {
    throw InputError("which command?", word_list(command_names()) + "; sharesim --help tells more");
  }
  if (words.front().starts_with('-')) return general_option(words, out);
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  if (words.front() == "help") return help(rest, out);
  const Command& command = find_command(words.front());
  if (asks_for_help(rest)) {
    out.write(help_of(command));
    return kFine;
  }
  return command.run(Arguments::parse(command.options, rest), out);
}

}  // namespace

std::vector<const Command*> commands() {
  return {&run_command(),   &compare_command(), &starve_command(), &explain_throttle_command(),
          &live_command(),  &list_command(),    &check_command(),  &plan_command(),
          &apply_command(), &revert_command(),  &status_command()};
}

int run_cli(const std::vector<std::string>& words) {
  prepare_streams();
  Console out;
  int status = kFine;
  try {
    status = dispatch(words, out);
  } catch (...) {
    out.flush();
    status = static_cast<int>(report(std::current_exception()));
  }
  return std::max(status, static_cast<int>(out.finish()));
}

}  // namespace sharesim::cli
