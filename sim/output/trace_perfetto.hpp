#pragma once
// A trace as Perfetto's protocol buffers: ui.perfetto.dev and its trace_processor read it.

#include <string>

#include "sim/output/out_file.hpp"
#include "sim/output/trace_format.hpp"
#include "sim/output/trace_perfetto_cpus.hpp"
#include "sim/output/trace_perfetto_packets.hpp"
#include "sim/output/trace_perfetto_tracks.hpp"
#include "sim/output/trace_perfetto_values.hpp"

namespace sharesim {

/// Each CPU as a kernel would trace it, counters and marks as track events.
class PerfettoTrace final : public TraceFormat {
 public:
  /// `scheduler` is the spelling. Writes what is known beforehand. The file is left to the caller to commit.
  PerfettoTrace(OutFile& file, const Scenario& scenario, const std::string& scheduler);

  void switched(CpuId cpu, Time now, TraceThread from, StopReason why, TraceThread to) override;
  void woke(CpuId cpu, Time now, TaskId task, TraceThread current) override;
  void define(const TraceCounter& counter) override;
  void value(const TraceCounter& counter, Time now, std::int64_t value) override;
  void mark(EntityRef entity, Time now, std::string_view what) override;
  void end() override;

 private:
  TraceThreads threads_;
  perfetto::Packets packets_;
  perfetto::Tracks tracks_;
  perfetto::CpuBundles cpus_;
  perfetto::CounterValues values_;
};

}  // namespace sharesim
