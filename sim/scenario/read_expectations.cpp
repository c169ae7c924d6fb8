#include <algorithm>
#include <utility>

#include "sim/core/units.hpp"
#include "sim/scenario/entity_index.hpp"
#include "sim/scenario/loading.hpp"

namespace sharesim {
namespace {

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const MetricInfo& metric : metrics()) names.emplace_back(metric.name);
  return names;
}

/// Those that may have a window.
std::string between_names() {
  std::vector<std::string> names;
  for (const MetricInfo& metric : metrics()) {
    if (metric.times == MetricTimes::kBetween) names.emplace_back(metric.name);
  }
  return word_list(names);
}

bool may_be_negative(Metric metric) {
  return metric == Metric::kLag || metric == Metric::kLagMax || metric == Metric::kLagMin;
}

/// Has a value for the machine as a whole only.
bool of_machine_only(Metric metric) {
  return metric == Metric::kOverhead || metric == Metric::kIdle || metric == Metric::kWastedIdle;
}

std::optional<std::int64_t> read_value(Loading& loading, const At& at, const MetricInfo& metric) {
  constexpr std::int64_t kMostCount = 1'000'000'000'000'000'000;
  switch (metric.unit) {
    case MetricUnit::kDuration: {
      const Duration most = limits::kCpuTime;
      const DurationRange range{may_be_negative(metric.metric) ? -most : ns(0), most};
      const auto duration = read_duration(loading.problems, at, range);
      return duration ? std::optional(to_ns(*duration)) : std::nullopt;
    }
    case MetricUnit::kFraction:
      return read_percent(loading.problems, at);
    case MetricUnit::kCount:
      return read_integer(loading.problems, at, 0, kMostCount);
    case MetricUnit::kCredits: {
      const auto credits = read_credits(loading.problems, at, limits::kCpuTime);
      return credits ? std::optional(to_ns(*credits)) : std::nullopt;
    }
  }
  return std::nullopt;
}

void read_between(Loading& loading, const At& at, const MetricInfo& metric,
                  Expectation& expectation) {
  constexpr std::size_t kBounds = 2;
  if (!check_list(loading.problems, at, kBounds, "[lowest, highest]")) return;
  expectation.at_least = read_value(loading, at.item(0), metric);
  expectation.at_most = read_value(loading, at.item(1), metric);
}

void read_bounds(Loading& loading, const Fields& fields, const MetricInfo& metric,
                 Expectation& expectation) {
  const auto at_least = fields.find("at_least");
  const auto at_most = fields.find("at_most");
  const auto is = fields.find("is");
  const auto between = fields.find("between");
  if (at_least) expectation.at_least = read_value(loading, *at_least, metric);
  if (at_most) expectation.at_most = read_value(loading, *at_most, metric);
  if (is) expectation.at_least = expectation.at_most = read_value(loading, *is, metric);
  if (between) read_between(loading, *between, metric, expectation);

  const int ways = (at_least || at_most ? 1 : 0) + (is ? 1 : 0) + (between ? 1 : 0);
  const std::string allowed = "at_least and at_most, or is, or between";
  if (ways == 0) {
    loading.problems.add(fields.at(), "expects nothing", allowed);
  } else if (ways > 1) {
    loading.problems.add(fields.at(), "has bounds of more than one kind", allowed);
  } else if (expectation.at_least && expectation.at_most &&
             *expectation.at_least > *expectation.at_most) {
    loading.problems.add(fields.at(), "can never hold: the lowest is above the highest");
  }
}

void read_window(Loading& loading, const Fields& fields, const MetricInfo& metric,
                 Expectation& expectation) {
  const auto from = fields.find("from");
  const auto to = fields.find("to");
  const auto instant = fields.find("at");
  const DurationRange range{ns(0), loading.scenario.duration};
  const std::string name(metric.name);
  if ((from || to) && metric.times != MetricTimes::kBetween) {
    loading.problems.add_key(from ? *from : *to,
                             metric.times == MetricTimes::kEnd
                                 ? name + " is only known for the whole run"
                                 : name + " is known at an instant",
                             metric.times == MetricTimes::kEnd ? between_names() : "at: 5s");
    return;
  }
  if (instant && metric.times != MetricTimes::kInstant) {
    loading.problems.add_key(
        *instant, name + " is not known at an instant",
        metric.times == MetricTimes::kEnd ? "credits or surplus_credits" : "from and to");
    return;
  }
  if (instant) {
    if (const auto time = read_duration(loading.problems, *instant, {ns(1), range.most})) {
      expectation.to = Time(*time);
    }
  }
  if (from) {
    const auto time = read_duration(loading.problems, *from, range);
    expectation.from = Time(time.value_or(ns(0)));
  }
  if (to) {
    if (const auto time = read_duration(loading.problems, *to, range)) expectation.to = Time(*time);
  }
  const Time end = expectation.to.value_or(Time(loading.scenario.duration));
  if (!instant && expectation.from >= end) {
    loading.problems.add(from ? *from : *to, "the window is empty: from " +
                                                 to_text(expectation.from) + " to " + to_text(end));
  }
}

