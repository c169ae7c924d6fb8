#include "sim/cli/simulate.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "sim/cli/cell_files.hpp"
#include "sim/fluid/fluid.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/record/fanout.hpp"

namespace sharesim::cli {
namespace {

/// Looks at the longest starvation of each task, of so many tasks at most, the longest ones.
std::map<TaskId, StarvationStates> explain_starvation(const Cell& cell, const EntityTable& table) {
  constexpr std::size_t kMost = 1000;
  std::vector<Starvation> worst;
  for (TaskId task = 0; task < cell.scenario->task_count(); ++task) {
    const Starvation starvation = table.row(EntityRef::task(task)).starvation;
    if (starvation.length > Duration::zero()) worst.push_back(starvation);
  }
  std::stable_sort(worst.begin(), worst.end(),
                   [](const auto& a, const auto& b) { return a.length > b.length; });
  if (worst.size() > kMost) worst.resize(kMost);
  std::stable_sort(worst.begin(), worst.end(),
                   [](const auto& a, const auto& b) { return a.start < b.start; });
  std::vector<Moment> moments;
  for (const Starvation& starvation : worst) {
    moments.push_back({starvation.start, {starvation.victim}});
    if (starvation.runner != kNoTask) moments.back().tasks.push_back(starvation.runner);
  }
  std::map<TaskId, StarvationStates> states;
  auto answers = describe_at(*cell.scenario, cell.scheduler, moments);
  for (std::size_t i = 0; i < worst.size(); ++i) {
    StarvationStates& found = states[worst[i].victim];
    found.victim = std::move(answers[i][0]);
    if (answers[i].size() > 1) found.runner = std::move(answers[i][1]);
  }
  return states;
}

}  // namespace

Result simulate(const Cell& cell, const EngineOptions& options) {
  const SchedulerInfo& info = cell.scheduler.info();
  const bool fluid = info.claims.has(Claim::kFluid);
  const auto measures = std::make_shared<Measures>(cell.scenario, info.name,
                                                   fluid ? Served::kFluid : Served::kByRuns);
  std::optional<CellFiles> files;
  if (cell.folder) {
    files.emplace(*cell.folder, *cell.scenario, cell.scheduler.to_string(), cell.schedule,
                  *measures);
  }
  const auto run = [&](RunObserver& observer) {
    return fluid ? run_fluid(*cell.scenario, observer, options)
                 : run_engine(*cell.scenario, cell.scheduler, observer, options);
  };
  EngineSummary summary;
  if (files && files->observer() != nullptr) {
    Fanout both({measures.get(), files->observer()});
    summary = run(both);
  } else {
    summary = run(*measures);
  }
  Result result{.scenario = cell.scenario,
                .scheduler = cell.scheduler.to_string(),
                .end = summary.end,
                .complete = summary.complete,
                .decisions = summary.decisions,
                .table = measures,
                .expectations = measures->expectations(),
                .starvation_states = {}};
  if (cell.explain && !fluid && summary.complete) {
    result.starvation_states = explain_starvation(cell, *measures);
  }
  if (files) files->commit(result, cell.scheduler);
  return result;
}

}  // namespace sharesim::cli
