#include "sim/output/beside_table.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "sim/output/entities.hpp"
#include "sim/output/text.hpp"

namespace sharesim {
namespace {

constexpr std::array kShown{Metric::kShare,     Metric::kWakeupP50,     Metric::kWakeupP90,
                            Metric::kWakeupP99, Metric::kResponseP99,   Metric::kStarvation,
                            Metric::kSwitches,  Metric::kThrottledTime, Metric::kThrottledPeriods,
                            Metric::kDropped};
constexpr std::size_t kNameColumns = 32;
constexpr std::size_t kMostEntities = 50;

std::string value_text(MetricUnit unit, std::int64_t value) {
  switch (unit) {
    case MetricUnit::kFraction: {
      constexpr double kPercent = 1e4;
      return fmt::format("{:.2f}%", static_cast<double>(value) / kPercent);
    }
    case MetricUnit::kCount:
      return human_count(static_cast<std::uint64_t>(value));
    case MetricUnit::kDuration:
    case MetricUnit::kCredits:
      break;
  }
  return human(ns(value));
}

std::string difference_text(MetricUnit unit, std::int64_t value, std::int64_t base) {
  if (value == base) return "=";
  switch (unit) {
    case MetricUnit::kFraction: {
      constexpr double kPercent = 1e4;
      return fmt::format("{:+.2f}%", static_cast<double>(value - base) / kPercent);
    }
    case MetricUnit::kCount:
      return base == 0 ? fmt::format("+{}", value) : human_ratio(value, base);
    case MetricUnit::kDuration:
    case MetricUnit::kCredits:
      break;
  }
  return human_difference(ns(value - base));
}

/// Counts and times of throttling that are 0 everywhere tell nothing.
bool tells_something(Metric metric, std::optional<std::int64_t> measured,
                     const std::vector<std::optional<std::int64_t>>& simulated) {
  if (!measured) return false;
  if (metric == Metric::kShare || *measured != 0) return true;
  for (const auto& value : simulated) {
    if (value.value_or(0) != 0) return true;
  }
  return false;
}

std::vector<GridColumn> columns(const std::vector<const Result*>& simulated) {
  std::vector<GridColumn> columns{{"measure", false}, {"entity", false}, {"live"}};
  for (const Result* result : simulated) {
    columns.push_back({result->scheduler});
    columns.push_back({"differs"});
  }
  return columns;
}

}  // namespace

std::string beside_table(const Result& measured, const std::vector<const Result*>& simulated,
                         const TableStyle& style) {
  const Scenario& scenario = *measured.scenario;
  Grid grid(columns(simulated));
  for (const Metric metric : kShown) {
    const MetricInfo& info = metric_info(metric);
    std::size_t entities = 0;
    bool named = false;
    walk_tree(scenario, [&](EntityRef entity, std::uint32_t) {
      if (entity == EntityRef::group(kRoot)) return true;
      const auto base = measured.value(metric, entity);
      std::vector<std::optional<std::int64_t>> values;
      for (const Result* result : simulated) values.push_back(result->value(metric, entity));
      if (!tells_something(metric, base, values)) return true;
      std::vector<GridCell> row{{named ? "" : std::string(info.name)},
                                {shorten(printable(scenario.path_of(entity)), kNameColumns)},
                                {value_text(info.unit, *base)}};
      for (const auto& value : values) {
        row.push_back(value ? GridCell{value_text(info.unit, *value)} : GridCell{});
        row.push_back(value ? GridCell{difference_text(info.unit, *value, *base)} : GridCell{});
      }
      grid.add_row(std::move(row));
      named = true;
      return ++entities < kMostEntities;
    });
  }
  return grid.render(style);
}

}  // namespace sharesim
