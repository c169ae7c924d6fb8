#include "sim/cli/simulate.hpp"

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
    measures.set_tick_listener(cell.scenario->record_tick, this);
  }

  void tick(Time begin, Time end) override {
    allocations_.tick(begin, end);
    if (credits_) credits_->tick(begin, end);
  }

  /// nullptr if nothing but the measures listens to the run.
  RunObserver* observer() { return schedule_ ? &*schedule_ : nullptr; }

  void commit(const Result& result, const SchedulerChoice& scheduler) {
    allocations_file_.commit();
    if (schedule_file_) schedule_file_->commit();
    if (credits_file_) credits_file_->commit();
    write_summary(summary_, result, scheduler);
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
};

}  // namespace

Result simulate(const Cell& cell, const EngineOptions& options) {
  const SchedulerInfo& info = cell.scheduler.info();
  const bool fluid = info.claims.has(Claim::kFluid);
  const auto measures = std::make_shared<Measures>(cell.scenario, info.name,
                                                   fluid ? Served::kFluid : Served::kByRuns);
  std::optional<CellFiles> files;
  if (cell.folder) files.emplace(cell, *measures);
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
                .expectations = measures->expectations()};
  if (files) files->commit(result, cell.scheduler);
  return result;
}

}  // namespace sharesim::cli
