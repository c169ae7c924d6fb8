#pragma once
// What report.html shows of one run: gathered while it goes on, in a fixed amount of memory.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine/engine.hpp"
#include "sim/metrics/measures.hpp"
#include "sim/output/report_bins.hpp"
#include "sim/output/report_runs.hpp"
#include "sim/output/report_states.hpp"
#include "sim/registry.hpp"

namespace sharesim {

/// How much of one run a report keeps.
struct ReportSize {
  std::size_t entities = 64;     ///< tasks and groups; more if more are named
  std::size_t bins = 65'536;     ///< of all entities together
  std::size_t blocks = 24'000;   ///< of runs, on all CPUs together
  std::size_t samples = 20'000;  ///< of what the policies say, of all tasks together
  CpuId cpus = 64;

  /// For each of so many runs that share one page.
  static ReportSize of_one_in(std::size_t runs);
};

/// The tasks and groups that a report shows, without the root, in the order of the tree: all of `named`,
/// and up to `most` in all, those nearest to the root.
std::vector<EntityRef> report_entities(const Scenario& scenario, std::size_t most,
                                       const std::vector<EntityRef>& named);

class ReportRun final : public TickListener, public RunWatcher {
 public:
  /// `scheduler` as it is set up for the run; `measures` are those of the run and must outlive this
  /// object. Of the tasks and groups, `named` are shown in any case.
  ReportRun(const Scenario& scenario, const SchedulerChoice& scheduler, const Measures& measures,
            const ReportSize& size, const std::vector<EntityRef>& named);

  void tick(Time begin, Time end) override;
  RunObserver& runs() { return runs_; }
  /// Takes in what the policies say.
  void edge(Time now, const RunView& view) override;
  Duration interval() const override { return sampled_every_; }

  /// Everything as one JSON object, fit for a script element. After the end of the run.
  std::string json(const Result& result) const;

 private:
  std::string head(const Result& result) const;
  std::string entity(const Result& result, std::size_t index) const;
  void append_series(std::string& out, std::size_t index) const;
  void append_latencies(std::string& out, std::size_t index) const;
  void append_states(std::string& out, std::size_t index) const;
  void append_runs(std::string& out) const;

  const Scenario& scenario_;
  const SchedulerChoice& scheduler_;
  const Measures& measures_;
  const ReportSize size_;
  const std::vector<EntityRef> entities_;
  const std::vector<TaskId> tasks_;  ///< of these
  const Duration sampled_every_;
  std::vector<Progress> before_;    ///< at the end of the tick before
  std::vector<ReportBin> tick_;     ///< the present one, by entity
  std::optional<ReportBins> bins_;  ///< empty: there are no entities
  ReportRuns runs_;
  ReportStates states_;
};

}  // namespace sharesim
