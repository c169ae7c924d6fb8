#pragma once
// How shares went over time, in a fixed amount of memory: for a picture a few columns wide.

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/metrics/measures.hpp"

namespace sharesim {

/// Keeps the service of some tasks at instants that lie further apart the longer the run goes on.
class ShareHistory final : public TickListener {
 public:
  /// Of the first `most` tasks of a scenario.
  ShareHistory(const Scenario& scenario, TaskId most);
  /// Tells what an entity has got so far, within tick(); usually Measures::progress. Before the run.
  void listen_to(std::function<Progress(EntityRef)> source) { source_ = std::move(source); }
  void tick(Time begin, Time end) override;

  TaskId tasks() const { return static_cast<TaskId>(service_.size()); }
  /// CPU time over time in each of `columns` equal parts of the run, in millionths of a CPU. Evenly spread between two
  /// instants that are kept. No more columns than ticks; empty if there was no tick.
  std::vector<std::int64_t> rates(TaskId task, std::size_t columns) const;

 private:
  std::int64_t service_at(TaskId task, std::int64_t at_ns) const;
  void thin_out();

  std::function<Progress(EntityRef)> source_;
  std::vector<std::int64_t> times_ns_{0};  ///< the instants that are kept, and the last one
  std::vector<std::vector<std::int64_t>> service_;  ///< by task: at each of them
  std::uint64_t ticks_ = 0;
  std::uint64_t stride_ = 1;    ///< ticks between two instants that are kept
  bool last_is_extra_ = false;  ///< the last instant is there only because it is the last
};

}  // namespace sharesim
