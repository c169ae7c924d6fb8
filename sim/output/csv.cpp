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

/// The measures of one entity in one run.
class EntityValues {
 public:
  EntityValues(const Result& result, EntityRef entity)
      : entity_(entity), row_(result.table->row(entity)), elapsed_(result.end.time_since_epoch()) {}
  std::optional<std::int64_t> of(Metric metric) const {
    return value_of(row_, metric, entity_.is_task(), entity_ == EntityRef::group(kRoot), elapsed_);
  }

 private:
  EntityRef entity_;
  EntityResult row_;
  Duration elapsed_;
};

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

void write_metrics_heading(Sink& sink, bool with_differences) {
  sink.write("workload,scheduler,entity,kind,metric,unit,value");
  sink.write(with_differences ? ",baseline,difference\n" : "\n");
}

void write_metrics_csv(Sink& sink, const Result& result,
                       const std::optional<Comparison>& comparison) {
  const Scenario& scenario = *result.scenario;
  const std::string run = csv_field(scenario.name) + "," + csv_field(result.scheduler) + ",";
  std::string rows;
  walk_tree(scenario, [&](EntityRef entity, std::uint32_t) {
    const EntityValues values(result, entity);
    std::optional<EntityValues> base;
    if (comparison && comparison->baseline != nullptr) base.emplace(*comparison->baseline, entity);
    const std::string begin =
        run + csv_field(scenario.path_of(entity)) + (entity.is_task() ? ",task," : ",group,");
    rows.clear();
    for (const MetricInfo& info : metrics()) {
      const auto value = values.of(info.metric);
      if (!value) continue;
      rows += fmt::format("{}{},{},{}", begin, info.name, unit_word(info.unit),
                          number(info.unit, *value));
      if (comparison) {
        const auto base_value = base ? base->of(info.metric) : std::nullopt;
        rows += base_value ? fmt::format(",{},{}", number(info.unit, *base_value),
                                         number(info.unit, *value - *base_value))
                           : ",,";
      }
      rows += '\n';
    }
    sink.write(rows);
    return true;
  });
}

}  // namespace sharesim
