// The values of a scheduler's parameters: reading, checking, printing.

#include <algorithm>
#include <utility>

#include "sim/core/check.hpp"
#include "sim/core/units.hpp"
#include "sim/registry.hpp"
#include "sim/wording.hpp"

namespace sharesim {
namespace {

constexpr std::string_view kScope = "scope";

std::string_view name_of(Scope scope) { return scope == Scope::kPerCpu ? "per_cpu" : "global"; }

/// The values of switches as a number: a bit for each choice that is switched on, and, above these,
/// one for each that is switched off.
constexpr unsigned kMostSwitches = 31;
constexpr std::int64_t switch_bit(std::size_t choice, bool on) {
  return std::int64_t{1} << (on ? choice : choice + kMostSwitches);
}

Parsed<std::int64_t> parse_switches(const ParameterInfo& parameter, std::string_view text) {
  std::int64_t number = 0;
  while (!text.empty()) {
    const bool on = text.front() == '+';
    if (!on && text.front() != '-') return {};
    text.remove_prefix(1);
    const std::string_view name = text.substr(0, text.find_first_of("+-"));
    const auto& choices = parameter.choices;
    const auto found = std::find(choices.begin(), choices.end(), name);
    const auto index = static_cast<std::size_t>(found - choices.begin());
    if (found == choices.end()) return {};
    if ((number & (switch_bit(index, true) | switch_bit(index, false))) != 0) return {};
    number |= switch_bit(index, on);
    text.remove_prefix(name.size());
  }
  return {number, {}};
}

std::string switches_text(const ParameterInfo& parameter, std::int64_t number) {
  std::string text;
  for (std::size_t i = 0; i < parameter.choices.size(); ++i) {
    if ((number & switch_bit(i, true)) != 0) text += "+" + parameter.choices[i];
    if ((number & switch_bit(i, false)) != 0) text += "-" + parameter.choices[i];
  }
  return text;
}

/// A parameter's text as a number: ns, the integer itself, millionths, 0 or 1, the index of the
/// choice, the switches.
Parsed<std::int64_t> parse_value(const ParameterInfo& parameter, std::string_view text) {
  switch (parameter.type) {
    case ParameterType::kDuration: {
      const Parsed<Duration> parsed = parse_duration(text);
      if (!parsed.value) return {std::nullopt, parsed.error};
      return {to_ns(*parsed.value), {}};
    }
    case ParameterType::kInteger:
      return parse_integer(text);
    case ParameterType::kPercent:
      return parse_percent(text);
    case ParameterType::kFlag:
      if (text == "true") return {1, {}};
      if (text == "false") return {0, {}};
      return {};
    case ParameterType::kChoice: {
      const auto& choices = parameter.choices;
      const auto found = std::find(choices.begin(), choices.end(), text);
      if (found == choices.end()) return {};
      return {found - choices.begin(), {}};
    }
    case ParameterType::kSwitches:
      return parse_switches(parameter, text);
  }
  return {};
}

std::string percent_text(std::int64_t millionths) {
  std::string text = std::to_string(millionths / 10'000);
  std::string decimals = std::to_string(10'000 + millionths % 10'000).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return decimals.empty() ? text + "%" : text + "." + decimals + "%";
}

/// The one spelling of a value.
std::string value_text(const ParameterInfo& parameter, std::int64_t number) {
  switch (parameter.type) {
    case ParameterType::kDuration:
      return to_text(ns(number));
    case ParameterType::kInteger:
      return std::to_string(number);
    case ParameterType::kPercent:
      return percent_text(number);
    case ParameterType::kFlag:
      return number != 0 ? "true" : "false";
    case ParameterType::kChoice:
      return parameter.choices[static_cast<std::size_t>(number)];
    case ParameterType::kSwitches:
      return switches_text(parameter, number);
  }
  return "";
}

std::string type_text(ParameterType type) {
  switch (type) {
    case ParameterType::kDuration:
      return "a duration such as 10ms";
    case ParameterType::kInteger:
      return "an integer";
    case ParameterType::kPercent:
      return "a percentage such as 30%";
    case ParameterType::kFlag:
      return "true or false";
    case ParameterType::kChoice:
    case ParameterType::kSwitches:
      break;
  }
  return "";
}

/// Why `number` is out of the parameter's range, or "".
std::string range_error(const ParameterInfo& parameter, std::int64_t number) {
  const auto bound = [&](const std::string& text) { return parse_value(parameter, text).value; };
  if (!parameter.minimum.empty() && number < bound(parameter.minimum).value_or(number))
    return "is too small";
  if (!parameter.maximum.empty() && number > bound(parameter.maximum).value_or(number))
    return "is too large";
  return "";
}

std::vector<std::string> parameter_names(const SchedulerInfo& info) {
  std::vector<std::string> names;
  for (const ParameterInfo& parameter : info.parameters) names.push_back(parameter.name);
  names.emplace_back(kScope);
  return names;
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

std::string flaw_of(const ParameterInfo& parameter) {
  if (!is_name(parameter.name) || parameter.name == kScope)
    return "has a parameter with the unusable name " + quoted(parameter.name);
  for (const std::string* bound : {&parameter.minimum, &parameter.maximum}) {
    if (!bound->empty() && !parse_value(parameter, *bound).value)
      return "has the unreadable bound " + quoted(*bound) + " for " + parameter.name;
  }
  if (parameter.type == ParameterType::kSwitches && parameter.choices.size() > kMostSwitches)
    return "has too many switches for " + parameter.name;
  const std::string what = read_parameter(parameter, parameter.default_value).what;
  if (what.empty()) return "";
  return "has a default for " + parameter.name + ", " + quoted(parameter.default_value) +
         ", that " + what;
}

}  // namespace

std::string allowed_values(const ParameterInfo& parameter) {
  if (parameter.type == ParameterType::kChoice) return join(parameter.choices);
  if (parameter.type == ParameterType::kSwitches) {
    return "any of these, each once, after + (on) or - (off): " + join(parameter.choices);
  }
  std::string text = type_text(parameter.type);
  if (!parameter.minimum.empty()) text += ", from " + parameter.minimum;
  if (!parameter.maximum.empty()) text += ", up to " + parameter.maximum;
  return text;
}

ParameterValue read_parameter(const ParameterInfo& parameter, std::string_view text) {
  const Parsed<std::int64_t> parsed = parse_value(parameter, text);
  const bool word =
      parameter.type == ParameterType::kChoice || parameter.type == ParameterType::kFlag;
  if (!parsed.value && word) {
    const auto known = parameter.type == ParameterType::kChoice
                           ? parameter.choices
                           : std::vector<std::string>{"true", "false"};
    return {.what = "is not a choice" + suggestion(text, known)};
  }
  if (!parsed.value && parameter.type == ParameterType::kSwitches) {
    return {.what = "is not a list of switches such as +" + parameter.choices.front()};
  }
  if (!parsed.value) return {.what = explain(parsed.error)};
  return {*parsed.value, value_text(parameter, *parsed.value),
          word ? "" : range_error(parameter, *parsed.value)};
}

ParameterInfo slice_parameter(std::string default_value) {
  return {.name = "slice",
          .type = ParameterType::kDuration,
          .default_value = std::move(default_value),
          .minimum = "1ns",
          .maximum = "1h",
          .choices = {},
          .summary = "the longest run before the next pick"};
}

std::string flaw_of(const SchedulerInfo& info) {
  if (!is_name(info.name)) return "has the unusable name " + quoted(info.name);
  if (info.scopes.empty()) return "supports no scope";
  for (std::size_t i = 0; i < info.parameters.size(); ++i) {
    const ParameterInfo& parameter = info.parameters[i];
    if (info.find_parameter(parameter.name) != &parameter)
      return "has two parameters " + quoted(parameter.name);
    if (std::string flaw = flaw_of(parameter); !flaw.empty()) return flaw;
  }
  for (std::size_t i = 0; i < info.hints.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (info.hints[k].name == info.hints[i].name)
        return "has two hints " + quoted(info.hints[i].name);
    }
    if (std::string flaw = flaw_of(info.hints[i]); !flaw.empty()) return flaw;
  }
  return "";
}

std::string clash_of(const SchedulerInfo& newcomer, const SchedulerInfo& other) {
  if (newcomer.name == other.name) return "has a name that is taken";
  for (const ParameterInfo& hint : newcomer.hints) {
    for (const ParameterInfo& same : other.hints) {
      if (hint.name != same.name) continue;
      const std::string mine = allowed_values(hint);
      const std::string theirs = allowed_values(same);
      if (hint.type == same.type && mine == theirs) continue;
      std::string clash = "declares the hint " + quoted(hint.name) + " as " + mine;
      clash.append(", but ").append(other.name).append(" as ").append(theirs);
      return clash;
    }
  }
  return "";
}

SchedulerChoice::SchedulerChoice(const SchedulerInfo& info, SchedulerFactory factory)
    : info_(&info), factory_(factory), scope_(info.scopes.front()) {
  for (const ParameterInfo& parameter : info.parameters) {
    const ParameterValue reading = read_parameter(parameter, parameter.default_value);
    check(reading.what.empty(), "a scheduler's default must be a value that it accepts");
    values_.push_back({reading.number, value_text(parameter, reading.number)});
  }
}

std::string SchedulerChoice::to_string() const {
  const SchedulerChoice defaults(*info_, factory_);
  std::string text;
  const auto item = [&](std::string_view name, std::string_view value) {
    text += text.empty() ? ":" : ",";
    text.append(name).append("=").append(value);
  };
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].number != defaults.values_[i].number)
      item(info_->parameters[i].name, values_[i].text);
  }
  if (scope_ != defaults.scope_) item(kScope, name_of(scope_));
  return info_->name + text;
}

