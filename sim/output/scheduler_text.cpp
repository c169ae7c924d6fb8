#include "sim/output/scheduler_text.hpp"

#include <string_view>

#include <fmt/format.h>

namespace sharesim {
namespace {

std::string_view scope_word(Scope scope) { return scope == Scope::kPerCpu ? "per_cpu" : "global"; }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

std::string scopes(const SchedulerInfo& info) {
  std::vector<std::string> words;
  for (const Scope scope : info.scopes) words.emplace_back(scope_word(scope));
  return joined(words);
}

std::string claims(const SchedulerInfo& info) {
  std::vector<std::string> words;
  for (const ClaimName& claim : claim_names()) {
    if (info.claims.has(claim.claim)) words.emplace_back(claim.name);
  }
  return joined(words);
}

std::string type_word(const ParameterInfo& parameter) {
  switch (parameter.type) {
    case ParameterType::kDuration:
      return "duration";
    case ParameterType::kInteger:
      return "integer";
    case ParameterType::kPercent:
      return "percent";
    case ParameterType::kFlag:
      return "true, false";
    case ParameterType::kChoice:
      break;
  }
  return joined(parameter.choices);
}

std::string range(const ParameterInfo& parameter) {
  if (parameter.minimum.empty() && parameter.maximum.empty()) return "";
  if (parameter.maximum.empty()) return "at least " + parameter.minimum;
  if (parameter.minimum.empty()) return "at most " + parameter.maximum;
  return parameter.minimum + " to " + parameter.maximum;
}

std::string parameter_table(const SchedulerInfo& info, const TableStyle& style) {
  Grid grid({{"parameter", false},
             {"type", false},
             {"default", false},
             {"range", false},
             {"meaning", false}});
  for (const ParameterInfo& parameter : info.parameters) {
    grid.add_row({{parameter.name},
                  {type_word(parameter)},
                  {parameter.default_value},
                  {range(parameter)},
                  {parameter.summary}});
  }
  grid.add_row({{"scope"},
                {scopes(info)},
                {std::string(scope_word(info.scopes.front()))},
                {},
                {"one queue for each CPU, or one for all of them"}});
  return grid.render(style);
}

}  // namespace

std::string scheduler_table(const std::vector<const SchedulerInfo*>& infos,
                            const TableStyle& style) {
  Grid grid({{"scheduler", false},
             {"cost", false},
             {"scope", false},
             {"claims", false},
             {"summary", false}});
  for (const SchedulerInfo* info : infos) {
    grid.add_row({{info->name}, {info->cost}, {scopes(*info)}, {claims(*info)}, {info->summary}});
  }
  return grid.render(style);
}

std::string scheduler_page(const SchedulerInfo& info, const TableStyle& style) {
  std::string text = inked(info.name, Ink::kHeading, style) + ": " + info.summary + "\n";
  const auto field = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += fmt::format("  {:<8}{}\n", name, value);
  };
  field("paper", info.paper);
  field("cost", info.cost);
  field("claims", claims(info));
  return text + "\n" + parameter_table(info, style);
}

}  // namespace sharesim
