// sharesim starve: searches for what a task would have to do to harm another one most.

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/cli/cell_pool.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/outcome.hpp"
#include "sim/cli/progress.hpp"
#include "sim/cli/request.hpp"
#include "sim/cli/scheduler_list.hpp"
#include "sim/cli/simulate.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/core/check.hpp"
#include "sim/core/units.hpp"
#include "sim/output/attack_table.hpp"
#include "sim/output/out_file.hpp"
#include "sim/scenario/problems.hpp"
#include "sim/search/attack_sides.hpp"
#include "sim/search/attack_workload.hpp"
#include "sim/search/bounds.hpp"
#include "sim/search/evolution.hpp"

namespace sharesim::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLeastBudget = 100;
constexpr std::int64_t kMostBudget = 100'000'000;
constexpr std::int64_t kMostAttackers = 1000;
constexpr const char* kDefaultBudget = "1000";

struct StarveRequest {
  std::string file;
  std::vector<Override> overrides;
  std::vector<SchedulerChoice> schedulers;
  std::optional<std::string> attacker;
  std::optional<std::string> victim;
  Objective objective = Objective::kGap;
  SearchOptions search;
  std::uint32_t colluders = 1;
  std::optional<fs::path> output;
  Format format = Format::kTable;
  TableStyle style;
  std::size_t jobs = 1;
  bool quiet = false;
};

std::int64_t read_number(const Arguments& arguments, std::string_view option,
                         const std::string& otherwise, std::int64_t least, std::int64_t most,
                         Mistakes& mistakes) {
  const std::string text = arguments.value(option).value_or(otherwise);
  const auto number = parse_integer(text).value;
  if (number && *number >= least && *number <= most) return *number;
  add_mistake(mistakes, fmt::format("--{} '{}' is out of range", option, text),
              fmt::format("an integer from {} to {}", least, most));
  return least;
}

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
  request.search.budget =
      read_number(arguments, "budget", kDefaultBudget, kLeastBudget, kMostBudget, mistakes);
  request.search.seed = static_cast<std::uint64_t>(
      read_number(arguments, "seed", "1", 0, std::numeric_limits<std::int64_t>::max(), mistakes));
  request.colluders = static_cast<std::uint32_t>(
      read_number(arguments, "colluders", "1", 1, kMostAttackers, mistakes));
  request.overrides = read_overrides(arguments, mistakes);
  request.attacker = arguments.value("attacker");
  request.victim = arguments.value("victim");
  request.quiet = arguments.has("quiet");
  if (const auto output = read_output(arguments, mistakes)) request.output = *output;
  if (arguments.rest().size() == 1) {
    request.file = arguments.rest().front();
  } else {
    add_mistake(mistakes, arguments.rest().empty() ? "which workload? give its file"
                                                   : "starve takes one workload, and not " +
                                                         std::to_string(arguments.rest().size()));
  }
  if (!mistakes.empty()) throw InputError(std::move(mistakes));
  return request;
}

/// Searches under one scheduler after the other.
class Starve {
 public:
  explicit Starve(StarveRequest request)
      : request_(std::move(request)),
        workload_(request_.file, request_.overrides),
        roles_(choose_roles(workload_.scenario(), request_.attacker, request_.victim)) {
    if (request_.objective == Objective::kP99) check_wakeups();
    workload_.set_attacker(roles_.attacker);
    workload_.check_splits(request_.colluders);
    splits_ = workload_.splits(request_.colluders);
    for (const std::uint32_t count : splits_) workload_.prepare(count);
    const Scenario& scenario = workload_.scenario();
    question_ = {.workload = scenario.name,
                 .objective = request_.objective,
                 .attacker = roles_.attacker_path,
                 .victim = roles_.victim_path,
                 .duration = scenario.duration,
                 .capacity = scenario.duration * scenario.machine.cpus};
    progress_.emplace(
        !request_.quiet && wants_progress(stderr_is_terminal(), process_environment()),
        total_time());
    if (request_.objective == Objective::kTheft) entitled_ = fair_service();
    open_files();
  }

  int run(Console& out) {
    ExitStatus status = ExitStatus::kFine;
    std::vector<AttackRow> rows;
    for (std::size_t i = 0; i < request_.schedulers.size() && !stop_requested(); ++i) {
      const SchedulerChoice scheduler = workload_.scenario().set_up(request_.schedulers[i]);
      AttackRow row;
      row.scheduler = request_.schedulers[i].to_string();
      try {
        search(scheduler, i, row);
      } catch (const MachineError&) {
        throw;
      } catch (...) {
        progress_->clear();
        status = worse(status, report(std::current_exception(), "under " + row.scheduler));
      }
      rows.push_back(std::move(row));
    }
    progress_->clear();
    print(out, rows);
    out.flush();
    return final_status(status);
  }

