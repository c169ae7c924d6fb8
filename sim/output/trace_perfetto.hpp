#pragma once
// A trace as Perfetto's protocol buffers: ui.perfetto.dev and its trace_processor read it.

#include <string>
#include <vector>

#include "sim/output/out_file.hpp"
#include "sim/output/trace_format.hpp"

namespace sharesim {

/// Each CPU as a kernel would trace it (bundles of sched_switch and sched_waking), counters and marks as track
/// events. Takes up to 4 KiB per CPU.
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
  /// How a switch names a thread, encoded.
  struct SwitchPart {
    std::string leaving;
    std::string coming;
  };
  SwitchPart make_part(CpuId cpu, TraceThread thread) const;
  const SwitchPart& as_part(CpuId cpu, TraceThread thread) const;
  void write_tree();
  void write_about(const std::string& scheduler);
  void write_track(EntityRef entity);
  void flush_bundle(CpuId cpu);
  void flush_if_full();

  OutFile& file_;
  TraceThreads threads_;
  std::string out_;                   ///< whole packets that wait to be written
  std::vector<std::string> bundles_;  ///< by CPU: events that wait to be bundled
  std::vector<SwitchPart> tasks_;
  std::vector<SwitchPart> idle_;       ///< by CPU
  std::vector<SwitchPart> overhead_;   ///< by CPU
  std::vector<bool> has_track_;        ///< by group, then by task
  std::vector<bool> has_kind_;         ///< by kind of counter
  std::vector<std::string> counters_;  ///< by id: how the event of a value begins, encoded
};

}  // namespace sharesim
