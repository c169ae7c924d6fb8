#include "sim/output/trace_counters.hpp"

#include <algorithm>

namespace sharesim {

TraceCounters::TraceCounters(const Scenario& scenario, TraceFormat& format)
    : scenario_(scenario), format_(format) {}

/// Policies tell their values in one order: the next one is known before it is looked for.
std::uint32_t TraceCounters::kind_of(std::string_view name, bool in_ns) {
  if (!kinds_.empty() && kinds_[kinds_[last_].next].name == name) {
    return last_ = kinds_[last_].next;
  }
  const auto found = std::find_if(kinds_.begin(), kinds_.end(),
                                  [&](const Kind& kind) { return kind.name == name; });
  const auto at = static_cast<std::uint32_t>(found - kinds_.begin());
  if (found == kinds_.end()) {
    kinds_.push_back({.name = std::string(name), .in_ns = in_ns, .of_task = {}, .of_group = {}});
    kinds_.back().of_task.resize(scenario_.task_count(), nullptr);
  }
  kinds_[last_].next = at;
  return last_ = at;
}

TraceCounters::Entry& TraceCounters::make_entry(std::uint32_t kind, EntityRef entity, CpuId cpu) {
  std::string name = scenario_.path_of(entity);
  if (cpu != kNoCpu) name += " on CPU " + std::to_string(cpu);
  entries_.push_back({{.id = static_cast<std::uint32_t>(entries_.size()),
                       .kind = kind,
                       .kind_name = kinds_[kind].name,
                       .name = std::move(name),
                       .entity = entity,
                       .in_ns = kinds_[kind].in_ns},
                      0});
  format_.define(entries_.back().counter);
  return entries_.back();
}

void TraceCounters::value(std::string_view kind_name, bool in_ns, EntityRef entity, CpuId cpu,
                          Time now, std::int64_t value) {
  const std::uint32_t number = kind_of(kind_name, in_ns);
  Kind& kind = kinds_[number];
  Entry*& entry = entity.is_task() ? kind.of_task[entity.id] : kind.of_group[{entity.id, cpu}];
  const bool is_new = entry == nullptr;
  if (is_new) entry = &make_entry(number, entity, cpu);
  if (!is_new && entry->last == value) return;
  entry->last = value;
  ++written_;
  format_.value(entry->counter, now, value);
}

}  // namespace sharesim