 private:
  /// Of all simulations, or as much as fits.
  Duration total_time() const {
    const __int128 total = static_cast<__int128>(to_ns(workload_.scenario().duration)) *
                           request_.search.budget *
                           static_cast<std::int64_t>(request_.schedulers.size());
    return ns(static_cast<std::int64_t>(std::min<__int128>(total, to_ns(Duration::max()))));
  }
  std::shared_ptr<const Scenario> under(const Attack& attack) const {
    return workload_.under(attack);
  }

  Sides sides_in(const Scenario& scenario) const {
    Sides sides = sides_of(scenario, roles_);
    sides.entitled = entitled_;
    return sides;
  }

  Result simulate_one(const std::shared_ptr<const Scenario>& scenario,
                      const SchedulerChoice& scheduler) {
    return simulate({scenario, scheduler, std::nullopt, false},
                    {.stop = &stop_requested(), .progress = progress_->watch_run()});
  }

  /// What fluid sharing gives the attacker if it always runs.
  Duration fair_service() {
    const auto scenario = under(Attack{});
    const Result result = simulate_one(scenario, Registry::global().choose("gps"));
    return service_of(result, sides_of(*scenario, roles_).attackers);
  }

  /// Simulates attacks, several at a time.
  std::vector<std::optional<std::int64_t>> try_attacks(const std::vector<Attack>& attacks,
                                                       const SchedulerChoice& scheduler) {
    CellPool pool(
        attacks.size(), request_.jobs,
        [&](std::size_t i) { return simulate_one(under(attacks[i]), scheduler); },
        stop_requested());
    std::vector<std::optional<std::int64_t>> harms;
    std::exception_ptr error;
    for (std::size_t i = 0; i < attacks.size(); ++i) {
      const CellOutcome outcome = pool.take(i);
      if (outcome.error && !error) error = outcome.error;
      std::optional<std::int64_t> harm;
      if (outcome.result && outcome.result->complete) harm = harm_in(*outcome.result);
      harms.push_back(harm);
    }
    if (error) std::rethrow_exception(error);
    return harms;
  }

  std::int64_t harm_in(const Result& result) const {
    const auto harm = harm_of(request_.objective, result, sides_in(*result.scenario));
    // A victim that never wakes up under attack is harmed, but not in this way.
    return harm.value_or(-1);
  }

  void search(const SchedulerChoice& scheduler, std::size_t number, AttackRow& row) {
    const Scenario& scenario = workload_.scenario();
    AttackSpace space = attack_space(scenario, workload_.attacker(), scheduler);
    space.attackers = splits_;
    auto found = find_worst(
        space, known_attacks(workload_.attacker(), scenario.duration), request_.search,
        [&](const std::vector<Attack>& attacks) { return try_attacks(attacks, scheduler); });
    if (!found) return;
    // The numbers are those of the file that replays it.
    const std::string comment = comment_of(scheduler, *found);
    const fs::path file = files_.empty() ? fs::path(request_.file) : paths_[number];
    const std::string text = workload_.text_under(found->attack, comment,
                                                  expected(scheduler, *found), file.parent_path());
    const auto replayed = std::make_shared<const Scenario>(parse_scenario(text, file.string()));
    const Result result = simulate({replayed, scheduler, std::nullopt, false}, EngineOptions{});
    check(harm_in(result) == found->harm, "an attack does what it did when it was found");
    const Sides sides = sides_in(*replayed);
    row.bound = bound_of(request_.objective, *replayed, scheduler, sides);
    row.attackers_service = service_of(result, sides.attackers);
    row.starvation = worst_starvation(result, sides);
    if (row.starvation.length > Duration::zero()) {
      row.starved = replayed->path_of(row.starvation.victim);
      if (row.starvation.runner != kNoTask) row.runner = replayed->path_of(row.starvation.runner);
    }
    row.found = std::move(found);
    if (files_.empty()) return;
    files_[number]->write(text);
    files_[number]->commit();
  }

  void check_wakeups() const {
    if (any_victim_sleeps(workload_.scenario(), roles_)) return;
    throw InputError("the victim " + roles_.victim_path + " never sleeps, so that it has no p99",
                     "a victim that sleeps now and then, or another --objective");
  }

