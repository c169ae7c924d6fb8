#include "sim/output/throttle_report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/core/units.hpp"
#include "sim/output/csv.hpp"
#include "sim/output/scenario_json.hpp"
#include "sim/output/text.hpp"

namespace sharesim {
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
Json ns_or_null(const std::optional<Duration>& duration) {
  return duration ? Json(to_ns(*duration)) : Json(nullptr);
}
std::string ns_or_nothing(const std::optional<Duration>& duration) {
  return duration ? std::to_string(to_ns(*duration)) : "";
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

/// What to write into a real group's files, or "".
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

Json period_json(const Scenario& scenario, const ThrottlePeriod& period) {
  Json users = Json::array();
  for (const QuotaUse& use : period.users) {
    users.push_back({{"task", scenario.path_of(use.task)}, {"used_ns", to_ns(use.used)}});
  }
  return {{"period", period.number},
          {"begin_ns", to_ns(period.begin)},
          {"end_ns", to_ns(period.end)},
          {"quota_ns", to_ns(period.quota)},
          {"available_ns", to_ns(period.available)},
          {"used_ns", to_ns(period.used)},
          {"left_ns", ns_or_null(period.left)},
          {"parked_ns", ns_or_null(period.parked)},
          {"throttled_ns", to_ns(period.throttled)},
          {"throttled_cpus_ns", to_ns(period.throttled_cpus)},
          {"throttled_from_ns",
           period.was_throttled() ? Json(to_ns(*period.first_held)) : Json(nullptr)},
          {"cpus", period.was_throttled() ? period.held.to_string() : ""},
          {"cpus_at_once", period.at_once},
          {"users", std::move(users)}};
}

Json remedy_json(const Remedy& remedy, const Bandwidth& cap) {
  const char* const kinds[] = {"quota", "burst", "tasks"};
  const bool found = remedy.edge.value.has_value();
  return {{"change", kinds[static_cast<std::size_t>(remedy.kind)]},
          {"of", remedy.of},
          {"now", remedy.now},
          {"value", found ? Json(*remedy.edge.value) : Json(nullptr)},
          {"step", remedy.step},
          {"tried_up_to", remedy.limit},
          {"monotone", remedy.edge.monotone},
          {"set", found ? Json(remedy.change) : Json(nullptr)},
          {"control_file", control_file_text(remedy, cap)},
          {"problem", remedy.problem}};
}

}  // namespace

std::string throttle_text(const ThrottleReport& report, const TableStyle& style) {
  return inked(printable(report.scenario->name), Ink::kHeading, style) + " under " +
         printable(report.scheduler) + ": " +
         (report.summary.throttled_periods > 0 ? "why is " : "is ") +
         printable(report.scenario->groups[report.group].path) + " throttled?\n" +
         throttle_story(report) + "\n" + period_table(report, style) + remedies_text(report, style);
}

void write_throttle_json(Sink& sink, const ThrottleReport& report) {
  const ThrottleSummary& summary = report.summary;
  Json json{{"workload", report.scenario->name},
            {"scheduler", report.scheduler},
            {"group", report.scenario->groups[report.group].path},
            {"complete", report.complete},
            {"story", throttle_story(report)},
            {"cap",
             {{"quota_ns", to_ns(report.cap.quota)},
              {"period_ns", to_ns(report.cap.period)},
              {"burst_ns", to_ns(report.cap.burst)}}},
            {"periods", summary.periods},
            {"throttled_periods", summary.throttled_periods},
            {"stranded_periods", summary.stranded_periods},
            {"time_ns", to_ns(summary.time)},
            {"used_ns", to_ns(summary.used)},
            {"granted_ns", to_ns(summary.granted)},
            {"throttled_ns", to_ns(summary.throttled)},
            {"throttled_cpus_ns", to_ns(summary.throttled_cpus)},
            {"cpus_at_once", summary.at_once}};
  Json rows = Json::array();
  for (const ThrottlePeriod& period : report.periods) {
    rows.push_back(period_json(*report.scenario, period));
  }
  json["shown"] = std::move(rows);
  json["not_shown"] = report.hidden;
  Json ways = Json::array();
  if (report.remedies) {
    for (const Remedy& remedy : report.remedies->ways) {
      ways.push_back(remedy_json(remedy, report.cap));
    }
    json["replays"] = report.remedies->replays;
    if (report.remedies->uncapped) {
      json["used_without_cap_ns"] = to_ns(report.remedies->uncapped->used);
    }
  }
  json["remedies"] = std::move(ways);
  // Names come from files: what is not UTF-8 in them is replaced, because JSON cannot hold it.
  sink.write(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void write_throttle_csv_heading(Sink& sink) {
  sink.write(
      "workload,scheduler,group,period,begin_ns,end_ns,quota_ns,available_ns,used_ns,left_ns,"
      "parked_ns,throttled_ns,throttled_cpus_ns,throttled_from_ns,cpus,cpus_at_once,users\n");
}

void write_throttle_csv_row(Sink& sink, const Scenario& scenario, const std::string& scheduler,
                            GroupId group, const ThrottlePeriod& period) {
  std::string users;
  for (const QuotaUse& use : period.users) {
    users += fmt::format("{}{}={}", users.empty() ? "" : " ", scenario.path_of(use.task),
                         to_ns(use.used));
  }
  const bool held = period.was_throttled();
  sink.write(fmt::format(
      "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(scenario.name),
      csv_field(scheduler), csv_field(scenario.groups[group].path), period.number,
      to_ns(period.begin), to_ns(period.end), to_ns(period.quota), to_ns(period.available),
      to_ns(period.used), ns_or_nothing(period.left), ns_or_nothing(period.parked),
      to_ns(period.throttled), to_ns(period.throttled_cpus),
      held ? std::to_string(to_ns(*period.first_held)) : "",
      csv_field(held ? period.held.to_string() : ""), period.at_once, csv_field(users)));
}

}  // namespace sharesim
