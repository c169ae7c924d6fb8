#include "sim/output/csv.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "sim/core/units.hpp"
#include "sim/output/entities.hpp"

namespace sharesim {
namespace {

std::string_view unit_word(MetricUnit unit) {
  return unit == MetricUnit::kDuration   ? "ns"
         : unit == MetricUnit::kFraction ? "fraction"
         : unit == MetricUnit::kCredits  ? "credits"
                                         : "count";
}

std::string number(MetricUnit unit, std::int64_t value) {
  if (unit == MetricUnit::kCredits) return credits_text(ns(value));
  return unit == MetricUnit::kFraction ? fmt::format("{}", static_cast<double>(value) / 1e6)
                                       : fmt::format("{}", value);
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

void write_metrics_heading(Sink& sink) {
  sink.write("workload,scheduler,entity,kind,metric,unit,value\n");
}

void write_metrics_csv(Sink& sink, const Result& result) {
  const Scenario& scenario = *result.scenario;
  const std::string run = csv_field(scenario.name) + "," + csv_field(result.scheduler) + ",";
  std::string rows;
  walk_tree(scenario, [&](EntityRef entity, std::uint32_t) {
    const EntityResult row = result.table->row(entity);
    const bool is_task = entity.is_task();
    const std::string begin =
        run + csv_field(scenario.path_of(entity)) + (is_task ? ",task," : ",group,");
    rows.clear();
    for (const MetricInfo& info : metrics()) {
      const auto value = value_of(row, info.metric, is_task, entity == EntityRef::group(kRoot),
                                  result.end.time_since_epoch());
      if (!value) continue;
      rows += fmt::format("{}{},{},{}\n", begin, info.name, unit_word(info.unit),
                          number(info.unit, *value));
    }
    sink.write(rows);
    return true;
  });
}

}  // namespace sharesim
