#include "sim/cli/unit_target.hpp"

#include <filesystem>
#include <utility>

namespace sharesim::cli {

UnitTarget::UnitTarget(std::map<std::string, std::string> units)
    : around_(cgroup::this_machine()),
      units_(std::move(units)),
      control_(cgroup::systemctl(around_)),
      machine_(cgroup::open_units(*control_, around_)) {}

bool UnitTarget::has_journal() {
  return std::filesystem::exists(cgroup::journal_path(cgroup::kUnitsRoot));
}

cgroup::Plan UnitTarget::make_plan(const RealRequest& request) {
  cgroup::PlanOptions options = request.plan;
  options.units = look_at(units_, *control_, around_);
  return cgroup::make_plan(*request.scenario, request.scheduler, machine_.facts, options);
}

void UnitTarget::lock(std::chrono::milliseconds patience) {
  lock_.emplace(machine_, patience);
  control_->hold(lock_->descriptor());
}

cgroup::FileJournal UnitTarget::open_journal() const {
  return {cgroup::journal_path(cgroup::kUnitsRoot), {cgroup::kUnitsRoot}, cgroup::this_boot()};
}

std::vector<cgroup::GroupStatus> UnitTarget::status() {
  std::vector<std::string> units;
  const cgroup::FileJournal journal = open_journal();
  for (const auto& batch : journal.batches()) {
    for (const cgroup::Undo& undo : batch) units.push_back(undo.group);
  }
  return cgroup::read_status(std::move(units), *control_, machine_.facts);
}

}  // namespace sharesim::cli
