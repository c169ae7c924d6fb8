#pragma once
// What a Perfetto trace says of itself: the run, its processes and threads, and the tracks that events stand on.

#include <string>
#include <vector>

#include "sim/output/trace_format.hpp"
#include "sim/output/trace_perfetto_packets.hpp"

namespace sharesim::perfetto {

class Tracks {
 public:
  Tracks(Packets& packets, const TraceThreads& threads);

  /// What was run, as the first mark of the trace. `scheduler` is the spelling.
  void write_about(const std::string& scheduler);
  /// A process per group, a thread per task.
  void write_tree();
  /// The track of a task or group for marks, unless it has one.
  void write_track_of(EntityRef entity);
  /// The track of a counter, below the track of its kind.
  void write_track_of(const TraceCounter& counter);

 private:
  void write_process(std::uint32_t id, std::uint32_t parent, std::string_view name);
  void write_thread(std::uint32_t id, std::string_view name, std::uint32_t process);

  Packets& packets_;
  const TraceThreads& threads_;
  std::vector<bool> has_track_;  ///< by group, then by task
  std::vector<bool> has_kind_;   ///< by kind of counter
};

}  // namespace sharesim::perfetto
