#include "sim/cli/starve_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/core/check.hpp"
#include "sim/core/units.hpp"

namespace sharesim::cli {
namespace {

std::string answer(const AttackQuestion& question, const std::string& scheduler,
                   std::int64_t harm) {
  switch (question.objective) {
    case Objective::kGap:
      return fmt::format("How long can {} keep {} off the CPU under {}? {}", question.attacker,
                         question.victim, scheduler, to_text(ns(harm)));
    case Objective::kTheft:
      return fmt::format("How much more than its share can {} take under {}? {} of the machine",
                         question.attacker, scheduler, harm_text(question, harm));
    case Objective::kP99:
      return fmt::format("How late can {} make the wakeups of {} under {}? {} (99th percentile)",
                         question.attacker, question.victim, scheduler, to_text(ns(harm)));
  }
  fail_check("an objective is of a known kind");
}

std::string other_options(const StarveRequest& request) {
  std::string text;
  if (request.colluders > 1) text += fmt::format(" --colluders {}", request.colluders);
  for (const Override& change : request.overrides) {
    text += fmt::format(" --set '{}={}'", change.path, change.value);
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string expectation(Metric metric, const std::string& of, const std::string& is, Duration value,
                        const SchedulerChoice& scheduler) {
  return fmt::format("{{{}: {{of: {}, {}: {}, schedulers: [{}]}}}}", metric_info(metric).name, of,
                     is, to_text(value), scheduler.info().name);
}

}  // namespace

std::string attack_comment(const StarveRequest& request, const AttackQuestion& question,
                           const SchedulerChoice& scheduler, const Found& found) {
  const std::string name = scheduler.to_string();
  return fmt::format(
      "{}, at the worst that was found{}.\nThe attack: {}.\nFound by: sharesim starve {} -s {} "
      "--attacker {} --victim {} --objective {} --budget {} --seed {}{}\nReplay: sharesim run "
      "FILE -s {}\n",
      answer(question, name, found.harm), found.complete ? "" : " before an interruption",
      in_words(found.attack), request.file, name, question.attacker, question.victim,
      name_of(request.objective), request.search.budget, request.search.seed,
      other_options(request), name);
}

std::string attack_expectation(const AttackQuestion& question, const Roles& roles,
                               const SchedulerChoice& scheduler, const Found& found,
                               Duration attackers_service) {
  const std::string at_worst = roles.several_victims ? "at_most" : "is";
  switch (question.objective) {
    case Objective::kGap:
      return expectation(Metric::kStarvation, question.victim, at_worst, ns(found.harm), scheduler);
    case Objective::kP99:
      if (found.harm < 0) return "";
      return expectation(Metric::kWakeupP99, question.victim, at_worst, ns(found.harm), scheduler);
    case Objective::kTheft:
      if (found.attack.attackers > 1) return "";  // of all together, which no expectation is about
      return expectation(Metric::kService, question.attacker, "is", attackers_service, scheduler);
  }
  fail_check("an objective is of a known kind");
}

AttackFiles::AttackFiles(const StarveRequest& request) : workload_(request.file) {
  if (!request.output) return;
  const bool several = request.schedulers.size() > 1;
  if (several) make_folder(*request.output);
  for (const SchedulerChoice& scheduler : request.schedulers) {
    paths_.push_back(several ? *request.output / (file_name_of(scheduler.to_string()) + ".yaml")
                             : *request.output);
    files_.push_back(std::make_unique<OutFile>(paths_.back()));
  }
}

std::filesystem::path AttackFiles::path(std::size_t scheduler) const {
  return files_.empty() ? workload_ : paths_[scheduler];
}

void AttackFiles::write(std::size_t scheduler, const std::string& text) {
  if (files_.empty()) return;
  files_[scheduler]->write(text);
  files_[scheduler]->commit();
}

}  // namespace sharesim::cli
