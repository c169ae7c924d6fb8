#pragma once
// allocations.csv: what every entity got in every recording tick, written while the run goes on.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/metrics/measures.hpp"
#include "sim/output/entities.hpp"
#include "sim/output/out_file.hpp"

namespace sharesim {

/// A row per tick and entity:
/// tick_start_ns,scheduler,entity,kind,service_ns,ideal_ns,lag_ns,runnable_ns,throttled_ns.
/// lag_ns is the lag at the end of the tick; the others are of that tick alone.
class AllocationsWriter final : public TickListener {
 public:
  /// Tells what an entity has got so far, within tick(); usually Measures::progress.
  using Source = std::function<Progress(EntityRef)>;

  /// `scheduler` is the spelling. Writes the heading.
  AllocationsWriter(OutFile& file, const Scenario& scenario, const std::string& scheduler,
                    std::shared_ptr<const CsvPaths> paths, Source source);
  void tick(Time begin, Time end) override;

 private:
  void write_row(std::string_view path, std::string_view kind, const Progress& now,
                 Progress& before);

  OutFile& file_;
  const std::string scheduler_;  ///< ",sfq," as every row has it
  std::shared_ptr<const CsvPaths> paths_;
  Source source_;
  GroupId groups_;
  TaskId tasks_;
  std::string row_begin_;         ///< what all rows of a tick begin with
  std::vector<Progress> before_;  ///< at the end of the tick before, groups first
};

}  // namespace sharesim
