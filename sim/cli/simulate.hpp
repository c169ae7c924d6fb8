#pragma once
// One workload under one scheduler, with its files.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine/engine.hpp"
#include "sim/metrics/share_history.hpp"
#include "sim/output/report_run.hpp"
#include "sim/record/result.hpp"
#include "sim/registry.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cli {

/// What report.html gets of a run: how much there is room for, and then the run itself.
struct CellReport {
  ReportSize size;
  std::vector<EntityRef> named{};  ///< are shown in any case
  std::string json{};              ///< once the run is over
};

struct Cell {
  std::shared_ptr<const Scenario> scenario;
  SchedulerChoice scheduler;  ///< as asked for: its spelling names the run in all that is written
  std::optional<std::filesystem::path> folder;  ///< for the files, exists; empty: no files
  bool schedule = false;                        ///< schedule.csv as well
  bool explain = false;  ///< a second run, for how things stood when starvations began
  std::optional<std::filesystem::path> trace{};  ///< see trace_suffixes()
  std::shared_ptr<ShareHistory> history{};       ///< is told of the run if it is there
  std::shared_ptr<CellReport> report{};          ///< with a folder only; empty: no report
};

/// How the names of traces end: ".pftrace" is Perfetto's protocol buffers, ".ftrace" the text of Linux's ftrace.
const std::vector<std::string>& trace_suffixes();

/// Runs the cell. Its files are opened before the run begins, and complete when this returns.
/// Throws what run_engine() throws, MachineError, and InputError if there is nothing to trace.
Result simulate(const Cell& cell, const EngineOptions& options);

/// Whether the cell's report, of a run that is over, shows all of `named`, or as many of them as it has room for.
bool shows_in_report(const Cell& cell, const std::vector<EntityRef>& named);
/// Makes the run once more for the report, which is to show `named`: only now is known whom to look at.
void run_again_for_report(const Cell& cell, const std::vector<EntityRef>& named,
                          const EngineOptions& options);

}  // namespace sharesim::cli
