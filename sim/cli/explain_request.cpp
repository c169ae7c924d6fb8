#include "sim/cli/explain_request.hpp"

#include <fmt/format.h>

#include "sim/cli/scheduler_list.hpp"
#include "sim/core/error.hpp"
#include "sim/core/units.hpp"
#include "sim/scenario/problems.hpp"
#include "sim/scenario/source.hpp"

namespace sharesim::cli {
namespace {

constexpr std::int64_t kDefaultRows = 10;

std::optional<std::uint64_t> period_number(const std::string& text) {
  const auto number = parse_integer(text).value;
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

Selection read_selection(const Arguments& arguments, Mistakes& mistakes) {
  Selection selection;
  selection.all = arguments.has("all");
  const bool some = !selection.all && !arguments.has("period");
  if (some || arguments.has("rows")) {
    const auto rows =
        read_number(arguments, "rows", 0, Selection::kMostRows, "number of rows", mistakes);
    selection.rows = static_cast<std::size_t>(rows.value_or(kDefaultRows));
  }
  if (const auto text = arguments.value("period")) {
    const std::size_t dash = text->find('-');
    const auto first = period_number(text->substr(0, dash));
    const auto last = dash == std::string::npos ? first : period_number(text->substr(dash + 1));
    if (!first || !last || *last < *first) {
      add_mistake(mistakes, "--period '" + *text + "' names no periods",
                  "a number from 0 on, such as 12, or two, such as 10-20");
    } else {
      selection.numbers = {*first, *last};
    }
    if (selection.all || arguments.has("rows")) {
      add_mistake(mistakes,
                  "--period says which periods to show: --all and --rows do not go with it");
    }
  }
  return selection;
}

}  // namespace

ExplainRequest read_explain_request(const Arguments& arguments) {
  Mistakes mistakes;
  ExplainRequest request;
  load_plugins(arguments, mistakes);
  std::vector<std::string> lists = arguments.values("schedulers");
  if (lists.empty()) lists.emplace_back("sfq");
  request.schedulers = parse_schedulers(lists, Registry::global(), mistakes);
  if (mistakes.empty() && request.schedulers.size() != 1) {
    add_mistake(mistakes, fmt::format("explain-throttle takes one scheduler, and not {}",
                                      request.schedulers.size()));
  }
  for (const SchedulerChoice& scheduler : request.schedulers) {
    if (!scheduler.info().claims.has(Claim::kFluid)) continue;
    add_mistake(mistakes, scheduler.info().name + " shares without periods: nobody is throttled",
                "another scheduler");
  }
  if (const auto group = arguments.value("group")) {
    request.group = group->starts_with('/') ? *group : "/" + *group;
  } else {
    add_mistake(mistakes, "which group? give its path with --group", "such as --group /web");
  }
  request.selection = read_selection(arguments, mistakes);
  request.search = !arguments.has("no-search");
  request.format =
      static_cast<Format>(read_choice(arguments, "format", {"table", "csv", "json"}, mistakes));
  request.style = read_style(arguments, mistakes);
  request.workload.overrides = read_overrides(arguments, mistakes);
  std::string& file = request.workload.file;
  file = read_only_file(arguments, "explain-throttle", mistakes);
  if (!file.empty()) {
    if (auto problem = read_source(file, request.workload.text)) mistakes.push_back(*problem);
  }
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  return request;
}

}  // namespace sharesim::cli
