#include "sim/cli/simulate.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "sim/cli/cell_files.hpp"
#include "sim/core/error.hpp"
#include "sim/fluid/fluid.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/output/out_file.hpp"
#include "sim/output/trace.hpp"
#include "sim/output/trace_ftrace.hpp"
#include "sim/output/trace_perfetto.hpp"
#include "sim/record/fanout.hpp"

namespace sharesim::cli {
namespace {

/// The trace of one run.
class CellTrace {
 public:
  CellTrace(const Cell& cell, Measures& measures)
      : file_(*cell.trace), writer_(*cell.scenario, make_format(cell), measures) {}

  TraceWriter& writer() { return writer_; }
  void commit() { file_.commit(); }

 private:
  std::unique_ptr<TraceFormat> make_format(const Cell& cell) {
    if (cell.trace->extension() == trace_suffixes().front()) {
      return std::make_unique<PerfettoTrace>(file_, *cell.scenario, cell.scheduler.to_string());
    }
    return std::make_unique<FtraceText>(file_, *cell.scenario);
  }

  OutFile file_;
  TraceWriter writer_;
};

/// Everybody who wants to hear of the recording ticks.
class TickListeners final : public TickListener {
 public:
  void add(TickListener* listener) { listeners_.push_back(listener); }
  void tick(Time begin, Time end) override {
    for (TickListener* listener : listeners_) listener->tick(begin, end);
  }
  bool empty() const { return listeners_.empty(); }

 private:
  std::vector<TickListener*> listeners_;
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
  auto answers = describe_at(*cell.scenario, cell.scenario->set_up(cell.scheduler), moments);
  for (std::size_t i = 0; i < worst.size(); ++i) {
    StarvationStates& found = states[worst[i].victim];
    found.victim = std::move(answers[i][0]);
    if (answers[i].size() > 1) found.runner = std::move(answers[i][1]);
  }
  return states;
}

/// The most telling come first, and a page has room for so many: the end of those.
std::vector<EntityRef>::const_iterator first_of(const std::vector<EntityRef>& named,
                                                const ReportSize& size) {
  return named.begin() + static_cast<std::ptrdiff_t>(std::min(named.size(), size.entities));
}

}  // namespace

const std::vector<std::string>& trace_suffixes() {
  static const std::vector<std::string> kSuffixes{".pftrace", ".ftrace"};
  return kSuffixes;
}

Result simulate(const Cell& cell, const EngineOptions& options) {
  const SchedulerChoice scheduler = cell.scenario->set_up(cell.scheduler);
  const std::string spelling = cell.scheduler.to_string();
  const SchedulerInfo& info = scheduler.info();
  const bool fluid = info.claims.has(Claim::kFluid);
  if (fluid && cell.trace) {
    throw InputError(
        "there is nothing to trace under " + info.name + ", which serves all tasks at once",
        "a scheduler that gives a CPU to one task at a time, such as sfq");
  }
  const auto measures = std::make_shared<Measures>(cell.scenario, info.name,
                                                   fluid ? Served::kFluid : Served::kByRuns);
  std::optional<CellFiles> files;
  std::optional<CellTrace> trace;
  std::optional<ReportRun> report;
  std::vector<RunObserver*> observers{measures.get()};
  TickListeners ticks;
  EngineOptions shown = options;
  if (cell.folder) {
    files.emplace(*cell.folder, *cell.scenario, spelling, cell.schedule, *measures);
    ticks.add(&*files);
    if (files->observer() != nullptr) observers.push_back(files->observer());
  }
  if (cell.trace) {
    trace.emplace(cell, *measures);
    ticks.add(&trace->writer());
    observers.push_back(&trace->writer());
    shown.watchers.push_back(&trace->writer());
  }
  if (cell.report) {
    report.emplace(*cell.scenario, scheduler, *measures, cell.report->size, cell.report->named);
    ticks.add(&*report);
    observers.push_back(&report->runs());
    shown.watchers.push_back(&*report);
  }
  if (cell.history) {
    cell.history->listen_to([&measures](EntityRef entity) { return measures->progress(entity); });
    ticks.add(cell.history.get());
  }
  if (!ticks.empty()) measures->set_tick_listener(cell.scenario->record_tick, &ticks);
  const auto run = [&](RunObserver& observer) {
    return fluid ? run_fluid(*cell.scenario, observer, options)
                 : run_engine(*cell.scenario, scheduler, observer, shown);
  };
  EngineSummary summary;
  if (observers.size() > 1) {
    Fanout all(std::move(observers));
    summary = run(all);
  } else {
    summary = run(*measures);
  }
  Result result{.scenario = cell.scenario,
                .scheduler = spelling,
                .end = summary.end,
                .complete = summary.complete,
                .decisions = summary.decisions,
                .table = measures,
                .expectations = measures->expectations(),
                .starvation_states = {}};
  if (cell.explain && !fluid && summary.complete) {
    result.starvation_states = explain_starvation(cell, *measures);
  }
  if (report) cell.report->json = report->json(result);
  if (trace) trace->commit();
  if (files) files->commit(result, scheduler);
  return result;
}

bool shows_in_report(const Cell& cell, const std::vector<EntityRef>& named) {
  const CellReport& have = *cell.report;
  const auto shown = report_entities(*cell.scenario, have.size.entities, have.named);
  return std::all_of(named.begin(), first_of(named, have.size), [&](EntityRef entity) {
    return std::find(shown.begin(), shown.end(), entity) != shown.end();
  });
}

void run_again_for_report(const Cell& cell, const std::vector<EntityRef>& named,
                          const EngineOptions& options) {
  const ReportSize& size = cell.report->size;
  Cell again{cell.scenario, cell.scheduler, std::nullopt};
  again.report =
      std::make_shared<CellReport>(CellReport{size, {named.begin(), first_of(named, size)}});
  if (simulate(again, options).complete) *cell.report = std::move(*again.report);
}

}  // namespace sharesim::cli
