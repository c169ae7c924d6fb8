#include "sim/output/summary.hpp"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "sim/output/entities.hpp"
#include "sim/output/scenario_json.hpp"
#include "sim/output/version.hpp"

namespace sharesim {
namespace {

/// Names come from files: what is not UTF-8 in them is replaced, because JSON cannot hold it.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// As credits_text() prints it.
double in_credits(Duration d) {
  return std::round(static_cast<double>(to_ns(d)) / static_cast<double>(to_ns(kCredit)) * 1e6) /
         1e6;
}

Json number(MetricUnit unit, std::optional<std::int64_t> value) {
  if (!value) return nullptr;
  if (unit == MetricUnit::kFraction) return static_cast<double>(*value) / 1e6;
  if (unit == MetricUnit::kCredits) return in_credits(ns(*value));
  return *value;
}

bool of_machine_only(Metric metric) {
  return metric == Metric::kOverhead || metric == Metric::kIdle || metric == Metric::kWastedIdle;
}

std::string key_of(const MetricInfo& info) {
  return std::string(info.name) + (info.unit == MetricUnit::kDuration ? "_ns" : "");
}

Json states_json(const Scenario& scenario, const StatePath& path) {
  Json levels = Json::array();
  for (const EntityState& level : path) {
    Json json{{"path", scenario.path_of(level.entity)}, {"state", level.state}};
    json["scheduler"] = Json::object();
    for (const StateValue& value : level.policy) json["scheduler"][value.name] = value.number;
    if (level.quota) json["quota_left_ns"] = to_ns(*level.quota);
    levels.push_back(std::move(json));
  }
  return levels;
}

Json starvation_json(const Result& result, const Starvation& starvation) {
  const Scenario& scenario = *result.scenario;
  const bool any = starvation.length > Duration::zero();
  const auto path = [&](TaskId task) {
    return any && task != kNoTask ? Json(scenario.path_of(task)) : Json(nullptr);
  };
  Json json{{"length_ns", to_ns(starvation.length)},
            {"start_ns", any ? Json(to_ns(starvation.start)) : Json(nullptr)},
            {"victim", path(starvation.victim)},
            {"runner", path(starvation.runner)}};
  const auto states = result.starvation_states.find(starvation.victim);
  if (any && states != result.starvation_states.end()) {
    json["victim_at_start"] = states_json(scenario, states->second.victim);
    json["runner_at_start"] = states_json(scenario, states->second.runner);
  }
  return json;
}

/// What each metric has more than in the baseline; those that both runs have.
Json difference_json(const Result& result, const Result& baseline, EntityRef entity) {
  const bool is_root = entity == EntityRef::group(kRoot);
  const EntityResult row = result.table->row(entity);
  const EntityResult base = baseline.table->row(entity);
  Json json = Json::object();
  for (const MetricInfo& info : metrics()) {
    const auto value =
        value_of(row, info.metric, entity.is_task(), is_root, result.end.time_since_epoch());
    const auto base_value =
        value_of(base, info.metric, entity.is_task(), is_root, baseline.end.time_since_epoch());
    if (value && base_value) json[key_of(info)] = number(info.unit, *value - *base_value);
  }
  return json;
}

Json entity_json(const Result& result, EntityRef entity, const Result* baseline) {
  const EntityResult row = result.table->row(entity);
  const bool is_root = entity == EntityRef::group(kRoot);
  Json json{{"path", result.scenario->path_of(entity)},
            {"kind", entity.is_task() ? "task" : "group"}};
  for (const MetricInfo& info : metrics()) {
    if (!(entity.is_task() ? info.of_task : info.of_group)) continue;
    if (of_machine_only(info.metric) && !is_root) continue;
    if (info.unit == MetricUnit::kCredits && !row.credits) continue;
    if (is_of_cpu_stat(info.metric) && !row.cpu_stat) continue;
    if (info.metric == Metric::kStarvation) {
      json["starvation"] =
          row.measured(info.metric) ? starvation_json(result, row.starvation) : Json();
      continue;
    }
    json[key_of(info)] = number(info.unit, value_of(row, info.metric, entity.is_task(), is_root,
                                                    result.end.time_since_epoch()));
    if (info.metric == Metric::kRelativeFairness) {
      json["relative_fairness_exact"] = row.relative_fairness_exact;
    }
  }
  if (baseline != nullptr) json["difference"] = difference_json(result, *baseline, entity);
  if (row.credits) {
    const std::optional<Time>& depleted = row.credits->depleted;
    json["depleted_at_ns"] = depleted ? Json(to_ns(*depleted)) : Json(nullptr);
    json["at_baseline_ns"] = to_ns(row.credits->at_baseline);
  }
  return json;
}

Json scheduler_json(const Result& result, const SchedulerChoice& scheduler) {
  Json parameters = Json::object();
  for (const ParameterInfo& parameter : scheduler.info().parameters) {
    parameters[parameter.name] = scheduler.text(parameter.name);
  }
  return {{"name", scheduler.info().name},
          {"spelling", result.scheduler},
          {"scope", scheduler.text("scope")},
          {"parameters", std::move(parameters)}};
}

Json workload_json(const Scenario& scenario) {
  // Only the file's name: a result must not depend on where it was made.
  return {{"name", scenario.name},
          {"file", scenario.file.substr(scenario.file.rfind('/') + 1)},
          {"question", scenario.question}};
}

Json expectation_json(const Scenario& scenario, const ExpectationResult& outcome) {
  const Expectation& expectation = scenario.expectations.at(outcome.index);
  const MetricInfo& info = metric_info(expectation.metric);
  const auto bound = [&](const std::optional<std::int64_t>& value) {
    return number(info.unit, value);
  };
  const std::string unit = info.unit == MetricUnit::kDuration   ? "ns"
                           : info.unit == MetricUnit::kFraction ? "fraction"
                           : info.unit == MetricUnit::kCredits  ? "credits"
                                                                : "count";
  return {{"line", expectation.line},
          {"metric", info.name},
          {"unit", unit},
          {"entity", scenario.path_of(outcome.entity)},
          {"from_ns", to_ns(expectation.from)},
          {"to_ns", expectation.to ? Json(to_ns(*expectation.to)) : Json(nullptr)},
          {"at_least", bound(expectation.at_least)},
          {"at_most", bound(expectation.at_most)},
          {"value", outcome.has_value ? number(info.unit, outcome.value) : Json(nullptr)},
          {"met", outcome.met}};
}

/// One JSON object, member by member.
class ObjectWriter {
 public:
  explicit ObjectWriter(Sink& sink) : sink_(sink) { sink_.write("{"); }
  void member(std::string_view name, const Json& value) {
    key(name);
    sink_.write(text_of(value));
  }
  void begin_array(std::string_view name) {
    key(name);
    sink_.write("[");
    first_item_ = true;
  }
  void item(const Json& value) {
    sink_.write(first_item_ ? "\n    " : ",\n    ");
    first_item_ = false;
    sink_.write(text_of(value));
  }
  void end_array() { sink_.write(first_item_ ? "]" : "\n  ]"); }
  void end() { sink_.write("\n}"); }

