#include "sim/scenario/scenario.hpp"

#include <algorithm>
#include <array>

#include "sim/core/check.hpp"

namespace sharesim {
namespace {

constexpr int kLowestNice = -20;
/// sched_prio_to_weight of the Linux kernel (kernel/sched/core.c): nice -20..19; 1024 is nice 0.
constexpr std::array<Weight, 40> kNiceWeights{
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,  // -20..-11
    9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,   // -10..-1
    1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,    // 0..9
    110,   87,    70,    56,    45,    36,    29,    23,    18,    15};    // 10..19
/// kDefaultWeight / 1024: nice 0 weighs as much as cpu.weight 100.
constexpr Weight kNiceUnit = 25;
static_assert(1024 * kNiceUnit == kDefaultWeight);

std::string child_path(const std::string& parent, const std::string& name) {
  return (parent == "/" ? parent : parent + "/") + name;
}

}  // namespace

Weight nice_weight(int nice) {
  const int index = nice - kLowestNice;
  check(index >= 0 && index < static_cast<int>(kNiceWeights.size()), "nice is -20..19");
  return kNiceUnit * kNiceWeights[static_cast<std::size_t>(index)];
}

const TaskSpec& Scenario::spec_of(TaskId id) const {
  check(id < task_count(), "a task id is one of the scenario's");
  const auto after =
      std::upper_bound(tasks.begin(), tasks.end(), id,
                       [](TaskId wanted, const TaskSpec& spec) { return wanted < spec.first; });
  return *std::prev(after);
}

std::string Scenario::path_of(TaskId id) const {
  const TaskSpec& spec = spec_of(id);
  const std::string path = child_path(groups.at(spec.group).path, spec.name);
  return spec.instances() == 1 ? path : path + '.' + std::to_string(id - spec.first);
}

std::string Scenario::path_of(EntityRef entity) const {
  return entity.is_task() ? path_of(TaskId{entity.id}) : groups.at(entity.id).path;
}

SchedulerChoice Scenario::set_up(SchedulerChoice scheduler) const {
  for (const SchedulerChoice& known : parameters) {
    if (&known.info() == &scheduler.info()) scheduler.fill_in(known);
  }
  return scheduler;
}

}  // namespace sharesim