std::string SchedulerChoice::text(std::string_view parameter) const {
  if (parameter == kScope) return std::string(name_of(scope_));
  const ParameterInfo* found = info_->find_parameter(parameter);
  check(found != nullptr, "a scheduler's parameter must be declared before it is read");
  return values_[static_cast<std::size_t>(found - info_->parameters.data())].text;
}

std::optional<Diagnostic> SchedulerChoice::set(std::string_view parameter, std::string_view value) {
  if (parameter == kScope) {
    std::vector<std::string> names;
    for (const Scope scope : info_->scopes) {
      names.emplace_back(name_of(scope));
      if (value != name_of(scope)) continue;
      scope_ = scope;
      return std::nullopt;
    }
    return mistake(
        info_->name + ": scope=" + quoted(value) + " is not a choice" + suggestion(value, names),
        join(names));
  }
  const ParameterInfo* found = info_->find_parameter(parameter);
  if (found == nullptr) {
    const std::vector<std::string> names = parameter_names(*info_);
    return mistake(
        info_->name + " has no parameter " + quoted(parameter) + suggestion(parameter, names),
        join(names));
  }
  const ParameterValue reading = read_parameter(*found, value);
  if (!reading.what.empty()) {
    return mistake(info_->name + ": " + found->name + "=" + quoted(value) + " " + reading.what,
                   allowed_values(*found));
  }
  values_[static_cast<std::size_t>(found - info_->parameters.data())] = {
      reading.number, value_text(*found, reading.number)};
  return std::nullopt;
}

