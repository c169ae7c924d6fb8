#include "sim/cli/request.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "sim/cli/scheduler_list.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/core/units.hpp"
#include "sim/output/out_file.hpp"
#include "sim/scenario/problems.hpp"

namespace sharesim::cli {
namespace {

constexpr std::int64_t kMaxJobs = 1024;
constexpr std::int64_t kLeastWidth = 20;
constexpr std::int64_t kMostWidth = 10'000;

/// Does `work`; the mistakes that it throws are collected.
void collect(Mistakes& mistakes, const std::function<void()>& work) {
  try {
    work();
  } catch (const InputError& error) {
    mistakes.insert(mistakes.end(), error.diagnostics().begin(), error.diagnostics().end());
  }
}

}  // namespace

void add_mistake(Mistakes& mistakes, std::string what, std::string allowed) {
  Diagnostic diagnostic;
  diagnostic.what = std::move(what);
  diagnostic.allowed = std::move(allowed);
  mistakes.push_back(std::move(diagnostic));
}

std::size_t read_choice(const Arguments& arguments, std::string_view option,
                        const std::vector<std::string>& choices, Mistakes& mistakes) {
  const std::string value = arguments.value(option).value_or(choices.front());
  const auto found = std::find(choices.begin(), choices.end(), value);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  add_mistake(mistakes,
              "--" + std::string(option) + " '" + value + "' is not a choice" +
                  spelling_hint(value, choices),
              word_list(choices));
  return 0;
}

std::optional<std::int64_t> read_number(const Arguments& arguments, std::string_view option,
                                        std::int64_t least, std::int64_t most,
                                        const std::string& noun, Mistakes& mistakes) {
  const auto text = arguments.value(option);
  if (!text) return std::nullopt;
  const auto number = parse_integer(*text).value;
  if (number && *number >= least && *number <= most) return number;
  add_mistake(mistakes, "--" + std::string(option) + " '" + *text + "' is no " + noun,
              std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::string read_only_file(const Arguments& arguments, std::string_view command,
                           Mistakes& mistakes) {
  const std::vector<std::string>& files = arguments.rest();
  if (files.size() == 1) return files.front();
  add_mistake(mistakes, files.empty() ? "which workload? give its file"
                                      : fmt::format("{} takes one workload, and not {}", command,
                                                    files.size()));
  return {};
}

std::uint32_t read_jobs(const Arguments& arguments, Mistakes& mistakes) {
  const auto jobs = read_number(arguments, "jobs", 1, kMaxJobs, "number of threads", mistakes);
  return static_cast<std::uint32_t>(jobs.value_or(0));
}

std::optional<std::string> read_output(const Arguments& arguments, Mistakes& mistakes) {
  auto output = arguments.value("output");
  if (output && output->empty())
    add_mistake(mistakes, "-o '' names nothing", "a name; . is this folder");
  return output;
}

std::vector<Override> read_overrides(const Arguments& arguments, Mistakes& mistakes) {
  std::vector<Override> overrides;
  for (const std::string& text : arguments.values("set")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      add_mistake(mistakes, "--set '" + text + "' is not of the form key=value",
                  "such as machine.cpus=4");
    } else {
      overrides.push_back({text.substr(0, equals), text.substr(equals + 1)});
    }
  }
  if (const auto duration = arguments.value("duration")) {
    const auto parsed = parse_duration(*duration);
    if (!parsed.value) {
      add_mistake(mistakes, "--duration '" + *duration + "' " + explain(parsed.error),
                  "a number with a unit, such as 30s or 1m30s");
    } else {
      overrides.push_back({"duration", *duration});
    }
  }
  return overrides;
}

namespace {

/// Puts the scheduler of --baseline first.
void read_baseline(const Arguments& arguments, Request& request, Mistakes& mistakes) {
  const auto text = arguments.value("baseline");
  if (!text) return;
  request.has_baseline = true;
  try {
    std::vector<SchedulerChoice>& all = request.schedulers;
    SchedulerChoice baseline = Registry::global().parse(*text);
    const auto same = std::find_if(all.begin(), all.end(), [&](const SchedulerChoice& other) {
      return other.to_string() == baseline.to_string();
    });
    if (same != all.end()) all.erase(same);
    all.insert(all.begin(), std::move(baseline));
  } catch (const InputError& error) {
    for (const Diagnostic& mistake : error.diagnostics()) {
      add_mistake(mistakes, "--baseline: " + mistake.what, mistake.allowed);
    }
  }
}

/// --set, --duration and --seed, in this order: the special ones win.
std::vector<Override> read_all_overrides(const Arguments& arguments, Mistakes& mistakes) {
  std::vector<Override> overrides = read_overrides(arguments, mistakes);
  if (const auto seed = arguments.value("seed")) {
    const auto parsed = parse_integer(*seed);
    if (!parsed.value || *parsed.value < 0) {
      add_mistake(mistakes, "--seed '" + *seed + "' is no seed", "an integer, at least 0");
    } else {
      overrides.push_back({"seed", *seed});
    }
  }
  return overrides;
}

void load_scenarios(const Arguments& arguments, const std::vector<Override>& overrides,
                    Request& request, Mistakes& mistakes) {
  for (const std::string& file : arguments.rest()) {
    collect(mistakes, [&] {
      auto scenario = std::make_shared<const Scenario>(load_scenario(file, overrides));
      for (const auto& other : request.scenarios) {
        if (other->name != scenario->name) continue;
        throw InputError("two workloads have the name '" + scenario->name + "': " + other->file +
                             " and " + scenario->file,
                         "one name each, since the results are told apart by it");
      }
      request.scenarios.push_back(std::move(scenario));
    });
  }
}

}  // namespace

std::vector<OptionInfo> request_options() {
  return {
      {"schedulers", 's', "LIST",
       "schedulers, such as sfq or sfq:slice=1ms,scope=global,rr; may be repeated", true},
      {"output", 'o', "DIR", "write report.html, allocations.csv and summary.json to this folder"},
      {"no-report", 0, "", "with -o: leave out report.html"},
      {"schedule", 0, "", "with -o: write schedule.csv as well, a row per run interval"},
      {"duration", 0, "TIME", "simulate this long, such as 30s, whatever the workload says"},
      {"seed", 0, "N", "seed of the random numbers, whatever the workload says"},
      {"set", 0, "KEY=VALUE", "change the workload, such as machine.cpus=4; may be repeated", true},
      {"format", 0, "FORMAT", "table, csv (a row per value) or json"},
      kPluginOption,
      kColorOption,
      kWidthOption,
      {"quiet", 'q', "", "no progress line"}};
}

void load_plugins(const Arguments& arguments, Mistakes& mistakes) {
  for (const std::string& path : arguments.values("plugin")) {
    collect(mistakes, [&] { load_plugin(path); });
  }
}

TableStyle read_style(const Arguments& arguments, Mistakes& mistakes) {
  const std::vector<std::string> choices{"auto", "always", "never"};
  const std::string& when = choices[read_choice(arguments, "color", choices, mistakes)];
  TableStyle style;
  style.color = wants_color(when, stdout_is_terminal(), process_environment());
  const auto width = read_number(arguments, "width", kLeastWidth, kMostWidth, "width", mistakes);
  style.pictures = wants_pictures(stdout_is_terminal(), process_environment());
  style.unicode = speaks_utf8(process_environment());
  const std::size_t columns = style.pictures ? stdout_columns() : 0;
  if (width) {
    style.width = static_cast<std::size_t>(*width);
  } else if (columns >= static_cast<std::size_t>(kLeastWidth)) {
    style.width = columns;
  }
  return style;
}

Request read_request(const Arguments& arguments,
                     const std::optional<std::string>& default_scheduler) {
  Mistakes mistakes;
  Request request;
  load_plugins(arguments, mistakes);
  std::vector<std::string> lists = arguments.values("schedulers");
  if (lists.empty() && default_scheduler) lists.push_back(*default_scheduler);
  if (lists.empty()) {
    add_mistake(mistakes, "which schedulers? give them with -s",
                "all, or some of " + word_list(Registry::global().names()));
  }
  request.schedulers = parse_schedulers(lists, Registry::global(), mistakes);
  read_baseline(arguments, request, mistakes);
  request.style = read_style(arguments, mistakes);
  request.format =
      static_cast<Format>(read_choice(arguments, "format", {"table", "csv", "json"}, mistakes));
  request.jobs = read_jobs(arguments, mistakes);
  request.quiet = arguments.has("quiet");
  request.schedule = arguments.has("schedule");
  if (const auto folder = read_output(arguments, mistakes)) request.folder = *folder;
  if (request.schedule && !request.folder) {
    add_mistake(mistakes, "--schedule needs a folder to write to", "-o DIR");
  }
  if (arguments.has("no-report") && !request.folder) {
    add_mistake(mistakes, "--no-report leaves out a file that is written only to a folder",
                "-o DIR");
  }
  request.report = request.folder && !arguments.has("no-report");
  if (arguments.rest().empty()) add_mistake(mistakes, "which workload? give its file");
  load_scenarios(arguments, read_all_overrides(arguments, mistakes), request, mistakes);
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  if (request.folder) make_folder(*request.folder);
  return request;
}

}  // namespace sharesim::cli
