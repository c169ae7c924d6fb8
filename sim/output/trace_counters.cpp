#include "sim/output/trace_counters.hpp"

namespace sharesim {

TraceCounters::TraceCounters(const Scenario& scenario, TraceFormat& format)
    : scenario_(scenario), format_(format) {}

std::uint32_t TraceCounters::kind_of(std::string_view name, bool in_ns) {
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    if (kinds_[i].name == name) return static_cast<std::uint32_t>(i);
  }
  kinds_.push_back({std::string(name), in_ns, {}, {}});
  kinds_.back().of_task.resize(scenario_.task_count(), nullptr);
  return static_cast<std::uint32_t>(kinds_.size() - 1);
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
  format_.value(entry->counter, now, value);
}

}  // namespace sharesim
