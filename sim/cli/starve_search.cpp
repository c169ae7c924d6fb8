#include "sim/cli/starve_search.hpp"

#include <algorithm>
#include <utility>

#include "sim/cli/cell_pool.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/simulate.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/core/check.hpp"
#include "sim/search/bounds.hpp"

namespace sharesim::cli {

StarveSearch::StarveSearch(const StarveRequest& request)
    : request_(request),
      workload_(request.file, request.overrides),
      roles_(choose_roles(workload_.scenario(), request.attacker, request.victim)) {
  if (request.objective == Objective::kP99) check_wakeups();
  workload_.set_attacker(roles_.attacker);
  workload_.check_splits(request.colluders);
  splits_ = workload_.splits(request.colluders);
  for (const std::uint32_t count : splits_) workload_.prepare(count);
  const Scenario& scenario = workload_.scenario();
  question_ = {.workload = scenario.name,
               .objective = request.objective,
               .attacker = roles_.attacker_path,
               .victim = roles_.victim_path,
               .duration = scenario.duration,
               .capacity = scenario.duration * scenario.machine.cpus};
  const bool shown = !request.quiet && wants_progress(stderr_is_terminal(), process_environment());
  progress_.emplace(shown, total_time());
  if (request.objective == Objective::kTheft) entitled_ = fair_service();
  files_.emplace(request);
}

void StarveSearch::check_wakeups() const {
  if (any_victim_sleeps(workload_.scenario(), roles_)) return;
  throw InputError("the victim " + roles_.victim_path + " never sleeps, so that it has no p99",
                   "a victim that sleeps now and then, or another --objective");
}

/// Of all simulations, or as much as fits.
Duration StarveSearch::total_time() const {
  const __int128 total = static_cast<__int128>(to_ns(workload_.scenario().duration)) *
                         request_.search.budget *
                         static_cast<std::int64_t>(request_.schedulers.size());
  return ns(static_cast<std::int64_t>(std::min<__int128>(total, to_ns(Duration::max()))));
}

Sides StarveSearch::sides_in(const Scenario& scenario) const {
  Sides sides = sides_of(scenario, roles_);
  sides.entitled = entitled_;
  return sides;
}

Result StarveSearch::simulate_one(const std::shared_ptr<const Scenario>& scenario,
                                  const SchedulerChoice& scheduler) {
  return simulate({scenario, scheduler, std::nullopt, false},
                  {.stop = &stop_requested(), .progress = progress_->watch_run()});
}

/// What fluid sharing gives the attacker if it always runs.
Duration StarveSearch::fair_service() {
  const auto scenario = workload_.under(Attack{});
  const Result result = simulate_one(scenario, Registry::global().choose("gps"));
  return service_of(result, sides_of(*scenario, roles_).attackers);
}

std::int64_t StarveSearch::harm_in(const Result& result) const {
  const auto harm = harm_of(request_.objective, result, sides_in(*result.scenario));
  // A victim that never wakes up under attack is harmed, but not in this way.
  return harm.value_or(-1);
}

/// Simulates attacks, several at a time.
std::vector<std::optional<std::int64_t>> StarveSearch::try_attacks(
    const std::vector<Attack>& attacks, const SchedulerChoice& scheduler) {
  CellPool pool(
      attacks.size(), request_.jobs,
      [&](std::size_t i) { return simulate_one(workload_.under(attacks[i]), scheduler); },
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

std::optional<Found> StarveSearch::find(const SchedulerChoice& scheduler) {
  const Scenario& scenario = workload_.scenario();
  AttackSpace space = attack_space(scenario, workload_.attacker(), scheduler);
  space.attackers = splits_;
  return find_worst(
      space, known_attacks(workload_.attacker(), scenario.duration), request_.search,
      [&](const std::vector<Attack>& attacks) { return try_attacks(attacks, scheduler); });
}

std::string StarveSearch::text_of(const SchedulerChoice& scheduler, std::size_t number,
                                  const Found& found, Duration attackers_service) const {
  return workload_.text_under(
      found.attack, attack_comment(request_, question_, scheduler, found),
      attack_expectation(question_, roles_, scheduler, found, attackers_service),
      files_->path(number).parent_path());
}

AttackRow StarveSearch::search(std::size_t number) {
  const SchedulerChoice scheduler = workload_.scenario().set_up(request_.schedulers[number]);
  AttackRow row;
  row.scheduler = request_.schedulers[number].to_string();
  row.found = find(scheduler);
  if (!row.found) return row;
  // The numbers are those of the file that replays it.
  const Result once_more = simulate(
      {workload_.under(row.found->attack), scheduler, std::nullopt, false}, EngineOptions{});
  row.attackers_service = service_of(once_more, sides_in(*once_more.scenario).attackers);
  const std::string text = text_of(scheduler, number, *row.found, row.attackers_service);
  const auto replayed =
      std::make_shared<const Scenario>(parse_scenario(text, files_->path(number).string()));
  const Result result = simulate({replayed, scheduler, std::nullopt, false}, EngineOptions{});
  const Sides sides = sides_in(*replayed);
  check(harm_in(result) == row.found->harm &&
            service_of(result, sides.attackers) == row.attackers_service,
        "an attack does what it did when it was found");
  row.verdict = bound_of(request_.objective, *replayed, scheduler, sides);
  row.starvation = worst_starvation(result, sides);
  if (row.starvation.length > Duration::zero()) {
    row.starved = replayed->path_of(row.starvation.victim);
    if (row.starvation.runner != kNoTask) row.runner = replayed->path_of(row.starvation.runner);
  }
  files_->write(number, text);
  return row;
}

}  // namespace sharesim::cli
