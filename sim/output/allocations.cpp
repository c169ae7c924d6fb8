#include "sim/output/allocations.hpp"

#include <array>
#include <utility>

#include "sim/output/csv.hpp"
#include "sim/output/digits.hpp"

namespace sharesim {

AllocationsWriter::AllocationsWriter(OutFile& file, const Scenario& scenario,
                                     const std::string& scheduler,
                                     std::shared_ptr<const CsvPaths> paths, Source source)
    : file_(file),
      scheduler_("," + csv_field(scheduler) + ","),
      paths_(std::move(paths)),
      source_(std::move(source)),
      groups_(static_cast<GroupId>(scenario.groups.size())),
      tasks_(scenario.task_count()),
      before_(std::size_t{groups_} + tasks_) {
  file_.write(
      "tick_start_ns,scheduler,entity,kind,service_ns,ideal_ns,lag_ns,runnable_ns,"
      "throttled_ns\n");
}

void AllocationsWriter::tick(Time begin, Time) {
  std::array<char, kMaxDigits> digits;
  row_begin_.assign(digits.data(), put(digits.data(), to_ns(begin)));
  row_begin_ += scheduler_;
  for (GroupId group = 0; group < groups_; ++group) {
    write_row(paths_->group(group), ",group,", source_(EntityRef::group(group)), before_[group]);
  }
  for (TaskId task = 0; task < tasks_; ++task) {
    write_row(paths_->task(task), ",task,", source_(EntityRef::task(task)),
              before_[groups_ + task]);
  }
}

void AllocationsWriter::write_row(std::string_view path, std::string_view kind, const Progress& now,
                                  Progress& before) {
  constexpr std::size_t kNumbers = 5;
  char* out =
      file_.reserve(row_begin_.size() + path.size() + kind.size() + kNumbers * (kMaxDigits + 1));
  out = put(out, row_begin_);
  out = put(out, path);
  out = put(out, kind);
  out = put(out, now.service_ns - before.service_ns);
  out = put(out, ',');
  out = put(out, now.ideal_ns - before.ideal_ns);
  out = put(out, ',');
  out = put(out, now.ideal_ns - now.service_ns);
  out = put(out, ',');
  out = put(out, now.runnable_ns - before.runnable_ns);
  out = put(out, ',');
  out = put(out, now.throttled_ns - before.throttled_ns);
  file_.filled_to(put(out, '\n'));
  before = now;
}

}  // namespace sharesim
