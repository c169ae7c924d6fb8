// sharesim list: what there is to choose from.

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "sim/cli/command.hpp"
#include "sim/cli/request.hpp"
#include "sim/core/error.hpp"
#include "sim/output/grid.hpp"
#include "sim/output/scheduler_text.hpp"
#include "sim/output/text.hpp"
#include "sim/scenario/metric.hpp"
#include "sim/scenario/problems.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUnlimited = 1U << 16;  // a list is searched and cut by other tools

std::string list_schedulers(const std::string& name, const TableStyle& style) {
  if (name.empty()) return scheduler_table(Registry::global().all(), style);
  const SchedulerInfo* const info = Registry::global().find(name);
  if (info != nullptr) return scheduler_page(*info, style);
  throw InputError("there is no scheduler '" + name + "'" + spelling_hint(name, scheduler_names()),
                   word_list(scheduler_names()));
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

std::string list_metrics(const std::string& name, const TableStyle& style) {
  Grid grid({{"metric", false}, {"unit", false}, {"of", false}, {"meaning", false}});
  std::vector<std::string> names;
  bool found = false;
  for (const MetricInfo& metric : metrics()) {
    names.emplace_back(metric.name);
    if (!name.empty() && metric.name != name) continue;
    found = true;
    grid.add_row({{std::string(metric.name)},
                  {std::string(unit_of(metric))},
                  {metric.of_task ? "task, group" : "group"},
                  {std::string(metric.meaning)}});
  }
  if (found) return grid.render(style);
  throw InputError("there is no metric '" + name + "'" + spelling_hint(name, names),
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

std::vector<fs::path> workload_files(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  fs::directory_iterator entries(folder, error);
  while (!error && entries != fs::directory_iterator()) {
    const fs::path extension = entries->path().extension();
    if (extension == ".yaml" || extension == ".yml") files.push_back(entries->path());
    entries.increment(error);
  }
  if (error) throw InputError("cannot list " + folder.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

std::string list_workloads(const std::string& given, const TableStyle& style) {
  const fs::path folder = workload_folder(given);
  Grid grid({{"workload", false}, {"question", false}});
  const std::vector<fs::path> files = workload_files(folder);
  for (const fs::path& file : files) {
    std::string question;
    try {
      question = headline(load_scenario(file.string()).question);
    } catch (const InputError& error) {
      question = fmt::format("(cannot be read: sharesim check {})", file.string());
    }
    grid.add_row({{printable(file.string())}, {question}});
  }
  if (files.empty()) return "no workloads in " + folder.string() + "\n";
  return grid.render(style);
}

using Lister = std::string (*)(const std::string& name, const TableStyle& style);
struct Topic {
  std::string name;
  Lister lister;
};

const std::vector<Topic>& topics() {
  static const std::vector<Topic> kTopics{
      {"schedulers", list_schedulers}, {"metrics", list_metrics}, {"workloads", list_workloads}};
  return kTopics;
}

/// All topics. That there are no workloads at hand is no mistake of the user's here.
std::string list_everything(const TableStyle& style) {
  std::string text;
  for (const Topic& topic : topics()) {
    text += (text.empty() ? "" : "\n") + inked(topic.name, Ink::kHeading, style) + "\n";
    try {
      text += topic.lister("", style);
    } catch (const InputError& error) {
      text += std::string(error.what()) + "\n";
    }
  }
  return text;
}

std::string list_topic(const std::string& name, const std::string& item, const TableStyle& style) {
  std::vector<std::string> names;
  for (const Topic& topic : topics()) {
    if (topic.name == name) return topic.lister(item, style);
    names.push_back(topic.name);
  }
  throw InputError("there is no list of '" + name + "'" + spelling_hint(name, names),
                   word_list(names));
}

int list(const Arguments& arguments, Console& out) {
  std::vector<Diagnostic> mistakes;
  load_plugins(arguments, mistakes);
  TableStyle style = read_style(arguments, mistakes);
  style.width = kUnlimited;
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  const std::vector<std::string>& words = arguments.rest();
  if (words.size() > 2) throw InputError("too many words after list", "a topic and a name");
  out.write(words.empty() ? list_everything(style)
                          : list_topic(words[0], words.size() > 1 ? words[1] : "", style));
  return static_cast<int>(ExitStatus::kFine);
}

}  // namespace

const Command& list_command() {
  static const Command kCommand{
      .name = "list",
      .summary = "show the schedulers, metrics and workloads that there are",
      .usage = "[schedulers|metrics|workloads] [NAME] [OPTION]...",
      .details =
          "NAME is a scheduler or a metric to be told about in full, or the folder of the\n"
          "workloads.\n",
      .examples =
          "sharesim list\n"
          "sharesim list schedulers sfq\n"
          "sharesim list workloads workloads/\n",
      .options = {kPluginOption, kColorOption},
      .run = list};
  return kCommand;
}

}  // namespace sharesim::cli
