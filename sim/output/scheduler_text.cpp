#include "sim/output/scheduler_text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sharesim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMeaningColumns = 56;

std::string_view scope_word(Scope scope) { return scope == Scope::kPerCpu ? "per_cpu" : "global"; }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

std::vector<std::string> scopes(const SchedulerInfo& info) {
  std::vector<std::string> words;
  for (const Scope scope : info.scopes) words.emplace_back(scope_word(scope));
  return words;
}

std::vector<std::string> claims(const SchedulerInfo& info) {
  std::vector<std::string> words;
  for (const ClaimName& claim : claim_names()) {
    if (info.claims.has(claim.claim)) words.emplace_back(claim.name);
  }
  return words;
}

std::vector<std::string> names(const std::vector<ParameterInfo>& parameters) {
  std::vector<std::string> words;
  words.reserve(parameters.size());
  for (const ParameterInfo& parameter : parameters) words.push_back(parameter.name);
  return words;
}

std::string_view type_word(ParameterType type) {
  switch (type) {
    case ParameterType::kDuration:
      return "duration";
    case ParameterType::kInteger:
      return "integer";
    case ParameterType::kPercent:
      return "percent";
    case ParameterType::kFlag:
      return "flag";
    case ParameterType::kSwitches:
      return "switches";
    case ParameterType::kChoice:
      break;
  }
  return "choice";
}

/// The type, or what there is to choose from.
std::string choices(const ParameterInfo& parameter) {
  if (parameter.type == ParameterType::kFlag) return "true, false";
  if (parameter.type == ParameterType::kChoice) return joined(parameter.choices);
  if (parameter.type == ParameterType::kSwitches) {
    return "switches, + or - before each: " + joined(parameter.choices);
  }
  return std::string(type_word(parameter.type));
}

std::string range(const ParameterInfo& parameter) {
  if (parameter.minimum.empty() && parameter.maximum.empty()) return "";
  if (parameter.maximum.empty()) return "at least " + parameter.minimum;
  if (parameter.minimum.empty()) return "at most " + parameter.maximum;
  return parameter.minimum + " to " + parameter.maximum;
}

/// `noun` is what the first column is called.
Listing parameter_listing(std::string noun, const std::vector<ParameterInfo>& parameters) {
  constexpr std::size_t kChoiceColumns = 24;
  Listing listing{{{std::move(noun), Holds::kName},
                   {"type", Holds::kText, kChoiceColumns},
                   {"default"},
                   {"range"},
                   {"meaning", Holds::kText, kMeaningColumns}},
                  {}};
  for (const ParameterInfo& parameter : parameters) {
    listing.rows.push_back({parameter.name, choices(parameter), parameter.default_value,
                            range(parameter), parameter.summary});
  }
  return listing;
}

std::string parameter_table(const SchedulerInfo& info, const TableStyle& style) {
  Listing listing = parameter_listing("parameter", info.parameters);
  listing.rows.push_back({"scope", joined(scopes(info)),
                          std::string(scope_word(info.scopes.front())), "",
                          "one queue for each CPU, or one for all of them"});
  return listing_table(listing, style);
}

Json json_of(const std::vector<ParameterInfo>& parameters) {
  Json list = Json::array();
  for (const ParameterInfo& parameter : parameters) {
    Json object{{"name", parameter.name},
                {"type", type_word(parameter.type)},
                {"default", parameter.default_value}};
    if (!parameter.minimum.empty()) object["minimum"] = parameter.minimum;
    if (!parameter.maximum.empty()) object["maximum"] = parameter.maximum;
    if (!parameter.choices.empty()) object["choices"] = parameter.choices;
    object["summary"] = parameter.summary;
    list.push_back(std::move(object));
  }
  return list;
}

}  // namespace

Listing scheduler_listing(const std::vector<const SchedulerInfo*>& infos) {
  // The widths make six of the columns fit into 120 columns of a terminal.
  Listing listing{{{"scheduler", Holds::kName},
                   {"paper", Holds::kText, 22},
                   {"claims", Holds::kText, 16},
                   {"cost", Holds::kText, 10},
                   {"scope", Holds::kNames, 8, 2},
                   {"parameters", Holds::kNames, 15},
                   {"hints", Holds::kNames, 12, 1},
                   {"summary", Holds::kText, 34}},
                  {}};
  for (const SchedulerInfo* info : infos) {
    listing.rows.push_back({info->name, info->paper, joined(claims(*info)), info->cost,
                            joined(scopes(*info)), joined(names(info->parameters)),
                            joined(names(info->hints)), info->summary});
  }
  return listing;
}

Listing hint_listing(const std::vector<const SchedulerInfo*>& infos) {
  std::vector<ParameterInfo> hints;
  std::vector<std::string> knowers;
  for (const SchedulerInfo* info : infos) {
    for (const ParameterInfo& hint : info->hints) {
      const auto known = std::find_if(hints.begin(), hints.end(), [&](const ParameterInfo& other) {
        return other.name == hint.name;
      });
      if (known == hints.end()) {
        hints.push_back(hint);
        knowers.push_back(info->name);
      } else {
        knowers[static_cast<std::size_t>(known - hints.begin())] += ", " + info->name;
      }
    }
  }
  Listing listing = parameter_listing("hint", hints);
  listing.columns.insert(listing.columns.begin() + 1, {"schedulers", Holds::kNames, 16});
  for (std::size_t i = 0; i < hints.size(); ++i) {
    listing.rows[i].insert(listing.rows[i].begin() + 1, knowers[i]);
  }
  std::sort(listing.rows.begin(), listing.rows.end());
  return listing;
}

std::string scheduler_page(const SchedulerInfo& info, const TableStyle& style) {
  std::string text = inked(info.name, Ink::kHeading, style) + ": " + info.summary + "\n";
  const auto field = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += fmt::format("  {:<8}{}\n", name, value);
  };
  field("paper", info.paper);
  field("cost", info.cost);
  field("scopes", joined(scopes(info)));
  field("claims", joined(claims(info)));
  if (!info.explanation.empty()) text += "\n" + info.explanation;
  text += "\n" + parameter_table(info, style);
  if (info.hints.empty()) return text;
  return text + "\n" + listing_table(parameter_listing("hint", info.hints), style);
}

std::string schedulers_json(const std::vector<const SchedulerInfo*>& infos) {
  Json list = Json::array();
  for (const SchedulerInfo* info : infos) {
    list.push_back({{"name", info->name},
                    {"summary", info->summary},
                    {"paper", info->paper},
                    {"cost", info->cost},
                    {"scopes", scopes(*info)},
                    {"claims", claims(*info)},
                    {"parameters", json_of(info->parameters)},
                    {"hints", json_of(info->hints)},
                    {"explanation", info->explanation}});
  }
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sharesim
