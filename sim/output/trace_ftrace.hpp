#pragma once
// A trace as the text of Linux's ftrace, as trace-cmd report and /sys/kernel/tracing/trace show it.

#include <string>
#include <vector>

#include "sim/output/out_file.hpp"
#include "sim/output/trace_format.hpp"

namespace sharesim {

/// A line per event: sched_switch, sched_waking, and print for counters (C|process|name|value) and marks
/// (I|process|name). Times have nine decimals. (Names of entities have neither
/// blanks nor bars.)
class FtraceText final : public TraceFormat {
 public:
  /// Writes the heading. The file is left to the caller to commit.
  FtraceText(OutFile& file, const Scenario& scenario);

  void switched(CpuId cpu, Time now, TraceThread from, StopReason why, TraceThread to) override;
  void woke(CpuId cpu, Time now, TaskId task, TraceThread current) override;
  void define(const TraceCounter& counter) override;
  void value(const TraceCounter& counter, Time now, std::int64_t value) override;
  void mark(EntityRef entity, Time now, std::string_view what) override;
  void end() override;
  bool is_wordy() const override { return true; }

 private:
  struct Name {
    std::string comm;        ///< "worker.0"
    std::string line_begin;  ///< "worker.0-5     (    2) ["
    std::string mark_begin;  ///< "worker.0-5 (2) [000] "
  };
  /// A line without its time and what comes last: most lines are those of counters.
  struct Mark {
    std::string begin;  ///< "saver-5 (2) [000] "
    std::string text;   ///< "print: C|1|credit of /saver|"
  };
  std::uint32_t process_of(EntityRef entity) const;
  std::string line_begin(const std::string& comm, std::uint32_t id, std::uint32_t process) const;
  std::string mark_begin(const std::string& comm, std::uint32_t id, std::uint32_t process) const;
  char* begin_line(char* out, std::string_view name, CpuId cpu, Time now);
  const std::string& stamp(Time now);
  const Name& name_of(CpuId cpu, TraceThread thread) const;
  Mark mark_of(EntityRef entity, const std::string& text) const;
  void write_mark(const Mark& mark, Time now, std::string_view value);

  OutFile& file_;
  TraceThreads threads_;
  std::vector<Name> tasks_;
  std::vector<Name> idle_;           ///< by CPU
  std::vector<Name> overhead_;       ///< by CPU
  std::vector<std::string> groups_;  ///< by group: how a mark begins
  std::string stamp_;                ///< of stamped_: "1.000000000: "
  Time stamped_{};
  std::vector<Mark> counters_;  ///< by id
};

}  // namespace sharesim
