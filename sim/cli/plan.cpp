// sharesim plan: what apply would do, or the same for another program.

#include <algorithm>

#include <fmt/format.h>

#include "sim/cgroup/errors.hpp"
#include "sim/cgroup/systemd.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/holder.hpp"
#include "sim/cli/real_request.hpp"
#include "sim/cli/unit_target.hpp"
#include "sim/output/emit.hpp"
#include "sim/output/out_file.hpp"
#include "sim/output/plan_text.hpp"
#include "sim/wording.hpp"

namespace sharesim::cli {
namespace {

/// The machine of --for, if this one is not meant: "v2" or "v1", with as many CPUs as the workload.
std::optional<cgroup::Hierarchy> read_target(const Arguments& arguments, CpuId cpus) {
  const auto target = arguments.value("for");
  if (!target) return std::nullopt;
  if (*target == "v2") return cgroup::ideal_hierarchy(cgroup::Version::kV2, cpus);
  if (*target == "v1") return cgroup::ideal_hierarchy(cgroup::Version::kV1, cpus);
  throw InputError("--for " + sharesim::quoted(*target) + " is no kind of machine", "v2, v1");
}

void write_files(const std::vector<EmittedFile>& files, const Arguments& arguments, Console& out) {
  Mistakes mistakes;
  const auto folder = read_output(arguments, mistakes);
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  for (const EmittedFile& file : files) {
    if (!folder) {
      if (files.size() > 1) out.write(fmt::format("# ==> {} <==\n", file.name));
      out.write(file.text);
      continue;
    }
    const std::filesystem::path path = std::filesystem::path(*folder) / file.name;
    make_folder(path.parent_path());
    OutFile to(path);
    to.write(file.text);
    to.commit();
  }
}

void check_refusals(const cgroup::Plan& plan) {
  if (!plan.refused()) return;
  throw cgroup::CgroupError("this plan cannot be applied:" +
                            notes_text(plan, cgroup::Note::Kind::kRefused, ""));
}

/// After the plan was printed, with its refusals.
void say_refused(const cgroup::Plan& plan) {
  if (plan.refused()) throw cgroup::CgroupError("this plan cannot be applied, see Refused above");
}

int emit_plan(const Arguments& arguments, const RealRequest& request, const std::string& target,
              Console& out) {
  const auto known = emit_targets();
  if (std::find(known.begin(), known.end(), target) == known.end()) {
    throw InputError(
        "--emit " + sharesim::quoted(target) + " is not known" + suggestion(target, known),
        join(known));
  }
  const CpuId cpus = request.scenario->machine.cpus;
  const cgroup::Hierarchy facts =
      read_target(arguments, cpus).value_or(cgroup::ideal_hierarchy(cgroup::Version::kV2, cpus));
  const cgroup::Plan plan = make_plan(*request.scenario, request.scheduler, facts, request.plan);
  check_refusals(plan);
  write_files(emit(target, plan, facts, request.units), arguments, out);
  return static_cast<int>(ExitStatus::kFine);
}

/// What apply would do to units that exist.
int plan_units(const RealRequest& request, Console& out) {
  UnitTarget target(request.units);
  const auto plan = target.make_plan(request);
  const auto processes = cgroup::process_table();
  out.write(plan_text(plan, changes_of(plan, target.machine(), *processes), cgroup::kUnitsRoot));
  out.flush();
  say_refused(plan);
  return static_cast<int>(ExitStatus::kFine);
}

int plan_command_run(const Arguments& arguments, Console& out) {
  const RealRequest request = read_real_request(arguments);
  if (arguments.has("cgroup-root") && (arguments.has("emit") || arguments.has("for"))) {
    throw InputError("--cgroup-root is of this machine, and --for and --emit are for another one");
  }
  if (const auto target = arguments.value("emit")) {
    return emit_plan(arguments, request, *target, out);
  }
  if (arguments.has("output")) throw InputError("--output goes with --emit");
  if (!request.units.empty()) return plan_units(request, out);
  const CpuId cpus = request.scenario->machine.cpus;
  if (const auto facts = read_target(arguments, cpus)) {
    const auto plan = make_plan(*request.scenario, request.scheduler, *facts, request.plan);
    out.write(plan_text(plan, all_changes(plan), facts->trees.front().root));
    out.flush();
    say_refused(plan);
    return static_cast<int>(ExitStatus::kFine);
  }
  const Holder holder(request.root);
  if (holder.absent()) {
    const auto facts = cgroup::ideal_hierarchy(cgroup::Version::kV2, cpus);
    const auto plan = make_plan(*request.scenario, request.scheduler, facts, request.plan);
    out.write(plan_text(plan, all_changes(plan),
                        fmt::format("{}, a unit that apply starts", cgroup::kHolderUnit)));
    out.flush();
    say_refused(plan);
    return static_cast<int>(ExitStatus::kFine);
  }
  std::optional<cgroup::Machine> machine;
  try {
    machine = cgroup::open_machine(holder.root(), holder.surroundings());
  } catch (const cgroup::CgroupError&) {
    // The plan is worth seeing all the same.
    const auto facts = cgroup::ideal_hierarchy(cgroup::Version::kV2, cpus);
    const auto plan = make_plan(*request.scenario, request.scheduler, facts, request.plan);
    out.write(plan_text(plan, all_changes(plan), "a machine where this may be written"));
    out.flush();
    throw;
  }
  const auto plan = make_plan(*request.scenario, request.scheduler, machine->facts, request.plan);
  const auto processes = cgroup::process_table();
  const auto changes = changes_of(plan, *machine, *processes);
  out.write(plan_text(plan, changes, machine->facts.trees.front().root));
  out.flush();
  say_refused(plan);
  return static_cast<int>(ExitStatus::kFine);
}

std::vector<OptionInfo> options() {
  std::vector<OptionInfo> all = real_options();
  all.push_back({"for", 0, "KIND",
                 "v2 or v1: not for this machine, but for one with these cgroups and enough CPUs"});
  all.push_back({"emit", 0, "WHAT", "systemd, docker, kubernetes or shell: the plan for these"});
  all.push_back(kUnitOption);
  all.push_back({"output", 'o', "DIR", "with --emit: write files instead of printing them"});
  return all;
}

}  // namespace

const Command& plan_command() {
  static const Command kCommand{
      .name = "plan",
      .summary = "show what apply would do to this machine's cgroups, and what is lost by it",
      .usage = "FILE [-s NAME] [OPTION]...",
      .details =
          "A diff against what is there: + is made, ~ is changed, = is as it should be. Weights "
          "become\n"
          "cpu.weight, caps cpu.max (and cpu.max.burst), CPU sets cpuset.cpus. What the kernel has "
          "no\n"
          "file for is said, or refused with the reason (status 3). Nothing is written.\n",
      .examples =
          "sharesim plan workloads/nested-groups.yaml --for v2\n"
          "sharesim plan workloads/saved-credits.yaml -s credit --for v2\n"
          "sharesim plan workloads/nested-groups.yaml --emit kubernetes\n",
      .options = options(),
      .run = plan_command_run};
  return kCommand;
}

}  // namespace sharesim::cli