const SchedulerChoice::Value& SchedulerChoice::value(std::string_view name,
                                                     ParameterType type) const {
  const ParameterInfo* found = info_->find_parameter(name);
  check(found != nullptr && found->type == type,
        "a scheduler's parameter must be declared, with this type, before it is read");
  return values_[static_cast<std::size_t>(found - info_->parameters.data())];
}

Duration SchedulerChoice::duration(std::string_view name) const {
  return ns(value(name, ParameterType::kDuration).number);
}
std::int64_t SchedulerChoice::integer(std::string_view name) const {
  return value(name, ParameterType::kInteger).number;
}
std::int64_t SchedulerChoice::percent(std::string_view name) const {
  return value(name, ParameterType::kPercent).number;
}
bool SchedulerChoice::flag(std::string_view name) const {
  return value(name, ParameterType::kFlag).number != 0;
}
std::string_view SchedulerChoice::choice(std::string_view name) const {
  return value(name, ParameterType::kChoice).text;
}
std::optional<bool> SchedulerChoice::switched(std::string_view name,
                                              std::string_view choice) const {
  const std::int64_t number = value(name, ParameterType::kSwitches).number;
  const auto& choices = info_->find_parameter(name)->choices;
  const auto found = std::find(choices.begin(), choices.end(), choice);
  check(found != choices.end(), "a switch must be declared before it is read");
  const auto index = static_cast<std::size_t>(found - choices.begin());
  if ((number & switch_bit(index, true)) != 0) return true;
  if ((number & switch_bit(index, false)) != 0) return false;
  return std::nullopt;
}

}  // namespace sharesim
