#include "sim/cli/cell_files.hpp"

#include <utility>

#include "sim/output/entities.hpp"
#include "sim/output/summary.hpp"

namespace sharesim::cli {

CellFiles::CellFiles(const std::filesystem::path& folder, const Scenario& scenario,
                     const std::string& spelling, bool schedule, Measures& measures)
    : CellFiles(folder, scenario, spelling, schedule, measures,
                [&measures](EntityRef entity, Time) { return measures.progress(entity); }) {}

CellFiles::CellFiles(const std::filesystem::path& folder, const Scenario& scenario,
                     const std::string& spelling, bool schedule, Measures& measures, Source source)
    : folder_(folder),
      summary_(folder / "summary.json"),
      allocations_file_(folder / "allocations.csv"),
      paths_(std::make_shared<CsvPaths>(scenario)),
      allocations_(allocations_file_, scenario, spelling, paths_,
                   [this, source = std::move(source)](EntityRef entity) {
                     return source(entity, tick_end_);
                   }) {
  if (schedule) {
    schedule_file_.emplace(folder / "schedule.csv");
    schedule_.emplace(*schedule_file_, paths_);
  }
  if (!machines_with_credits(scenario).empty()) {
    credits_file_.emplace(folder / "credits.csv");
    credits_.emplace(*credits_file_, scenario, spelling,
                     [&measures](EntityRef entity) { return measures.credits(entity); });
  }
}

void CellFiles::tick(Time begin, Time end) {
  tick_end_ = end;
  allocations_.tick(begin, end);
  if (credits_) credits_->tick(begin, end);
}

void CellFiles::commit(const Result& result, const SchedulerChoice& scheduler) {
  // What an earlier run left here and this one does not write would pass for its own.
  std::error_code ignored;
  if (!schedule_file_) std::filesystem::remove(folder_ / "schedule.csv", ignored);
  if (!credits_file_) std::filesystem::remove(folder_ / "credits.csv", ignored);
  std::filesystem::remove(folder_ / "report.html", ignored);  // comes later, if at all
  allocations_file_.commit();
  if (schedule_file_) schedule_file_->commit();
  if (credits_file_) credits_file_->commit();
  write_summary(summary_, result, scheduler);
  summary_.write("\n");
  summary_.commit();  // the last one: where it is, the others are
}

}  // namespace sharesim::cli
