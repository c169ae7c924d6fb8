#include "sim/cli/scheduler_list.hpp"

#include <algorithm>

namespace sharesim::cli {
namespace {

void add(std::vector<SchedulerChoice>& choices, SchedulerChoice choice) {
  const std::string spelling = choice.to_string();
  const bool known = std::any_of(choices.begin(), choices.end(), [&](const SchedulerChoice& other) {
    return other.to_string() == spelling;
  });
  if (!known) choices.push_back(std::move(choice));
}

}  // namespace

std::vector<std::string> split_schedulers(std::string_view list) {
  std::vector<std::string> schedulers;
  for (;;) {
    const std::size_t comma = list.find(',');
    const std::string_view piece = list.substr(0, comma);
    const bool parameter =
        piece.find('=') != std::string_view::npos && piece.find(':') == std::string_view::npos;
    if (parameter && !schedulers.empty()) {
      const bool first = schedulers.back().find(':') == std::string::npos;
      schedulers.back().append(first ? ":" : ",").append(piece);
    } else {
      schedulers.emplace_back(piece);
    }
    if (comma == std::string_view::npos) return schedulers;
    list.remove_prefix(comma + 1);
  }
}

std::vector<SchedulerChoice> parse_schedulers(const std::vector<std::string>& lists,
                                              const Registry& registry,
                                              std::vector<Diagnostic>& mistakes) {
  std::vector<SchedulerChoice> choices;
  for (const std::string& list : lists) {
    for (const std::string& text : split_schedulers(list)) {
      try {
        if (text == "all") {
          for (const SchedulerInfo* info : registry.all())
            add(choices, registry.choose(info->name));
        } else {
          add(choices, registry.parse(text));
        }
      } catch (const InputError& error) {
        mistakes.insert(mistakes.end(), error.diagnostics().begin(), error.diagnostics().end());
      }
    }
  }
  return choices;
}

}  // namespace sharesim::cli
