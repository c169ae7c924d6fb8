#include "sim/output/share_pictures.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sim/core/units.hpp"
#include "sim/output/text.hpp"

namespace sharesim {
namespace {

constexpr std::int64_t kMillion = 1'000'000;
constexpr std::size_t kBarColumns = 20;
constexpr std::size_t kNameColumns = 24;
constexpr std::size_t kMostColumns = 60;  // of a line over time
constexpr std::size_t kCompareColumns = 24;
constexpr std::size_t kPercentColumns = 6;  // "99.9%", and a blank
constexpr std::array<std::string_view, 9> kEighthsRight{" ", "▏", "▎", "▍", "▌",
                                                        "▋", "▊", "▉", "█"};
constexpr std::array<std::string_view, 9> kEighthsUp{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 9> kAsciiUp{" ", ".", ":", "-", "=", "+", "*", "#", "@"};

std::string padded(std::string text, std::size_t columns) {
  const std::size_t width = display_width(text);
  if (width < columns) text.append(columns - width, ' ');
  return text;
}

std::string without_end_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string name_of(const Scenario& scenario, TaskId task, std::size_t columns) {
  return padded(shorten_name(printable(scenario.path_of(task)), columns), columns);
}

std::int64_t share_of(const Result& result, TaskId task) {
  return result.value(Metric::kShare, EntityRef::task(task)).value_or(0);
}

}  // namespace

std::string share_bar(std::int64_t part, std::size_t columns, bool unicode) {
  constexpr std::int64_t kSteps = 8;
  const std::int64_t eighths =
      (std::clamp<std::int64_t>(part, 0, kMillion) * static_cast<std::int64_t>(columns) * kSteps +
       kMillion / 2) /
      kMillion;
  std::string text;
  if (!unicode) {
    text.append(static_cast<std::size_t>((eighths + kSteps / 2) / kSteps), '#');
    return padded(std::move(text), columns);
  }
  for (std::int64_t i = 0; i < eighths / kSteps; ++i) text += kEighthsRight.back();
  const auto rest = static_cast<std::size_t>(eighths % kSteps);
  if (rest > 0) text += kEighthsRight.at(rest);
  return padded(std::move(text), columns);
}

std::string sparkline(const std::vector<std::int64_t>& values, std::int64_t most, bool unicode) {
  const auto& steps = unicode ? kEighthsUp : kAsciiUp;
  const auto highest = static_cast<std::int64_t>(steps.size() - 1);
  std::string text;
  for (const std::int64_t value : values) {
    const std::int64_t height =
        (std::clamp<std::int64_t>(value, 0, most) * highest + most / 2) / most;
    // What is not nothing is seen.
    text += steps.at(static_cast<std::size_t>(value > 0 ? std::max<std::int64_t>(height, 1) : 0));
  }
  return text;
}

std::string run_pictures(const Result& result, const ShareHistory& history,
                         const TableStyle& style) {
  constexpr std::size_t kTaken = 2 + kNameColumns + 1 + kBarColumns + 1 + kPercentColumns + 1;
  if (style.width < kTaken + kBarColumns || history.tasks() == 0) return "";
  const std::size_t columns = std::min(kMostColumns, style.width - kTaken);
  const Scenario& scenario = *result.scenario;
  std::string text = "\n" +
                     inked("share of the machine, and CPU use over " + to_text(result.end) +
                               " (full height: one CPU)",
                           Ink::kHeading, style) +
                     "\n";
  for (TaskId task = 0; task < history.tasks(); ++task) {
    const std::int64_t share = share_of(result, task);
    text += without_end_blanks(
                fmt::format("  {} {} {:>6} {}", name_of(scenario, task, kNameColumns),
                            share_bar(share, kBarColumns, style.unicode), human_percent(share),
                            sparkline(history.rates(task, columns), kMillion, style.unicode))) +
            "\n";
  }
  if (scenario.task_count() > history.tasks())
    text += fmt::format("  ... and {} more\n", scenario.task_count() - history.tasks());
  return text;
}

void ComparePictures::add(const Result& result, const ShareHistory& history) {
  Row row{result.scheduler, result.scenario, {}, {}};
  for (TaskId task = 0; task < history.tasks(); ++task) {
    row.rates.push_back(history.rates(task, kCompareColumns));
    row.shares.push_back(share_of(result, task));
  }
  rows_.push_back(std::move(row));
}

std::string ComparePictures::take(const TableStyle& style) {
  const std::vector<Row> rows = std::exchange(rows_, {});
  if (rows.empty()) return "";
  std::size_t names = display_width("share over time");
  for (const Row& row : rows)
    names = std::max(names, std::min(kNameColumns, display_width(row.scheduler)));
  constexpr std::size_t kColumn = 2 + kCompareColumns + 1 + kPercentColumns;
  if (style.width < names + kColumn) return "";
  const std::size_t tasks = std::min((style.width - names) / kColumn, rows.front().shares.size());
  std::string heading = padded("share over time", names);
  for (TaskId task = 0; task < tasks; ++task) {
    heading += "  " + name_of(*rows.front().scenario, task, kColumn - 2);
  }
  std::string text = inked(without_end_blanks(std::move(heading)), Ink::kHeading, style) + "\n";
  for (const Row& row : rows) {
    std::string line = padded(shorten_name(printable(row.scheduler), names), names);
    for (std::size_t task = 0; task < tasks; ++task) {
      line += "  " + padded(sparkline(row.rates[task], kMillion, style.unicode), kCompareColumns) +
              fmt::format(" {:>6}", human_percent(row.shares[task]));
    }
    text += without_end_blanks(std::move(line)) + "\n";
  }
  return text;
}

}  // namespace sharesim
