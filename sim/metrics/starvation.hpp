#pragma once
// Who kept the CPUs busy while a task starved.

#include <array>
#include <cstdint>
#include <vector>

#include "sim/core/ids.hpp"

namespace sharesim {

/// A run that has not ended yet.
struct OpenRun {
  TaskId task = kNoTask;  ///< kNoTask: the CPU runs nothing
  std::int64_t begin_ns = 0;
};

/// The last kRuns runs of the machine, in fixed memory. A run that goes on where the same task's
/// last one on the same CPU ended counts as one with it.
class RecentRuns {
 public:
  static constexpr std::size_t kRuns = 256;

  explicit RecentRuns(CpuId cpus);

  /// A run has ended. Runs of one CPU come in order of time.
  void add(CpuId cpu, TaskId task, std::int64_t begin_ns, std::int64_t end_ns) {
    Run& last = runs_[last_of_cpu_[cpu]];
    // A slot that was reused meanwhile does not match, or is as good.
    if (last.end_ns == begin_ns && last.task == task && last.cpu == cpu) {
      last.end_ns = end_ns;
      return;
    }
    if (begin_ns == end_ns) return;
    last_of_cpu_[cpu] = static_cast<std::uint32_t>(next_);
    runs_[next_] = {begin_ns, end_ns, task, cpu};
    next_ = (next_ + 1) % kRuns;
  }

  /// The task with most CPU time in [from, to], as far as the runs kept and the `open` ones tell;
  /// the lower id if equal, kNoTask if nobody ran.
  TaskId busiest(std::int64_t from_ns, std::int64_t to_ns, const std::vector<OpenRun>& open);

 private:
  struct Run {
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = -1;
    TaskId task = kNoTask;
    CpuId cpu = kNoCpu;
  };
  /// A slot of the sum over tasks; empty unless it is of the present question.
  struct Sum {
    std::uint32_t question = 0;
    TaskId task = kNoTask;
    std::int64_t time_ns = 0;
  };
  const Sum& add_to_sum(TaskId task, std::int64_t time_ns);

  std::array<Run, kRuns> runs_{};
  std::size_t next_ = 0;
  std::vector<std::uint32_t> last_of_cpu_;
  std::vector<Sum> sums_;  ///< a hash table, at most half full
  std::uint32_t question_ = 0;
};

}  // namespace sharesim
