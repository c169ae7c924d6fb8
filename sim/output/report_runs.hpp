#pragma once
// Who ran when on which CPU, in a fixed amount of memory however long the run is.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/record/observer.hpp"

namespace sharesim {

/// A stretch of one CPU's time: one task without a break, or several short runs put together.
struct RunBlock {
  static constexpr std::size_t kParts = 4;
  struct Part {
    TaskId task = kNoTask;
    std::int64_t ran = 0;  ///< ns of CPU time in the block
  };

  std::int64_t begin = 0, end = 0;  ///< ns
  std::uint32_t runs = 1;
  std::array<Part, kParts> parts;  ///< the first ones, then those with most CPU time that were seen
  std::int64_t others = 0;         ///< ns of CPU time of all that found no place in `parts`

  /// Whether it is one task, without a break.
  bool is_exact() const { return parts[0].ran == end - begin; }
  /// This block and the one that follows it on the same CPU become one.
  void absorb(const RunBlock& later);

 private:
  void add(Part part);
};

/// Keeps all runs while they fit. When there are too many, what is shorter than the resolution is put
/// together with its neighbours, and the resolution is made coarser until they fit: long runs stay
/// exact, short ones are still counted, with who had how much.
class ReportRuns final : public QuietObserver {
 public:
  /// Looks at the first `cpus` CPUs; keeps at most `most` blocks of all of them together, at least
  /// one for each.
  ReportRuns(CpuId cpus, std::size_t most);

  void run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason why) override;

  const std::vector<std::vector<RunBlock>>& by_cpu() const { return by_cpu_; }
  /// In ns; 0: all runs are exact.
  std::int64_t resolution() const { return resolution_; }
  std::size_t size() const { return size_; }
  std::uint64_t runs() const { return runs_; }

 private:
  bool may_join(const RunBlock& first, const RunBlock& next) const;
  void coarsen();

  const std::size_t most_;
  std::vector<std::vector<RunBlock>> by_cpu_;
  std::size_t size_ = 0;
  std::uint64_t runs_ = 0;
  std::int64_t resolution_ = 0;
};

}  // namespace sharesim
