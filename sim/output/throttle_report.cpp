#include "sim/output/throttle_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/core/units.hpp"
#include "sim/output/text.hpp"

namespace sharesim {

std::string control_file_text(const Remedy& remedy, const Bandwidth& cap) {
  constexpr std::int64_t kMicrosecond = 1000;
  if (!remedy.edge.value) return "";
  const std::int64_t value = *remedy.edge.value / kMicrosecond;
  // The kernel takes quotas from 1 ms on, in periods of at most 1 s.
  const bool writable = cap.period <= std::chrono::seconds(1) && value >= 1000;
  if (remedy.kind == Remedy::Kind::kQuota && !writable) return "";
  switch (remedy.kind) {
    case Remedy::Kind::kQuota:
      return fmt::format("cpu.max: {} {}", value, to_ns(cap.period) / kMicrosecond);
    case Remedy::Kind::kBurst:
      return fmt::format("cpu.max.burst: {}", value);
    case Remedy::Kind::kTasks:
      break;
  }
  return "";
}

namespace {

constexpr std::size_t kUsersShown = 2;

/// Who used most, by the names below the group.
std::string users_text(const ThrottleReport& report, const ThrottlePeriod& period) {
  const Scenario& scenario = *report.scenario;
  const std::size_t above = report.group == kRoot ? 0 : scenario.groups[report.group].path.size();
  std::string text;
  for (std::size_t i = 0; i < std::min(kUsersShown, period.users.size()); ++i) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        printable(scenario.path_of(period.users[i].task).substr(above + 1)),
                        human(period.users[i].used, ""));
  }
  return text + (period.users.size() > kUsersShown ? ", ..." : "");
}

/// What is unknown has no text.
std::string human_or_nothing(const std::optional<Duration>& duration) {
  return duration ? human(*duration, "") : "";
}
std::string period_table(const ThrottleReport& report, const TableStyle& style) {
  if (report.periods.empty()) return "";
  Grid grid({{"\nperiod"},
             {"\nfrom"},
             {"to\nuse"},
             {"\nused"},
             {"left\nin pool"},
             {report.slices ? "parked\non CPUs" : "", true},
             {"throttled\nafter"},
             {"\nfor"},
             {"CPUs\nat once"},
             {"CPUs\nlost", false, 1},
             {"most used by", false, 2}});
  for (const ThrottlePeriod& period : report.periods) {
    const bool held = period.was_throttled();
    grid.add_row({{std::to_string(period.number)},
                  {human(period.begin - kStart, "")},
                  {human(period.available, "")},
                  {human(period.used, "")},
                  {human_or_nothing(period.left)},
                  {report.slices ? human_or_nothing(period.parked) : ""},
                  {held ? human(*period.first_held - period.begin, "") : "-"},
                  {held ? human(period.throttled, "") : "-", held ? Ink::kBad : Ink::kGood},
                  {std::to_string(period.at_once)},
                  {held ? period.held.to_string() : "-"},
                  {users_text(report, period)}});
  }
  std::string text = "\n" + grid.render(style);
  if (report.hidden > 0) {
    text += fmt::format(
        "{} more {} are not shown ({})\n", human_count(report.hidden),
        report.throttled_only ? "throttled periods" : "periods",
        report.throttled_only ? "--rows N, --period N-M, --all" : "--period N-M, --format csv");
  }
  return text;
}

std::string value_text(const Remedy& remedy, std::int64_t value) {
  return remedy.kind == Remedy::Kind::kTasks ? std::to_string(value) : to_text(ns(value));
}

/// "a quota of 160ms or more (it is 100ms)"
std::string way_text(const Remedy& remedy) {
  const std::string now = value_text(remedy, remedy.now);
  const std::string value = remedy.edge.value ? value_text(remedy, *remedy.edge.value) : "";
  const std::string last = value_text(remedy, remedy.limit);
  const std::string of = printable(remedy.of);
  const bool found = remedy.edge.value.has_value();
  switch (remedy.kind) {
    case Remedy::Kind::kQuota:
      return found ? fmt::format("a quota of at least {} (now {})", value, now)
                   : fmt::format("no quota, not even {}, which is all CPUs", last);
    case Remedy::Kind::kBurst:
      return found ? fmt::format("a burst of at least {} (now {})", value, now)
                   : fmt::format("no burst, not even {}: the quota is its limit", last);
    case Remedy::Kind::kTasks:
      break;
  }
  return found ? fmt::format("at most {} of {} (now {})", value, of, now)
               : fmt::format("not even a single {} (now {})", of, now);
}

std::string remedies_text(const ThrottleReport& report, const TableStyle& style) {
  if (!report.remedies || report.summary.throttled_periods == 0) return "";
  Grid grid({{"", false}, {"", false}, {"", false}});
  std::string notes;
  for (const Remedy& remedy : report.remedies->ways) {
    if (!remedy.problem.empty()) {
      notes += fmt::format("{} could not be tried: {}\n", printable(remedy.of), remedy.problem);
      continue;
    }
    const bool found = remedy.edge.value.has_value();
    grid.add_row({{"  " + way_text(remedy), found ? Ink::kGood : Ink::kBad},
                  {control_file_text(remedy, report.cap)},
                  {found ? "--set '" + remedy.change + "'" : ""}});
    if (!remedy.edge.monotone) {
      notes +=
          fmt::format("{}: more is not always better; the value is the nearest that was found\n",
                      way_text(remedy));
    }
  }
  TableStyle wide = style;
  wide.width = std::max<std::size_t>(style.width, 200);  // these are to be copied
  std::string table = grid.render(wide);
  table.erase(0, table.find_first_not_of('\n'));
  return fmt::format(
      "\nIt would never be throttled with one of these, found by replaying the workload {} times\n"
      "(bisection; with one step less, 1/1000 of the period or one task, it is throttled):\n{}{}",
      report.remedies->replays, table, notes);
}

}  // namespace

std::string throttle_text(const ThrottleReport& report, const TableStyle& style) {
  return inked(printable(report.scenario->name), Ink::kHeading, style) + " under " +
         printable(report.scheduler) + ": " +
         (report.summary.throttled_periods > 0 ? "why is " : "is ") +
         printable(report.scenario->groups[report.group].path) + " throttled?\n" +
         throttle_story(report) + "\n" + period_table(report, style) + remedies_text(report, style);
}

}  // namespace sharesim
