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

  /// The value of a kind, such as "credit", of one entity. `cpu` is kNoCpu unless each CPU has a value of its own. (Here, to
  /// be compiled into its callers: there are millions of values.)
  void value(std::string_view name, bool in_ns, EntityRef entity, CpuId cpu, Time now,
             std::int64_t value) {
    const bool is_next = last_ != nullptr && last_->next->name == name;
    last_ = is_next ? last_->next : &find_kind(name, in_ns);
    Entry* entry = entity.is_task() ? last_->of_task[entity.id] : of_group(*last_, entity.id, cpu);
    if (entry != nullptr && entry->last == value) return;
    if (entry == nullptr) entry = &make_entry(*last_, entity, cpu);
    entry->last = value;
    ++written_;
    format_.value(entry->counter, now, value);
  }
  /// How many values the format got so far.
  std::uint64_t written() const { return written_; }

 private:
  struct Entry {
    TraceCounter counter;
    std::int64_t last = 0;
  };
  struct Kind {
    std::uint32_t number = 0;
    std::string name;
    bool in_ns = false;
    std::vector<Entry*> of_task;
    std::map<std::pair<GroupId, CpuId>, Entry*> of_group;
    Kind* next = nullptr;  ///< that was asked for after this one, the last time
  };
  Kind& find_kind(std::string_view name, bool in_ns);
  static Entry* of_group(const Kind& kind, GroupId group, CpuId cpu);
  Entry& make_entry(Kind& kind, EntityRef entity, CpuId cpu);

  const Scenario& scenario_;
  TraceFormat& format_;
  std::deque<Kind> kinds_;  ///< few; their names are referred to
  std::deque<Entry> entries_;
  Kind* last_ = nullptr;  ///< that was asked for last: policies tell their values in one order
  std::uint64_t written_ = 0;
};

/// What a policy has to say of one entity, as counters.
class PolicyValues final : public StateSink {
 public:
  PolicyValues(TraceCounters& counters, EntityRef entity, CpuId cpu, Time now)
      : counters_(counters), entity_(entity), cpu_(cpu), now_(now) {}
  void value(std::string_view name, std::int64_t number) override;

 private:
  TraceCounters& counters_;
  EntityRef entity_;
  CpuId cpu_;
  Time now_;
};

}  // namespace sharesim
