#pragma once
// The counters of a trace: which there are, and which of their values are news.

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/output/trace_format.hpp"

namespace sharesim {

/// Hands a value on to the format only if it differs from the one before. Takes a few dozen bytes per counter
/// that ever had a value.
class TraceCounters {
 public:
  TraceCounters(const Scenario& scenario, TraceFormat& format);

  /// The value of a kind, such as "credit", of one entity. `cpu` is kNoCpu unless each CPU has a value of its own.
  void value(std::string_view kind, bool in_ns, EntityRef entity, CpuId cpu, Time now,
             std::int64_t value);
  /// How many values the format got so far.
  std::uint64_t written() const { return written_; }

 private:
  struct Entry {
    TraceCounter counter;
    std::int64_t last = 0;
  };
  struct Kind {
    std::string name;
    bool in_ns = false;
    std::vector<Entry*> of_task;
    std::map<std::pair<GroupId, CpuId>, Entry*> of_group;
    std::uint32_t next = 0;  ///< the kind that was asked for after this one, the last time
  };
  std::uint32_t kind_of(std::string_view name, bool in_ns);
  Entry& make_entry(std::uint32_t kind, EntityRef entity, CpuId cpu);

  const Scenario& scenario_;
  TraceFormat& format_;
  std::deque<Kind> kinds_;  ///< few; their names are referred to
  std::deque<Entry> entries_;
  std::uint32_t last_ = 0;  ///< the kind that was asked for last
  std::uint64_t written_ = 0;
};

}  // namespace sharesim
