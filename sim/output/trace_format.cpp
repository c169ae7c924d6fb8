#include "sim/output/trace_format.hpp"

namespace sharesim {

TraceThreads::TraceThreads(const Scenario& scenario)
    : scenario_(scenario),
      groups_(static_cast<std::uint32_t>(scenario.groups.size())),
      tasks_(scenario.task_count()),
      cpus_(scenario.machine.cpus) {}

std::string TraceThreads::name_of(TaskId task) const {
  const std::string path = scenario_.path_of(task);
  return path.substr(path.rfind('/') + 1);
}

std::int32_t TraceThreads::priority(TaskId task) const {
  constexpr std::int32_t kNiceZero = 120;
  return kNiceZero + scenario_.spec_of(task).nice.value_or(0);
}

bool TraceThreads::has_overhead() const {
  const MachineSpec& machine = scenario_.machine;
  return machine.context_switch + machine.wakeup + machine.migration > Duration::zero();
}

}  // namespace sharesim
