#pragma once
// What the commands about real cgroups have in common: their options, and the machine.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/cgroup/apply.hpp"
#include "sim/cgroup/hierarchy.hpp"
#include "sim/cgroup/plan.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/request.hpp"
#include "sim/scenario/scenario.hpp"

namespace sharesim::cli {

/// A workload, a policy and where to put it.
struct RealRequest {
  std::shared_ptr<const Scenario> scenario;
  SchedulerChoice scheduler;
  std::string root;  ///< of --cgroup-root; "" for where this machine lets us
  cgroup::PlanOptions plan;
  std::map<std::string, std::string>
      units;  ///< of --unit: existing ones, by the path of their entity
};

/// The options of read_real_request().
std::vector<OptionInfo> real_options();

/// Throws InputError with every mistake.
RealRequest read_real_request(const Arguments& arguments);

/// --cgroup-root; what is wrong with it goes to `mistakes`.
std::string read_root(const Arguments& arguments, Mistakes& mistakes);

/// The journal of --journal, or that of the machine's root.
std::unique_ptr<cgroup::FileJournal> open_journal(const Arguments& arguments,
                                                  const cgroup::Machine& machine);

inline constexpr OptionInfo kRootOption{
    .name = "cgroup-root",
    .value = "DIR",
    .help = "work below this group, such as /sys/fs/cgroup/mine"};
inline constexpr OptionInfo kUnitOption{
    .name = "unit",
    .value = "ENTITY=UNIT",
    .help = "this entity is an existing unit of systemd's; may be repeated",
    .repeatable = true};
inline constexpr OptionInfo kJournalOption{
    .name = "journal",
    .value = "FILE",
    .help = "where to keep what has to be undone (a file per root in /run/sharesim)"};

}  // namespace sharesim::cli
