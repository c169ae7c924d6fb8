#include "sim/cli/real_request.hpp"

#include <charconv>
#include <utility>

#include "sim/cli/scheduler_list.hpp"
#include "sim/wording.hpp"

namespace sharesim::cli {
namespace {

/// "NAME=PID,PID" of --pids.
void read_pids(const std::string& text, cgroup::PlanOptions& options, Mistakes& mistakes) {
  constexpr const char* kAllowed = "TASK=PID,PID,..., such as /web/worker=4711";
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    add_mistake(mistakes, "--pids " + sharesim::quoted(text) + " names no task", kAllowed);
    return;
  }
  std::string_view rest = std::string_view(text).substr(equals + 1);
  auto& pids = options.pids[text.substr(0, equals)];
  while (true) {
    const std::string_view word = rest.substr(0, rest.find(','));
    pid_t pid = 0;
    const auto end = std::from_chars(word.data(), word.data() + word.size(), pid);
    if (end.ec != std::errc{} || end.ptr != word.data() + word.size() || pid <= 0) {
      add_mistake(mistakes, "--pids: " + sharesim::quoted(word) + " is no process id", kAllowed);
    } else {
      pids.push_back(pid);
    }
    if (word.size() == rest.size()) return;
    rest.remove_prefix(word.size() + 1);
  }
}

/// "/web=nginx.service" of --unit, which is of plan and apply.
std::map<std::string, std::string> read_units(const Arguments& arguments, Mistakes& mistakes) {
  std::map<std::string, std::string> units;
  for (const std::string& text : arguments.values("unit")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      add_mistake(mistakes, "--unit " + sharesim::quoted(text) + " names no unit",
                  "ENTITY=UNIT, such as /web=nginx.service");
      continue;
    }
    const std::string path = text.substr(0, equals);
    const auto [at, is_new] =
        units.try_emplace(path.starts_with('/') ? path : "/" + path, text.substr(equals + 1));
    if (!is_new)
      add_mistake(mistakes, "--unit: " + sharesim::quoted(at->first) + " is given twice");
  }
  if (units.empty() || arguments.has("emit")) return units;
  for (const char* option : {"cgroup-root", "pids", "journal", "for"}) {
    if (!arguments.has(option)) continue;
    add_mistake(mistakes, std::string("--") + option +
                              " does not go with --unit: no groups are made where units are set");
  }
  return units;
}

}  // namespace

std::vector<OptionInfo> real_options() {
  return {
      {"scheduler", 's', "NAME", "the policy, with parameters as NAME:KEY=VALUE,... (sfq)"},
      kRootOption,
      {"pids", 0, "TASK=PID,...", "move these processes into the task's group; may be repeated",
       true},
      {"set", 0, "KEY=VALUE", "change the workload, such as machine.cpus=4; may be repeated", true},
      kPluginOption};
}

std::string read_root(const Arguments& arguments, Mistakes& mistakes) {
  std::string root = arguments.value("cgroup-root").value_or("");
  if (arguments.has("cgroup-root") && !root.starts_with('/')) {
    add_mistake(mistakes, "--cgroup-root " + sharesim::quoted(root) + " is not absolute",
                "a path such as /sys/fs/cgroup/mine");
  }
  return root;
}

RealRequest read_real_request(const Arguments& arguments) {
  Mistakes mistakes;
  load_plugins(arguments, mistakes);
  const std::vector<SchedulerChoice> schedulers = parse_schedulers(
      {arguments.value("scheduler").value_or("sfq")}, Registry::global(), mistakes);
  if (schedulers.size() > 1) {
    add_mistake(mistakes, "one scheduler at a time, and not " + std::to_string(schedulers.size()));
  }
  cgroup::PlanOptions options;
  for (const std::string& text : arguments.values("pids")) read_pids(text, options, mistakes);
  auto units = read_units(arguments, mistakes);
  std::string root = read_root(arguments, mistakes);
  // --duration is not among the options of these commands.
  const std::vector<Override> overrides = read_overrides(arguments, mistakes);
  std::shared_ptr<const Scenario> scenario;
  if (arguments.rest().size() == 1) {
    try {
      scenario =
          std::make_shared<const Scenario>(load_scenario(arguments.rest().front(), overrides));
    } catch (const InputError& error) {
      mistakes.insert(mistakes.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  } else {
    add_mistake(mistakes, arguments.rest().empty() ? "which workload? give its file"
                                                   : "one workload at a time, and not " +
                                                         std::to_string(arguments.rest().size()));
  }
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  SchedulerChoice scheduler = scenario->set_up(schedulers.front());
  return {std::move(scenario), std::move(scheduler), std::move(root), std::move(options),
          std::move(units)};
}

std::unique_ptr<cgroup::FileJournal> open_journal(const Arguments& arguments,
                                                  const cgroup::Machine& machine) {
  std::vector<std::string> roots;
  for (const cgroup::Tree& tree : machine.facts.trees) roots.push_back(tree.root);
  const auto given = arguments.value("journal");
  const std::string path = given ? *given : cgroup::journal_path(roots.front());
  return std::make_unique<cgroup::FileJournal>(path, std::move(roots), cgroup::this_boot());
}

}  // namespace sharesim::cli
