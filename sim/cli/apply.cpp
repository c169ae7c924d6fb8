// sharesim apply: puts a workload's groups, weights, caps and CPU sets on this machine.

#include "sim/cgroup/apply.hpp"

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/systemd.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/holder.hpp"
#include "sim/cli/real_request.hpp"
#include "sim/cli/unit_target.hpp"
#include "sim/output/plan_text.hpp"

namespace sharesim::cli {
namespace {

/// What keeps the plan from being applied. The machine is not to blame, but it says no all the same.
[[noreturn]] void refuse(const cgroup::Plan& plan) {
  throw cgroup::CgroupError("this plan cannot be applied:" +
                            notes_text(plan, cgroup::Note::Kind::kRefused, ""));
}

/// Units that exist are set by systemd, and no groups are made.
int apply_to_units(const RealRequest& request, Console& out) {
  UnitTarget target(request.units);
  target.lock();
  const cgroup::Plan plan = target.make_plan(request);
  if (plan.refused()) refuse(plan);
  auto journal = target.open_journal();
  const auto processes = cgroup::process_table();
  const auto changes = cgroup::apply(plan, target.machine(), *processes, journal);
  out.write(plan_text(plan, changes, cgroup::kUnitsRoot));
  if (!changes.empty()) out.write("\nDone. To take it back: sharesim revert\n");
  return static_cast<int>(ExitStatus::kFine);
}

int apply(const Arguments& arguments, Console& out) {
  const RealRequest request = read_real_request(arguments);
  if (!request.units.empty()) return apply_to_units(request, out);
  Holder holder(request.root);
  const bool new_unit = holder.start();
  cgroup::Machine machine = cgroup::open_machine(holder.root(), holder.surroundings());
  const cgroup::RootLock lock(machine);
  const cgroup::Plan plan =
      make_plan(*request.scenario, request.scheduler, machine.facts, request.plan);
  if (plan.refused()) refuse(plan);
  const auto journal = open_journal(arguments, machine);
  // Groups go with the unit that held them.
  if (new_unit && !journal->batches().empty() && !cgroup::holds_groups(holder.root())) {
    journal->clear();
  }
  const auto processes = cgroup::process_table();
  const auto changes = cgroup::apply(plan, machine, *processes, *journal);
  holder.keep();
  const std::string& root = machine.facts.trees.front().root;
  out.write(plan_text(plan, changes, root));
  if (!changes.empty()) {
    out.write(fmt::format("\nDone. To take it back: sharesim revert{}{}\n",
                          request.root.empty() ? "" : " --cgroup-root " + request.root,
                          arguments.has("journal") ? " --journal " + journal->path() : ""));
  }
  return static_cast<int>(ExitStatus::kFine);
}

std::vector<OptionInfo> options() {
  std::vector<OptionInfo> all = real_options();
  all.push_back(kUnitOption);
  all.push_back(kJournalOption);
  return all;
}

}  // namespace

const Command& apply_command() {
  static const Command kCommand{
      .name = "apply",
      .summary = "put a workload's groups and their values on this machine's cgroups",
      .usage = "FILE [-s NAME] [--pids TASK=PID,...] [OPTION]...",
      .details =
          "All or nothing: old values are read and kept in a journal on disk before the first "
          "write,\n"
          "and put back in reverse after any error; every value is read back. Each task gets a "
          "group\n"
          "of its own; --pids puts processes into it. What will be done: sharesim plan FILE.\n"
          "Under systemd they are in a unit of their own, sharesim.service, which is started for "
          "it.\n"
          "With --unit no groups are made: systemd sets CPUWeight, CPUQuota and AllowedCPUs of "
          "units\n"
          "that exist, and what has no unit is left as it is.\n"
          "Status 3 with a recipe: nothing may be written here.\n",
      .examples =
          "sharesim apply workloads/nested-groups.yaml && sharesim status && sharesim revert\n"
          "sharesim apply my.yaml --cgroup-root /sys/fs/cgroup/mine --pids /web=4711,4712\n"
          "sharesim apply my.yaml --unit /web=nginx.service --unit /db=postgresql.service\n",
      .options = options(),
      .run = apply};
  return kCommand;
}

}  // namespace sharesim::cli
