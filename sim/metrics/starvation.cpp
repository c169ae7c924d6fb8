#include "sim/metrics/starvation.hpp"

#include <algorithm>
#include <bit>

namespace sharesim {

RecentRuns::RecentRuns(CpuId cpus) : last_of_cpu_(cpus), sums_(std::bit_ceil(2 * (kRuns + cpus))) {}

TaskId RecentRuns::busiest(std::int64_t from_ns, std::int64_t to_ns,
                           const std::vector<OpenRun>& open) {
  if (++question_ == 0) {
    std::fill(sums_.begin(), sums_.end(), Sum{});
    question_ = 1;
  }
  TaskId most = kNoTask;
  std::int64_t most_ns = 0;
  const auto take = [&](TaskId task, std::int64_t begin_ns, std::int64_t end_ns) {
    const std::int64_t time_ns = std::min(end_ns, to_ns) - std::max(begin_ns, from_ns);
    if (time_ns <= 0) return;
    const std::int64_t sum_ns = add_to_sum(task, time_ns).time_ns;
    if (sum_ns > most_ns || (sum_ns == most_ns && task < most)) {
      most_ns = sum_ns;
      most = task;
    }
  };
  for (const Run& run : runs_) take(run.task, run.begin_ns, run.end_ns);
  for (const OpenRun& run : open) {
    if (run.task != kNoTask) take(run.task, run.begin_ns, to_ns);
  }
  return most;
}

const RecentRuns::Sum& RecentRuns::add_to_sum(TaskId task, std::int64_t time_ns) {
  constexpr std::uint32_t kSpread = 2654435761U;  // 2^32 / golden ratio
  const std::size_t mask = sums_.size() - 1;
  std::size_t at = task * kSpread & mask;
  while (sums_[at].question == question_ && sums_[at].task != task) at = (at + 1) & mask;
  Sum& sum = sums_[at];
  if (sum.question != question_) sum = {question_, task, 0};
  sum.time_ns += time_ns;
  return sum;
}

}  // namespace sharesim
