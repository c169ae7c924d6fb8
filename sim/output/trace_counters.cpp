#include "sim/output/trace_counters.hpp"

#include <algorithm>

namespace sharesim {

TraceCounters::TraceCounters(const Scenario& scenario, TraceFormat& format)
    : scenario_(scenario), format_(format) {}

TraceCounters::Kind& TraceCounters::find_kind(std::string_view name, bool in_ns) {
  auto found = std::find_if(kinds_.begin(), kinds_.end(),
                            [&](const Kind& kind) { return kind.name == name; });
  if (found == kinds_.end()) {
    found = kinds_.insert(found, {.number = static_cast<std::uint32_t>(kinds_.size()),
                                  .name = std::string(name),
                                  .in_ns = in_ns,
                                  .of_task = {},
                                  .of_group = {}});
    found->of_task.resize(scenario_.task_count(), nullptr);
    found->next = &*found;
  }
  if (last_ != nullptr) last_->next = &*found;
  return *found;
}

TraceCounters::Entry& TraceCounters::make_entry(Kind& kind, EntityRef entity, CpuId cpu) {
  std::string name = scenario_.path_of(entity);
  if (cpu != kNoCpu) name += " on CPU " + std::to_string(cpu);
  entries_.push_back({{.id = static_cast<std::uint32_t>(entries_.size()),
                       .kind = kind.number,
                       .kind_name = kind.name,
                       .name = std::move(name),
                       .entity = entity,
                       .in_ns = kind.in_ns},
                      0});
  Entry& entry = entries_.back();
  if (entity.is_task()) {
    kind.of_task[entity.id] = &entry;
  } else {
    kind.of_group[{entity.id, cpu}] = &entry;
  }
  format_.define(entry.counter);
  return entry;
}

TraceCounters::Entry* TraceCounters::of_group(const Kind& kind, GroupId group, CpuId cpu) {
  const auto found = kind.of_group.find({group, cpu});
  return found == kind.of_group.end() ? nullptr : found->second;
}

void PolicyValues::value(std::string_view name, std::int64_t number) {
  counters_.value(name, false, entity_, cpu_, now_, number);
}

}  // namespace sharesim
