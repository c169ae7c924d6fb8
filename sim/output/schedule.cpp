#include "sim/output/schedule.hpp"

#include <utility>

#include "sim/output/digits.hpp"

namespace sharesim {

std::string_view stop_word(StopReason why) {
  switch (why) {
    case StopReason::kSliceEnd:
      return "slice_end";
    case StopReason::kPreempted:
      return "preempted";
    case StopReason::kYielded:
      return "yielded";
    case StopReason::kBlocked:
      return "blocked";
    case StopReason::kThrottled:
      return "throttled";
    case StopReason::kMigrated:
      return "migrated";
    case StopReason::kExited:
      break;
  }
  return "exited";
}

ScheduleWriter::ScheduleWriter(OutFile& file, std::shared_ptr<const CsvPaths> paths)
    : file_(file), paths_(std::move(paths)) {
  file_.write("begin_ns,end_ns,cpu,task,stop\n");
}

void ScheduleWriter::run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) {
  if (begin >= end) return;  // cut while it paid overhead: it got no CPU time
  constexpr std::size_t kNumbers = 3;
  constexpr std::size_t kLongestWord = 16;
  const std::string_view path = paths_->task(task);
  char* out = file_.reserve(kNumbers * (kMaxDigits + 1) + path.size() + kLongestWord);
  out = put(out, to_ns(begin));
  out = put(out, ',');
  out = put(out, to_ns(end));
  out = put(out, ',');
  out = put(out, std::int64_t{cpu});
  out = put(out, ',');
  out = put(out, path);
  out = put(out, ',');
  out = put(out, stop_word(why));
  file_.filled_to(put(out, '\n'));
}

}  // namespace sharesim
