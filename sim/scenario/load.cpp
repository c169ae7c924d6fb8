#include <algorithm>
#include <limits>
#include <utility>

#include "sim/core/units.hpp"
#include "sim/scenario/entity_index.hpp"
#include "sim/scenario/loading.hpp"
#include "sim/scenario/override.hpp"
#include "sim/scenario/parse_document.hpp"
#include "sim/scenario/source.hpp"

namespace sharesim {
namespace {

/// About a thousand ticks in a run: the next of 1, 2, 5, 10, ... units.
Duration default_tick(Duration duration) {
  constexpr std::int64_t kTicks = 1000;
  constexpr std::int64_t kTen = 10;
  std::int64_t tick = to_ns(std::chrono::milliseconds(1));
  for (std::int64_t decade = tick; tick * kTicks < to_ns(duration); decade *= kTen) {
    for (const std::int64_t step : {2, 5, 10}) {
      if (tick * kTicks < to_ns(duration)) tick = decade * step;
    }
  }
  return std::min(ns(tick), duration);
}

void read_duration_of_run(Loading& loading, const Fields& root) {
  Scenario& scenario = loading.scenario;
  const auto at = root.require("duration", "how long the run lasts, such as 10s");
  // After a mistake the longest run: nothing lies after its end.
  scenario.duration = limits::kDuration;
  if (!at) return;
  const auto duration = read_duration(loading.problems, *at, {ns(1), limits::kDuration});
  if (!duration) return;
  scenario.duration = *duration;
  const Duration most = limits::kCpuTime / scenario.machine.cpus;
  if (*duration > most) {
    loading.problems.add(
        *at, "is too long for " + std::to_string(scenario.machine.cpus) + " CPUs",
        "up to " + to_text(limits::kCpuTime) + " of CPU time, " + to_text(most) + " here");
  }
}

void read_record(Loading& loading, const Fields& root) {
  Scenario& scenario = loading.scenario;
  scenario.record_tick = default_tick(scenario.duration);
  const auto record = root.find("record");
  if (!record) return;
  const Fields fields(loading.problems, *record, {"tick"});
  if (const auto tick = fields.find("tick")) {
    scenario.record_tick = read_duration(loading.problems, *tick, {ns(1), scenario.duration})
                               .value_or(scenario.record_tick);
  }
}

void read_seed(Loading& loading, const Fields& root) {
  const auto at = root.find("seed");
  if (!at) return;
  const auto seed =
      read_integer(loading.problems, *at, 0, std::numeric_limits<std::int64_t>::max());
  loading.scenario.seed = static_cast<std::uint64_t>(seed.value_or(1));
}

void read_root(Loading& loading, const At& at) {
  const Fields root(loading.problems, at,
                    {"name", "machine", "duration", "record", "seed", "parameters", "groups",
                     "tasks", "events", "expect"});
  if (!root.is_map()) return;
  if (const auto name = root.require("name", "such as sleeper-and-hog")) {
    loading.scenario.name = read_name(loading.problems, *name).value_or("");
  }
  if (const auto machine = root.find("machine")) read_machine(loading, *machine);
  read_duration_of_run(loading, root);
  read_record(loading, root);
  read_seed(loading, root);
  if (const auto parameters = root.find("parameters")) read_parameters(loading, *parameters);
  read_tree(loading, root);
  const auto events = root.find("events");
  const auto expect = root.find("expect");
  if (!events && !expect) return;
  const EntityIndex entities(loading.scenario);
  if (events) read_events(loading, entities, *events);
  if (expect) read_expectations(loading, entities, *expect);
}

}  // namespace

Scenario parse_scenario(const std::string& text, const std::string& file,
                        const std::vector<Override>& overrides) {
  std::vector<std::string> options;
  options.reserve(overrides.size());
  for (const Override& change : overrides) options.push_back(option_text(change));
  Problems problems(file, options);
  if (const auto problem = check_source(text, file)) problems.add(*problem);
  problems.throw_if_any();
  std::optional<Node> root = parse_document(text, 0, problems);
  if (root && root->kind == Node::Kind::kNull) {
    problems.add(Place{}, "", "is empty", "a workload: name, duration, tasks");
    root.reset();
  }
  if (!root) problems.throw_if_any();
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    apply_override(*root, overrides[i], static_cast<std::uint32_t>(i + 1), problems);
  }

  Scenario scenario;
  scenario.file = file;
  scenario.question = opening_comment(text);
  Loading loading{.problems = problems, .scenario = scenario, .folder_of = file, .group_cpus = {}};
  read_root(loading, At(*root));
  problems.throw_if_any();
  return scenario;
}

Scenario parse_scenario(const std::string& text, const std::string& file) {
  return parse_scenario(text, file, {});
}

Scenario load_scenario(const std::string& file, const std::vector<Override>& overrides) {
  std::string text;
  if (const auto problem = read_source(file, text)) throw InputError({*problem});
  return parse_scenario(text, file, overrides);
}

Scenario load_scenario(const std::string& file) { return load_scenario(file, {}); }

}  // namespace sharesim
