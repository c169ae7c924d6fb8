#pragma once
// Descriptions of parameters and hints: one call for each type. Values and bounds are texts in the
// units of the workload format, and the bounds are inclusive.

#include <string>
#include <utility>
#include <vector>

#include "sim/registry.hpp"

namespace sharesim {

/// A parameter with a range; use the functions below, which say the type.
inline ParameterInfo ranged_parameter(ParameterType type, std::string name,
                                      std::string default_value, std::string minimum,
                                      std::string maximum, std::string summary) {
  return {.name = std::move(name),
          .type = type,
          .default_value = std::move(default_value),
          .minimum = std::move(minimum),
          .maximum = std::move(maximum),
          .choices = {},
          .summary = std::move(summary)};
}

/// Such as "10ms", from "1us" to "1h".
inline ParameterInfo duration_parameter(std::string name, std::string default_value,
                                        std::string minimum, std::string maximum,
                                        std::string summary) {
  return ranged_parameter(ParameterType::kDuration, std::move(name), std::move(default_value),
                          std::move(minimum), std::move(maximum), std::move(summary));
}

/// Such as "5", from "1" to "100".
inline ParameterInfo integer_parameter(std::string name, std::string default_value,
                                       std::string minimum, std::string maximum,
                                       std::string summary) {
  return ranged_parameter(ParameterType::kInteger, std::move(name), std::move(default_value),
                          std::move(minimum), std::move(maximum), std::move(summary));
}

/// Such as "30%", from "0.1%" to "100%".
inline ParameterInfo percent_parameter(std::string name, std::string default_value,
                                       std::string minimum, std::string maximum,
                                       std::string summary) {
  return ranged_parameter(ParameterType::kPercent, std::move(name), std::move(default_value),
                          std::move(minimum), std::move(maximum), std::move(summary));
}

/// True or false.
inline ParameterInfo flag_parameter(std::string name, bool default_value, std::string summary) {
  return ranged_parameter(ParameterType::kFlag, std::move(name), default_value ? "true" : "false",
                          "", "", std::move(summary));
}

/// One of `choices`; the first is the default.
inline ParameterInfo choice_parameter(std::string name, std::vector<std::string> choices,
                                      std::string summary) {
  ParameterInfo parameter = ranged_parameter(ParameterType::kChoice, std::move(name),
                                             choices.front(), "", "", std::move(summary));
  parameter.choices = std::move(choices);
  return parameter;
}

}  // namespace sharesim
