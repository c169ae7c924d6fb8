// sharesim revert: takes back what apply did.

#include <filesystem>

#include <fmt/format.h>

#include "sim/cgroup/apply.hpp"
#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/systemd.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/holder.hpp"
#include "sim/cli/real_request.hpp"
#include "sim/wording.hpp"

namespace sharesim::cli {
namespace {

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
  Holder holder(root);
  if (holder.absent()) {
    out.write(fmt::format("Nothing to take back: {} is not there, and groups go with it.\n",
                          cgroup::kHolderUnit));
    return static_cast<int>(ExitStatus::kFine);
  }
  cgroup::Machine machine = cgroup::open_machine(holder.root(), holder.surroundings());
  const cgroup::RootLock lock(machine);
  const auto journal = open_journal(arguments, machine);
  const std::string& where = machine.facts.trees.front().root;
  if (journal->batches().empty()) {
    holder.release();
    out.write(fmt::format("Nothing to take back in {}.\n", where));
    return static_cast<int>(ExitStatus::kFine);
  }
  const auto processes = cgroup::process_table();
  const cgroup::Reverted result = cgroup::revert(machine, *processes, *journal);
  if (!result.problems.empty()) {
    std::string text =
        fmt::format("not all could be taken back; the journal {} is kept:", journal->path());
    for (const std::string& problem : result.problems) text += "\n  " + problem;
    throw cgroup::CgroupError(text);
  }
  holder.release();
  out.write(
      fmt::format("All is as it was before in {} ({} steps taken back).\n", where, result.undone));
  return static_cast<int>(ExitStatus::kFine);
}

}  // namespace

const Command& revert_command() {
  static const Command kCommand{
      .name = "revert",
      .summary = "take back what apply did, also after a crash",
      .usage = "[--cgroup-root DIR] [OPTION]...",
      .details =
          "Goes through the journal of the root in reverse: values, processes, controllers, "
          "groups.\n"
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
