#include "sim/output/status_text.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/output/text.hpp"

namespace sharesim {
namespace {

using cgroup::GroupStatus;

constexpr std::size_t kFields = 7;
using Row = std::array<std::string, kFields>;

std::string indented_name(const std::string& group) {
  const auto depth = static_cast<std::size_t>(std::count(group.begin(), group.end(), '/'));
  return std::string(2 * depth, ' ') + printable(group.substr(group.rfind('/') + 1));
}

/// Tenths of a percent of one CPU.
std::string percent(std::int64_t part_us, Duration whole) {
  const std::int64_t whole_us = std::max<std::int64_t>(to_ns(whole) / 1'000, 1);
  const std::int64_t tenths = (2 * 1'000 * part_us + whole_us) / (2 * whole_us);
  return fmt::format("{}.{} %", tenths / 10, tenths % 10);
}

Row row_of(const GroupStatus& before, const GroupStatus& now, Duration apart) {
  const std::int64_t periods = now.periods - before.periods;
  const std::string throttled =
      periods == 0
          ? "-"
          : fmt::format("{}/{} periods, {}", now.throttled_periods - before.throttled_periods,
                        periods, human(ns((now.throttled_us - before.throttled_us) * 1'000), ""));
  return {indented_name(now.group),
          percent(now.usage_us - before.usage_us, apart),
          throttled,
          now.weight.empty() ? "-" : now.weight,
          now.cap.empty() ? "-" : now.cap,
          now.cpus.empty() ? "-" : now.cpus,
          std::to_string(now.processes)};
}

}  // namespace

std::string status_text(const std::vector<GroupStatus>& before,
                        const std::vector<GroupStatus>& after, Duration apart) {
  if (after.empty()) return "No groups of sharesim here.\n";
  std::vector<Row> rows{{"group", "CPU", "throttled", "weight", "cap", "CPUs", "processes"}};
  for (const GroupStatus& now : after) {
    const auto earlier = std::find_if(before.begin(), before.end(), [&](const GroupStatus& other) {
      return other.group == now.group;
    });
    rows.push_back(row_of(earlier == before.end() ? now : *earlier, now, apart));
  }
  std::array<std::size_t, kFields> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kFields; ++i) {
      widths.at(i) = std::max(widths.at(i), display_width(row.at(i)));
    }
  }
  std::string text;
  for (const Row& row : rows) {
    text += fmt::format("{:<{}}", row[0], widths[0]);
    for (std::size_t i = 1; i < kFields; ++i) {
      text += fmt::format("  {:>{}}", row.at(i), widths.at(i));
    }
    text += '\n';
  }
  return text;
}

}  // namespace sharesim
