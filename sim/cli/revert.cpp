// sharesim revert: takes back what apply did.

#include <chrono>
#include <filesystem>

#include <fmt/format.h>

#include "sim/cgroup/apply.hpp"
#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/systemd.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/holder.hpp"
#include "sim/cli/real_request.hpp"
#include "sim/cli/unit_target.hpp"
#include "sim/wording.hpp"

namespace sharesim::cli {
namespace {

/// Throws CgroupError if not all could be put back.
void take_back(cgroup::Machine& machine, cgroup::FileJournal& journal, Console& out) {
  const auto processes = cgroup::process_table();
  const cgroup::Reverted result = cgroup::revert(machine, *processes, journal);
  if (!result.problems.empty()) {
    std::string text =
        fmt::format("not all could be taken back; the journal {} is kept:", journal.path());
    for (const std::string& problem : result.problems) text += "\n  " + problem;
    throw cgroup::CgroupError(text);
  }
  out.write(fmt::format("All is as it was before in {} ({} steps taken back).\n",
                        machine.facts.trees.front().root, result.undone));
}

/// What apply --unit did. One that was killed may have left a systemctl that is still being answered.
void revert_units(Console& out) {
  constexpr std::chrono::seconds kPatience{30};  // D-Bus waits for 25 s
  UnitTarget target;
  target.lock(kPatience);
  auto journal = target.open_journal();
  if (journal.batches().empty()) return;
  take_back(target.machine(), journal, out);
}

int revert_groups(const Arguments& arguments, const std::string& root, Console& out) {
  Holder holder(root);
  if (holder.absent()) {
    out.write(fmt::format("Nothing to take back: {} is not there, and groups go with it.\n",
                          cgroup::kHolderUnit));
    return static_cast<int>(ExitStatus::kFine);
  }
  cgroup::Machine machine = cgroup::open_machine(holder.root(), holder.surroundings());
  const cgroup::RootLock lock(machine);
  const auto journal = open_journal(arguments, machine);
  if (journal->batches().empty()) {
    holder.release();
    out.write(fmt::format("Nothing to take back in {}.\n", machine.facts.trees.front().root));
    return static_cast<int>(ExitStatus::kFine);
  }
  take_back(machine, *journal, out);
  holder.release();
  return static_cast<int>(ExitStatus::kFine);
}

int revert(const Arguments& arguments, Console& out) {
  Mistakes mistakes;
  if (!arguments.rest().empty()) {
    add_mistake(mistakes, "revert takes no workload: it goes by its journal");
  }
  const std::string root = read_root(arguments, mistakes);
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  const auto given = arguments.value("journal");
  if (given && !std::filesystem::exists(*given)) {
    throw InputError(
        "there is no journal " + sharesim::quoted(*given) + ": another name, or taken back already",
        "what --journal of apply said");
  }
  if (!root.empty() || given || !UnitTarget::has_journal()) {
    return revert_groups(arguments, root, out);
  }
  std::string trouble;
  try {
    revert_units(out);
  } catch (const MachineError& error) {
    trouble = error.what();  // which is no reason to leave the groups
  }
  const int status = revert_groups(arguments, root, out);
  if (!trouble.empty()) throw cgroup::CgroupError(trouble);
  return status;
}

}  // namespace

const Command& revert_command() {
  static const Command kCommand{
      .name = "revert",
      .summary = "take back what apply did, also after a crash",
      .usage = "[--cgroup-root DIR] [OPTION]...",
      .details =
          "Goes through the journal of the root in reverse: values, processes, controllers, "
          "groups;\n"
          "without --cgroup-root and --journal also through that of units (apply --unit).\n"
          "May be called again, but not with a --journal that is not there (status 2). Status 3:\n"
          "something could not be taken back, and it says what.\n",
      .examples =
          "sharesim revert\n"
          "sharesim revert --cgroup-root /sys/fs/cgroup/mine\n"
          "sharesim revert --journal my.journal\n",
      .options = {kRootOption, kJournalOption},
      .run = revert};
  return kCommand;
}

}  // namespace sharesim::cli
