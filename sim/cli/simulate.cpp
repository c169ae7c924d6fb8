#include "sim/cli/simulate.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "sim/fluid/fluid.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/output/allocations.hpp"
#include "sim/output/credits.hpp"
#include "sim/output/out_file.hpp"
#include "sim/output/schedule.hpp"
#include "sim/output/summary.hpp"
#include "sim/record/fanout.hpp"

namespace sharesim::cli {
namespace {

/// The files of one run.
class CellFiles final : public TickListener {
 public:
  CellFiles(const Cell& cell, Measures& measures)
      : summary_(*cell.folder / "summary.json"),
        allocations_file_(*cell.folder / "allocations.csv"),
        paths_(std::make_shared<CsvPaths>(*cell.scenario)),
        allocations_(allocations_file_, *cell.scenario, cell.scheduler.to_string(), paths_,
                     [&measures](EntityRef entity) { return measures.progress(entity); }) {
    if (cell.schedule) {
      schedule_file_.emplace(*cell.folder / "schedule.csv");
      schedule_.emplace(*schedule_file_, paths_);
    }
    if (!machines_with_credits(*cell.scenario).empty()) {
      credits_file_.emplace(*cell.folder / "credits.csv");
      credits_.emplace(*credits_file_, *cell.scenario, cell.scheduler.to_string(),
                       [&measures](EntityRef entity) { return measures.credits(entity); });
    }
    if (cell.report) {
      report_.emplace(*cell.scenario, cell.scheduler, measures, cell.report->size);
    }
    measures.set_tick_listener(cell.scenario->record_tick, this);
  }

  void tick(Time begin, Time end) override {
    allocations_.tick(begin, end);
    if (credits_) credits_->tick(begin, end);
    if (report_) report_->tick(begin, end);
  }

  /// Those who listen to the run beside the measures.
  std::vector<RunObserver*> observers() {
    std::vector<RunObserver*> observers;
    if (schedule_) observers.push_back(&*schedule_);
    if (report_) observers.push_back(&report_->runs());
    return observers;
  }
  StateProbe probe() { return report_ ? report_->probe() : StateProbe{}; }

  void commit(const Result& result, const Cell& cell) {
    if (report_) cell.report->json = report_->json(result);
    allocations_file_.commit();
    if (schedule_file_) schedule_file_->commit();
    if (credits_file_) credits_file_->commit();
    write_summary(summary_, result, cell.scheduler);
    summary_.write("\n");
    summary_.commit();  // the last one: where it is, the others are
  }

 private:
  OutFile summary_;
  OutFile allocations_file_;
  std::shared_ptr<const CsvPaths> paths_;
  AllocationsWriter allocations_;
  std::optional<OutFile> schedule_file_;
  std::optional<ScheduleWriter> schedule_;
  std::optional<OutFile> credits_file_;
  std::optional<CreditsWriter> credits_;
  std::optional<ReportRun> report_;
};

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
  if (cell.folder) files.emplace(cell, *measures);
  EngineOptions probed = options;
  std::vector<RunObserver*> observers{measures.get()};
  if (files) {
    probed.probe = files->probe();
    for (RunObserver* observer : files->observers()) observers.push_back(observer);
  }
  const auto run = [&](RunObserver& observer) {
    return fluid ? run_fluid(*cell.scenario, observer, options)
                 : run_engine(*cell.scenario, cell.scheduler, observer, probed);
  };
  EngineSummary summary;
  if (observers.size() > 1) {
    Fanout all(observers);
    summary = run(all);
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
  if (files) files->commit(result, cell);
  return result;
}

}  // namespace sharesim::cli
