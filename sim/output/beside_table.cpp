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

/// The entity's part of all the CPU time that the workload got, in millionths: other load on the machine does not
/// change it.
std::optional<std::int64_t> part_of(const Result& result, EntityRef entity) {
  const auto all = result.value(Metric::kService, EntityRef::group(kRoot));
  const auto own = result.value(Metric::kService, entity);
  if (!all || !own || *all == 0) return std::nullopt;
  return static_cast<std::int64_t>(__int128{*own} * 1'000'000 / *all);
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
  Grid grid(columns(simulated));
  const auto add_rows = [&](std::string_view name, Metric metric, const auto& value_in) {
    const MetricUnit unit = metric_info(metric).unit;
    std::size_t entities = 0;
    walk_tree(*measured.scenario, [&](EntityRef entity, std::uint32_t) {
      if (entity == EntityRef::group(kRoot)) return true;
      const auto base = value_in(measured, entity);
      std::vector<std::optional<std::int64_t>> values;
      values.reserve(simulated.size());
      for (const Result* result : simulated) values.push_back(value_in(*result, entity));
      if (!tells_something(metric, base, values)) return true;
      const std::string path = measured.scenario->path_of(entity);
      std::vector<GridCell> row{{std::string(name)},
                                {shorten_name(printable(path), kNameColumns)},
                                {value_text(unit, *base)}};
      for (const auto& value : values) {
        row.push_back(value ? GridCell{value_text(unit, *value)} : GridCell{});
        row.push_back(value ? GridCell{difference_text(unit, *value, *base)} : GridCell{});
      }
      grid.add_row(std::move(row));
      return ++entities < kMostEntities;
    });
  };
  add_rows("part of all", Metric::kShare, part_of);
  for (const Metric metric : kShown) {
    add_rows(metric_info(metric).name, metric, [metric](const Result& result, EntityRef entity) {
      return result.value(metric, entity);
    });
  }
  return grid.render(style);
}

}  // namespace sharesim
