// What `systemctl show` prints, as values that `systemctl set-property` takes.

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sim/cgroup/units.hpp"

namespace sharesim::cgroup {
namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;

/// As systemd prints a time: "50ms", "1.500000s", "1min 30s". Nothing for "infinity" and other words.
std::optional<std::int64_t> microseconds(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits{
      {{"us", 1},
       {"ms", 1'000},
       {"s", kUsPerSecond},
       {"min", 60 * kUsPerSecond},
       {"h", 3'600 * kUsPerSecond},
       {"d", 86'400 * kUsPerSecond}}};
  std::istringstream words(text);
  std::optional<std::int64_t> sum;
  for (std::string word; words >> word;) {
    const std::size_t digits = std::min(word.find_first_not_of("0123456789."), word.size());
    const std::size_t point = std::min(word.find('.'), digits);
    std::int64_t whole = 0;
    std::from_chars(word.data(), word.data() + point, whole);
    std::int64_t part = 0;
    for (const auto& [name, unit] : kUnits) {
      if (word.substr(digits) != name) continue;
      std::int64_t value = unit;
      for (std::size_t i = point + 1; i < digits; ++i) part += (word[i] - '0') * (value /= 10);
      sum = sum.value_or(0) + whole * unit + part;
    }
  }
  return sum;
}

/// CPUQuotaPerSecUSec as CPUQuota: hundredths of a percent, and more decimals where they are needed.
std::string quota_text(const std::string& text) {
  const auto us = microseconds(text);
  if (!us) return "";
  constexpr std::int64_t kUsPerPercent = kUsPerSecond / 100;
  std::string decimals = fmt::format("{:04}", *us % kUsPerPercent);
  if (decimals.ends_with("00")) decimals.resize(2);
  return fmt::format("{}.{}%", *us / kUsPerPercent, decimals);
}

std::string period_text(const std::string& text) {
  const auto us = microseconds(text);
  return us ? fmt::format("{}us", *us) : "";
}

}  // namespace

UnitState read_unit(const std::string& text) {
  UnitState unit;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string name = line.substr(0, equals);
    std::string value = line.substr(std::min(equals + 1, line.size()));
    if (name == "Id") unit.name = value;
    if (name == "LoadState") unit.loaded = value == "loaded";
    if (name == "Slice") unit.slice = value;
    if (name == "ControlGroup") unit.control_group = value;
    if (name == "CPUWeight") unit.values[Knob::kUnitWeight] = value == "[not set]" ? "" : value;
    if (name == "CPUQuotaPerSecUSec") unit.values[Knob::kUnitQuota] = quota_text(value);
    if (name == "CPUQuotaPeriodUSec") unit.values[Knob::kUnitPeriod] = period_text(value);
    if (name == "AllowedCPUs") {
      for (char& c : value) c = c == ' ' ? ',' : c;  // "0-1 3"
      unit.values[Knob::kUnitCpus] = value;
    }
  }
  return unit;
}

}  // namespace sharesim::cgroup
