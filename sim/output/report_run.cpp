#include "sim/output/report_run.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "sim/output/entities.hpp"
#include "sim/output/report_text.hpp"
#include "sim/output/text.hpp"
#include "sim/search/bounds.hpp"

namespace sharesim {
namespace {

constexpr std::size_t kLeastBins = 64;  // of one entity
constexpr std::size_t kMostBins = 4'096;
constexpr std::size_t kMostSamples = 512;  // of one task
constexpr std::size_t kMostLatencies = 256;

/// The largest lag that the policy claims for tasks that always run; nothing where it claims none, or
/// the claim does not apply: it is about one CPU that nothing is kept back of.
std::optional<Duration> claimed_lag(const Scenario& scenario, const SchedulerChoice& scheduler) {
  const SchedulerInfo& info = scheduler.info();
  const MachineSpec& machine = scenario.machine;
  const Duration costs = machine.tick + machine.context_switch + machine.wakeup + machine.migration;
  if (!info.claims.has(Claim::kBoundedLag) || info.lag_bound_slices == nullptr ||
      info.find_parameter("slice") == nullptr || machine.cpus != 1 || costs > Duration::zero() ||
      scenario.groups.size() != 1 || scenario.groups.front().cap || !scenario.events.empty()) {
    return std::nullopt;
  }
  const auto capped = [](const TaskSpec& task) { return task.cap.has_value(); };
  if (std::any_of(scenario.tasks.begin(), scenario.tasks.end(), capped)) return std::nullopt;
  return scheduler.duration("slice") * info.lag_bound_slices(scenario.task_count());
}

/// Whether every task has demand from the beginning to the end.
bool all_always_run(const Scenario& scenario) {
  return std::all_of(scenario.tasks.begin(), scenario.tasks.end(), [](const TaskSpec& task) {
    return std::holds_alternative<RunForever>(task.behaviour) && task.start == Duration::zero() &&
           !task.stop;
  });
}

/// The longest that the others can keep a task waiting, whatever they do, where that is proved.
std::optional<Bound> proved_wait(const Scenario& scenario, const SchedulerChoice& scheduler,
                                 EntityRef victim) {
  constexpr TaskId kMostTasks = 64;  // it is looked at for each of them
  if (scenario.task_count() > kMostTasks) return std::nullopt;
  // The bounds are about attackers that come together.
  const bool together =
      std::all_of(scenario.tasks.begin(), scenario.tasks.end(),
                  [&](const TaskSpec& task) { return task.start == scenario.tasks.front().start; });
  if (!together) return std::nullopt;
  Sides sides;
  sides.victims = {victim};
  for (TaskId task = 0; task < scenario.task_count(); ++task) {
    if (EntityRef::task(task) != victim) sides.attackers.push_back(EntityRef::task(task));
  }
  return bound_of(Objective::kGap, scenario, scheduler, sides).bound;
}

Json path_json(const Scenario& scenario, TaskId task) {
  return task == kNoTask ? Json(nullptr) : Json(printable(scenario.path_of(task)));
}

/// The members of a JSON object without its braces, to put others beside them.
std::string members(const Json& object) {
  const std::string text = script_text(object);
  return text.substr(1, text.size() - 2);
}

std::vector<TaskId> tasks_of(const std::vector<EntityRef>& entities) {
  std::vector<TaskId> tasks;
  for (const EntityRef entity : entities) {
    if (entity.is_task()) tasks.push_back(entity.id);
  }
  return tasks;
}

/// As often as there is room for `samples` of all tasks together.
Duration sampling_interval(const Scenario& scenario, std::size_t tasks, std::size_t samples) {
  const auto each = static_cast<std::int64_t>(
      std::clamp<std::size_t>(samples / std::max<std::size_t>(tasks, 1), kLeastBins, kMostSamples));
  return std::max(ns(1), (scenario.duration + ns(each - 1)) / each);
}

}  // namespace

ReportSize ReportSize::of_one_in(std::size_t runs) {
  constexpr std::size_t kFewRuns = 2;  // as much as one alone would have
  const std::size_t parts = std::max<std::size_t>(1, runs / kFewRuns);
  ReportSize size;
  size.bins = std::max<std::size_t>(size.bins / parts, 4'096);
  size.blocks = std::max<std::size_t>(size.blocks / parts, 1'500);
  size.samples = std::max<std::size_t>(size.samples / parts, 1'000);
  return size;
}

std::vector<EntityRef> report_entities(const Scenario& scenario, std::size_t most,
                                       const std::vector<EntityRef>& named) {
  std::vector<bool> tasks(scenario.task_count());
  std::vector<bool> groups(scenario.groups.size());
  for (const EntityRef entity : named) (entity.is_task() ? tasks : groups)[entity.id] = true;
  const auto is_named = [&](EntityRef entity) {
    return entity.is_task() ? tasks[entity.id] : groups[entity.id];
  };
  std::vector<std::size_t> by_depth(limits::kDepth + 2);
  walk_tree(scenario, [&](EntityRef entity, std::uint32_t depth) {
    if (!is_named(entity)) ++by_depth[depth];
    return true;
  });
  std::vector<EntityRef> entities;
  std::vector<std::size_t> room(by_depth.size());
  std::size_t left = most - std::min(most, named.size());
  for (std::size_t depth = 1; depth < by_depth.size(); ++depth) {
    room[depth] = std::min(left, by_depth[depth]);
    left -= room[depth];
  }
  walk_tree(scenario, [&](EntityRef entity, std::uint32_t depth) {
    if (is_named(entity)) {
      entities.push_back(entity);
    } else if (room[depth] > 0) {
      --room[depth];
      entities.push_back(entity);
    }
    return true;
  });
  return entities;
}

ReportRun::ReportRun(const Scenario& scenario, const SchedulerChoice& scheduler,
                     const Measures& measures, const ReportSize& size,
                     const std::vector<EntityRef>& named)
    : scenario_(scenario),
      scheduler_(scheduler),
      measures_(measures),
      size_(size),
      entities_(report_entities(scenario, size.entities, named)),
      tasks_(tasks_of(entities_)),
      sampled_every_(sampling_interval(scenario, tasks_.size(), size.samples)),
      before_(entities_.size()),
      tick_(entities_.size()),
      runs_(std::min(scenario.machine.cpus, size.cpus), size.blocks),
      states_(entities_) {
  if (entities_.empty()) return;
  bins_.emplace(entities_.size(), std::clamp(size.bins / entities_.size(), kLeastBins, kMostBins));
}

void ReportRun::tick(Time, Time) {
  if (!bins_) return;
  for (std::size_t i = 0; i < entities_.size(); ++i) {
    const Progress now = measures_.progress(entities_[i]);
    const Progress& before = before_[i];
    const std::int64_t lag = now.ideal_ns - now.service_ns;
    tick_[i] = {.service = now.service_ns - before.service_ns,
                .ideal = now.ideal_ns - before.ideal_ns,
                .throttled = now.throttled_ns - before.throttled_ns,
                .lag_min = lag,
                .lag_max = lag,
                .waiting = now.waiting_ns};
    before_[i] = now;
  }
  bins_->add_tick(tick_);
}

void ReportRun::edge(Time now, const RunView& view) {
  std::vector<StatePath> paths;
  paths.reserve(tasks_.size());
  for (const TaskId task : tasks_) paths.push_back(view.path(task));
  states_.add(now, paths);
}

std::string ReportRun::json(const Result& result) const {
  std::string out = head(result);
  out += ",\"entities\":[";
  for (std::size_t i = 0; i < entities_.size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    out += entity(result, i);
  }
  out += "],\n";
  append_runs(out);
  return out + "}";
}

std::string ReportRun::head(const Result& result) const {
  const bool fluid = scheduler_.info().claims.has(Claim::kFluid);
  const auto lag = claimed_lag(scenario_, scheduler_);
  Json json{{"workload", printable(scenario_.name)},
            {"scheduler", printable(result.scheduler)},
            {"in_force", printable(scheduler_.to_string())},
            {"summary", scheduler_.info().summary},
            {"paper", scheduler_.info().paper},
            {"fluid", fluid},
            {"complete", result.complete},
            {"end_ns", to_ns(result.end)},
            {"cpus", scenario_.machine.cpus},
            {"tasks", scenario_.task_count()},
            {"groups", scenario_.groups.size() - 1},
            {"tick_ns", to_ns(scenario_.record_tick)},
            {"ticks_per_bin", bins_ ? bins_->ticks_per_bin() : 1},
            {"bins", bins_ ? bins_->size() : 0},
            {"sampled_every_ns", to_ns(sampled_every_)},
            {"lag_bound_ns", lag ? Json(to_ns(*lag)) : Json(nullptr)},
            {"claims_lag_bound", scheduler_.info().claims.has(Claim::kBoundedLag)},
            {"all_always_run", all_always_run(scenario_)}};
  return "{" + members(json);
}

std::string ReportRun::entity(const Result& result, std::size_t index) const {
  const EntityRef entity = entities_[index];
  const EntityResult row = result.table->row(entity);
  Json json{{"path", printable(scenario_.path_of(entity))},
            {"kind", entity.is_task() ? "task" : "group"},
            {"id", entity.id}};
  const GroupId parent =
      entity.is_task() ? scenario_.spec_of(entity.id).group : scenario_.groups[entity.id].parent;
  const Weight weight =
      entity.is_task() ? scenario_.spec_of(entity.id).weight : scenario_.groups[entity.id].weight;
  json["depth"] = scenario_.groups[parent].depth + 1;
  json["weight"] = static_cast<double>(weight) / static_cast<double>(kWeightUnit);
  for (const MetricInfo& info : metrics()) {
    const auto value = value_of(row, info.metric, entity.is_task(), false, result.end - kStart);
    if (value) json["values"][std::string(info.name)] = *value;
  }
  if (row.starvation.length > Duration::zero()) {
    json["starved"] = {{"start_ns", to_ns(row.starvation.start)},
                       {"victim", path_json(scenario_, row.starvation.victim)},
                       {"runner", path_json(scenario_, row.starvation.runner)}};
  }
  if (entity.is_task()) {
    if (const auto bound = proved_wait(scenario_, scheduler_, entity)) {
      json["wait_bound"] = {{"ns", to_ns(bound->value)}, {"rule", bound->rule}};
    }
  }
  std::string out = "{" + members(json);
  append_series(out, index);
  append_latencies(out, index);
  append_states(out, index);
  return out + "}";
}

/// Leaves out what is 0 all the time.
void ReportRun::append_series(std::string& out, std::size_t index) const {
  const auto append = [&](const char* name, std::int64_t ReportBin::*member, bool always) {
    std::vector<std::int64_t> values;
    for (std::size_t bin = 0; bin < bins_->size(); ++bin) {
      values.push_back(bins_->at(bin, index).*member);
    }
    const bool nothing = std::all_of(values.begin(), values.end(), [](auto v) { return v == 0; });
    if (nothing && !always) return;
    out += std::string(",\"") + name + "\":";
    append_numbers(out, values);
  };
  append("service", &ReportBin::service, true);
  append("ideal", &ReportBin::ideal, true);
  append("lag_min", &ReportBin::lag_min, true);
  // With a tick per bin both are the same.
  if (bins_->ticks_per_bin() > 1) append("lag_max", &ReportBin::lag_max, true);
  append("waiting", &ReportBin::waiting, false);
  append("throttled", &ReportBin::throttled, false);
}

/// As upper edges and how many samples lie at or below them; of many, some are left out, and the
/// others say no less.
void ReportRun::append_latencies(std::string& out, std::size_t index) const {
  const std::vector<LatencyCount> counts = measures_.wakeup_counts(entities_[index]);
  if (counts.empty()) return;
  const std::size_t step = (counts.size() + kMostLatencies - 1) / kMostLatencies;
  std::vector<std::int64_t> edges;
  std::vector<std::uint64_t> at_most;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += counts[i].count;
    if (i % step != 0 && i + 1 < counts.size()) continue;
    edges.push_back(counts[i].at_most_ns);
    at_most.push_back(seen);
  }
  out += ",\"latency_ns\":";
  append_numbers(out, edges);
  out += ",\"latency_count\":";
  append_numbers(out, at_most);
}

void ReportRun::append_states(std::string& out, std::size_t index) const {
  const auto& names = states_.series()[index];
  if (names.empty()) return;
  Json json = Json::object();
  for (const auto& [name, values] : names) {
    Json& numbers = json[name] = Json::array();
    for (const auto& value : values) numbers.push_back(value ? Json(*value) : Json(nullptr));
  }
  out += ",\"states\":" + script_text(json);
}

/// By CPU: gap since the block before, length, and the index of the entity; -1 for a task that the
/// report has no room for; below that, -2 - the index of a mixture: [runs, ns of others, index, ns, ...].
void ReportRun::append_runs(std::string& out) const {
  std::map<TaskId, std::int64_t> index_of;
  for (std::size_t i = 0; i < entities_.size(); ++i) {
    if (entities_[i].is_task()) index_of.emplace(entities_[i].id, static_cast<std::int64_t>(i));
  }
  const auto shown = [&](TaskId task) {
    const auto found = index_of.find(task);
    return found == index_of.end() ? std::int64_t{-1} : found->second;
  };
  std::string mixtures;
  std::int64_t mixture_count = 0;
  out += "\"resolution_ns\":" + std::to_string(runs_.resolution());
  out += ",\"runs\":" + std::to_string(runs_.runs()) + ",\"blocks\":[";
  bool first = true;
  for (const std::vector<RunBlock>& blocks : runs_.by_cpu()) {
    std::vector<std::int64_t> numbers;
    std::int64_t before = 0;
    for (const RunBlock& block : blocks) {
      std::int64_t code = shown(block.parts[0].task);
      if (!block.is_exact()) {
        code = -2 - mixture_count++;
        std::vector<std::int64_t> parts{block.runs, block.others};
        for (const RunBlock::Part& part : block.parts) {
          if (part.task == kNoTask) continue;
          parts.insert(parts.end(), {shown(part.task), part.ran});
        }
        if (!mixtures.empty()) mixtures += ',';
        append_numbers(mixtures, parts);
      }
      numbers.insert(numbers.end(), {block.begin - before, block.end - block.begin, code});
      before = block.end;
    }
    if (!first) out += ',';
    first = false;
    append_numbers(out, numbers);
  }
  out += "],\"mixtures\":[" + mixtures + "]";
}

}  // namespace sharesim
