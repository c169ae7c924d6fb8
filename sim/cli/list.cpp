// sharesim list: what there is to choose from.

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/cli/command.hpp"
#include "sim/cli/request.hpp"
#include "sim/core/error.hpp"
#include "sim/output/listing.hpp"
#include "sim/output/scheduler_text.hpp"
#include "sim/output/text.hpp"
#include "sim/scenario/metric.hpp"
#include "sim/scenario/problems.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cli {
namespace {

namespace fs = std::filesystem;

/// The policy of this name, or all of them.
std::vector<const SchedulerInfo*> chosen_schedulers(const std::string& name) {
  if (name.empty()) return Registry::global().all();
  const SchedulerInfo* const info = Registry::global().find(name);
  if (info != nullptr) return {info};
  throw InputError(
      "there is no scheduler '" + name + "'" + spelling_hint(name, Registry::global().names()),
      word_list(Registry::global().names()));
}

Listing list_schedulers(const std::string& name) {
  return scheduler_listing(chosen_schedulers(name));
}

std::string_view unit_of(const MetricInfo& metric) {
  switch (metric.unit) {
    case MetricUnit::kDuration:
      return "duration";
    case MetricUnit::kFraction:
      return "percent";
    case MetricUnit::kCredits:
      return "credits";
    case MetricUnit::kCount:
      break;
  }
  return "count";
}

Listing list_metrics(const std::string& name) {
  constexpr std::size_t kMeaningColumns = 78;
  Listing listing{
      {{"metric", Holds::kName}, {"unit"}, {"of"}, {"meaning", Holds::kText, kMeaningColumns}}, {}};
  std::vector<std::string> names;
  for (const MetricInfo& metric : metrics()) {
    names.emplace_back(metric.name);
    if (!name.empty() && metric.name != name) continue;
    listing.rows.push_back({names.back(), std::string(unit_of(metric)),
                            metric.of_task ? "task, group" : "group", std::string(metric.meaning)});
  }
  if (!listing.rows.empty()) return listing;
  throw InputError("there is no metric '" + name + "'" + spelling_hint(name, names),
                   word_list(names));
}

Listing list_hints(const std::string& name) {
  Listing all = hint_listing(Registry::global().all());
  if (name.empty()) return all;
  Listing one{all.columns, {}};
  std::vector<std::string> names;
  for (const auto& row : all.rows) {
    names.push_back(row.front());
    if (row.front() == name) one.rows.push_back(row);
  }
  if (!one.rows.empty()) return one;
  throw InputError("there is no hint '" + name + "'" + spelling_hint(name, names),
                   word_list(names));
}

/// `given`, else ./workloads, else the folder beside that of the program (build/sharesim).
fs::path workload_folder(const std::string& given) {
  if (!given.empty()) return given;
  std::error_code error;
  if (fs::is_directory("workloads", error)) return "workloads";
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  fs::path beside = program.parent_path().parent_path() / "workloads";
  if (!error && fs::is_directory(beside, error)) return beside;
  throw InputError("there is no folder 'workloads' here", "sharesim list workloads DIR");
}

bool is_workload(const fs::path& file) {
  return file.extension() == ".yaml" || file.extension() == ".yml";
}

/// The workloads in `folder`, sorted; with those of the folders below it, or without.
std::vector<fs::path> workload_files(const fs::path& folder, bool deep) {
  std::error_code error;
  std::vector<fs::path> files;
  fs::recursive_directory_iterator entry(folder, error);
  while (!error && entry != fs::recursive_directory_iterator()) {
    if (!deep) entry.disable_recursion_pending();
    if (is_workload(entry->path())) files.push_back(entry->path());
    entry.increment(error);
  }
  if (error) throw InputError("cannot list " + folder.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

Listing list_workloads(const std::string& given) {
  constexpr std::size_t kQuestionColumns = 76;
  Listing listing{{{"workload"}, {"question", Holds::kText, kQuestionColumns}}, {}};
  for (const fs::path& file : workload_files(workload_folder(given), given.empty())) {
    std::string question;
    try {
      question = headline(load_scenario(file.string()).question);
    } catch (const InputError& error) {
      question = fmt::format("(cannot be read: sharesim check {})", file.string());
    }
    listing.rows.push_back({printable(file.string()), question});
  }
  return listing;
}

struct Topic {
  std::string name;
  Listing (*listing)(const std::string& name);
};

const std::vector<Topic>& topics() {
  static const std::vector<Topic> kTopics{{"schedulers", list_schedulers},
                                          {"metrics", list_metrics},
                                          {"hints", list_hints},
                                          {"workloads", list_workloads}};
  return kTopics;
}

const Topic& find_topic(const std::string& name) {
  std::vector<std::string> names;
  for (const Topic& topic : topics()) {
    if (topic.name == name) return topic;
    names.push_back(topic.name);
  }
  throw InputError("there is no list of '" + name + "'" + spelling_hint(name, names),
                   word_list(names));
}

std::vector<std::string> split_at_commas(std::string_view list) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

/// How the lists are to be printed.
struct Form {
  enum : std::uint8_t { kTable, kCsv, kJson, kMarkdown } format = kTable;
  std::vector<std::string> columns;  ///< empty: all
  TableStyle style;
};

std::string print(Listing listing, const Form& form) {
  if (!form.columns.empty()) {
    listing = with_columns(listing, form.columns);
    for (ListingColumn& column : listing.columns) column.expendable = 0;
  }
  switch (form.format) {
    case Form::kCsv:
      return listing_csv(listing);
    case Form::kJson:
      return listing_json(listing);
    case Form::kMarkdown:
      return listing_markdown(listing);
    case Form::kTable:
      break;
  }
  return listing.rows.empty() ? "none\n" : listing_table(listing, form.style);
}

/// All topics. That there are no workloads at hand is no mistake of the user's here.
std::string list_everything(const Form& form) {
  if (form.format != Form::kTable || !form.columns.empty()) {
    throw InputError("--format and --columns need a list to print", "such as list schedulers");
  }
  std::string text;
  for (const Topic& topic : topics()) {
    text += (text.empty() ? "" : "\n") + inked(topic.name, Ink::kHeading, form.style) + "\n";
    try {
      text += print(topic.listing(""), form);
    } catch (const InputError& error) {
      text += std::string(error.what()) + "\n";
    }
  }
  return text;
}

std::string list_topic(const std::string& name, const std::string& item, const Form& form) {
  const Topic& topic = find_topic(name);
  if (topic.listing == list_schedulers && form.columns.empty()) {
    const std::vector<const SchedulerInfo*> chosen = chosen_schedulers(item);
    if (form.format == Form::kJson) return schedulers_json(chosen);
    if (form.format == Form::kTable && !item.empty()) {
      return scheduler_page(*chosen.front(), form.style);
    }
  }
  return print(topic.listing(item), form);
}

int list(const Arguments& arguments, Console& out) {
  std::vector<Diagnostic> mistakes;
  load_plugins(arguments, mistakes);
  Form form;
  form.style = read_style(arguments, mistakes);
  constexpr std::array kFormats{Form::kTable, Form::kCsv, Form::kJson, Form::kMarkdown};
  form.format =
      kFormats.at(read_choice(arguments, "format", {"table", "csv", "json", "markdown"}, mistakes));
  if (const auto columns = arguments.value("columns")) form.columns = split_at_commas(*columns);
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  const std::vector<std::string>& words = arguments.rest();
  if (words.size() > 2) throw InputError("too many words after list", "a topic and a name");
  out.write(words.empty() ? list_everything(form)
                          : list_topic(words[0], words.size() > 1 ? words[1] : "", form));
  return static_cast<int>(ExitStatus::kFine);
}

}  // namespace

const Command& list_command() {
  static const Command kCommand{
      .name = "list",
      .summary = "show the schedulers, metrics, hints and workloads that there are",
      .usage = "[schedulers|metrics|hints|workloads] [NAME] [OPTION]...",
      .details =
          "NAME is a scheduler to be told about in full, a metric, a hint (a word that schedulers\n"
          "know under `hints:` of a task or group), or the folder of the workloads\n"
          "(./workloads, with the folders in it).\n",
      .examples =
          "sharesim list\n"
          "sharesim list schedulers sfq\n"
          "sharesim list schedulers --format markdown --columns scheduler,summary\n",
      .options = {{"format", 0, "FORMAT", "table, csv, json or markdown"},
                  {"columns", 0, "LIST", "only these columns, such as scheduler,claims"},
                  kPluginOption,
                  kColorOption,
                  kWidthOption},
      .run = list};
  return kCommand;
}

}  // namespace sharesim::cli
