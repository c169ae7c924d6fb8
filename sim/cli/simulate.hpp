#pragma once
// One workload under one scheduler, with its files.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "sim/engine/engine.hpp"
#include "sim/output/report_run.hpp"
#include "sim/record/result.hpp"
#include "sim/registry.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cli {

/// What report.html gets of a run: how much there is room for, and then the run itself.
struct CellReport {
  ReportSize size;
  std::string json;  ///< once the run is over
};

struct Cell {
  std::shared_ptr<const Scenario> scenario;
  SchedulerChoice scheduler;
  std::optional<std::filesystem::path> folder;  ///< for the files, exists; empty: no files
  bool schedule = false;                        ///< schedule.csv as well
  bool explain = false;  ///< a second run, for how things stood when starvations began
  std::shared_ptr<CellReport> report = nullptr;  ///< with a folder only; empty: no report
};

/// Runs the cell. Its files are opened before the run begins, and complete when this returns.
/// Throws what run_engine() throws, and MachineError.
Result simulate(const Cell& cell, const EngineOptions& options);

}  // namespace sharesim::cli