/// The names of schedulers in the list at `at`; nothing if it is no list.
std::optional<std::vector<std::string>> read_scheduler_names(Loading& loading, const At& at) {
  if (!check_list(loading.problems, at, "a list of names such as [sfq, wfq]")) return std::nullopt;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const At item = at.item(i);
    const auto name = read_text(loading.problems, item, "a name such as sfq");
    if (!name) continue;
    names.emplace_back(*name);
    if (Registry::global().find(*name) != nullptr) continue;
    const std::vector<std::string> known = Registry::global().names();
    loading.problems.add(item,
                         "no scheduler is called " + in_quotes(*name) + spelling_hint(*name, known),
                         word_list(known));
  }
  return names;
}

/// Who is asked: those of `schedulers`, all but those of `except`, or all.
void read_schedulers(Loading& loading, const Fields& fields, Expectation& expectation) {
  const auto only = fields.find("schedulers");
  const auto except = fields.find("except");
  if (only)
    expectation.schedulers =
        read_scheduler_names(loading, *only).value_or(std::vector<std::string>{});
  if (!except) return;
  if (only) loading.problems.add_key(*except, "schedulers is given too", "schedulers or except");
  const auto excepted = read_scheduler_names(loading, *except);
  if (!excepted || only) return;
  for (std::string& name : Registry::global().names()) {
    if (std::find(excepted->begin(), excepted->end(), name) == excepted->end()) {
      expectation.schedulers.push_back(std::move(name));
    }
  }
}

bool has_credits(const Scenario& scenario, const Target& target) {
  const std::optional<Bandwidth>& cap =
      target.group ? scenario.groups[*target.group].cap : scenario.tasks[target.spec].cap;
  if (cap && cap->credits) return true;
  const std::vector<EntityRef> named = target.entities();
  return std::any_of(scenario.events.begin(), scenario.events.end(), [&](const auto& event) {
    return event.cap && *event.cap && (*event.cap)->credits &&
           std::find(event.entities.begin(), event.entities.end(), named.front()) !=
               event.entities.end();
  });
}

/// Complains if the metric has no value for what is named.
void check_target(Loading& loading, const At& at, const MetricInfo& metric, const Target& target) {
  const std::string name(metric.name);
  if (metric.unit == MetricUnit::kCredits && !has_credits(loading.scenario, target)) {
    loading.problems.add(at, name + " is not known without credits",
                         "what has cap: {credits: ...}");
    return;
  }
  if (of_machine_only(metric.metric) && target.group != kRoot) {
    loading.problems.add(at, name + " is only known for the machine", "/");
  } else if (!target.group && !metric.of_task) {
    loading.problems.add(at, name + " is not known for a task", "a group");
  } else if (target.group && !metric.of_group) {
    loading.problems.add(at, name + " is not known for a group", "a task");
  }
}

void read_expectation(Loading& loading, const EntityIndex& entities, const At& at) {
  const MetricInfo* const metric = find_metric(at.node().key);
  if (metric == nullptr) return;  // an unknown key: already complained about
  const Fields fields(
      loading.problems, at,
      {"of", "at_least", "at_most", "is", "between", "from", "to", "at", "schedulers", "except"});
  if (!fields.is_map()) return;
  Expectation expectation;
  expectation.metric = metric->metric;
  expectation.line = at.node().key_place.source == 0 ? at.node().key_place.line : 0;
  expectation.of = "/";
  std::optional<Target> target = EntityIndex::root();
  const auto of = fields.find("of");
  if (of) {
    target = entities.read(loading, *of);
    expectation.of = of->node().text;
  }
  if (target) {
    check_target(loading, of ? *of : at, *metric, *target);
    expectation.entities = target->entities();
  }
  read_bounds(loading, fields, *metric, expectation);
  read_window(loading, fields, *metric, expectation);
  read_schedulers(loading, fields, expectation);
  loading.scenario.expectations.push_back(std::move(expectation));
}

}  // namespace

void read_expectations(Loading& loading, const EntityIndex& entities, const At& at) {
  static const std::vector<std::string> kNames = metric_names();
  if (!check_list(loading.problems, at, "a list of {share: {of: /web, at_least: 29%}}")) return;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const At item = at.item(i);
    const Fields fields(loading.problems, item, kNames);
    if (!fields.is_map()) continue;
    if (item.size() == 0) loading.problems.add(item, "expects nothing", word_list(kNames));
    for (std::size_t k = 0; k < item.size(); ++k) {
      const At metric = item.item(k);
      read_expectation(loading, entities, metric);
    }
  }
}

}  // namespace sharesim
