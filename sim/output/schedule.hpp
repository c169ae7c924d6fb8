#pragma once
// schedule.csv: every run of a task on a CPU, written while the run of the scenario goes on.

#include <memory>
#include <string_view>

#include "sim/output/entities.hpp"
#include "sim/output/out_file.hpp"
#include "sim/record/observer.hpp"

namespace sharesim {

/// The word for a StopReason in schedule.csv, such as "slice_end".
std::string_view stop_word(StopReason why);

/// A row per run that got CPU time, in the order of their ends: begin_ns,end_ns,cpu,task,stop.
class ScheduleWriter final : public QuietObserver {
 public:
  /// Writes the heading.
  ScheduleWriter(OutFile& file, std::shared_ptr<const CsvPaths> paths);

  void run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) override;

 private:
  OutFile& file_;
  std::shared_ptr<const CsvPaths> paths_;
};

}  // namespace sharesim