 private:
  void key(std::string_view name) {
    sink_.write(fmt::format("{}\n  \"{}\": ", first_ ? "" : ",", name));
    first_ = false;
  }

  Sink& sink_;
  bool first_ = true;
  bool first_item_ = true;
};

}  // namespace

void write_summary(Sink& sink, const Result& result, const SchedulerChoice& scheduler,
                   const Result* baseline) {
  const Scenario& scenario = *result.scenario;
  ObjectWriter object(sink);
  object.member("schema_version", kSummarySchema);
  object.member("tool", "sharesim");
  object.member("version", kVersion);
  object.member("scheduler", scheduler_json(result, scheduler));
  if (baseline != nullptr) object.member("baseline", baseline->scheduler);
  object.member("workload", workload_json(scenario));
  object.member("scenario", scenario_json(scenario));
  object.member("complete", result.complete);
  object.member("end_ns", to_ns(result.end));
  object.member("decisions", result.decisions);
  object.member("machine", entity_json(result, EntityRef::group(kRoot), baseline));
  object.begin_array("groups");
  for (GroupId group = 1; group < scenario.groups.size(); ++group) {
    object.item(entity_json(result, EntityRef::group(group), baseline));
  }
  object.end_array();
  object.begin_array("tasks");
  for (TaskId task = 0; task < scenario.task_count(); ++task) {
    object.item(entity_json(result, EntityRef::task(task), baseline));
  }
  object.end_array();
  object.begin_array("expectations");
  for (const ExpectationResult& outcome : result.expectations) {
    object.item(expectation_json(scenario, outcome));
  }
  object.end_array();
  object.end();
}

}  // namespace sharesim
