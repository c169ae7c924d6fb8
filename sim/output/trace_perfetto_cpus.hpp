#pragma once
// What happens on the CPUs, as a kernel traces it: bundles of sched_switch and sched_waking, those of one CPU each.

#include <string>
#include <vector>

#include "sim/output/trace_format.hpp"
#include "sim/output/trace_perfetto_packets.hpp"

namespace sharesim::perfetto {

/// Takes up to 4 KiB per CPU.
class CpuBundles {
 public:
  CpuBundles(Packets& packets, const TraceThreads& threads);

  void switched(CpuId cpu, Time now, TraceThread from, StopReason why, TraceThread to);
  void woke(CpuId cpu, Time now, TaskId task, TraceThread current);
  void end();

 private:
  /// How a switch names a thread, encoded: the same each time.
  struct SwitchPart {
    std::string leaving;
    std::string coming;
  };
  SwitchPart make_part(CpuId cpu, TraceThread thread) const;
  const SwitchPart& as_part(CpuId cpu, TraceThread thread) const;
  void flush_if_full(CpuId cpu);
  void flush(CpuId cpu);

  Packets& packets_;
  const TraceThreads& threads_;
  std::vector<std::string> bundles_;  ///< by CPU: events that wait to be bundled
  std::vector<SwitchPart> tasks_;
  std::vector<SwitchPart> idle_;      ///< by CPU
  std::vector<SwitchPart> overhead_;  ///< by CPU
};

}  // namespace sharesim::perfetto
