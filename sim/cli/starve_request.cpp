#include "sim/cli/starve_request.hpp"

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "sim/cli/scheduler_list.hpp"
#include "sim/scenario/problems.hpp"

namespace sharesim::cli {
namespace {

constexpr std::int64_t kLeastBudget = 100;
constexpr std::int64_t kMostBudget = 100'000'000;
constexpr std::int64_t kMostAttackers = 1000;
constexpr std::int64_t kDefaultBudget = 1000;

}  // namespace

StarveRequest read_starve_request(const Arguments& arguments) {
  Mistakes mistakes;
  StarveRequest request;
  load_plugins(arguments, mistakes);
  const std::vector<std::string> lists = arguments.values("schedulers");
  if (lists.empty()) {
    add_mistake(mistakes, "which schedulers? give them with -s",
                "all, or some of " + word_list(Registry::global().names()));
  }
  request.schedulers = parse_schedulers(lists, Registry::global(), mistakes);
  request.objective = static_cast<Objective>(
      read_choice(arguments, "objective", {"gap", "theft", "p99"}, mistakes));
  request.format =
      static_cast<Format>(read_choice(arguments, "format", {"table", "csv", "json"}, mistakes));
  request.style = read_style(arguments, mistakes);
  const std::uint32_t jobs = read_jobs(arguments, mistakes);
  request.jobs = jobs != 0 ? jobs : std::max(1U, std::thread::hardware_concurrency());
  const auto number = [&](std::string_view option, std::int64_t least, std::int64_t most,
                          const std::string& noun) {
    return read_number(arguments, option, least, most, noun, mistakes);
  };
  request.search.budget =
      number("budget", kLeastBudget, kMostBudget, "number of simulations").value_or(kDefaultBudget);
  request.search.seed = static_cast<std::uint64_t>(
      number("seed", 0, std::numeric_limits<std::int64_t>::max(), "seed").value_or(1));
  request.colluders = static_cast<std::uint32_t>(
      number("colluders", 1, kMostAttackers, "number of attackers").value_or(1));
  request.overrides = read_overrides(arguments, mistakes);
  request.attacker = arguments.value("attacker");
  request.victim = arguments.value("victim");
  request.quiet = arguments.has("quiet");
  if (const auto output = read_output(arguments, mistakes)) request.output = *output;
  request.file = read_only_file(arguments, "starve", mistakes);
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  return request;
}

std::vector<OptionInfo> starve_options() {
  return {
      {"schedulers", 's', "LIST", "schedulers to attack, such as credit,sfq; may be repeated",
       true},
      {"victim", 0, "ENTITY", "task or group; else the task 'victim', else the last task"},
      {"attacker", 0, "ENTITY", "task; else the task 'attacker', else the first task"},
      {"objective", 0, "WHAT",
       "gap (longest starvation of the victim), theft (CPU time beyond the attacker's share) or "
       "p99 (of the victim's wakeup latency)"},
      {"budget", 0, "N", "simulations for each scheduler, at most; 1000 unless given"},
      {"seed", 0, "N", "seed of the search; 1 unless given (--set seed=N is the workload's)"},
      {"colluders", 0, "N", "let up to N attackers share the attacker's weight; 1 unless given"},
      {"jobs", 'j', "N", "simulate this many at a time; as many as there are CPUs"},
      {"output", 'o', "PATH",
       "write the attack as a workload; for several schedulers to PATH/SCHEDULER.yaml"},
      {"duration", 0, "TIME", "simulate this long, such as 30s, whatever the workload says"},
      {"set", 0, "KEY=VALUE", "change the workload, such as machine.cpus=4; may be repeated", true},
      {"format", 0, "FORMAT", "table, csv or json (a row per scheduler)"},
      kPluginOption,
      kColorOption,
      {"quiet", 'q', "", "no progress line"}};
}

}  // namespace sharesim::cli
