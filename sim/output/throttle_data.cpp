// Why a group is throttled, as JSON and CSV.

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/output/csv.hpp"
#include "sim/output/scenario_json.hpp"
#include "sim/output/throttle_report.hpp"

namespace sharesim {
namespace {

/// What is unknown has no value.
Json ns_or_null(const std::optional<Duration>& duration) {
  return duration ? Json(to_ns(*duration)) : Json(nullptr);
}
std::string ns_or_nothing(const std::optional<Duration>& duration) {
  return duration ? std::to_string(to_ns(*duration)) : "";
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
