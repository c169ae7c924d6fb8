#include "sim/output/trace_format.hpp"

namespace sharesim {

TraceThreads::TraceThreads(const Scenario& scenario)
    : scenario_(scenario),
      groups_(static_cast<std::uint32_t>(scenario.groups.size())),
      tasks_(scenario.task_count()),
      cpus_(scenario.machine.cpus) {
  names_.reserve(tasks_);
  priorities_.reserve(tasks_);
  for (TaskId task = 0; task < tasks_; ++task) {
    const std::string path = scenario.path_of(task);
    names_.push_back(path.substr(path.rfind('/') + 1));
    priorities_.push_back(kNiceZero + scenario.spec_of(task).nice.value_or(0));
  }
  for (CpuId cpu = 0; cpu < cpus_; ++cpu) {
    idle_names_.push_back("swapper/" + std::to_string(cpu));
    overhead_names_.push_back("overhead/" + std::to_string(cpu));
  }
}

bool TraceThreads::has_overhead() const {
  const MachineSpec& machine = scenario_.machine;
  return machine.context_switch + machine.wakeup + machine.migration > Duration::zero();
}

}  // namespace sharesim
