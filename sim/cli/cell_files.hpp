#pragma once
// The files of one run, in its folder: allocations.csv, schedule.csv, credits.csv, summary.json.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "sim/metrics/measures.hpp"
#include "sim/output/allocations.hpp"
#include "sim/output/credits.hpp"
#include "sim/output/out_file.hpp"
#include "sim/output/schedule.hpp"
#include "sim/record/result.hpp"
#include "sim/registry.hpp"

namespace sharesim::cli {

class CellFiles final : public TickListener {
 public:
  /// What an entity has got up to the time, which is the end of a tick.
  using Source = std::function<sharesim::Progress(EntityRef, Time)>;

  /// Opens the files in `folder`. `spelling` is how their rows name the scheduler. Wants to hear of the recording ticks;
  /// `measures` must outlive this.
  CellFiles(const std::filesystem::path& folder, const Scenario& scenario,
            const std::string& spelling, bool schedule, Measures& measures);
  /// The same, with other numbers in allocations.csv than those of the measures alone.
  CellFiles(const std::filesystem::path& folder, const Scenario& scenario,
            const std::string& spelling, bool schedule, Measures& measures, Source source);

  void tick(Time begin, Time end) override;
  /// nullptr if nothing but the measures listens to the run.
  RunObserver* observer() { return schedule_ ? &*schedule_ : nullptr; }
  /// All of them are complete when this returns. Throws MachineError.
  void commit(const Result& result, const SchedulerChoice& scheduler);

 private:
  const std::filesystem::path folder_;
  OutFile summary_;
  OutFile allocations_file_;
  std::shared_ptr<const CsvPaths> paths_;
  Time tick_end_{};
  AllocationsWriter allocations_;
  std::optional<OutFile> schedule_file_;
  std::optional<ScheduleWriter> schedule_;
  std::optional<OutFile> credits_file_;
  std::optional<CreditsWriter> credits_;
};

}  // namespace sharesim::cli