  void open_files() {
    if (!request_.output) return;
    const bool several = request_.schedulers.size() > 1;
    if (several) make_folder(*request_.output);
    for (const SchedulerChoice& scheduler : request_.schedulers) {
      paths_.push_back(several ? *request_.output / (file_name_of(scheduler.to_string()) + ".yaml")
                               : *request_.output);
      files_.push_back(std::make_unique<OutFile>(paths_.back()));
    }
  }

  std::string comment_of(const SchedulerChoice& scheduler, const Found& found) const {
    const std::string name = scheduler.to_string();
    std::string harm;
    switch (request_.objective) {
      case Objective::kGap:
        harm = fmt::format("How long can {} keep {} off the CPU under {}? {}", question_.attacker,
                           question_.victim, name, to_text(ns(found.harm)));
        break;
      case Objective::kTheft:
        harm = fmt::format("How much more than its share can {} take under {}? {} of the machine",
                           question_.attacker, name, harm_text(question_, found.harm));
        break;
      case Objective::kP99:
        harm = fmt::format("How late can {} make the wakeups of {} under {}? {} (99th percentile)",
                           question_.attacker, question_.victim, name, to_text(ns(found.harm)));
        break;
    }
    return fmt::format(
        "{}, at the worst that was found{}.\nThe attack: {}.\nFound by: sharesim starve {} -s {} "
        "--attacker {} --victim {} --objective {} --budget {} --seed {}{}\nReplay: sharesim run "
        "FILE -s {}\n",
        harm, found.complete ? "" : " before an interruption", in_words(found.attack),
        request_.file, name, question_.attacker, question_.victim, name_of(request_.objective),
        request_.search.budget, request_.search.seed, other_options(), name);
  }

  std::string other_options() const {
    std::string text;
    if (request_.colluders > 1) text += fmt::format(" --colluders {}", request_.colluders);
    for (const Override& change : request_.overrides) {
      text += fmt::format(" --set '{}={}'", change.path, change.value);
    }
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

  /// What a replay is to show.
  std::string expected(const SchedulerChoice& scheduler, const Found& found) const {
    if (request_.objective == Objective::kTheft || found.harm < 0) return "";
    const Metric metric =
        request_.objective == Objective::kGap ? Metric::kStarvation : Metric::kWakeupP99;
    return fmt::format("{{{}: {{of: {}, {}: {}, schedulers: [{}]}}}}", metric_info(metric).name,
                       question_.victim, roles_.several_victims ? "at_most" : "is",
                       to_text(ns(found.harm)), scheduler.info().name);
  }

  void print(Console& out, const std::vector<AttackRow>& rows) const {
    switch (request_.format) {
      case Format::kTable:
        out.write(attack_table(question_, rows, request_.style));
        break;
      case Format::kCsv:
        write_attack_csv(out, question_, rows);
        break;
      case Format::kJson:
        write_attack_json(out, question_, rows);
        break;
    }
  }

  const StarveRequest request_;
  AttackWorkload workload_;
  const Roles roles_;
  std::vector<std::uint32_t> splits_;
  AttackQuestion question_;
  std::optional<Progress> progress_;
  Duration entitled_{};
  std::vector<fs::path> paths_;
  std::vector<std::unique_ptr<OutFile>> files_;  ///< by scheduler; none without -o
};

int starve(const Arguments& arguments, Console& out) {
  StarveRequest request = read_starve_request(arguments);
  catch_interrupts();
  return Starve(std::move(request)).run(out);
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

}  // namespace

const Command& starve_command() {
  static const Command kCommand{
      .name = "starve",
      .summary = "search for the attack of one task that harms another one most",
      .usage = "FILE -s LIST [OPTION]...",
      .details =
          "What the attacker does is replaced by candidates: sleep and run in up to three lengths\n"
          "each, once, several times or for ever. An evolution that begins with a hog, with what "
          "the\n"
          "file says and with random candidates looks for the worst; its result is a lower bound.\n"
          "Beside it stands what a hog does, and the scheduler's upper bound where one is proved.\n"
          "The same seed finds the same, whatever -j. A round that is repeated for ever takes at\n"
          "least 1/50000 of the run: shorten it with --duration to look closer.\n"
          "Colluders divide the attacker's weight among them, so that their number divides it.\n",
      .examples =
          "sharesim starve workloads/saved-credits.yaml -s credit,sfq --attacker saver\n"
          "sharesim starve workloads/proportional-shares.yaml -s all --budget 300\n"
          "sharesim starve workloads/saved-credits.yaml -s credit -o attack.yaml\n",
      .options = starve_options(),
      .run = starve};
  return kCommand;
}

}  // namespace sharesim::cli
