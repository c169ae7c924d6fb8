#include "sim/cli/arguments.hpp"

#include <boost/program_options.hpp>

#include "sim/core/error.hpp"
#include "sim/scenario/problems.hpp"

namespace sharesim::cli {
namespace {

namespace po = boost::program_options;

po::options_description describe(const std::vector<OptionInfo>& options) {
  po::options_description description;
  for (const OptionInfo& option : options) {
    std::string name(option.name);
    if (option.letter != 0) name += std::string(",") + option.letter;
    if (option.value.empty()) {
      description.add_options()(name.c_str(), "");
    } else {
      description.add_options()(name.c_str(), po::value<std::vector<std::string>>(), "");
    }
  }
  return description;
}

po::parsed_options read(const po::options_description& description,
                        const std::vector<std::string>& words) {
  constexpr int kStyle =
      po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  try {
    return po::command_line_parser(words)
        .options(description)
        .style(kStyle)
        .allow_unregistered()
        .run();
  } catch (const po::error& error) {
    throw InputError(error.what());
  }
}

Diagnostic unknown(const std::string& word, const std::vector<OptionInfo>& options) {
  std::vector<std::string> names;
  names.reserve(options.size());
  for (const OptionInfo& option : options) names.push_back("--" + std::string(option.name));
  const std::string name = word.substr(0, word.find('='));
  Diagnostic diagnostic;
  diagnostic.what = "unknown option '" + name + "'" + spelling_hint(name, names);
  diagnostic.allowed = word_list(names);
  return diagnostic;
}

bool repeatable(std::string_view name, const std::vector<OptionInfo>& options) {
  for (const OptionInfo& option : options) {
    if (option.name == name) return option.repeatable;
  }
  return false;
}

}  // namespace

Arguments Arguments::parse(const std::vector<OptionInfo>& options,
                           const std::vector<std::string>& words) {
  const po::options_description description = describe(options);
  const po::parsed_options parsed = read(description, words);
  Arguments arguments;
  std::vector<Diagnostic> mistakes;
  for (const po::option& option : parsed.options) {
    if (option.position_key >= 0) {
      arguments.rest_.insert(arguments.rest_.end(), option.value.begin(), option.value.end());
    } else if (option.unregistered) {
      mistakes.push_back(unknown(option.original_tokens.front(), options));
    } else {
      auto [place, is_new] = arguments.options_.try_emplace(option.string_key);
      if (!is_new && !repeatable(option.string_key, options)) {
        Diagnostic mistake;
        mistake.what = "option '--" + option.string_key + "' is given more than once";
        mistakes.push_back(mistake);
      }
      place->second.insert(place->second.end(), option.value.begin(), option.value.end());
    }
  }
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  return arguments;
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::vector<std::string>{} : found->second;
}

std::optional<std::string> Arguments::value(std::string_view option) const {
  const auto found = options_.find(option);
  if (found == options_.end() || found->second.empty()) return std::nullopt;
  return found->second.front();
}

}  // namespace sharesim::cli
